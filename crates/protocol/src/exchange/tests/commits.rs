//! Write, `fdatasync`, sign, answer: in this order, in groups, within limits.

use ledger::checkpoint::Checkpoint;

use super::machine::{Finished, Machine};
use super::parties::{START, ledger_signer, signed_header, submission, xa, xb};
use crate::entry::Entry;
use crate::envelope::Priority::Routine;
use crate::exchange::{Event, Settings, SubmitError};
use crate::frame::Frame;

/// The frame by which XA delivers its message of this number.
fn envelope(number: u64) -> Frame {
    let submission = submission(xa(), number, Routine);
    Frame::Envelope {
        header: signed_header(&submission),
        payload: submission.payload,
    }
}

/// Submits so many messages and drains after each.
fn submit_all(machine: &mut Machine, numbers: std::ops::Range<u64>) {
    for number in numbers {
        machine
            .exchange
            .submit(START, submission(machine.party, number, Routine))
            .unwrap();
        machine.drain();
    }
}

#[test]
fn nothing_is_sent_or_told_before_it_is_durable() {
    // [DURABLE]
    let mut machine = Machine::usual(xa());
    machine.connect(START, xb());
    submit_all(&mut machine, 0..1);
    assert!(machine.in_flight.is_some());
    assert!(machine.transmits.is_empty() && machine.events.is_empty());

    machine.commit(START);
    assert_eq!(machine.take_requests().len(), 1);
    assert!(matches!(
        machine.events[..],
        [
            Event::CheckpointSigned { size: 1, .. },
            Event::Submitted { index: 0, .. }
        ]
    ));
}

/// The chain begins with the message itself, and not when somebody archives it (as in X-Road).
#[test]
fn a_receipt_comes_after_the_commit_and_proves_the_leaf_under_its_checkpoint() {
    // [DURABLE]
    let mut machine = Machine::usual(xb());
    for number in 0..3 {
        machine.asked(START, xa(), number, envelope(number));
    }
    assert!(machine.transmits.is_empty() && machine.events.is_empty());
    machine.settle(START);

    let replies = machine.take_replies();
    assert_eq!(replies.len(), 3);
    for (index, (_, frame)) in replies.into_iter().enumerate() {
        let Frame::Receipt(receipt) = frame else {
            panic!("{frame:?}")
        };
        let receipt = receipt.peek().unwrap().0;
        let leaf = ledger::hash::leaf_hash(&machine.disk.leaves[index]);
        let proof = ledger::tlog_proof::TlogProof::parse(receipt.tlog_proof().as_bytes()).unwrap();
        let checkpoint = proof.verify(&leaf, ledger_signer(xb()).verifier_key()).unwrap();
        assert_eq!(proof.inclusion.index, index as u64);
        // The first frame was committed alone; the others came while it was in flight.
        assert_eq!(checkpoint.size, if index == 0 { 1 } else { 3 });
    }
    for number in 0..3 {
        let sent = submission(xa(), number, Routine).payload;
        assert_eq!(machine.disk.payloads.get(&sent.commitment()), Some(&sent));
    }
}

#[test]
fn what_arrives_while_a_commit_is_in_flight_joins_the_next_one() {
    // [DURABLE]
    let mut machine = Machine::usual(xa());
    submit_all(&mut machine, 0..10);
    assert_eq!(machine.in_flight.as_ref().unwrap().leaves.len(), 1);
    machine.commit(START);
    let next = machine.in_flight.as_ref().unwrap();
    assert_eq!((next.leaves.len(), next.payloads.len()), (9, 9));
    machine.commit(START);
    assert!(machine.in_flight.is_none());
}

#[test]
fn a_commit_holds_so_many_entries_and_bytes_and_no_more() {
    // [DURABLE]
    let sizes = |settings| {
        let mut machine = Machine::with(xa(), settings);
        submit_all(&mut machine, 0..10);
        let mut sizes = vec![];
        while let Some(commit) = &machine.in_flight {
            sizes.push(commit.leaves.len());
            machine.commit(START);
        }
        sizes
    };
    assert_eq!(
        sizes(Settings {
            commit_entries_max: 4,
            ..Settings::default()
        }),
        [1, 4, 4, 1]
    );
    // Each is larger than this; and yet each is committed.
    assert_eq!(
        sizes(Settings {
            commit_bytes_max: 10,
            ..Settings::default()
        }),
        [1; 10]
    );
}

#[test]
fn a_message_to_several_is_recorded_for_all_or_for_none() {
    let mut machine = Machine::with(
        xa(),
        Settings {
            commit_entries_max: 2,
            ..Settings::default()
        },
    );
    let mut message = submission(xa(), 0, Routine);
    message.to = ["XB/police", "XC/police", "XD/police"]
        .map(|to| to.parse().unwrap())
        .to_vec();
    machine.exchange.submit(START, message).unwrap();
    machine.drain();
    let commit = machine.in_flight.as_ref().unwrap();
    assert_eq!((commit.leaves.len(), commit.payloads.len()), (3, 1));
}

#[test]
fn the_entry_says_how_large_the_ledger_is_with_its_own_commit() {
    let mut machine = Machine::usual(xb());
    for number in 0..5 {
        machine.asked(START, xa(), number, envelope(number));
    }
    machine.settle(START);
    let sizes = machine.disk.entries().map(|entry| match entry {
        Entry::Received { commit_size, .. } => commit_size,
        entry => panic!("{entry:?}"),
    });
    assert_eq!(sizes.collect::<Vec<_>>(), [1, 5, 5, 5, 5]);
}

#[test]
fn a_restart_signs_the_same_checkpoint_again() {
    // [DURABLE]
    let mut machine = Machine::usual(xa());
    submit_all(&mut machine, 0..3);
    machine.settle(START);
    let note = |event: Event| match event {
        Event::CheckpointSigned { note, size: 3, .. } => Some(note),
        _ => None,
    };
    let before = machine.take_events().into_iter().find_map(note).unwrap();
    machine.crash(START, Finished::No);
    let after = machine.take_events().into_iter().find_map(note).unwrap();
    assert_eq!(before, after);
    let checkpoint = Checkpoint::verify(&after, ledger_signer(xa()).verifier_key()).unwrap();
    assert_eq!(checkpoint.root, machine.disk.root_at(3));
}

#[test]
fn a_crash_before_the_commit_leaves_nothing_and_one_after_it_everything() {
    for (finished, expected) in [(Finished::No, 0), (Finished::Yes, 1)] {
        let mut machine = Machine::usual(xa());
        submit_all(&mut machine, 0..1);
        machine.crash(START, finished);
        machine.connect(START, xb());
        assert_eq!(machine.disk.leaves.len(), expected);
        assert_eq!(machine.take_requests().len(), expected);
    }
}

#[test]
fn a_commit_that_nobody_gave_out_changes_nothing() {
    let mut machine = Machine::usual(xa());
    machine.exchange.handle_committed(START);
    machine.drain();
    assert!(machine.events.is_empty());
}

#[test]
fn officers_and_peers_are_told_when_too_much_waits_and_no_peer_takes_it_all() {
    let settings = Settings {
        pending_entries_max: 8,
        ..Settings::default()
    };
    let mut machine = Machine::with(xb(), settings);
    submit_all(&mut machine, 100..101);
    // One is in flight. A peer may let two wait; the rest is for others.
    for number in 0..3 {
        machine.asked(START, xa(), number, envelope(number));
    }
    let [(stream, Frame::Busy { retry_after_ms })] = machine.take_replies()[..] else {
        panic!()
    };
    assert_eq!((stream.0, retry_after_ms), (2, 1_000));
    submit_all(&mut machine, 101..107);
    let refused = machine.exchange.submit(START, submission(xb(), 107, Routine));
    assert_eq!(refused, Err(SubmitError::Busy));

    machine.settle(START);
    machine.take_replies();
    machine.asked(START, xa(), 4, envelope(2));
    machine.settle(START);
    assert!(matches!(machine.take_replies()[..], [(_, Frame::Receipt(_))]));
    assert_eq!(machine.disk.leaves.len(), 10);
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let run = || {
        let mut machine = Machine::usual(xa());
        machine.connect(START, xb());
        submit_all(&mut machine, 0..5);
        machine.settle(START);
        (
            machine.disk.leaves,
            format!("{:?}", machine.events),
            format!("{:?}", machine.transmits),
        )
    };
    assert_eq!(run(), run());
}
