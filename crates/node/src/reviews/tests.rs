#![allow(clippy::unwrap_used, clippy::expect_used)]
//! `[FOUR-EYES]` A reason is neither lost nor kept longer than it is needed.

use std::os::unix::fs::PermissionsExt;

use protocol::ids::ActorId;
use protocol::time::UnixMillis;

use super::*;
use crate::testing::ledger::{Ledger, header, message};

fn review(number: u8) -> Review {
    Review {
        message: message(number).to_string(),
        case: message(number).to_string(),
        kind: "preservation-request".to_owned(),
        to: vec!["XB/police".to_owned()],
        officer: "A. Officer".to_owned(),
        reason: "a life is in danger".to_owned(),
        sent_at: "2026-11-22T03:07:00Z".parse().unwrap(),
    }
}

fn alone(number: u8) -> Entry {
    Entry::SentAlone {
        at: UnixMillis(1_780_000_000_000),
        message: message(number),
        actor: ActorId::from_bytes([7; 16]),
    }
}

#[test]
fn what_waits_is_known_again_after_a_restart_and_what_does_not_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("reviews");
    let mut ledger = Ledger::of(&["XA", "XB"]);
    let reviews = Reviews::load(&folder, &*ledger.reader).unwrap();
    for number in [1, 2, 3] {
        reviews.open(message(number), review(number)).unwrap();
    }
    let file = folder.join(format!("{}.json", message(1)));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    // 1 waits; 2 was reviewed just before the crash; 3 never got into the ledger.
    for number in [1, 2] {
        ledger.record(&alone(number));
        ledger.submitted(&header("XA", "XB", number, number));
    }
    ledger.record(&Entry::Approved {
        at: UnixMillis(1_780_000_100_000),
        message: message(2),
        actor: ActorId::from_bytes([8; 16]),
    });
    let again = Reviews::load(&folder, &*ledger.reader).unwrap();
    assert_eq!(again.list(), [review(1)]);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    again.close(message(1));
    assert_eq!(again.outstanding(), 0);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
fn a_damaged_file_is_not_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::of(&["XA", "XB"]);
    for text in ["", "{}", "{\"version\":2}"] {
        crate::durable::write_private(&folder.path().join("x.json"), text.as_bytes()).unwrap();
        assert!(Reviews::load(folder.path(), &*ledger.reader).is_err(), "{text}");
    }
}
