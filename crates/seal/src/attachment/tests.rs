#![allow(clippy::unwrap_used, clippy::expect_used)]
//! `[TRANSFER]` `[SEAL]`: files as streams, whole, and in every way in which they should not be opened.

mod machine;
mod structure;
mod tampering;

use std::sync::LazyLock;

use protocol::attachment::{Attachment, AttachmentParts, ChunkDigests, Label};
use protocol::digest::Digest;
use sequoia_openpgp::packet::Tag;

use super::*;
use crate::limits::{ATTACHMENT_AEAD_CHUNK_BYTES, PARTIAL_BODY_BYTES};
use crate::testing::forgery::{Signing, encrypt_in_chunks, packet};
use crate::testing::{
    BODY, COURT_XC, Member, POLICE_XA, POLICE_XB, PROSECUTION_XD, STRANGER_XE, binding, context, sealed_at,
};
use crate::{OpenContext, OpenError, open, seal};

fn label() -> Label {
    Label {
        number: "1".parse().unwrap(),
        name: "subscribers.csv".parse().unwrap(),
        media_type: "text/csv".parse().unwrap(),
    }
}

fn attached(from: &Member, to: &[&Member]) -> AttachmentBinding {
    AttachmentBinding {
        label: label(),
        message: binding(from, to),
    }
}

/// A file of no particular content, at most 9 MiB long.
fn file(length: usize) -> Vec<u8> {
    static LONGEST: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let bytes = 0..9 * 1024 * 1024;
        bytes.map(|at: usize| (at * 31 + at / 4_093) as u8).collect()
    });
    LONGEST[..length].to_vec()
}

/// What an honest sender's manifest would say of `plain`, sealed as `sealed`.
fn in_manifest(plain: &[u8], sealed: &[u8]) -> Attachment {
    let mut digests = ChunkDigests::new();
    digests.update(sealed).unwrap();
    let (_, chunks) = digests.finish();
    Attachment::new(AttachmentParts {
        name: label().name,
        media_type: label().media_type,
        plaintext_length_bytes: plain.len() as u64,
        plaintext: Digest::of(plain),
        sealed_length_bytes: sealed.len() as u64,
        chunks,
    })
    .unwrap()
}

fn sealed_by(from: &Member, to: &[&Member], plain: &[u8]) -> Vec<u8> {
    let certificates: Vec<_> = to.iter().map(|member| member.certificate()).collect();
    let mut sealed = Vec::new();
    let binding = attached(from, to);
    let done = seal_attachment(
        &from.key,
        &certificates,
        &binding,
        plain,
        &mut sealed,
        sealed_at(),
    )
    .unwrap();
    let expected = SealedAttachment {
        plaintext_length_bytes: plain.len() as u64,
        plaintext: Digest::of(plain),
        sealed_length_bytes: sealed.len() as u64,
    };
    assert_eq!(done, expected);
    sealed
}

/// Opens as XB what claims to come from XA, and to be this file.
fn open_at_xb(sealed: &[u8], attachment: &Attachment) -> Result<Vec<u8>, OpenAttachmentError> {
    let binding = binding(&POLICE_XA, &[&POLICE_XB]);
    let senders = [POLICE_XA.certificate()];
    let context = context(&POLICE_XB, &senders, &binding);
    open_attachment(sealed, Vec::new(), &label(), attachment, &context).map(|opened| opened.staging)
}

fn refusal(sealed: &[u8], attachment: &Attachment) -> OpenError {
    match open_at_xb(sealed, attachment).expect_err("a hostile file was opened") {
        OpenAttachmentError::Refused(error) => error,
        other => panic!("{other:?}"),
    }
}

/// A forged file from XA to XB: the default is one that is opened.
fn from_xa_to_xb(plain: &[u8]) -> Signing<'static> {
    let mut signing = Signing::new(&POLICE_XA, &POLICE_XB);
    signing.text = attached(&POLICE_XA, &[&POLICE_XB])
        .to_header()
        .unwrap()
        .into_bytes();
    signing.text.extend_from_slice(plain);
    signing
}

fn encrypt(packets: &[u8], to: &Member) -> Vec<u8> {
    encrypt_in_chunks(packets, to, ATTACHMENT_AEAD_CHUNK_BYTES)
}

/// Without this the other tests could pass for the wrong reason.
#[test]
fn the_forger_can_make_a_file_that_opens() {
    for length in [0, 100, 9 * 1024 * 1024] {
        let plain = file(length);
        let packets = from_xa_to_xb(&plain).packets();
        for chunk_bytes in [64 * 1024, ATTACHMENT_AEAD_CHUNK_BYTES, 4 * 1024 * 1024] {
            let sealed = encrypt_in_chunks(&packets, &POLICE_XB, chunk_bytes);
            assert!(open_at_xb(&sealed, &in_manifest(&plain, &sealed)).unwrap() == plain);
        }
    }
}

/// Around every length at which something is full: a part, a chunk, both with what stands in front.
#[test]
fn files_of_every_awkward_length_survive() {
    let header = attached(&POLICE_XA, &[&POLICE_XB]).to_header().unwrap().len();
    let mut lengths = vec![0, 1, 511, 512];
    for full in [
        ATTACHMENT_AEAD_CHUNK_BYTES,
        PARTIAL_BODY_BYTES,
        3 * PARTIAL_BODY_BYTES,
    ] {
        lengths.extend((full - header - 8)..(full - header - 3));
        lengths.extend([full - 1, full, full + 1]);
    }
    // Where the one-pass signature, two packet headers and the signature are in the same chunk.
    lengths.extend(
        (ATTACHMENT_AEAD_CHUNK_BYTES - header - 700..ATTACHMENT_AEAD_CHUNK_BYTES - header).step_by(53),
    );
    for length in lengths {
        let plain = file(length);
        let sealed = sealed_by(&POLICE_XA, &[&POLICE_XB], &plain);
        let opened = open_at_xb(&sealed, &in_manifest(&plain, &sealed));
        assert!(opened.unwrap() == plain, "{length} bytes");
    }
}

#[test]
fn every_profile_seals_to_every_other_and_to_itself() {
    let plain = file(600_000);
    let all: [&Member; 3] = [&POLICE_XB, &COURT_XC, &PROSECUTION_XD];
    let certificates = all.map(Member::certificate);
    for from in all {
        let sealed = sealed_by(from, &all, &plain);
        let attachment = in_manifest(&plain, &sealed);
        let senders = [from.certificate()];
        for to in all {
            let envelope = binding(from, &[to]);
            let mut context = context(to, &senders, &envelope);
            context.co_recipients = &certificates;
            let opened = open_attachment(&*sealed, Vec::new(), &label(), &attachment, &context).unwrap();
            assert!(opened.staging == plain);
            assert_eq!(opened.message.to.len(), 3);
            assert_eq!(opened.signed_by, *from.certificate().fingerprint());
            assert_eq!(opened.signed_at, sealed_at());
        }
        let envelope = binding(from, &[&STRANGER_XE]);
        let stranger = context(&STRANGER_XE, &senders, &envelope);
        let error = open_attachment(&*sealed, Vec::new(), &label(), &attachment, &stranger).unwrap_err();
        assert!(
            matches!(error, OpenAttachmentError::Refused(OpenError::NotForUs)),
            "{error:?}"
        );
    }
}

/// Sequoia's own parser, which shares no line with this one, reads the packets, finds the signature good,
/// and gets as far as the first line, which no message begins with.
#[test]
fn an_attachment_is_openpgp_to_others_and_never_a_message() {
    let sealed = sealed_by(&POLICE_XA, &[&POLICE_XB], &file(1_000_000));
    let envelope = binding(&POLICE_XA, &[&POLICE_XB]);
    let senders = [POLICE_XA.certificate()];
    let context = context(&POLICE_XB, &senders, &envelope);
    assert_eq!(open(&sealed, &context).unwrap_err(), OpenError::BindingMissing);
    let mut damaged = sealed;
    damaged[600_000] ^= 1;
    assert_eq!(open(&damaged, &context).unwrap_err(), OpenError::Damaged);
}

#[test]
fn a_message_is_never_an_attachment() {
    let envelope = binding(&POLICE_XA, &[&POLICE_XB]);
    let certificates = [POLICE_XB.certificate()];
    let sealed = seal(&POLICE_XA.key, &certificates, &envelope, BODY, sealed_at()).unwrap();
    // Its chunks are too small, for a beginning; and in larger ones its first line is wrong.
    assert_eq!(
        refusal(&sealed, &in_manifest(BODY, &sealed)),
        OpenError::AlgorithmRefused
    );
    let sealed = encrypt(&Signing::new(&POLICE_XA, &POLICE_XB).packets(), &POLICE_XB);
    assert_eq!(
        refusal(&sealed, &in_manifest(BODY, &sealed)),
        OpenError::BindingMissing
    );
}

/// Files are attached before the message is sent, and sealed then.
#[test]
fn a_file_may_be_sealed_a_week_before_its_message_and_not_earlier() {
    let plain = file(1_000);
    let sealed = sealed_by(&POLICE_XA, &[&POLICE_XB], &plain);
    let attachment = in_manifest(&plain, &sealed);
    let envelope = binding(&POLICE_XA, &[&POLICE_XB]);
    let senders = [POLICE_XA.certificate()];
    let outcome = |hours: u64| {
        let sent_at = sealed_at() + std::time::Duration::from_secs(hours * 3_600);
        let mut context: OpenContext<'_> = context(&POLICE_XB, &senders, &envelope);
        context.received_at = sent_at;
        context.window = crate::Window::for_attachment(sent_at, sent_at);
        open_attachment(&*sealed, Vec::new(), &label(), &attachment, &context).map(|_| ())
    };
    assert!(outcome(0).is_ok() && outcome(7 * 24).is_ok());
    let late = outcome(7 * 24 + 1).unwrap_err();
    assert!(
        matches!(late, OpenAttachmentError::Refused(OpenError::SignatureTime)),
        "{late:?}"
    );
}

#[test]
fn what_was_opened_and_what_differs_are_told_in_words() {
    let sealed = encrypt(&from_xa_to_xb(b"canary").packets(), &POLICE_XB);
    let envelope = binding(&POLICE_XA, &[&POLICE_XB]);
    let senders = [POLICE_XA.certificate()];
    let context = context(&POLICE_XB, &senders, &envelope);
    let manifest = in_manifest(b"canary", &sealed);
    let opened = open_attachment(&*sealed, Vec::new(), &label(), &manifest, &context).unwrap();
    let printed = format!("{opened:?}");
    assert!(printed.starts_with("OpenedAttachment"), "{printed}");
    assert!(!printed.contains("canary"));
    let names = [
        (LabelField::Number, "number"),
        (LabelField::FileName, "file name"),
        (LabelField::MediaType, "media type"),
        (LabelField::Message(crate::BindingField::From), "sender"),
    ];
    for (field, name) in names {
        assert_eq!(field.to_string(), name);
    }
}
