#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::testing::ledger::{Ledger, header, message, party};

/// A rejection that names no message is shown at the recipient whose envelope it was, and at no other.
#[test]
fn a_rejection_without_an_id_is_shown_at_its_recipient() {
    let mut ledger = Ledger::of(&["XA", "XB", "XC"]);
    let (to_b, to_c) = (header("XA", "XB", 1, 1), header("XA", "XC", 1, 1));
    ledger.submitted(&to_b);
    let envelope = ledger.submitted(&to_c);
    ledger.rejected(envelope, &to_c);
    let case = ledger.cases.case_of(message(1)).unwrap().unwrap();
    let status = message_status(&case, message(1), Some(Wait::Delivered), party("XA")).unwrap();
    let states: Vec<_> = status.to.iter().map(|one| (one.to.as_str(), one.state)).collect();
    assert_eq!(
        states,
        [
            ("XB/police", RecipientState::Pending),
            ("XC/police", RecipientState::Rejected),
        ]
    );
    assert!(!status.reached);
}
