#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::session::Failure;
use protocol::time::UnixMillis;

const HOUR_MS: i64 = 3_600_000;

fn blamed(step: &TestStep) -> (StepOutcome, Option<Blame>) {
    (step.outcome, step.blame)
}

#[test]
fn the_clock_that_differs_from_most_is_the_wrong_one() {
    let warned = |blame| (StepOutcome::Warning, Some(blame));
    assert_eq!(blamed(&clock_step(0, &[])), (StepOutcome::Ok, None));
    assert_eq!(blamed(&clock_step(-299_000, &[])), (StepOutcome::Ok, None));
    assert_eq!(blamed(&clock_step(HOUR_MS, &[])), warned(Blame::Theirs));
    assert_eq!(blamed(&clock_step(HOUR_MS, &[0, 10])), warned(Blame::Theirs));
    // Two of three are ahead of us alike: it is we who are behind.
    assert_eq!(
        blamed(&clock_step(HOUR_MS, &[HOUR_MS, HOUR_MS + 5, 0])),
        warned(Blame::Ours)
    );
    // Ahead and behind are not alike.
    assert_eq!(
        blamed(&clock_step(HOUR_MS, &[-HOUR_MS, -HOUR_MS])),
        warned(Blame::Theirs)
    );
    assert!(clock_step(-HOUR_MS, &[]).what.contains("3600.0 s behind ours"));
}

#[test]
fn the_older_directory_is_to_blame() {
    assert_eq!(blamed(&directory_version_step(7, 7)), (StepOutcome::Ok, None));
    let warned = |blame| (StepOutcome::Warning, Some(blame));
    assert_eq!(blamed(&directory_version_step(6, 7)), warned(Blame::Theirs));
    assert_eq!(blamed(&directory_version_step(8, 7)), warned(Blame::Ours));
}

#[test]
fn a_missing_connection_says_why_it_last_failed() {
    let mut view = PeerView::default();
    let is_dialled = true;
    let failed = |blame| (StepOutcome::Failed, Some(blame));
    assert_eq!(
        blamed(&protocol_step(&view, !is_dialled)),
        failed(Blame::Theirs),
        "[NAT]"
    );
    assert_eq!(blamed(&protocol_step(&view, is_dialled)), failed(Blame::Network));
    view.failure = Some(Failure {
        at: UnixMillis(1_700_000_000_000),
        what: "the hello: not authentic (open)".to_owned(),
    });
    let step = protocol_step(&view, is_dialled);
    assert_eq!(blamed(&step), failed(Blame::Directory));
    assert!(step.what.contains("not authentic"));
}

#[test]
fn a_clock_that_is_behind_counts_below_zero() {
    let greeting = Greeting {
        at: UnixMillis(10_000),
        versions: vec![1],
        directory_version: 1,
        clock: UnixMillis(4_000),
    };
    assert_eq!(greeting.ahead_ms(), -6_000);
}
