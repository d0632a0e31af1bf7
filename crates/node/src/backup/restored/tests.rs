#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::{Mark, NotAccepted, accept_loss, log_to_be_checked, needed};
use crate::config::{Quorum, Witness};

fn settings(quorum: Quorum, needed_at_start: usize) -> Witness {
    Witness {
        policy: None,
        quorum,
        needed_at_start,
        start_wait_seconds: 1,
        lag_alarm_seconds: 60,
    }
}

/// `[ROLLBACK]` Of so many, one at least has cosigned whatever was published last.
#[test]
fn so_many_are_asked_that_one_of_them_has_seen_the_newest_head() {
    for witnesses in 1..40 {
        for quorum in [Quorum::Majority, Quorum::All, Quorum::Of(2), Quorum::Of(1)] {
            let cosigned = quorum.of(witnesses);
            let needed = needed(&settings(quorum, 0), witnesses);
            assert!(needed >= 1 && needed <= witnesses);
            assert!(needed > witnesses - cosigned, "{needed} of {witnesses}, {quorum}");
        }
    }
    assert_eq!(needed(&settings(Quorum::None, 0), 5), 1);
    assert_eq!(needed(&settings(Quorum::Majority, 0), 0), 0, "there is nobody");
    assert_eq!(
        needed(&settings(Quorum::All, 3), 5),
        3,
        "more, where the operator wants more"
    );
}

#[test]
fn the_mark_stays_until_it_is_cleared() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Mark::of(folder.path()).is_none());
    Mark::set(folder.path(), "20261122T133105Z").unwrap();
    assert!(Mark::of(folder.path()).is_some());
    Mark::of(folder.path()).unwrap().clear().unwrap();
    assert!(Mark::of(folder.path()).is_none());
}

/// `[ROLLBACK]` The old log is left only after a restore, by name, and only for another one.
#[test]
fn the_loss_of_a_logs_end_is_accepted_by_name_and_after_a_restore_only() {
    const OLD: &str = "node.xa.example/ledger/2026";
    const NEW: &str = "node.xa.example/ledger/2027";
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    assert!(matches!(accept_loss(data, OLD), Err(NotAccepted::NotRestored(_))));
    Mark::set(data, "20261122T133105Z").unwrap();
    assert_eq!(log_to_be_checked(data, OLD, NEW), OLD, "nothing was accepted");
    assert!(matches!(accept_loss(data, "2026"), Err(NotAccepted::NoOrigin(_))));
    accept_loss(data, NEW).unwrap();
    assert_eq!(log_to_be_checked(data, OLD, NEW), OLD, "that of another log");
    accept_loss(data, OLD).unwrap();
    assert_eq!(log_to_be_checked(data, OLD, OLD), OLD, "there is no other log");
    assert_eq!(log_to_be_checked(data, OLD, NEW), NEW);
    Mark::of(data).unwrap().clear().unwrap();
    assert_eq!(
        log_to_be_checked(data, OLD, NEW),
        OLD,
        "it is a store like any other"
    );
}
