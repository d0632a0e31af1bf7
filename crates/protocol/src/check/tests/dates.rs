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
