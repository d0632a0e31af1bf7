//! Completions: the final receipt for what travels beside a message `[TRANSFER]`.

use std::time::Duration;

use super::machine::{Finished, Machine};
use super::parties::{MANIFEST, START, office, signed_header, submission, xa, xb};
use crate::entry::{Entry, Side};
use crate::envelope::Priority::Routine;
use crate::exchange::{Event, Request};
use crate::frame::Frame;
use crate::index::InboxKey;

/// XB has received a message of XA with attachments, has all of them, and says so: the machine and the
/// request.
fn completing() -> (Machine, Request) {
    let mut machine = Machine::usual(xb());
    let mut sent = submission(xa(), 1, Routine);
    sent.attachments = Some(MANIFEST);
    let header = signed_header(&sent);
    let envelope = header.digest();
    let payload = sent.payload;
    machine.asked(START, xa(), 1, Frame::Envelope { header, payload });
    machine.settle(START);
    machine.connect(START, xa());
    machine.take_replies();
    let key = InboxKey {
        from: xa(),
        message: sent.message,
        to: office(xb()),
    };
    assert!(machine.disk.index.pulling.contains_key(&key));
    let expires_at = START.plus(Duration::from_secs(600));
    // Said again before the statement is durable: one statement.
    for _ in 0..2 {
        let exchange = &mut machine.exchange;
        exchange.complete(START, key.clone(), envelope, MANIFEST, expires_at);
    }
    machine.drain();
    assert!(machine.transmits.is_empty(), "said before it is recorded");
    machine.settle(START);
    assert!(machine.disk.index.pulling.is_empty());
    let mut requests = machine.take_requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(machine.disk.leaves.len(), 2);
    (machine, requests.remove(0))
}

#[test]
fn a_completion_is_recorded_sent_confirmed_and_the_confirmation_recorded() {
    let (mut recipient, request) = completing();
    let mut sender = Machine::usual(xa());
    sender.asked(START, xb(), 7, recipient.frame_of(&request));
    assert!(sender.transmits.is_empty(), "confirmed before it is recorded");
    sender.settle(START);
    let (stream, confirmation) = sender.take_replies().remove(0);
    assert_eq!(stream.0, 7);
    let said = |event: &Event| {
        matches!(event, Event::Completed { side, to, .. }
            if *side == Side::Received && *to == office(xb()))
    };
    assert!(sender.take_events().iter().any(said));

    recipient.answered(START, xa(), &request, confirmation);
    assert_eq!(
        recipient.exchange.outbox_len(),
        1,
        "forgotten before it is recorded"
    );
    recipient.settle(START);
    recipient.assert_forgetful();
    assert!(matches!(
        recipient.disk.entries().last(),
        Some(Entry::CompletionDelivered { .. })
    ));
    assert!(matches!(
        recipient.take_events().last(),
        Some(Event::CompletionDelivered { .. })
    ));
}

#[test]
fn a_completion_that_comes_again_is_confirmed_and_not_recorded_again_idempotent() {
    // [IDEMPOTENT]
    let (recipient, request) = completing();
    let mut sender = Machine::usual(xa());
    sender.asked(START, xb(), 1, recipient.frame_of(&request));
    sender.asked(START, xb(), 2, recipient.frame_of(&request));
    sender.settle(START);
    assert_eq!(sender.take_replies().len(), 2);
    sender.crash(START, Finished::No);
    sender.asked(START, xb(), 3, recipient.frame_of(&request));
    assert!(matches!(sender.take_replies()[..], [(_, Frame::Recorded(_))]));
    assert_eq!(sender.disk.leaves.len(), 1);
}

#[test]
fn a_completion_is_resumed_after_a_restart_and_expires_like_a_message() {
    // [RETRY]
    let (mut recipient, request) = completing();
    recipient.crash(START, Finished::No);
    recipient.connect(START, xa());
    assert_eq!(recipient.take_requests(), [request]);

    recipient.exchange.handle_disconnected(START, xa());
    recipient.time_out(START.plus(Duration::from_secs(600)));
    recipient.settle(START.plus(Duration::from_secs(600)));
    assert!(matches!(
        recipient.disk.entries().last(),
        Some(Entry::Expired { .. })
    ));
    assert_eq!(recipient.exchange.outbox_len(), 0);
}
