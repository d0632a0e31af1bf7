#![allow(clippy::unwrap_used, clippy::expect_used)]
//! A report says one of three things, in codes.

use super::*;
use crate::example::*;

fn with(verdict: Verdict) -> Consignment {
    Consignment {
        verdict,
        ..consignment()
    }
}

#[test]
fn reports_are_as_on_the_first_day() {
    assert_golden!("consignment.cbor", &consignment().encode());
    let signed = SignedConsignment::sign(&consignment(), &key_of_xb());
    assert_golden!("consignment.cose", signed.as_bytes());
    assert_eq!(signed.verify(xb(), &directory()), Ok(consignment()));
}

#[test]
fn each_verdict_survives_and_its_flips_are_canonical() {
    let unreadable = Verdict::Unreadable {
        code: "unknown-signer".parse().unwrap(),
    };
    for verdict in [Verdict::Readable, unreadable, consignment().verdict] {
        let bytes = with(verdict.clone()).encode();
        assert_eq!(Consignment::decode(&bytes).unwrap().verdict, verdict);
        assert_canonical_when_flipped(&bytes, |bytes| {
            Consignment::decode(bytes).ok().map(|report| report.encode())
        });
    }
}

#[test]
fn more_rules_than_fit_are_cut_and_refused() {
    let rule: Code = "C29-2-E".parse().unwrap();
    let many = with(Verdict::NonConforming {
        rules: vec![rule; VERDICT_RULES_MAX + 1],
    });
    let read = Consignment::decode(&many.encode()).unwrap();
    assert!(matches!(read.verdict, Verdict::NonConforming { rules } if rules.len() == VERDICT_RULES_MAX));
    let mut bytes = consignment().encode();
    let place = bytes.windows(2).position(|pair| pair == [0x07, 0x81]).unwrap();
    bytes.splice(place + 1..place + 2, [0x98, 33]);
    assert_eq!(
        Consignment::decode(&bytes).unwrap_err().fault,
        Fault::TooLong(VERDICT_RULES_MAX)
    );
}

#[test]
fn a_verdict_has_only_its_own_fields() {
    let mut readable = with(Verdict::Readable).encode();
    let place = readable
        .windows(2)
        .rposition(|pair| pair == [0x05, 0x00])
        .unwrap();
    readable.splice(place + 2..place + 2, [0x06, 0x61, b'a']);
    readable[0] += 1;
    assert_eq!(
        Consignment::decode(&readable).unwrap_err().fault,
        Fault::UnknownLabel(label::CODE)
    );
}
