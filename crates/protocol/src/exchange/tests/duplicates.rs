//! What comes twice is recorded once and answered alike `[IDEMPOTENT]`.

use std::time::Duration;

use super::machine::{Finished, Machine};
use super::parties::{START, envelope_key, message, signed_header, submission, xa, xb};
use crate::check::Checked;
use crate::entry::{Entry, Side};
use crate::envelope::Priority::Routine;
use crate::exchange::{Event, Ignored, Incoming, Submission};
use crate::frame::Frame;
use crate::index::IndexChange;
use crate::limits::{REJECTIONS_PER_PEER_PER_HOUR_MAX, WAITING_STREAMS_MAX};
use crate::receipt::SignedReceipt;
use crate::rejection::{Rejection, RejectionReason, SignedRejection};

fn frame(submission: &Submission) -> Frame {
    Frame::Envelope {
        header: signed_header(submission),
        payload: submission.payload.clone(),
    }
}

fn first() -> Submission {
    submission(xa(), 1, Routine)
}

/// The same id, and other bytes.
fn other_bytes(variant: u64) -> Submission {
    Submission {
        sent_at: START.plus(Duration::from_millis(1 + variant)),
        ..first()
    }
}

fn receipts(machine: &mut Machine) -> Vec<SignedReceipt> {
    let receipt = |(_, frame)| match frame {
        Frame::Receipt(receipt) => receipt,
        frame => panic!("{frame:?}"),
    };
    machine.take_replies().into_iter().map(receipt).collect()
}

fn rejections(machine: &mut Machine) -> Vec<SignedRejection> {
    let rejection = |(_, frame)| match frame {
        Frame::Rejection(rejection) => rejection,
        frame => panic!("{frame:?}"),
    };
    machine.take_replies().into_iter().map(rejection).collect()
}

fn received(machine: &Machine) -> usize {
    machine
        .disk
        .entries()
        .filter(|entry| matches!(entry, Entry::Received { .. }))
        .count()
}

#[test]
fn a_duplicate_of_what_waits_or_is_in_flight_gets_the_same_receipt_idempotent() {
    let mut machine = Machine::usual(xb());
    // The first occupies the disk, so that the second waits.
    machine.asked(START, xa(), 0, frame(&submission(xa(), 0, Routine)));
    machine.asked(START, xa(), 1, frame(&first()));
    machine.asked(START, xa(), 2, frame(&first()));
    machine.commit(START);
    assert_eq!(receipts(&mut machine).len(), 1);
    machine.asked(START, xa(), 3, frame(&first()));
    machine.commit(START);
    let receipts = receipts(&mut machine);
    assert_eq!(receipts.len(), 3);
    assert!(receipts.iter().all(|receipt| *receipt == receipts[0]));
    assert_eq!(received(&machine), 2);
}

#[test]
fn a_duplicate_of_what_is_durable_gets_the_first_receipt_byte_for_byte_idempotent() {
    let mut machine = Machine::usual(xb());
    machine.asked(START, xa(), 1, frame(&first()));
    machine.settle(START);
    let original = receipts(&mut machine).remove(0);
    for number in 10..20 {
        machine.asked(START, xa(), number, frame(&submission(xa(), number, Routine)));
    }
    machine.settle(START);
    machine.take_replies();

    let later = START.plus(Duration::from_secs(3_600));
    machine.asked(later, xa(), 2, frame(&first()));
    assert_eq!(receipts(&mut machine), std::slice::from_ref(&original));
    machine.crash(later, Finished::No);
    machine.asked(later, xa(), 3, frame(&first()));
    assert_eq!(receipts(&mut machine), [original]);
    assert!(machine.in_flight.is_none());
}

#[test]
fn what_was_durable_but_not_answered_at_the_crash_is_answered_on_the_next_try_idempotent() {
    let mut machine = Machine::usual(xb());
    machine.asked(START, xa(), 1, frame(&first()));
    machine.crash(START, Finished::Yes);
    assert!(machine.transmits.is_empty());
    machine.asked(START, xa(), 2, frame(&first()));
    assert_eq!(receipts(&mut machine).len(), 1);
    assert_eq!(received(&machine), 1);
}

#[test]
fn a_store_that_is_ahead_of_the_exchange_changes_nothing_idempotent() {
    let mut machine = Machine::usual(xb());
    machine.asked(START, xa(), 1, frame(&first()));
    // The commit is durable, and the store knows the message, before the exchange has heard of it.
    machine.disk.write(machine.in_flight.as_ref().unwrap());
    machine.asked(START, xa(), 2, frame(&first()));
    machine.asked(START, xa(), 3, frame(&other_bytes(0)));
    assert!(machine.transmits.is_empty());
    machine.in_flight = None;
    machine.exchange.handle_committed(START);
    machine.settle(START);
    let replies = machine.take_replies();
    let [
        (_, Frame::Receipt(one)),
        (_, Frame::Receipt(two)),
        (_, Frame::Rejection(_)),
    ] = &replies[..]
    else {
        panic!("{replies:?}")
    };
    assert_eq!(one, two);
    assert_eq!(received(&machine), 1);
}

#[test]
fn a_message_that_has_expired_since_it_was_received_gets_its_receipt_all_the_same_idempotent() {
    let mut machine = Machine::usual(xb());
    machine.asked(START, xa(), 1, frame(&first()));
    machine.settle(START);
    let original = receipts(&mut machine);
    machine.asked(
        first().expires_at.plus(Duration::from_secs(1)),
        xa(),
        2,
        frame(&first()),
    );
    assert_eq!(receipts(&mut machine), original);
    assert!(machine.in_flight.is_none());
}

/// Not as in azul #259: an id alone is not what makes a repetition.
#[test]
fn the_same_id_with_other_bytes_is_refused_and_the_first_bytes_keep_their_receipt_idempotent() {
    for is_durable in [false, true] {
        let mut machine = Machine::usual(xb());
        machine.asked(START, xa(), 1, frame(&first()));
        if is_durable {
            machine.settle(START);
        }
        machine.asked(START, xa(), 2, frame(&other_bytes(0)));
        machine.settle(START);
        let replies = machine.take_replies();
        let [
            (_, Frame::Receipt(original)),
            (stream, Frame::Rejection(rejection)),
        ] = &replies[..]
        else {
            panic!("{replies:?}")
        };
        assert_eq!(stream.0, 2);
        let rejection = rejection.peek().unwrap().0;
        assert_eq!(rejection.reason, RejectionReason::IdReused);
        assert_eq!(rejection.envelope, signed_header(&other_bytes(0)).digest());
        assert_eq!(received(&machine), 1);
        let is_alarm = |event: &Event| {
            matches!(
                event,
                Event::Rejected {
                    side: Side::Issued,
                    reason: RejectionReason::IdReused,
                    ..
                }
            )
        };
        assert!(machine.take_events().iter().any(is_alarm));

        machine.asked(START, xa(), 3, frame(&first()));
        assert_eq!(receipts(&mut machine), std::slice::from_ref(original));
    }
}

#[test]
fn other_bytes_that_are_refused_anyway_do_not_take_the_id_from_the_first_idempotent() {
    let mut machine = Machine::usual(xb());
    machine.asked(START, xa(), 1, frame(&first()));
    machine.settle(START);
    let original = receipts(&mut machine);
    let expired = Submission {
        expires_at: START.plus(Duration::from_secs(1)),
        ..first()
    };
    let later = START.plus(Duration::from_secs(2));
    machine.asked(later, xa(), 2, frame(&expired));
    machine.settle(later);
    assert_eq!(
        rejections(&mut machine)[0].peek().unwrap().0.reason,
        RejectionReason::Expired
    );
    machine.asked(later, xa(), 3, frame(&first()));
    assert_eq!(receipts(&mut machine), original);
}

#[test]
fn a_refusal_is_recorded_once_and_given_again_byte_for_byte_idempotent() {
    let mut machine = Machine::usual(xb());
    let late = first().expires_at.plus(Duration::from_secs(1));
    machine.asked(late, xa(), 1, frame(&first()));
    machine.asked(late, xa(), 2, frame(&first()));
    assert!(machine.transmits.is_empty(), "refused before it is recorded");
    machine.settle(late);
    machine.asked(late.plus(Duration::from_secs(9)), xa(), 3, frame(&first()));
    let rejections = rejections(&mut machine);
    assert_eq!(rejections.len(), 3);
    assert!(rejections.iter().all(|rejection| *rejection == rejections[0]));
    assert_eq!(rejections[0].peek().unwrap().0.reason, RejectionReason::Expired);
    assert_eq!(machine.disk.leaves.len(), 1);
}

#[test]
fn a_peer_can_make_us_record_so_many_rejections_an_hour_and_no_more() {
    let mut machine = Machine::usual(xb());
    machine.asked(START, xa(), 0, frame(&first()));
    for variant in 0..=REJECTIONS_PER_PEER_PER_HOUR_MAX {
        machine.asked(START, xa(), 1 + variant, frame(&other_bytes(variant)));
    }
    let replies = machine.take_replies();
    assert!(
        matches!(
            replies[..],
            [(
                _,
                Frame::Busy {
                    retry_after_ms: 6_000
                }
            )]
        ),
        "{replies:?}"
    );
    machine.settle(START);
    assert_eq!(
        machine.disk.leaves.len(),
        1 + usize::try_from(REJECTIONS_PER_PEER_PER_HOUR_MAX).unwrap()
    );
    assert_eq!(received(&machine), 1);
}

#[test]
fn a_peer_that_asks_on_too_many_streams_is_told_to_wait() {
    let mut machine = Machine::usual(xb());
    for stream in 0..=WAITING_STREAMS_MAX {
        machine.asked(START, xa(), stream as u64, frame(&first()));
    }
    assert!(matches!(machine.take_replies()[..], [(_, Frame::Busy { .. })]));
    machine.settle(START);
    assert_eq!(receipts(&mut machine).len(), WAITING_STREAMS_MAX);
}

#[test]
fn an_answer_that_comes_twice_or_late_changes_nothing_and_is_counted() {
    let mut sender = Machine::usual(xa());
    sender.connect(START, xb());
    sender.exchange.submit(START, first()).unwrap();
    sender.settle(START);
    let request = sender.take_requests().remove(0);
    let mut recipient = Machine::usual(xb());
    recipient.asked(START, xa(), 1, sender.frame_of(&request));
    recipient.settle(START);
    let (_, receipt) = recipient.take_replies().remove(0);

    sender.answered(START, xb(), &request, receipt.clone());
    sender.answered(START, xb(), &request, receipt.clone());
    sender.settle(START);
    sender.answered(START, xb(), &request, receipt);
    sender.settle(START);
    let delivered = sender
        .disk
        .entries()
        .filter(|entry| matches!(entry, Entry::Delivered { .. }));
    assert_eq!(delivered.count(), 1);
    let why = Ignored::NothingAwaited;
    let events = sender.take_events();
    let ignored = events
        .iter()
        .filter(|event| matches!(event, Event::Ignored { why: w, .. } if *w == why));
    assert_eq!(ignored.count(), 2);
    assert_eq!(
        events
            .iter()
            .filter(|event| matches!(event, Event::Delivered { .. }))
            .count(),
        1
    );
}

/// A message is answered by a receipt or a rejection, and by nothing that another kind of question asks for.
#[test]
fn an_answer_to_another_kind_of_question_settles_nothing() {
    let mut machine = Machine::usual(xa());
    machine.connect(START, xb());
    machine.exchange.submit(START, first()).unwrap();
    machine.settle(START);
    machine.take_events();
    let item = signed_header(&first()).digest();
    let incoming = Incoming {
        peer: xb(),
        stream: None,
        asked: Some(item),
        frame: Checked::Recorded(item),
        known: None,
    };
    machine.exchange.handle_frame(START, incoming);
    machine.settle(START);
    assert!(matches!(
        machine.take_events()[..],
        [Event::Ignored {
            why: Ignored::WrongKind,
            ..
        }]
    ));
    assert_eq!(machine.exchange.outbox_len(), 1);
}

#[test]
fn a_peers_rejection_is_recorded_and_ends_the_matter() {
    let mut machine = Machine::usual(xa());
    machine.connect(START, xb());
    machine.exchange.submit(START, first()).unwrap();
    machine.settle(START);
    let request = machine.take_requests().remove(0);
    let rejection = Rejection {
        message: None,
        envelope: signed_header(&first()).digest(),
        reason: RejectionReason::WrongRecipient,
        rejected_at: START,
    };
    machine.take_events();
    let signed = SignedRejection::sign(&rejection, &envelope_key(xb()));
    machine.answered(START, xb(), &request, Frame::Rejection(signed));
    assert_eq!(
        machine.exchange.outbox_len(),
        1,
        "forgotten before it is recorded"
    );
    machine.settle(START);
    assert_eq!(machine.exchange.outbox_len(), 0);
    let events = machine.take_events();
    let Event::Rejected {
        side: Side::Received,
        message: about,
        to,
        reason,
        ..
    } = &events[1]
    else {
        panic!("{events:?}")
    };
    assert_eq!((about, to), (&Some(message(1)), &Some(first().to[0].clone())));
    assert_eq!(*reason, RejectionReason::WrongRecipient);
    // The peer named no message, as when it cannot read the header: the ledger does, for the case to show.
    let (index, entry) = (0..).zip(machine.disk.entries()).last().unwrap();
    let changes = crate::index::index_changes(index, &entry).unwrap();
    let link = IndexChange::LinkMessage {
        message: message(1),
        index,
    };
    assert!(changes.contains(&link), "{changes:?}");
    machine.crash(START, Finished::No);
    machine.connect(START, xb());
    assert!(machine.take_requests().is_empty());
}
