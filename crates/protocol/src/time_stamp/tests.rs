#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

/// What was stamped: `printf 'node.example/ledger\n'`.
const STAMPED: &[u8] = b"node.example/ledger\n";
/// `openssl ts -query` reads it; the answer is that of `openssl ts -reply` (OpenSSL 3.0), by a service that
/// tells everything that it may: accuracy, ordering, its name, its certificate.
const QUERY: &[u8] = include_bytes!("../../golden/time-stamp.tsq");
const REPLY: &[u8] = include_bytes!("../../golden/time-stamp.tsr");

fn query() -> TimeStampQuery {
    TimeStampQuery::new(Digest::of(STAMPED), [1, 2, 3, 4, 5, 6, 7, 8])
}

#[test]
fn the_question_is_that_of_the_golden_file() {
    assert_eq!(query().encode(), QUERY);
}

#[test]
fn the_answer_of_openssl_is_read() {
    let stamp = query().accept(REPLY).unwrap();
    // 2026-11-22T10:00:25.584Z, in whole seconds.
    assert_eq!(stamp.at, UnixMillis(1_795_341_625_000));
    assert_eq!(stamp.serial, [2]);
    assert_eq!(TimeStamp::of_kept(REPLY, &Digest::of(STAMPED)), Ok(stamp));
}

#[test]
fn an_answer_to_another_question_is_refused() {
    let other_bytes = TimeStampQuery::new(Digest::of(b"other"), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(other_bytes.accept(REPLY), Err(TimeStampError::OtherBytes));
    let other_nonce = TimeStampQuery::new(Digest::of(STAMPED), [1, 2, 3, 4, 5, 6, 7, 9]);
    assert_eq!(other_nonce.accept(REPLY), Err(TimeStampError::OtherNonce));
    let kept = TimeStamp::of_kept(REPLY, &Digest::of(b"other"));
    assert_eq!(kept, Err(TimeStampError::OtherBytes));
}

/// `openssl ts -reply` to a question with an algorithm that the service does not take.
#[test]
fn a_refusal_is_told_as_one() {
    let refused = der::sequence(&[der::sequence(&[
        der::integer(&[2]),
        der::sequence(&[der::element(0x0c, b"no")]),
        der::element(0x03, &[7, 0x80]),
    ])]);
    assert_eq!(query().accept(&refused), Err(TimeStampError::Refused(2)));
    // Granted, and nothing given.
    let granted = der::sequence(&[der::sequence(&[der::integer(&[0])])]);
    assert!(matches!(
        query().accept(&granted),
        Err(TimeStampError::Malformed(_))
    ));
}

#[test]
fn what_is_cut_off_or_has_something_behind_it_is_refused() {
    for length in 0..REPLY.len() {
        assert!(query().accept(&REPLY[..length]).is_err(), "{length}");
    }
    assert!(query().accept(&[REPLY, &[0]].concat()).is_err());
    let long = vec![0x30; TIME_STAMP_BYTES_MAX + 1];
    assert_eq!(query().accept(&long), Err(TimeStampError::TooLong));
}

/// A flipped bit is refused, or is in what the service signed about itself: the answer is never another one.
#[test]
fn a_flipped_bit_changes_no_answer_but_the_time() {
    let at = query().accept(REPLY).unwrap().at;
    let mut read = 0;
    for place in 0..REPLY.len() * 8 {
        let mut flipped = REPLY.to_vec();
        flipped[place / 8] ^= 1 << (place % 8);
        if let Ok(stamp) = query().accept(&flipped) {
            read += usize::from(stamp.at == at);
        }
    }
    assert!(read > 0, "signature and certificates are not read here");
}

#[test]
fn a_length_has_one_form() {
    // The outermost length 0x82 xx xx written with three bytes, and a short one in long form.
    let longer = [&[0x30, 0x83, 0x00], &REPLY[2..]].concat();
    assert!(query().accept(&longer).is_err());
    let mut status = der::Reader::new(&[0x02, 0x81, 0x01, 0x00]);
    assert!(status.take(tag::INTEGER).is_err());
    let long = [&[0x04, 0x81, 0x80][..], &[7; 0x80]].concat();
    assert_eq!(
        der::Reader::new(&long).take(tag::OCTET_STRING),
        Ok(&[7; 0x80][..])
    );
    let mut indefinite = der::Reader::new(&[0x30, 0x80, 0x00, 0x00]);
    assert!(indefinite.take(tag::SEQUENCE).is_err());
}

/// The golden answer with other bytes in the place of the only, or the last, ones that are these.
fn with(from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut changed = REPLY.to_vec();
    let at = REPLY.windows(from.len()).rposition(|window| window == from);
    let at = at.expect("is in the golden answer");
    changed[at..at + to.len()].copy_from_slice(to);
    changed
}

#[test]
fn a_digest_of_another_algorithm_is_not_ours() {
    // SHA-256, no parameters, 32 bytes; and SHA3-256, which has as many.
    let sha256 = [9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20];
    let sha3 = [9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 8, 5, 0, 4, 0x20];
    assert_eq!(
        query().accept(&with(&sha256, &sha256)).map(|stamp| stamp.serial),
        Ok(vec![2])
    );
    assert_eq!(
        query().accept(&with(&sha256, &sha3)),
        Err(TimeStampError::OtherBytes)
    );
}

#[test]
fn what_follows_the_stamp_has_the_form_of_signed_data() {
    let no_set = with(&[tag::SET, 0x82], &[tag::SEQUENCE, 0x82]);
    assert!(matches!(
        query().accept(&no_set),
        Err(TimeStampError::Malformed(_))
    ));
}

#[test]
fn numbers_are_written_in_their_shortest_form() {
    assert_eq!(der::integer(&[0, 0, 0, 0]), [0x02, 0x01, 0x00]);
    assert_eq!(der::integer(&[0, 0, 0x80]), [0x02, 0x02, 0x00, 0x80]);
    assert_eq!(der::integer(&[0x7f, 0xff]), [0x02, 0x02, 0x7f, 0xff]);
    assert_eq!(der::integer(&[0xff; 8]).len(), 11);
}

#[test]
fn times_are_read_strictly() {
    let time = |text: &[u8]| der::generalized_time(text).map(|at| at.0);
    assert_eq!(time(b"19700101000000Z"), Ok(0));
    assert_eq!(time(b"20261122100025Z"), Ok(1_795_341_625_000));
    assert_eq!(time(b"20261122100025.584Z"), Ok(1_795_341_625_000));
    assert_eq!(
        time(b"20261122103759Z"),
        Ok(1_795_341_625_000 + 37 * 60_000 + 34_000)
    );
    // A leap second.
    assert_eq!(time(b"20161231235960Z"), time(b"20170101000000Z"));
    for wrong in [
        &b""[..],
        b"Z",
        b"20261122100025",
        b"2026112210002Z",
        b"20261122100025.Z",
        b"20261122100025.580Z",
        b"20261122100025,5Z",
        b"20261122100025+0100",
        b"20261322100025Z",
        b"20261100100025Z",
        b"20261122240025Z",
        b"20261122240000Z",
        b"20261122106000Z",
        b"20261122100061Z",
        b"19691122100025Z",
        b"2026112210002aZ",
    ] {
        assert!(time(wrong).is_err(), "{wrong:?}");
    }
}
