#![allow(clippy::unwrap_used, clippy::expect_used)]
//! Hostile messages, by name.

mod abuse;
mod structure;
mod time;

use sequoia_openpgp::packet::Tag;
use sequoia_openpgp::types::{HashAlgorithm, SignatureType};

use super::{OpenError, Opened, open};
use crate::limits::{CHUNK_BYTES_MIN, TEXT_BYTES_MAX};
use crate::testing::forgery::{Signing, encrypt, packet};
use crate::testing::{
    BODY, COURT_XC, Member, POLICE_XA, POLICE_XB, PROSECUTION_XD, STRANGER_XE, binding, context, sealed_at,
};
use crate::{BindingField, seal};

/// Opens as XB what claims to come from XA.
fn open_at_xb(sealed: &[u8]) -> Result<Opened, OpenError> {
    let binding = binding(&POLICE_XA, &[&POLICE_XB]);
    open(sealed, &context(&POLICE_XB, &[POLICE_XA.certificate()], &binding))
}

fn refusal(sealed: &[u8]) -> OpenError {
    open_at_xb(sealed).expect_err("a hostile message was opened")
}

fn from_xa_to_xb() -> Signing<'static> {
    Signing::new(&POLICE_XA, &POLICE_XB)
}

/// Without this the other tests could pass for the wrong reason.
#[test]
fn the_forger_can_make_a_message_that_opens() {
    let opened = open_at_xb(&from_xa_to_xb().sealed(&POLICE_XB)).unwrap();
    assert_eq!(opened.body.as_slice(), BODY);
}

/// Threat 6: XB re-encrypts what XA signed for XB to the court of XC.
#[test]
fn surreptitious_forwarding_is_refused() {
    let signed_for_xb = from_xa_to_xb().packets();
    let forwarded = encrypt(&signed_for_xb, &[&COURT_XC]);
    let envelope = binding(&POLICE_XA, &[&COURT_XC]);
    let senders = [POLICE_XA.certificate()];
    let everybody = [POLICE_XB.certificate(), COURT_XC.certificate()];
    let mut context = context(&COURT_XC, &senders, &envelope);
    assert_eq!(
        open(&forwarded, &context).unwrap_err(),
        OpenError::IntendedRecipient
    );
    // It does not help that XB is known as a recipient.
    context.co_recipients = &everybody;
    assert_eq!(
        open(&forwarded, &context).unwrap_err(),
        OpenError::IntendedRecipient
    );
}

#[test]
fn a_signature_for_nobody_in_particular_is_refused() {
    let mut signing = from_xa_to_xb();
    signing.intended = vec![];
    assert_eq!(refusal(&signing.sealed(&POLICE_XB)), OpenError::IntendedRecipient);
}

#[test]
fn a_signature_for_somebody_else_is_refused() {
    for intended in [&COURT_XC, &POLICE_XA] {
        let mut signing = from_xa_to_xb();
        signing.intended = vec![intended];
        assert_eq!(refusal(&signing.sealed(&POLICE_XB)), OpenError::IntendedRecipient);
    }
}

#[test]
fn a_signature_for_us_and_an_unknown_is_refused() {
    let mut signing = from_xa_to_xb();
    signing.intended.push(&STRANGER_XE);
    assert_eq!(refusal(&signing.sealed(&POLICE_XB)), OpenError::IntendedRecipient);
}

#[test]
fn a_message_to_several_opens_for_each_with_the_list_of_all() {
    let all: [&Member; 3] = [&POLICE_XB, &COURT_XC, &PROSECUTION_XD];
    let certificates = all.map(Member::certificate);
    let sealed = {
        let binding = binding(&POLICE_XA, &all);
        seal(&POLICE_XA.key, &certificates, &binding, BODY, sealed_at()).unwrap()
    };
    for member in all {
        // Each envelope names one recipient.
        let envelope = binding(&POLICE_XA, &[member]);
        let senders = [POLICE_XA.certificate()];
        let mut context = context(member, &senders, &envelope);
        assert_eq!(open(&sealed, &context).unwrap_err(), OpenError::IntendedRecipient);
        context.co_recipients = &certificates;
        assert_eq!(open(&sealed, &context).unwrap().binding.to.len(), 3);
    }
    let envelope = binding(&POLICE_XA, &[&STRANGER_XE]);
    let senders = [POLICE_XA.certificate()];
    let error = open(&sealed, &context(&STRANGER_XE, &senders, &envelope)).unwrap_err();
    assert_eq!(error, OpenError::NotForUs);
}

#[test]
fn no_signature_is_refused() {
    let mut signing = from_xa_to_xb();
    signing.signers = vec![];
    assert_eq!(refusal(&signing.sealed(&POLICE_XB)), OpenError::SignatureMissing);
}

#[test]
fn two_signatures_are_refused() {
    let mut signing = from_xa_to_xb();
    signing.signers = vec![&POLICE_XA, &POLICE_XA];
    assert_eq!(refusal(&signing.sealed(&POLICE_XB)), OpenError::SignatureCount);
    signing.signers = vec![&POLICE_XA, &STRANGER_XE];
    assert_eq!(refusal(&signing.sealed(&POLICE_XB)), OpenError::SignatureCount);
}

#[test]
fn a_second_signature_after_the_first_is_refused() {
    let mut packets = from_xa_to_xb().packets();
    let starts = crate::testing::forgery::packet_starts(&packets);
    let (signature, _) = *starts.last().unwrap();
    packets.extend_from_within(signature..);
    assert_eq!(
        refusal(&encrypt(&packets, &[&POLICE_XB])),
        OpenError::SignatureCount
    );
}

/// A one-pass signature that announces another one, which never comes: that flag is in no signature.
#[test]
fn an_announced_signature_that_does_not_come_is_refused() {
    let mut packets = from_xa_to_xb().packets();
    let (literal, _) = crate::testing::forgery::packet_starts(&packets)[1];
    assert_eq!(packets[literal - 1], 1, "the last one");
    packets[literal - 1] = 0;
    assert_eq!(
        refusal(&encrypt(&packets, &[&POLICE_XB])),
        OpenError::SignatureCount
    );
}

#[test]
fn a_container_without_session_keys_is_refused() {
    let sealed = from_xa_to_xb().sealed(&POLICE_XB);
    let (container, _) = *crate::testing::forgery::packet_starts(&sealed).last().unwrap();
    assert_eq!(refusal(&sealed[container..]), OpenError::Malformed);
}

#[test]
fn the_smallest_chunk_is_taken_and_no_smaller_one() {
    let packets = from_xa_to_xb().packets();
    let in_chunks = |bytes| crate::testing::forgery::encrypt_in_chunks(&packets, &POLICE_XB, bytes);
    assert!(open_at_xb(&in_chunks(CHUNK_BYTES_MIN)).is_ok());
    assert_eq!(
        refusal(&in_chunks(CHUNK_BYTES_MIN / 2)),
        OpenError::AlgorithmRefused
    );
}

/// Nothing is kept of a text that is longer than any that would be opened; who signed it is not asked.
#[test]
fn a_text_without_end_is_given_up() {
    let mut signing = from_xa_to_xb();
    signing.signers = vec![&STRANGER_XE];
    signing.text.resize(TEXT_BYTES_MAX, b'x');
    assert_eq!(refusal(&signing.sealed(&POLICE_XB)), OpenError::TooLarge);
    signing.text.truncate(TEXT_BYTES_MAX - 1);
    assert_eq!(refusal(&signing.sealed(&POLICE_XB)), OpenError::SignerUnknown);
}

#[test]
fn a_foreign_signer_is_refused() {
    for stranger in [&STRANGER_XE, &POLICE_XB] {
        let mut signing = from_xa_to_xb();
        signing.signers = vec![stranger];
        assert_eq!(refusal(&signing.sealed(&POLICE_XB)), OpenError::SignerUnknown);
    }
}

#[test]
fn a_text_changed_after_signing_is_refused() {
    let signing = from_xa_to_xb();
    let mut packets = signing.packets();
    let canary = packets.windows(6).position(|window| window == b"canary").unwrap();
    packets[canary] ^= 1;
    assert_eq!(
        refusal(&encrypt(&packets, &[&POLICE_XB])),
        OpenError::SignatureBad
    );
}

#[test]
fn a_text_signature_is_refused() {
    let mut signing = from_xa_to_xb();
    signing.kind = SignatureType::Text;
    assert_eq!(refusal(&signing.sealed(&POLICE_XB)), OpenError::SignatureBad);
}

#[test]
fn a_weak_hash_is_refused() {
    for hash in [HashAlgorithm::SHA1, HashAlgorithm::SHA224] {
        let mut signing = Signing::new(&COURT_XC, &POLICE_XB);
        signing.hash = hash;
        let binding = binding(&COURT_XC, &[&POLICE_XB]);
        let senders = [COURT_XC.certificate()];
        let error = open(
            &signing.sealed(&POLICE_XB),
            &context(&POLICE_XB, &senders, &binding),
        )
        .unwrap_err();
        assert_eq!(error, OpenError::AlgorithmRefused, "{hash}");
    }
}

#[test]
fn a_binding_that_differs_in_any_field_is_refused() {
    let sealed = from_xa_to_xb().sealed(&POLICE_XB);
    let truth = binding(&POLICE_XA, &[&POLICE_XB]);
    let other_message: protocol::ids::MessageId = "01939c5e-7b1a-7cc3-8f00-0102030405ff".parse().unwrap();
    let mut cases = vec![truth.clone(); 5];
    cases[0].message = other_message;
    cases[1].case = protocol::ids::CaseId::opened_by(other_message);
    cases[2].from = "XA/prosecution".parse().unwrap();
    cases[3].to = vec!["XB/prosecution".parse().unwrap()];
    cases[4].to = vec![];
    let fields = [
        BindingField::Message,
        BindingField::Case,
        BindingField::From,
        BindingField::To,
        BindingField::To,
    ];
    for (envelope, field) in cases.iter().zip(fields) {
        let error = open(
            &sealed,
            &context(&POLICE_XB, &[POLICE_XA.certificate()], envelope),
        )
        .unwrap_err();
        assert_eq!(error, OpenError::Binding { field });
    }
}

#[test]
fn a_text_without_a_binding_is_refused() {
    let mut signing = from_xa_to_xb();
    signing.text = BODY.to_vec();
    assert_eq!(refusal(&signing.sealed(&POLICE_XB)), OpenError::BindingMissing);
}

#[test]
fn padding_after_the_signature_is_ignored() {
    let mut packets = from_xa_to_xb().packets();
    packets.extend(packet(Tag::Padding, &[0; 300]));
    assert!(open_at_xb(&encrypt(&packets, &[&POLICE_XB])).is_ok());
}

#[test]
fn what_was_opened_prints_no_body() {
    let opened = open_at_xb(&from_xa_to_xb().sealed(&POLICE_XB)).unwrap();
    let printed = format!("{opened:?}");
    assert!(printed.starts_with("Opened"), "{printed}");
    assert!(!printed.contains("canary"));
}

#[test]
fn codes_are_short_and_their_own() {
    let all = [
        OpenError::TooLarge,
        OpenError::Malformed,
        OpenError::NotEncrypted,
        OpenError::PasswordEncrypted,
        OpenError::Compressed,
        OpenError::AlgorithmRefused,
        OpenError::NotForUs,
        OpenError::Damaged,
        OpenError::SignatureMissing,
        OpenError::SignatureCount,
        OpenError::SignerUnknown,
        OpenError::SignerNotValid,
        OpenError::SignatureBad,
        OpenError::SignatureTime,
        OpenError::IntendedRecipient,
        OpenError::BindingMissing,
        OpenError::Binding {
            field: BindingField::To,
        },
    ];
    let codes: std::collections::BTreeSet<_> = all.iter().map(OpenError::code).collect();
    assert_eq!(codes.len(), all.len());
    let short = |code: &&str| code.len() <= 32 && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    assert!(codes.iter().all(short));
}
