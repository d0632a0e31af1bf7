//! A sender's checkpoint is in the ledger for good once its header is: it must be what it says.

use ledger::SigningKey;
use ledger::hash::EMPTY_ROOT;
use ledger::note::NoteSigner;

use super::*;
use crate::receipt::SignedCheckpoint;

fn note(origin: &str, seed: u8) -> String {
    let signer = NoteSigner::new(origin, SigningKey::from_bytes(&[seed; 32])).unwrap();
    SignedCheckpoint::sign(0, EMPTY_ROOT, &signer).note()
}

fn with(note: String) -> Header {
    Header {
        sender_checkpoint: Some(note),
        ..header()
    }
}

const ORIGIN: &str = "node.xa.example.org/ledger/2026";

#[test]
fn a_checkpoint_of_the_senders_own_ledger_passes() {
    let checked = check(envelope(&with(note(ORIGIN, 0xa2))), &at_xb(&directory()));
    assert!(matches!(checked, Ok(Checked::Envelope(_))), "{checked:?}");
}

/// Otherwise any peer could make the recipient's ledger fail its audit, for ever.
#[test]
fn a_checkpoint_that_the_senders_ledger_did_not_sign_is_refused() {
    let other_key = note(ORIGIN, 0xa7);
    assert_eq!(reason(&with(other_key)), RejectionReason::NotAuthentic);
    let no_note = format!("{ORIGIN}\n...");
    assert_eq!(reason(&with(no_note)), RejectionReason::NotAuthentic);
    let changed = note(ORIGIN, 0xa2).replace("\n0\n", "\n1\n");
    assert_eq!(reason(&with(changed)), RejectionReason::NotAuthentic);
}

#[test]
fn a_checkpoint_of_a_ledger_that_the_directory_does_not_have_may_be_known_later() {
    let next_year = note("node.xa.example.org/ledger/2027", 0xa2);
    let of_another_party = note("node.xb.example.org/ledger/2026", 0xb2);
    for unknown in [next_year, of_another_party, String::new()] {
        let checked = check(envelope(&with(unknown)), &at_xb(&directory()));
        assert!(matches!(checked, Ok(Checked::UnknownKey(_))), "{checked:?}");
    }
}
