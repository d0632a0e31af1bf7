#![allow(clippy::unwrap_used, clippy::expect_used)]

use jiff::Timestamp;

use super::*;

fn step(step: StepName, outcome: StepOutcome, what: &str) -> TestStep {
    TestStep {
        step,
        ..receipt_step(outcome, what)
    }
}

fn test(steps: Vec<TestStep>) -> PeerTest {
    PeerTest::of("XB".to_owned(), Timestamp::UNIX_EPOCH, steps)
}

#[test]
fn a_fault_says_whose_it_is_and_what_mends_it() {
    let failed = TestStep {
        blame: Some(Blame::Theirs),
        mend: Some("ask its operator whether the node runs".to_owned()),
        ..step(
            StepName::Udp,
            StepOutcome::Failed,
            "nothing answers at 192.0.2.1:4433 within 5 s",
        )
    };
    let steps = vec![
        step(
            StepName::Directory,
            StepOutcome::Ok,
            "version 1 names node.xb.example, at one address",
        ),
        failed,
        step(
            StepName::DirectoryVersion,
            StepOutcome::Skipped,
            "there is no connection",
        ),
    ];
    let test = test(steps);
    let expected = "\
ok    directory          version 1 names node.xb.example, at one address
FAIL  udp                nothing answers at 192.0.2.1:4433 within 5 s
                         -> ask its operator whether the node runs
-     directory version  there is no connection

The way to XB does not work. To mend: the peer's operator.
";
    assert_eq!(one_text(&test), expected);
    assert!(conclude(&[test]).is_err());
}

#[test]
fn a_warning_is_no_failure() {
    let late = TestStep {
        blame: Some(Blame::Ours),
        ..step(StepName::Clock, StepOutcome::Warning, "late")
    };
    let test = test(vec![step(StepName::Echo, StepOutcome::Ok, "answered"), late]);
    assert!(one_text(&test).ends_with("The way to XB works, with a warning for our operator.\n"));
    assert!(conclude(&[test]).is_ok());
}

#[test]
fn what_a_peer_wrote_cannot_move_the_cursor() {
    let text = step_text(&step(
        StepName::Protocol,
        StepOutcome::Failed,
        "\u{1b}[2Jnot connected",
    ));
    assert!(!text.contains('\u{1b}'));
}
