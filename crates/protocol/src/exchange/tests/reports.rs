//! Consignment reports: whether the other side can read what it stored.

use std::time::Duration;

use super::machine::{Finished, Machine};
use super::parties::{START, office, signed_header, submission, xa, xb};
use crate::consignment::Verdict;
use crate::entry::{Entry, Side};
use crate::envelope::Priority::Routine;
use crate::exchange::{Event, Request};
use crate::frame::Frame;
use crate::index::InboxKey;

/// XB has received a message of XA, opened it, and reports: the machine and the request.
fn reporting() -> (Machine, Request) {
    let mut machine = Machine::usual(xb());
    let sent = submission(xa(), 1, Routine);
    let header = signed_header(&sent);
    let envelope = header.digest();
    machine.asked(
        START,
        xa(),
        1,
        Frame::Envelope {
            header,
            payload: sent.payload,
        },
    );
    machine.settle(START);
    machine.connect(START, xa());
    machine.take_replies();

    let key = InboxKey {
        from: xa(),
        message: sent.message,
        to: office(xb()),
    };
    let verdict = Verdict::NonConforming {
        rules: vec!["C29-2-E".parse().unwrap()],
    };
    let expires_at = START.plus(Duration::from_secs(600));
    // Opened again before the report is durable: one report.
    machine
        .exchange
        .consign(START, key.clone(), envelope, verdict.clone(), expires_at);
    machine
        .exchange
        .consign(START, key, envelope, verdict, expires_at);
    machine.drain();
    assert!(machine.transmits.is_empty(), "reported before it is recorded");
    machine.settle(START);
    let mut requests = machine.take_requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(machine.disk.leaves.len(), 2);
    (machine, requests.remove(0))
}

#[test]
fn a_report_is_recorded_sent_confirmed_and_the_confirmation_recorded() {
    let (mut recipient, request) = reporting();
    let mut sender = Machine::usual(xa());
    sender.asked(START, xb(), 7, recipient.frame_of(&request));
    assert!(sender.transmits.is_empty(), "confirmed before it is recorded");
    sender.settle(START);
    let (stream, confirmation) = sender.take_replies().remove(0);
    assert_eq!(stream.0, 7);
    let events = sender.take_events();
    let verdict = events.iter().find_map(|event| match event {
        Event::Consigned {
            side: Side::Received,
            verdict,
            ..
        } => Some(verdict.clone()),
        _ => None,
    });
    assert_eq!(
        verdict,
        Some(Verdict::NonConforming {
            rules: vec!["C29-2-E".parse().unwrap()]
        })
    );

    recipient.answered(START, xa(), &request, confirmation);
    assert_eq!(
        recipient.exchange.outbox_len(),
        1,
        "forgotten before it is recorded"
    );
    recipient.settle(START);
    assert_eq!(recipient.exchange.outbox_len(), 0);
    assert!(matches!(
        recipient.disk.entries().last(),
        Some(Entry::ReportDelivered { .. })
    ));
    assert!(matches!(
        recipient.take_events().last(),
        Some(Event::ReportDelivered { .. })
    ));
}

#[test]
fn a_report_that_comes_again_is_confirmed_and_not_recorded_again_idempotent() {
    // [IDEMPOTENT]
    let (recipient, request) = reporting();
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
fn a_report_is_resumed_after_a_restart_and_expires_like_a_message() {
    // [RETRY]
    let (mut recipient, request) = reporting();
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
