//! A wrong clock is no breach of the protocol: what bears an impossible date is not believed, and costs
//! nobody the connection.

use super::*;

fn is_misdated(checked: Result<Checked, PeerMisbehaved>) -> bool {
    matches!(checked, Ok(Checked::Misdated))
}

#[test]
fn a_report_dated_far_ahead_is_not_taken_yet() {
    let ahead = Consignment {
        opened_at: NOW.plus(2 * DAY),
        ..consignment()
    };
    assert!(is_misdated(report(&ahead)));
}

#[test]
fn a_receipt_dated_far_ahead_is_no_answer_yet() {
    let (directory, sent) = (directory(), signed_header());
    let early = Circumstances {
        now: UnixMillis(NOW.0 - 25 * 3_600_000),
        ..at_xa(&directory, &sent)
    };
    assert!(is_misdated(check(Frame::Receipt(signed_receipt()), &early)));
}

/// Older than what it answers: a stolen key whose time is over cannot be used so.
#[test]
fn an_answer_from_before_its_question_is_no_answer() {
    let long_before = Rejection {
        rejected_at: UnixMillis(NOW.0 - 25 * 3_600_000),
        ..rejection()
    };
    assert!(is_misdated(rejected(&long_before, &key_of_xb())));
}

/// Whose it is, is looked at first: only the peer's own clock can be wrong.
#[test]
fn a_wrong_date_excuses_no_wrong_signature() {
    let ahead = Rejection {
        rejected_at: NOW.plus(2 * DAY),
        ..rejection()
    };
    assert!(matches!(
        rejected(&ahead, &key_of_xa()),
        Ok(Checked::UnknownKey(_))
    ));
}

/// A day before the question is the earliest: a clock may be wrong by so much.
#[test]
fn an_answer_may_be_dated_exactly_a_day_before_its_question() {
    let before = |ms: u64| Rejection {
        rejected_at: UnixMillis(header().sent_at.0 - ms),
        ..rejection()
    };
    let day = 24 * 3_600_000;
    assert!(matches!(
        rejected(&before(day), &key_of_xb()),
        Ok(Checked::Rejection { .. })
    ));
    assert!(is_misdated(rejected(&before(day + 1), &key_of_xb())));
}

/// The longest payload that may be announced is judged by what came, one byte more by the announcement.
#[test]
fn a_payload_may_be_announced_with_the_greatest_length() {
    let announced = |payload_length_bytes| {
        reason(&Header {
            payload_length_bytes,
            ..header()
        })
    };
    assert_eq!(announced(PAYLOAD_BYTES_MAX as u64), RejectionReason::NotAuthentic);
    assert_eq!(announced(PAYLOAD_BYTES_MAX as u64 + 1), RejectionReason::TooLarge);
}

#[test]
fn a_ping_is_answered_by_its_own_number() {
    let directory = directory();
    let asked = Circumstances {
        asked: Asked::Ping(7),
        ..at_xb(&directory)
    };
    assert!(matches!(check(Frame::Pong(7), &asked), Ok(Checked::Pong)));
    assert_eq!(
        check(Frame::Pong(8), &asked).unwrap_err(),
        PeerMisbehaved::OtherItem
    );
}
