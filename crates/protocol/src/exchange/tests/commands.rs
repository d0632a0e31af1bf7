//! What the node asks for, and what is refused.

use super::machine::Machine;
use super::parties::{START, actor, message, signed_header, submission, xa, xb};
use crate::entry::Entry;
use crate::envelope::Priority::Routine;
use crate::exchange::{Deed, Event, RecordError, Settings, Submission, SubmitError};
use crate::limits::{
    CHECKPOINT_NOTE_BYTES_MAX, DATED_AHEAD_MAX, ENVELOPE_LIFETIME_MAX, ERASED_ENTRIES_MAX, LEAF_BYTES_MAX,
    PAYLOAD_BYTES_MAX, RECIPIENTS_MAX,
};
use crate::time::UnixMillis;

fn refused(change: impl FnOnce(&mut Submission)) -> SubmitError {
    let mut machine = Machine::usual(xa());
    let mut message = submission(xa(), 0, Routine);
    change(&mut message);
    let error = machine.exchange.submit(START, message).unwrap_err();
    machine.drain();
    assert!(machine.in_flight.is_none(), "refused, and yet recorded");
    error
}

#[test]
fn a_submission_that_cannot_be_sent_is_refused_and_nothing_is_recorded() {
    assert_eq!(refused(|s| s.to = vec![]), SubmitError::Recipients);
    assert_eq!(refused(|s| s.to.push(s.to[0].clone())), SubmitError::Recipients);
    let offices = (0..=RECIPIENTS_MAX).map(|n| format!("XB/office-{n}").parse().unwrap());
    assert_eq!(refused(|s| s.to = offices.collect()), SubmitError::Recipients);
    assert_eq!(
        refused(|s| s.from = "XB/police".parse().unwrap()),
        SubmitError::NotOurContactPoint
    );
    assert_eq!(
        refused(|s| s.to = vec!["XA/prosecution".parse().unwrap()]),
        SubmitError::OwnParty
    );
    assert_eq!(refused(|s| s.expires_at = START), SubmitError::Expired);
    let times = SubmitError::ImpossibleTimes;
    let days = |days: u64| START.plus(std::time::Duration::from_secs(days * 24 * 3_600));
    assert_eq!(refused(|s| s.expires_at = days(91)), times);
    assert_eq!(refused(|s| s.sent_at = days(2)), times);
    assert_eq!(refused(|s| s.sent_at = s.expires_at), times);
    let too_large = vec![0; PAYLOAD_BYTES_MAX + 1].into();
    assert_eq!(refused(|s| s.payload.bytes = too_large), SubmitError::TooLarge);
}

/// What is at a limit is taken.
#[test]
fn a_submission_at_its_limits_is_taken() {
    let taken = |change: &dyn Fn(&mut Submission)| {
        let mut machine = Machine::usual(xa());
        let mut message = submission(xa(), 0, Routine);
        change(&mut message);
        let copies = message.to.len();
        machine.exchange.submit(START, message).unwrap();
        machine.settle(START);
        assert_eq!(machine.disk.entries().count(), copies);
    };
    let offices = |count| (0..count).map(|n| format!("XB/office-{n}").parse().unwrap());
    taken(&|s| s.to = offices(1).collect());
    taken(&|s| s.to = offices(RECIPIENTS_MAX).collect());
    taken(&|s| s.payload.bytes = vec![0; PAYLOAD_BYTES_MAX].into());
    taken(&|s| s.expires_at = START.plus(ENVELOPE_LIFETIME_MAX));
    taken(&|s| s.expires_at = UnixMillis(START.0 + 1));
    let ahead = START.plus(DATED_AHEAD_MAX);
    taken(&|s| (s.sent_at, s.expires_at) = (ahead, UnixMillis(ahead.0 + 1)));
    let beyond = UnixMillis(ahead.0 + 1);
    assert_eq!(
        refused(|s| (s.sent_at, s.expires_at) = (beyond, UnixMillis(beyond.0 + 1))),
        SubmitError::ImpossibleTimes
    );
}

/// What waits for its commit counts, and what a message would add.
#[test]
fn an_outbox_takes_as_many_items_as_it_may_hold() {
    let settings = Settings {
        outbox_items_max: 4,
        ..Settings::default()
    };
    let mut machine = Machine::with(xa(), settings);
    let submit = |machine: &mut Machine, number, recipients: usize| {
        let mut message = submission(xa(), number, Routine);
        let offices = (0..recipients).map(|n| format!("XB/office-{n}").parse().unwrap());
        message.to = offices.collect();
        machine.exchange.submit(START, message)
    };
    submit(&mut machine, 0, 1).unwrap();
    machine.settle(START);
    submit(&mut machine, 1, 1).unwrap();
    assert_eq!(machine.exchange.outbox_len(), 1, "the other is on its way");
    assert_eq!(submit(&mut machine, 2, 3), Err(SubmitError::OutboxFull));
    submit(&mut machine, 3, 2).unwrap();
    assert_eq!(submit(&mut machine, 4, 1), Err(SubmitError::OutboxFull));
    machine.settle(START);
    assert_eq!(machine.exchange.outbox_len(), 4);
    assert_eq!(submit(&mut machine, 5, 1), Err(SubmitError::OutboxFull));
}

/// A receipt is checked against it, so it is the very header that waits, and no other item has one.
#[test]
fn the_header_that_waits_for_its_receipt_is_given() {
    let mut machine = Machine::usual(xa());
    let sent = submission(xa(), 0, Routine);
    let header = signed_header(&sent);
    let waits = |machine: &Machine| machine.exchange.awaited_header(&header.digest()).cloned();
    assert_eq!(waits(&machine), None);
    machine.exchange.submit(START, sent).unwrap();
    machine.settle(START);
    assert_eq!(waits(&machine), Some(header.clone()));
    let other = signed_header(&submission(xa(), 1, Routine));
    assert_eq!(machine.exchange.awaited_header(&other.digest()), None);
}

#[test]
fn the_same_message_is_submitted_once() {
    let mut machine = Machine::usual(xa());
    machine
        .exchange
        .submit(START, submission(xa(), 0, Routine))
        .unwrap();
    let again = Err(SubmitError::AlreadySubmitted);
    assert_eq!(
        machine.exchange.submit(START, submission(xa(), 0, Routine)),
        again
    );
    machine.settle(START);
    assert_eq!(
        machine.exchange.submit(START, submission(xa(), 0, Routine)),
        again
    );
    assert_eq!(machine.disk.leaves.len(), 1);
}

#[test]
fn the_nodes_own_facts_are_recorded_and_then_told() {
    let mut machine = Machine::usual(xa());
    machine.exchange.retrieve(START, message(1), actor()).unwrap();
    let approved = Entry::Approved {
        at: START,
        message: message(1),
        actor: actor(),
    };
    machine.exchange.record(START, approved.clone()).unwrap();
    machine.drain();
    assert!(machine.events.is_empty());
    machine.settle(START);
    let retrieved = Entry::Retrieved {
        at: START,
        message: message(1),
        actor: actor(),
    };
    assert_eq!(machine.disk.entries().collect::<Vec<_>>(), [retrieved, approved]);
    let events = machine.take_events();
    assert!(matches!(
        events[..],
        [
            _,
            Event::Acted {
                deed: Deed::Retrieved,
                index: 0,
                ..
            },
            Event::Acted {
                deed: Deed::Approved,
                index: 1,
                ..
            }
        ]
    ));
}

#[test]
fn nobody_but_the_exchange_says_what_travelled() {
    let mut machine = Machine::usual(xa());
    let to = "XB/police".parse().unwrap();
    let item = crate::digest::Digest::of(b"item");
    let entry = Entry::Expired {
        at: START,
        item,
        message: message(1),
        to,
    };
    assert_eq!(
        machine.exchange.record(START, entry),
        Err(RecordError::NotTheNodes)
    );
}

#[test]
fn a_fact_that_no_leaf_can_hold_or_for_which_there_is_no_room_is_refused() {
    let mut machine = Machine::with(
        xa(),
        Settings {
            pending_entries_max: 1,
            ..Settings::default()
        },
    );
    let notice = |entries| Entry::ErasureNotice {
        at: START,
        entries,
        basis: "retention".parse().unwrap(),
        actor: actor(),
    };
    let too_many = notice((1_000_000..1_020_000).collect());
    assert_eq!(
        machine.exchange.record(START, too_many),
        Err(RecordError::TooLarge)
    );
    machine.exchange.record(START, notice(vec![1])).unwrap();
    assert_eq!(
        machine.exchange.record(START, notice(vec![2])),
        Err(RecordError::Busy)
    );
    assert_eq!(
        machine.exchange.retrieve(START, message(1), actor()),
        Err(RecordError::Busy)
    );
}

/// At the limit of a leaf it is looked at, and beyond it not.
#[test]
fn a_leaf_is_held_against_its_length_first() {
    let mut machine = Machine::usual(xa());
    let seen = |length| Entry::PeerCheckpointSeen {
        at: START,
        peer: xb(),
        note: "x".repeat(length),
    };
    let around = seen(LEAF_BYTES_MAX).encode().len() - LEAF_BYTES_MAX;
    let mut record = |length| machine.exchange.record(START, seen(length)).unwrap_err();
    assert_eq!(record(LEAF_BYTES_MAX - around), RecordError::Unreadable);
    assert_eq!(record(LEAF_BYTES_MAX - around + 1), RecordError::TooLarge);
}

/// A leaf stays for ever: one that nobody can read would keep the index from ever being rebuilt, and make
/// every audit fail.
#[test]
fn a_fact_that_could_not_be_read_back_is_refused() {
    let mut machine = Machine::usual(xa());
    let notice = |entries| Entry::ErasureNotice {
        at: START,
        entries,
        basis: "retention".parse().unwrap(),
        actor: actor(),
    };
    let too_many = notice((0..ERASED_ENTRIES_MAX as u64 + 1).collect());
    let descending = notice(vec![2, 1]);
    let long_note = Entry::PeerCheckpointSeen {
        at: START,
        peer: xb(),
        note: "x".repeat(CHECKPOINT_NOTE_BYTES_MAX + 1),
    };
    for unreadable in [too_many, descending, long_note] {
        assert_eq!(
            machine.exchange.record(START, unreadable),
            Err(RecordError::Unreadable)
        );
    }
    machine.drain();
    assert!(machine.in_flight.is_none());
    let most = notice((0..ERASED_ENTRIES_MAX as u64).collect());
    machine.exchange.record(START, most).unwrap();
    machine.settle(START);
    assert_eq!(machine.disk.entries().count(), 1);
}

#[test]
fn a_message_waits_for_a_peer_that_never_was_connected() {
    let mut machine = Machine::usual(xa());
    machine
        .exchange
        .submit(START, submission(xa(), 0, Routine))
        .unwrap();
    machine.settle(START);
    assert!(machine.take_requests().is_empty());
    assert_eq!(machine.exchange.outbox_len(), 1);
    machine.connect(START, xb());
    assert_eq!(machine.take_requests().len(), 1);
}
