#![allow(clippy::unwrap_used, clippy::expect_used)]
//! What holds for every signed statement, tried on each kind.

use super::*;
use crate::consignment::{Consignment, SignedConsignment};
use crate::directory::Period;
use crate::envelope::{Header, SignedHeader};
use crate::example::*;
use crate::receipt::Receipt;
use crate::rejection::{Rejection, SignedRejection};

/// One of each, with the Party that signs it.
fn all() -> [(&'static str, Vec<u8>, PartyCode); 4] {
    let rejection = SignedRejection::sign(&rejection(), &key_of_xb());
    let report = SignedConsignment::sign(&consignment(), &key_of_xb());
    [
        ("header", signed_header().as_bytes().to_vec(), xa()),
        ("receipt", signed_receipt().as_bytes().to_vec(), xb()),
        ("rejection", rejection.as_bytes().to_vec(), xb()),
        ("consignment", report.as_bytes().to_vec(), xb()),
    ]
}

fn verify(kind: &str, bytes: &[u8], party: PartyCode, directory: &Directory) -> Result<(), NotAuthentic> {
    fn one<S: Statement>(bytes: &[u8], party: PartyCode, directory: &Directory) -> Result<(), NotAuthentic> {
        Claim::<S>::parse(bytes)?
            .verify(&[], party, directory)
            .map(|_| ())
    }
    match kind {
        "header" => one::<Header>(bytes, party, directory),
        "receipt" => one::<Receipt>(bytes, party, directory),
        "rejection" => one::<Rejection>(bytes, party, directory),
        _ => one::<Consignment>(bytes, party, directory),
    }
}

#[test]
fn truncated_and_prolonged_statements_are_refused() {
    let directory = directory();
    for (kind, bytes, party) in all() {
        assert_only_the_whole(&bytes, |bytes| verify(kind, bytes, party, &directory).is_ok());
    }
}

#[test]
fn no_bit_of_a_statement_may_flip() {
    let directory = directory();
    for (kind, bytes, party) in all() {
        assert_no_bit_may_flip(&bytes, |bytes| verify(kind, bytes, party, &directory).is_ok());
    }
}

#[test]
fn a_statement_of_one_kind_is_none_of_another() {
    for (kind, bytes, party) in all() {
        for (other, ..) in all() {
            assert_eq!(verify(other, &bytes, party, &directory()).is_ok(), kind == other);
        }
    }
}

#[test]
fn only_the_partys_own_keys_count() {
    let rejection = SignedRejection::sign(&rejection(), &key_of_xa());
    let error = rejection.verify(xb(), &directory()).unwrap_err();
    assert!(matches!(
        error,
        NotAuthentic::UnknownKey(UnknownKey::Envelope { .. })
    ));
    let nobody = "XC".parse().unwrap();
    let error = rejection.verify(nobody, &directory()).unwrap_err();
    assert_eq!(error, NotAuthentic::UnknownKey(UnknownKey::Party(nobody)));
}

/// A signature put under another key's name.
#[test]
fn a_signature_by_another_key_than_it_names_is_bad() {
    let right = signed_header();
    let (header, _) = right.peek().unwrap();
    let wrong = SignedHeader::sign(&header, &key_of_xb());
    let (start, _) = right.as_bytes().split_at(right.as_bytes().len() - 64);
    let (_, signature) = wrong.as_bytes().split_at(wrong.as_bytes().len() - 64);
    let spliced = SignedHeader::from_bytes(&[start, signature].concat()).unwrap();
    assert_eq!(spliced.verify(&directory()), Err(NotAuthentic::BadSignature));
}

#[test]
fn a_key_counts_in_its_period_only() {
    let mut directory = directory();
    let sent_at = header().sent_at;
    for (from, until, counts) in [
        (sent_at, None, true),
        (UnixMillis(sent_at.0 + 1), None, false),
        (UnixMillis(0), Some(sent_at), false),
        (UnixMillis(0), Some(UnixMillis(sent_at.0 + 1)), true),
    ] {
        let value = key_of_xa().public();
        let period = Period {
            value,
            valid_from: from,
            valid_until: until,
        };
        directory.parties.get_mut(&xa()).unwrap().envelope_keys = vec![period];
        assert_eq!(signed_header().verify(&directory).is_ok(), counts);
    }
}

#[test]
fn bytes_over_the_limit_are_not_taken_in() {
    let limit = crate::limits::SIGNED_BYTES_MAX;
    assert!(SignedHeader::from_bytes(&vec![0; limit]).is_ok());
    let error = SignedHeader::from_bytes(&vec![0; limit + 1]).unwrap_err();
    assert_eq!(error.fault, crate::decode::Fault::TooLong(limit));
}
