#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use super::{Due, Outbox};
use crate::digest::Digest;
use crate::envelope::Priority;
use crate::exchange::tests::parties::{START, signed_header, submission, xa, xb};
use crate::exchange::{Settings, Transmit};
use crate::index::{OutboxContent, OutboxRecord};
use crate::time::UnixMillis;

const ITEMS: u64 = 5_000;

fn digest(index: u64) -> Digest {
    Digest::of(&index.to_be_bytes())
}

/// An outbox for XB with many items; item `n` expires `n` seconds after the others would.
fn full() -> Outbox {
    let header = signed_header(&submission(xa(), 0, Priority::Routine));
    let mut outbox = Outbox::new(&Settings::default());
    for index in 0..ITEMS {
        let record = OutboxRecord {
            item: digest(index),
            peer: xb(),
            index,
            recorded_at: START,
            expires_at: expires_at(index),
            priority: [Priority::Routine, Priority::Urgent, Priority::Emergency][index as usize % 3],
            content: OutboxContent::Envelope(header.clone()),
        };
        outbox.insert(record).unwrap();
    }
    outbox
}

fn expires_at(index: u64) -> UnixMillis {
    START.plus(Duration::from_secs(86_400 + index))
}

/// Nothing is left of anything.
fn assert_empty(outbox: &Outbox) {
    assert!(outbox.items.is_empty() && outbox.by_digest.is_empty() && outbox.queues.is_empty());
    assert!(outbox.timers.is_empty() && outbox.sendable.is_empty());
    assert!(
        outbox
            .peers
            .values()
            .all(|peer| peer.attempted.is_empty() && peer.is_idle())
    );
}

#[test]
fn an_item_has_one_timer_at_most_whatever_happens_to_it() {
    let mut outbox = full();
    assert_eq!(outbox.timers.len() as u64, ITEMS);
    outbox.connected(xb());
    let mut now = START;
    for _ in 0..20 {
        while outbox.next_request(now).is_some() {}
        assert_eq!(outbox.timers.len() as u64, ITEMS);
        now = outbox.next_timer().unwrap();
        while outbox.next_due(now).is_some() {}
        assert!(
            outbox.next_timer().unwrap() > now,
            "a timer that is never worked off"
        );
    }
}

#[test]
fn nothing_is_left_of_items_that_are_removed_in_any_stage() {
    let mut outbox = full();
    outbox.connected(xb());
    let mut sent = vec![];
    while let Some(Transmit::Request { item, .. }) = outbox.next_request(START) {
        sent.push(item);
    }
    // One is answered, one backs off, the rest are out or wait for a slot.
    outbox.settle(&sent[0]);
    outbox.unanswered(START, &sent[1], Duration::ZERO);
    for index in 0..ITEMS {
        outbox.remove(&digest(index));
    }
    assert_empty(&outbox);
}

/// What waits for a peer that is away is a reason to look for it; nothing is no reason.
#[test]
fn a_peer_is_needed_while_something_waits_for_it_and_it_is_away() {
    let mut outbox = full();
    assert!(outbox.needs(xb()));
    assert_eq!(outbox.needed().collect::<Vec<_>>(), [xb()]);
    outbox.connected(xb());
    assert!(!outbox.needs(xb()), "it is there");
    outbox.disconnected(xb());
    for index in (0..ITEMS).filter(|index| index % 3 == 2) {
        outbox.remove(&digest(index));
    }
    assert!(outbox.needs(xb()), "no emergency, and others");
    (0..ITEMS).for_each(|index| outbox.remove(&digest(index)));
    assert!(!outbox.needs(xb()), "nothing waits");
    assert_eq!(outbox.needed().count(), 0);
}

/// Whatever was tried and waits for its next turn goes out as soon as the peer is there, and not only one.
#[test]
fn all_that_backs_off_is_sent_when_the_peer_comes_back() {
    let mut outbox = full();
    outbox.connected(xb());
    let sent = |outbox: &mut Outbox| -> Vec<Digest> {
        let next = || match outbox.next_request(START)? {
            Transmit::Request { item, .. } => Some(item),
            other => panic!("{other:?}"),
        };
        std::iter::from_fn(next).collect()
    };
    let first = sent(&mut outbox);
    assert!(first.len() > 10);
    for item in &first {
        outbox.unanswered(START, item, Duration::from_secs(60));
    }
    let others = sent(&mut outbox);
    assert!(
        first.iter().all(|item| !others.contains(item)),
        "they wait their turn"
    );
    outbox.disconnected(xb());
    outbox.connected(xb());
    assert_eq!(sent(&mut outbox), first);
}

#[test]
fn only_the_peer_that_was_asked_can_answer() {
    let outbox = full();
    assert!(outbox.open(&digest(0), xb()).is_some());
    assert!(outbox.open(&digest(0), "XC".parse().unwrap()).is_none());
    assert!(outbox.open(&digest(ITEMS), xb()).is_none());
}

#[test]
fn everything_expires_in_its_time_and_only_once() {
    let mut outbox = full();
    let mut expired = 0;
    let mut now = START;
    while let Some(timer) = outbox.next_timer() {
        now = timer;
        while let Some(due) = outbox.next_due(now) {
            if let Due::Expired(item) = due {
                assert_eq!((item, now), (digest(expired), expires_at(expired)));
                expired += 1;
            }
        }
    }
    assert_eq!((expired, now), (ITEMS, expires_at(ITEMS - 1)));
    for index in 0..ITEMS {
        outbox.remove(&digest(index));
    }
    assert_empty(&outbox);
}

/// The oldest of each queue is named, and a queue that is empty is none: what a scrape asks for.
#[test]
fn queues_are_told_with_their_oldest() {
    let mut outbox = full();
    let told = |outbox: &Outbox| -> Vec<(Priority, usize, UnixMillis)> {
        let queued = outbox.queued();
        queued
            .map(|one| (one.priority, one.items, one.oldest_at))
            .collect()
    };
    assert_eq!(
        told(&outbox),
        [
            (Priority::Routine, 1_667, START),
            (Priority::Urgent, 1_667, START),
            (Priority::Emergency, 1_666, START)
        ]
    );
    let header = signed_header(&submission(xa(), 0, Priority::Routine));
    let later = START.plus(Duration::from_secs(7));
    for index in (0..ITEMS).filter(|index| index % 3 == 2) {
        outbox.remove(&digest(index));
    }
    let record = OutboxRecord {
        item: digest(ITEMS),
        peer: xb(),
        index: ITEMS,
        recorded_at: later,
        expires_at: expires_at(ITEMS),
        priority: Priority::Emergency,
        content: OutboxContent::Envelope(header),
    };
    outbox.insert(record).unwrap();
    assert_eq!(told(&outbox).last(), Some(&(Priority::Emergency, 1, later)));
    (0..=ITEMS).for_each(|index| outbox.remove(&digest(index)));
    assert_eq!(told(&outbox), []);
    assert_empty(&outbox);
}
