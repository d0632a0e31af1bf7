#![allow(clippy::unwrap_used, clippy::expect_used)]
//! A receipt proves that our header is in the peer's ledger, and nothing less will do.

use ledger::SigningKey;
use ledger::tlog_proof::TlogProof;

use super::*;
use crate::directory::UnknownKey;
use crate::example::*;
use crate::statement::Statement;

fn claimed() -> Receipt {
    signed_receipt().peek().unwrap().0
}

/// XB signs something else than `issue` would.
fn verify_forged(receipt: &Receipt) -> Result<(), ReceiptError> {
    let signed = SignedReceipt(statement::sign(receipt, &key_of_xb()));
    signed.verify(&signed_header(), xb(), &directory()).map(|_| ())
}

#[test]
fn receipts_are_as_on_the_first_day() {
    assert_golden!("receipt.cbor", &claimed().encode());
    assert_golden!("receipt.cose", signed_receipt().as_bytes());
    assert_golden!("receipt.tlog-proof", claimed().tlog_proof().as_bytes());
}

#[test]
fn a_receipt_proves_that_the_leaf_is_in_the_ledger() {
    let receipt = signed_receipt();
    let verified = receipt.verify(&signed_header(), xb(), &directory()).unwrap();
    assert_eq!(verified.receipt().inclusion.index, 2);
    assert_eq!(verified.signed(), &receipt);
    verify_forged(&claimed()).unwrap();
}

/// `[IDEMPOTENT]`
#[test]
fn a_receipt_issued_again_has_the_same_bytes() {
    assert_eq!(signed_receipt().as_bytes(), signed_receipt().as_bytes());
}

/// The ledger crate's own code reads and checks the text form.
#[test]
fn the_proof_is_a_c2sp_tlog_proof() {
    let receipt = claimed();
    let proof = TlogProof::parse(receipt.tlog_proof().as_bytes()).unwrap();
    let leaf = Entry::Received {
        at: receipt.received_at,
        header: signed_header(),
        commit_size: 4,
    };
    let checkpoint = proof
        .verify(&leaf_hash(&leaf.encode()), ledger_of_xb().verifier_key())
        .unwrap();
    assert_eq!(checkpoint, receipt.checkpoint);
    let signed = SignedCheckpoint::sign(checkpoint.size, checkpoint.root, &ledger_of_xb());
    assert_eq!(signed.note(), checkpoint.sign(&ledger_of_xb()).unwrap());
}

#[test]
fn a_receipt_for_another_envelope_is_not_ours() {
    let mut other = header();
    other.sent_at = UnixMillis(other.sent_at.0 + 1);
    let other = SignedHeader::sign(&other, &key_of_xa());
    let error = signed_receipt().verify(&other, xb(), &directory()).unwrap_err();
    assert_eq!(error, ReceiptError::OtherEnvelope);
    let error = signed_receipt()
        .verify(&signed_header(), xa(), &directory())
        .unwrap_err();
    assert_eq!(error, ReceiptError::OtherEnvelope);
    let message = MessageId::from_parts(1, [1; 10]);
    let error = verify_forged(&Receipt { message, ..claimed() }).unwrap_err();
    assert_eq!(error, ReceiptError::OtherEnvelope);
}

/// What the leaf would have said otherwise is not in the ledger.
#[test]
fn a_receipt_must_fit_the_leaf() {
    let later = UnixMillis(claimed().received_at.0 + 1);
    let error = verify_forged(&Receipt {
        received_at: later,
        ..claimed()
    })
    .unwrap_err();
    assert_eq!(error, ReceiptError::BadProof);
    let mut elsewhere = claimed();
    elsewhere.inclusion.index = 3;
    assert_eq!(verify_forged(&elsewhere), Err(ReceiptError::BadProof));
    let mut other_way = claimed();
    other_way.inclusion.hashes[0] = Hash::from_bytes([0; 32]);
    assert_eq!(verify_forged(&other_way), Err(ReceiptError::BadProof));
    let mut longer = claimed();
    longer.inclusion.hashes.push(Hash::from_bytes([0; 32]));
    assert_eq!(verify_forged(&longer), Err(ReceiptError::BadProof));
}

/// The same tree under a checkpoint of another size has another leaf: the size is in it.
#[test]
fn a_receipt_holds_for_the_commit_of_its_leaf_only() {
    let mut other = claimed();
    other.checkpoint.size = 5;
    assert_eq!(verify_forged(&other), Err(ReceiptError::BadCheckpoint));
    let resigned = SignedCheckpoint::sign(3, other.checkpoint.root, &ledger_of_xb());
    let other = Receipt {
        checkpoint: resigned.checkpoint().clone(),
        checkpoint_signature: resigned.signature,
        ..claimed()
    };
    assert_eq!(verify_forged(&other), Err(ReceiptError::BadProof));
}

#[test]
fn the_checkpoint_must_be_signed_by_a_ledger_key_of_the_peer() {
    let sign = |name: &str, seed| {
        let ledger = NoteSigner::new(name, SigningKey::from_bytes(&[seed; 32])).unwrap();
        let signed = SignedCheckpoint::sign(4, claimed().checkpoint.root, &ledger);
        Receipt {
            checkpoint: signed.checkpoint().clone(),
            checkpoint_signature: signed.signature,
            ..claimed()
        }
    };
    verify_forged(&sign("node.xb.example.org/ledger/2026", 0xb2)).unwrap();
    // The right name and key id, and a signature by nobody.
    let mut forged = claimed();
    forged.checkpoint_signature.signature[0] ^= 1;
    assert_eq!(verify_forged(&forged), Err(ReceiptError::BadCheckpoint));
    // Another key under the same name may be its successor, which a newer directory has.
    for (origin, seed) in [
        ("node.xa.example.org/ledger/2026", 0xb2),
        ("node.xb.example.org/ledger/2027", 0xb2),
        ("node.xb.example.org/ledger/2026", 0xa2),
    ] {
        let error = verify_forged(&sign(origin, seed)).unwrap_err();
        let ReceiptError::NotAuthentic(NotAuthentic::UnknownKey(UnknownKey::Ledger { .. })) = error else {
            panic!("{error:?}");
        };
    }
}

#[test]
fn flips_are_canonical() {
    assert_canonical_when_flipped(&claimed().encode(), |bytes| {
        Receipt::decode(bytes).ok().map(|receipt| receipt.encode())
    });
}

#[test]
fn impossible_places_and_origins_are_no_receipt() {
    let decode = |receipt: &Receipt| Receipt::decode(&receipt.encode()).is_ok();
    let mut receipt = claimed();
    receipt.inclusion.index = 4;
    assert!(!decode(&receipt));
    let mut receipt = claimed();
    receipt.checkpoint.origin = "two\nlines".to_owned();
    assert!(!decode(&receipt));
    let mut receipt = claimed();
    receipt.inclusion.hashes = vec![Hash::from_bytes([0; 32]); 64];
    assert!(!decode(&receipt));
}

/// Message and receipt together are to be half of an AS2 exchange (performance.md): 1,897 bytes.
#[test]
fn a_receipt_stays_small() {
    let length = signed_receipt().as_bytes().len();
    // A ledger of a million leaves adds 18 hashes.
    assert!(length + 18 * 32 < 1_100, "{length}");
}
