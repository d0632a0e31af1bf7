//! `[FOUR-EYES]` A message and what is said of its approval are durable together, or neither is.

use super::machine::{Finished, Machine};
use super::parties::{START, actor, message, submission, xa};
use crate::entry::Entry;
use crate::envelope::Priority;
use crate::exchange::{Event, Oversight, RecordError, Settings, Submission, SubmitError};
use crate::ids::ActorId;

fn second() -> ActorId {
    ActorId::from_bytes([0xee; 16])
}

fn overseen(oversight: Oversight) -> Submission {
    Submission {
        oversight,
        ..submission(xa(), 0, Priority::Emergency)
    }
}

/// What the ledger says of message 0, without the envelopes.
fn said(machine: &Machine) -> Vec<Entry> {
    let entries = machine.disk.entries();
    entries
        .filter(|entry| !matches!(entry, Entry::Submitted { .. }))
        .collect()
}

fn approved() -> Entry {
    Entry::Approved {
        at: START,
        message: message(0),
        actor: second(),
    }
}

fn alone() -> Entry {
    Entry::SentAlone {
        at: START,
        message: message(0),
        actor: actor(),
    }
}

/// In one commit, however small commits are, and however many recipients there are.
#[test]
fn both_officers_are_in_the_ledger_in_one_commit() {
    for (oversight, leaf) in [
        (Oversight::ApprovedBy(second()), approved()),
        (Oversight::SentAlone, alone()),
    ] {
        let settings = Settings {
            commit_entries_max: 1,
            ..Settings::default()
        };
        let mut machine = Machine::with(xa(), settings);
        let mut two = overseen(oversight);
        two.to.push("XB/prosecution".parse().unwrap());
        machine.exchange.submit(START, two).unwrap();
        machine.drain();
        assert_eq!(machine.in_flight.as_ref().unwrap().leaves.len(), 3);
        assert!(machine.events.is_empty(), "told before it was durable");
        machine.settle(START);
        assert_eq!(said(&machine), [leaf]);
        let mut events = machine.take_events();
        events.retain(|event| !matches!(event, Event::PeerNeeded { .. }));
        assert!(
            matches!(
                &events[..],
                [
                    _,
                    Event::Acted { index: 0, .. },
                    Event::Submitted { .. },
                    Event::Submitted { .. }
                ]
            ),
            "{events:?}"
        );
    }
}

#[test]
fn a_crash_leaves_both_or_neither() {
    for (finished, leaves) in [(Finished::Yes, 2), (Finished::No, 0)] {
        let mut machine = Machine::usual(xa());
        let message = overseen(Oversight::ApprovedBy(second()));
        machine.exchange.submit(START, message.clone()).unwrap();
        machine.drain();
        machine.crash(START, finished);
        assert_eq!(machine.disk.leaves.len(), leaves);
        // Whoever lost the answer asks again: recorded once, or said to be there.
        let again = machine.exchange.submit(START, message);
        machine.settle(START);
        assert_eq!(again.is_ok(), leaves == 0);
        assert_eq!(said(&machine), [approved()]);
    }
}

#[test]
fn nobody_approves_what_they_send_themselves() {
    let mut machine = Machine::usual(xa());
    let own = overseen(Oversight::ApprovedBy(actor()));
    assert_eq!(machine.exchange.submit(START, own), Err(SubmitError::OwnApproval));
    machine.settle(START);
    assert!(machine.disk.leaves.is_empty());
}

/// What was sent alone is reviewed afterwards; that it was sent alone nobody can say later.
#[test]
fn a_review_comes_later_and_a_break_glass_does_not() {
    let mut machine = Machine::usual(xa());
    machine
        .exchange
        .submit(START, overseen(Oversight::SentAlone))
        .unwrap();
    machine.settle(START);
    assert_eq!(
        machine.exchange.record(START, alone()),
        Err(RecordError::NotTheNodes)
    );
    machine.exchange.record(START, approved()).unwrap();
    machine.settle(START);
    assert_eq!(said(&machine), [alone(), approved()]);
}

#[test]
fn what_needs_no_second_officer_says_nothing_of_one() {
    let mut machine = Machine::usual(xa());
    machine
        .exchange
        .submit(START, overseen(Oversight::NotNeeded))
        .unwrap();
    machine.settle(START);
    assert_eq!(machine.disk.leaves.len(), 1);
    assert!(said(&machine).is_empty());
}
