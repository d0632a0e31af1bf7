//! Whatever the weather, what the ledgers say in the end is right.

use std::collections::BTreeMap;
use std::time::Duration;

use super::disk::Disk;
use super::parties::{MANIFEST, START, message, submission, xa, xb};
use super::world::{CALM, Weather, World};
use crate::digest::Digest;
use crate::entry::{Entry, Side};
use crate::envelope::Priority;
use crate::exchange::Oversight;
use crate::ids::{ActorId, MessageId};

const PRIORITIES: [Priority; 3] = [Priority::Routine, Priority::Urgent, Priority::Emergency];

/// How often each thing was recorded in one ledger about one message.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    submitted: u32,
    received: u32,
    delivered: u32,
    refused_by_peer: u32,
    refused_by_us: u32,
    expired: u32,
    reports_issued: u32,
    reports_received: u32,
    reports_delivered: u32,
    attached: u32,
    completions_issued: u32,
    completions_received: u32,
    completions_delivered: u32,
}

/// Shows the seed if the test fails.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the seed was {}", self.0);
        }
    }
}

/// Sends `messages` both ways in this weather for a minute, then lets the sky clear, and judges.
fn run(seed: u64, weather: Weather, messages: u64) -> World {
    let shown = Seed(seed);
    let mut world = World::new(seed, weather);
    for number in 0..messages {
        let machine = usize::from(world.random.below(2) == 1);
        let from = [xa(), xb()][machine];
        let priority = PRIORITIES[usize::try_from(world.random.below(3)).unwrap()];
        let mut message = submission(from, number, priority);
        if world.random.below(4) == 0 {
            message.expires_at = START.plus(Duration::from_millis(1 + world.random.below(30_000)));
        }
        message.oversight = overseen(number);
        message.attachments = (number % 2 == 0).then_some(MANIFEST);
        let after_ms = world.random.below(20_000);
        world.submit(machine, after_ms, message);
    }
    let clears_up = START.plus(Duration::from_secs(60));
    for _ in 0..100_000 {
        if world.now >= clears_up {
            world.weather = CALM;
        }
        if !world.step() {
            judge(&world);
            drop(shown);
            return world;
        }
    }
    panic!("it does not come to rest");
}

/// Every third message is approved, and every third sent alone.
fn overseen(number: u64) -> Oversight {
    match number % 3 {
        0 => Oversight::NotNeeded,
        1 => Oversight::ApprovedBy(ActorId::from_bytes([0xee; 16])),
        _ => Oversight::SentAlone,
    }
}

/// `[FOUR-EYES]` Each message that was submitted has said of its approval what it was submitted with, in the
/// leaf before it, and nothing says it of a message that is not there.
fn judge_oversight(disk: &Disk) {
    let entries: Vec<Entry> = disk.entries().collect();
    let mut said = 0;
    for (index, entry) in entries.iter().enumerate() {
        let Entry::Submitted { header, .. } = entry else {
            said += u32::from(matches!(entry, Entry::Approved { .. } | Entry::SentAlone { .. }));
            continue;
        };
        let id = header.peek().unwrap().0.message;
        let number = (0..).find(|number| message(*number) == id).unwrap();
        let before = index.checked_sub(1).map(|before| &entries[before]);
        let about = match (overseen(number), before) {
            (Oversight::NotNeeded, _) => continue,
            (Oversight::ApprovedBy(_), Some(Entry::Approved { message, .. }))
            | (Oversight::SentAlone, Some(Entry::SentAlone { message, .. })) => *message,
            (oversight, before) => panic!("{oversight:?}, and before it {before:?}"),
        };
        assert_eq!(about, id);
        said -= 1;
    }
    assert_eq!(said, 0);
}

fn judge(world: &World) {
    for machine in &world.machines {
        judge_oversight(&machine.disk);
    }
    let counts = [count(&world.machines[0].disk), count(&world.machines[1].disk)];
    for (here, there) in [(0, 1), (1, 0)] {
        let machine = &world.machines[here];
        machine.assert_forgetful();
        assert!(machine.disk.index.unopened.is_empty() && machine.disk.index.pulling.is_empty());
        let size = machine.disk.leaves.len() as u64;
        assert_eq!(machine.disk.restored().edge.root(), machine.disk.root_at(size));
        for (message, ours) in counts[here].iter().filter(|(_, ours)| ours.submitted > 0) {
            let none = Counts::default();
            let theirs = counts[there].get(message).unwrap_or(&none);
            judge_message(ours, theirs);
        }
        for theirs in counts[there].values().filter(|theirs| theirs.received > 0) {
            assert_eq!(theirs.submitted, 0);
        }
    }
}

/// One message: what its sender's ledger says of it, and its recipient's.
fn judge_message(ours: &Counts, theirs: &Counts) {
    assert_eq!(ours.submitted, 1, "recorded once by its sender");
    assert_eq!(
        ours.delivered + ours.refused_by_peer + ours.expired,
        1,
        "one outcome: {ours:?}"
    );
    assert!(
        theirs.received + theirs.refused_by_us <= 1,
        "[IDEMPOTENT] one answer: {theirs:?}"
    );
    if ours.delivered == 1 {
        assert_eq!(theirs.received, 1, "delivered is what the peer has");
    }
    if ours.refused_by_peer == 1 {
        assert_eq!(
            (theirs.received, theirs.refused_by_us),
            (0, 1),
            "refused is what the peer refused"
        );
    }
    assert_eq!(
        theirs.reports_issued, theirs.received,
        "one report for what was received"
    );
    assert_eq!(theirs.reports_delivered, theirs.reports_issued);
    assert_eq!(ours.reports_received, theirs.reports_issued, "recorded once");
    // [TRANSFER] One completion for what was received with attachments, in both ledgers once.
    assert_eq!(theirs.completions_issued, theirs.attached);
    assert_eq!(theirs.completions_delivered, theirs.completions_issued);
    assert_eq!(ours.completions_received, theirs.completions_issued);
}

fn count(disk: &Disk) -> BTreeMap<MessageId, Counts> {
    let mut counts: BTreeMap<MessageId, Counts> = BTreeMap::new();
    let mut envelopes: BTreeMap<Digest, MessageId> = BTreeMap::new();
    for entry in disk.entries() {
        let (message, field): (MessageId, fn(&mut Counts) -> &mut u32) = match entry {
            Entry::Submitted { header, .. } => {
                let message = header.peek().unwrap().0.message;
                envelopes.insert(header.digest(), message);
                (message, |counts| &mut counts.submitted)
            }
            Entry::Received { header, .. } => {
                let (header, _) = header.peek().unwrap();
                if header.attachments.is_some() {
                    counts.entry(header.message).or_default().attached += 1;
                }
                (header.message, |counts| &mut counts.received)
            }
            Entry::Completed { side, statement, .. } => {
                let message = statement.peek().unwrap().0.message;
                match side {
                    Side::Issued => (message, |counts| &mut counts.completions_issued),
                    Side::Received => (message, |counts| &mut counts.completions_received),
                }
            }
            Entry::CompletionDelivered { message, .. } => {
                (message, |counts| &mut counts.completions_delivered)
            }
            Entry::Delivered { receipt, .. } => {
                (receipt.peek().unwrap().0.message, |counts| &mut counts.delivered)
            }
            Entry::Consigned {
                side: Side::Issued,
                report,
                ..
            } => (report.peek().unwrap().0.message, |counts| {
                &mut counts.reports_issued
            }),
            Entry::Consigned {
                side: Side::Received,
                report,
                ..
            } => (report.peek().unwrap().0.message, |counts| {
                &mut counts.reports_received
            }),
            Entry::ReportDelivered { message, .. } => (message, |counts| &mut counts.reports_delivered),
            Entry::Rejected {
                side: Side::Issued,
                rejection,
                ..
            } => (rejection.peek().unwrap().0.message.unwrap(), |counts| {
                &mut counts.refused_by_us
            }),
            Entry::Rejected {
                side: Side::Received,
                rejection,
                ..
            } => (envelopes[&rejection.peek().unwrap().0.envelope], |counts| {
                &mut counts.refused_by_peer
            }),
            Entry::Expired { message, .. } => (message, |counts| &mut counts.expired),
            Entry::Approved { .. } | Entry::SentAlone { .. } => continue, // See `judge_oversight`.
            entry => panic!("nobody recorded {entry:?}"),
        };
        *field(counts.entry(message).or_default()) += 1;
    }
    counts
}

fn total(world: &World, of: fn(&Counts) -> u32) -> u32 {
    world
        .machines
        .iter()
        .flat_map(|machine| count(&machine.disk).into_values())
        .map(|counts| of(&counts))
        .sum()
}

#[test]
fn in_calm_weather_everything_that_does_not_expire_is_delivered_at_once() {
    for seed in 0..20 {
        let world = run(seed, CALM, 10);
        let delivered = total(&world, |counts| counts.delivered);
        assert_eq!(delivered, total(&world, |counts| counts.submitted));
        let receipts: usize = world.machines.iter().map(|machine| machine.receipts.len()).sum();
        assert_eq!(receipts, delivered as usize);
        assert!(
            world.now < START.plus(Duration::from_secs(60)),
            "nothing had to be sent again"
        );
    }
}

#[test]
fn a_network_that_loses_delays_duplicates_and_reorders_changes_nothing() {
    let weather = Weather {
        loss: 300,
        duplication: 200,
        cut: 5,
        crash: 0,
        delay_max_ms: 400,
    };
    for seed in 1_000..1_080 {
        run(seed, weather, 8);
    }
}

#[test]
fn a_crash_at_any_step_changes_nothing() {
    let weather = Weather {
        loss: 100,
        duplication: 100,
        cut: 5,
        crash: 40,
        delay_max_ms: 100,
    };
    let mut crashes = 0;
    for seed in 2_000..2_120 {
        crashes += run(seed, weather, 6).crashes;
    }
    assert!(crashes > 400, "only {crashes} crashes");
}

#[test]
fn storms_show_every_outcome() {
    let weather = Weather {
        loss: 500,
        duplication: 100,
        cut: 30,
        crash: 10,
        delay_max_ms: 4_000,
    };
    let (mut delivered, mut expired, mut refused) = (0, 0, 0);
    // What is on its way when its time is over is refused.
    let slow = Weather {
        delay_max_ms: 2_500,
        ..CALM
    };
    let storms = (3_000..3_060).map(|seed| (seed, weather));
    for (seed, weather) in storms.chain((3_500..3_580).map(|seed| (seed, slow))) {
        let world = run(seed, weather, 8);
        delivered += total(&world, |counts| counts.delivered);
        expired += total(&world, |counts| counts.expired);
        refused += total(&world, |counts| counts.refused_by_peer);
    }
    assert!(
        delivered > 100 && expired > 10 && refused > 0,
        "{delivered} {expired} {refused}"
    );
}
