//! Who is sent what, when, in which order, and until when `[RETRY]`.

use std::time::Duration;

use super::machine::{Finished, Machine};
use super::parties::{START, signed_header, submission, xa, xb};
use crate::entry::Entry;
use crate::envelope::Priority::{self, Emergency, Routine, Urgent};
use crate::exchange::{Event, Request, Settings, StreamId};
use crate::frame::Frame;
use crate::ids::MessageId;
use crate::limits::{
    EMERGENCY_OVERDUE_AFTER, LINE_BYTES_PER_SECOND_MIN, PAYLOAD_BYTES_MAX, REQUEST_TIMEOUT,
    REQUESTS_PER_PEER_MAX, RETRY_DELAY_MAX, RETRY_DELAY_MIN,
};
use crate::time::UnixMillis;

fn seconds(seconds: u64) -> UnixMillis {
    START.plus(Duration::from_secs(seconds))
}

/// XA, connected to XB, with one message sent: the machine and the request.
fn sent(priority: Priority) -> (Machine, Request) {
    let mut machine = Machine::usual(xa());
    machine.connect(START, xb());
    machine
        .exchange
        .submit(START, submission(xa(), 1, priority))
        .unwrap();
    machine.settle(START);
    let request = machine.take_requests().remove(0);
    machine.take_events();
    (machine, request)
}

fn messages(requests: &[Request]) -> Vec<MessageId> {
    let message = |request: &Request| match request {
        Request::Envelope { header, .. } => header.peek().unwrap().0.message,
        Request::Consignment(report) => report.peek().unwrap().0.message,
        Request::Completion(statement) => statement.peek().unwrap().0.message,
    };
    requests.iter().map(message).collect()
}

/// The receipt of XB for what XA sent.
fn receipt(machine: &Machine, request: &Request) -> Frame {
    let mut recipient = Machine::usual(xb());
    recipient.asked(START, xa(), 1, machine.frame_of(request));
    recipient.settle(START);
    let (StreamId(1), receipt) = recipient.take_replies().remove(0) else {
        panic!()
    };
    receipt
}

#[test]
fn a_request_that_breaks_is_sent_again_with_the_same_bytes_after_a_growing_wait_retry() {
    let (mut machine, request) = sent(Routine);
    let mut now = START;
    for attempt in 1..=12u32 {
        machine
            .exchange
            .handle_unanswered(now, signed_header(&submission(xa(), 1, Routine)).digest());
        machine.drain();
        assert!(machine.transmits.is_empty());
        let due = machine.exchange.poll_timeout().unwrap();
        let wait = due.since(now);
        let ceiling = Duration::from_secs(1 << attempt).min(RETRY_DELAY_MAX);
        assert!(
            wait >= RETRY_DELAY_MIN.max(ceiling / 2) && wait <= ceiling,
            "{attempt}: {wait:?}"
        );
        now = due;
        machine.time_out(now);
        assert_eq!(machine.take_requests(), std::slice::from_ref(&request));
    }
    assert!(machine.in_flight.is_none(), "a retry is no fact");
}

#[test]
fn a_request_without_an_answer_counts_as_broken_after_its_time_retry() {
    let (mut machine, request) = sent(Routine);
    assert_eq!(machine.exchange.poll_timeout(), Some(START.plus(REQUEST_TIMEOUT)));
    machine.time_out(START.plus(REQUEST_TIMEOUT));
    assert!(machine.take_requests().is_empty());
    let due = machine.exchange.poll_timeout().unwrap();
    machine.time_out(due);
    assert_eq!(machine.take_requests(), [request]);
}

/// Otherwise a slow line would carry one copy beside the other, and each would make all of them slower.
#[test]
fn a_large_payload_has_its_time_to_travel_before_it_is_sent_again_retry() {
    let mut machine = Machine::usual(xa());
    machine.connect(START, xb());
    let mut large = submission(xa(), 1, Routine);
    large.payload.bytes = vec![0; PAYLOAD_BYTES_MAX].into();
    machine.exchange.submit(START, large).unwrap();
    machine.settle(START);
    assert_eq!(machine.take_requests().len(), 1);
    let travel_seconds = (PAYLOAD_BYTES_MAX / LINE_BYTES_PER_SECOND_MIN) as u64;
    let until = seconds(travel_seconds).plus(REQUEST_TIMEOUT);
    assert_eq!(machine.exchange.poll_timeout(), Some(until));
    machine.time_out(UnixMillis(until.0 - 1));
    assert_eq!(machine.exchange.poll_timeout(), Some(until));
    assert!(machine.take_requests().is_empty());
}

#[test]
fn what_waits_for_a_peer_goes_out_at_once_when_it_connects_retry() {
    let (mut machine, request) = sent(Routine);
    machine.exchange.handle_disconnected(seconds(1), xb());
    machine.drain();
    assert!(machine.take_requests().is_empty());
    machine.connect(seconds(2), xb());
    assert_eq!(machine.take_requests(), std::slice::from_ref(&request));
    // And also what was backing off on a connection that is now replaced.
    machine.time_out(seconds(2).plus(REQUEST_TIMEOUT));
    machine.connect(seconds(33), xb());
    assert_eq!(machine.take_requests(), [request]);
}

#[test]
fn a_peer_that_comes_back_begins_with_a_short_wait_again_retry() {
    for goes_away_first in [true, false] {
        let (mut machine, _) = sent(Routine);
        let item = signed_header(&submission(xa(), 1, Routine)).digest();
        for _ in 0..9 {
            machine.exchange.handle_unanswered(START, item);
            machine.time_out(machine.exchange.poll_timeout().unwrap());
        }
        if goes_away_first {
            machine.exchange.handle_disconnected(START, xb());
        }
        machine.connect(START, xb());
        machine.exchange.handle_unanswered(START, item);
        let wait = machine.exchange.poll_timeout().unwrap().since(START);
        assert!(wait <= Duration::from_secs(2), "{wait:?}");
    }
}

#[test]
fn a_restart_resumes_every_queue_retry() {
    let (mut machine, request) = sent(Routine);
    machine.crash(seconds(1), Finished::No);
    machine.connect(seconds(2), xb());
    assert_eq!(machine.take_requests(), [request]);
}

#[test]
fn a_busy_peer_is_left_in_peace_for_as_long_as_it_asks_but_not_for_ever_retry() {
    for (asked_ms, granted) in [(60_000, Duration::from_secs(60)), (u32::MAX, RETRY_DELAY_MAX)] {
        let (mut machine, request) = sent(Routine);
        machine.answered(
            START,
            xb(),
            &request,
            Frame::Busy {
                retry_after_ms: asked_ms,
            },
        );
        assert_eq!(machine.exchange.poll_timeout(), Some(START.plus(granted)));
    }
}

#[test]
fn what_expires_is_recorded_told_and_only_then_forgotten_retry() {
    let (mut machine, _) = sent(Routine);
    machine.exchange.handle_disconnected(seconds(1), xb());
    machine.drain();
    machine.take_events();
    let expires_at = submission(xa(), 1, Routine).expires_at;
    assert_eq!(machine.exchange.poll_timeout(), Some(expires_at));
    machine.time_out(expires_at);
    assert!(machine.events.is_empty());
    assert_eq!(machine.exchange.outbox_len(), 1);
    machine.connect(expires_at, xb());
    assert!(machine.take_requests().is_empty(), "sent although it has expired");
    machine.settle(expires_at);
    assert!(matches!(
        machine.disk.entries().last(),
        Some(Entry::Expired { .. })
    ));
    assert!(matches!(machine.take_events()[..], [_, Event::Expired { .. }]));
    assert_eq!(
        (machine.exchange.outbox_len(), machine.exchange.poll_timeout()),
        (0, None)
    );
}

#[test]
fn expiry_waits_for_an_answer_that_may_be_on_its_way_retry() {
    let mut machine = Machine::usual(xa());
    machine.connect(START, xb());
    let mut message = submission(xa(), 1, Routine);
    message.expires_at = seconds(5);
    machine.exchange.submit(START, message).unwrap();
    machine.settle(START);
    let request = machine.take_requests().remove(0);
    machine.time_out(seconds(6));
    let receipt = receipt(&machine, &request);
    machine.answered(seconds(7), xb(), &request, receipt);
    machine.settle(seconds(7));
    assert!(matches!(
        machine.disk.entries().last(),
        Some(Entry::Delivered { .. })
    ));
}

#[test]
fn what_backs_off_expires_in_its_time_and_not_after_its_wait_retry() {
    let (mut machine, request) = sent(Routine);
    let expires_at = submission(xa(), 1, Routine).expires_at;
    let just_before = UnixMillis(expires_at.0 - 1_000);
    machine.answered(
        just_before,
        xb(),
        &request,
        Frame::Busy {
            retry_after_ms: 60_000,
        },
    );
    assert_eq!(machine.exchange.poll_timeout(), Some(expires_at));
}

#[test]
fn what_expired_while_the_node_was_down_is_recorded_when_it_is_up_retry() {
    let (mut machine, _) = sent(Routine);
    let long_after = submission(xa(), 1, Routine)
        .expires_at
        .plus(Duration::from_secs(86_400));
    machine.crash(long_after, Finished::No);
    machine.time_out(long_after);
    machine.settle(long_after);
    assert!(matches!(
        machine.disk.entries().last(),
        Some(Entry::Expired { .. })
    ));
}

#[test]
fn an_emergency_without_a_receipt_is_told_to_people_after_a_minute_once_retry() {
    let overdue = START.plus(EMERGENCY_OVERDUE_AFTER);
    let count = |machine: &mut Machine| {
        let events = machine.take_events();
        events
            .iter()
            .filter(|event| matches!(event, Event::ReceiptOverdue { .. }))
            .count()
    };
    for (priority, expected) in [(Routine, 0), (Urgent, 0), (Emergency, 1)] {
        let (mut machine, _) = sent(priority);
        machine.exchange.handle_disconnected(START, xb());
        machine.time_out(UnixMillis(overdue.0 - 1));
        assert_eq!(count(&mut machine), 0);
        machine.time_out(overdue);
        machine.time_out(overdue.plus(EMERGENCY_OVERDUE_AFTER));
        assert_eq!(count(&mut machine), expected, "{priority:?}");
    }
    let (mut machine, request) = sent(Emergency);
    let receipt = receipt(&machine, &request);
    machine.answered(START, xb(), &request, receipt);
    machine.time_out(overdue);
    assert_eq!(count(&mut machine), 0, "it has its receipt");
}

#[test]
fn emergency_goes_before_urgent_before_routine_and_the_oldest_first() {
    let mut machine = Machine::usual(xa());
    let order = [Routine, Urgent, Emergency, Routine, Urgent, Emergency];
    for (number, priority) in (0..).zip(order) {
        machine
            .exchange
            .submit(START, submission(xa(), number, priority))
            .unwrap();
    }
    machine.settle(START);
    machine.connect(START, xb());
    let expected = [2, 5, 1, 4, 0, 3].map(super::parties::message);
    assert_eq!(messages(&machine.take_requests()), expected);
}

#[test]
fn so_many_requests_are_out_at_once_and_an_emergency_overtakes_them_all() {
    let mut machine = Machine::with(
        xa(),
        Settings {
            requests_per_peer_max: 8,
            ..Settings::default()
        },
    );
    machine.connect(START, xb());
    for number in 0..20 {
        machine
            .exchange
            .submit(START, submission(xa(), number, Routine))
            .unwrap();
    }
    machine.settle(START);
    let requests = machine.take_requests();
    assert_eq!(requests.len(), 8);
    machine
        .exchange
        .submit(START, submission(xa(), 99, Emergency))
        .unwrap();
    machine.settle(START);
    assert_eq!(messages(&machine.take_requests()), [super::parties::message(99)]);
    // An answer makes room for one more.
    let receipt = receipt(&machine, &requests[0]);
    machine.answered(START, xb(), &requests[0], receipt);
    assert_eq!(messages(&machine.take_requests()), [super::parties::message(8)]);
    assert_eq!(Settings::default().requests_per_peer_max, REQUESTS_PER_PEER_MAX);
}

#[test]
fn a_long_queue_for_one_peer_does_not_keep_another_waiting() {
    let mut machine = Machine::usual(xa());
    for number in 0..50 {
        machine
            .exchange
            .submit(START, submission(xa(), number, Routine))
            .unwrap();
    }
    let mut other = submission(xa(), 99, Routine);
    other.to = vec!["XC/police".parse().unwrap()];
    machine.exchange.submit(START, other).unwrap();
    machine.settle(START);
    machine.exchange.handle_connected(START, xb());
    machine.connect(START, "XC".parse().unwrap());
    let requests = messages(&machine.take_requests());
    let place = requests
        .iter()
        .position(|message| *message == super::parties::message(99));
    assert!(place.unwrap() < 2, "{place:?}");
    assert_eq!(requests.len(), 51);
}

#[test]
fn a_peer_that_misbehaves_is_told_the_code_and_the_node_hears_of_it() {
    let mut machine = Machine::usual(xa());
    let what = crate::check::PeerMisbehaved::OtherItem;
    machine.exchange.handle_misbehaved(START, xb(), what.clone());
    machine.drain();
    let closed = &machine.transmits[0];
    assert!(matches!(closed, crate::exchange::Transmit::Close { code, .. } if *code == what.close_code()));
    assert!(matches!(machine.events[..], [Event::PeerMisbehaved { .. }]));
}

/// Otherwise the node would dial when its own wait is over, and not when somebody waits `[RETRY]`.
#[test]
fn who_is_away_is_called_for_as_soon_as_something_waits_retry() {
    let needed = |machine: &mut Machine| {
        let events = machine.take_events();
        let needed = |event: &Event| matches!(event, Event::PeerNeeded { peer } if *peer == xb());
        events.iter().filter(|event| needed(event)).count()
    };
    let mut machine = Machine::usual(xa());
    let submit = |machine: &mut Machine, number| {
        let submission = submission(xa(), number, Routine);
        machine.exchange.submit(START, submission).unwrap();
        machine.settle(START);
    };
    submit(&mut machine, 1);
    submit(&mut machine, 2);
    assert_eq!(needed(&mut machine), 2, "once for each item");
    machine.connect(START, xb());
    submit(&mut machine, 3);
    assert_eq!(needed(&mut machine), 0, "it is there");
    machine.exchange.handle_disconnected(seconds(1), xb());
    machine.drain();
    assert_eq!(needed(&mut machine), 1, "it went while three wait");
    machine.crash(seconds(2), Finished::No);
    machine.drain();
    assert_eq!(needed(&mut machine), 1, "a restart knows what waits");
}
