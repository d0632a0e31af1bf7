//! A peer may fill so much of our ledger in an hour: what is over that waits, and nothing of it is lost.

use std::collections::BTreeMap;
use std::time::Duration;

use super::machine::Machine;
use super::parties::{START, signed_header, submission, xa, xb};
use super::world::{CALM, World};
use crate::entry::Entry;
use crate::envelope::Priority::{self, Emergency, Routine, Urgent};
use crate::exchange::{Allowance, Event, PutOff, Quota, Quotas, Settings, Submission};
use crate::frame::Frame;

/// Generous in bytes, and in all but messages.
fn quotas(messages: u64) -> Quotas {
    let plenty = Allowance {
        entries: 1_000,
        bytes: 1_000_000,
    };
    Quotas {
        messages: Allowance {
            entries: messages,
            ..plenty
        },
        emergencies: plenty,
        reports: plenty,
        rejections: plenty,
    }
}

fn machine(quotas: Quotas) -> Machine {
    let settings = Settings {
        quotas,
        ..Settings::default()
    };
    Machine::with(xb(), settings)
}

fn frame(submission: &Submission) -> Frame {
    Frame::Envelope {
        header: signed_header(submission),
        payload: submission.payload.clone(),
    }
}

/// Asks with so many messages of this priority; how many were taken.
fn ask(machine: &mut Machine, numbers: std::ops::Range<u64>, priority: Priority) -> usize {
    let before = machine.disk.leaves.len();
    for number in numbers {
        machine.asked(START, xa(), number, frame(&submission(xa(), number, priority)));
        machine.settle(START);
    }
    machine.disk.leaves.len() - before
}

#[test]
fn over_its_quota_a_peer_is_put_off_without_a_leaf() {
    let mut machine = machine(quotas(4));
    assert_eq!(ask(&mut machine, 0..10, Routine), 4);
    let replies = machine.take_replies();
    let busy = replies.iter().filter_map(|(_, frame)| match frame {
        Frame::Busy { retry_after_ms } => Some(*retry_after_ms),
        _ => None,
    });
    assert_eq!(
        busy.collect::<Vec<_>>(),
        [900_000; 6],
        "a quarter of an hour for one of four"
    );
    let events = machine.take_events();
    let over = events.iter().filter(|event| {
        matches!(event, Event::PutOff { peer, why: PutOff::OverQuota(Quota::Messages) } if *peer == xa())
    });
    assert_eq!(over.count(), 6);
    assert_eq!(
        ask(&mut machine, 10..12, Urgent),
        0,
        "urgent ones are messages too"
    );
    assert_eq!(ask(&mut machine, 12..14, Emergency), 2);
}

/// `[IDEMPOTENT]` A first answer is given again, whatever the quota says: it is no leaf.
#[test]
fn asking_again_costs_no_quota_and_is_always_answered_idempotent() {
    let mut machine = machine(quotas(1));
    assert_eq!(ask(&mut machine, 0..2, Routine), 1);
    machine.take_replies();
    for stream in 2..50 {
        machine.asked(START, xa(), stream, frame(&submission(xa(), 0, Routine)));
    }
    let replies = machine.take_replies();
    assert_eq!(replies.len(), 48);
    assert!(
        replies
            .iter()
            .all(|(_, frame)| matches!(frame, Frame::Receipt(_)))
    );
}

/// `[RETRY]` A burst over the quota arrives all the same, each message once, and emergencies at once.
#[test]
fn a_burst_over_the_quota_arrives_whole_in_the_end_retry() {
    let mut world = World::with_quotas(7, CALM, quotas(20));
    for number in 0..60 {
        let priority = if number % 10 == 0 { Emergency } else { Routine };
        world.submit(0, number, submission(xa(), number, priority));
    }
    let mut emergencies_at = None;
    for _ in 0..100_000 {
        let received = received(&world);
        if received.values().filter(|one| one.0 == Emergency).count() == 6 {
            emergencies_at.get_or_insert(world.now);
        }
        if !world.step() {
            break;
        }
    }
    for machine in &world.machines {
        machine.assert_forgetful();
    }
    let received = received(&world);
    assert_eq!(received.len(), 60);
    assert!(received.values().all(|(_, times)| *times == 1), "{received:?}");
    let waited = |at: crate::time::UnixMillis| at.since(START);
    assert!(waited(emergencies_at.unwrap()) < Duration::from_secs(60));
    assert!(waited(world.now) > Duration::from_secs(3_600), "the quota held");
}

/// What XB received: the priority, and how often it is in the ledger.
fn received(world: &World) -> BTreeMap<crate::ids::MessageId, (Priority, u32)> {
    let mut received = BTreeMap::new();
    for entry in world.machines[1].disk.entries() {
        if let Entry::Received { header, .. } = entry {
            let header = header.peek().unwrap().0;
            received.entry(header.message).or_insert((header.priority, 0)).1 += 1;
        }
    }
    received
}
