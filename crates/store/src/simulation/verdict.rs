//! The end of a run: what the ledgers say, each by itself and all together.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use ledger::hash::leaf_hash;
use ledger::tree::Edge;
use protocol::entry::Entry;
use protocol::rejection::RejectionReason;
use protocol::time::UnixMillis;

use super::Told;
use super::counts::{Copy, Counts, Ledger, count};
use super::erasing::Doomed;
use super::files::{SealedBytes, Traces};
use super::node::{Node, Stops};
use super::world::World;

/// How far a clock that goes wrong may be believed to be ahead.
const MINUTES_AHEAD_MAX: Duration = Duration::from_secs(6 * 60);

/// Judges what is on the disks once everything that was not synced is lost.
pub(super) fn judge(world: &mut World) -> Told {
    let (now, traces) = (world.now, world.traces.clone());
    let mut ledgers = Vec::new();
    for node in &mut world.nodes {
        let size = node.life.as_ref().expect("all live in the end").reader.size();
        node.faults.mend();
        node.stop(Stops::PowerCut(0));
        node.start(now).expect("a node starts in calm weather");
        ledgers.push(judge_node(node, size, now, &traces));
    }
    let withheld = judge_pulling(world);
    let mut told = std::mem::take(&mut world.told);
    for (number, ours) in ledgers.iter().enumerate() {
        for (copy, ours) in ours.iter().filter(|(_, ours)| ours.submitted > 0) {
            let is_its = |node: &&Node| node.party == copy.1.party();
            let to = world.nodes.iter().position(|node| is_its(&node)).unwrap();
            assert_ne!(to, number);
            let theirs = ledgers[to].get(copy).copied().unwrap_or_default();
            judge_copy(ours, &theirs, withheld.contains(copy));
            told.add("messages delivered", u64::from(ours.delivered));
            told.add("messages expired", u64::from(ours.expired));
            told.add("messages refused", u64::from(ours.refused_by_peer));
        }
    }
    for (copy, theirs) in ledgers.iter().flatten().filter(|(_, theirs)| theirs.received > 0) {
        let sent = ledgers
            .iter()
            .filter_map(|ours| ours.get(copy))
            .map(|ours| ours.submitted);
        assert_eq!(sent.sum::<u32>(), 1, "received is what somebody sent: {theirs:?}");
    }
    for node in &world.nodes {
        told.add(
            "logs begun",
            node.life.as_ref().unwrap().reader.logs().len() as u64 - 1,
        );
        let lost = node.faults.lost();
        told.add("torn writes", lost.torn_writes);
        told.add("writes lost", lost.writes);
        told.add("writes lost in part", lost.parts_of_writes);
        told.add("lengths lost", lost.lengths);
        told.add("names lost", lost.names);
        told.add("pages doomed by failed syncs", lost.doomed_pages);
        told.add("failed syncs", node.faults.failed_syncs());
    }
    let trace = world.trace.digest();
    Told { trace, tally: told }
}

/// Nothing waits to be pulled but what its sender has erased; says of which copies of messages.
fn judge_pulling(world: &World) -> BTreeSet<Copy> {
    let mut withheld = BTreeSet::new();
    let lives = || world.nodes.iter().filter_map(|node| node.life.as_ref());
    for life in lives() {
        for (key, index) in life.reader.pulling().unwrap() {
            let Entry::Received { header, .. } = Entry::decode(&life.reader.leaf(index).unwrap()).unwrap()
            else {
                panic!("what is pulled was received")
            };
            let manifest = header.peek().unwrap().0.attachments.expect("it is pulled");
            let sender = lives().find(|one| one.party == key.from).unwrap();
            assert!(
                sender.has_doomed(&manifest, &world.sealed),
                "[TRANSFER] a file is not pulled that is there"
            );
            withheld.insert((key.message, key.to));
        }
    }
    withheld
}

/// One node by itself: it remembers nothing, its index is what its leaves say, its tree is what they hash to,
/// its time never ran backwards, and what was erased is in none of its files.
fn judge_node(node: &Node, size: u64, now: UnixMillis, traces: &Traces) -> Ledger {
    let life = node.life.as_ref().unwrap();
    let reader = &*life.reader;
    assert_eq!(reader.size(), size, "leaves that were durable are lost");
    assert_eq!(life.exchange.outbox_len(), 0, "something waits for ever");
    assert!(reader.outbox().unwrap().is_empty());
    assert!(reader.unopened().unwrap().is_empty());
    let mut before = UnixMillis(0);
    for log in reader.logs() {
        let mut edge = Edge::new();
        for position in log.first..log.first + log.size {
            let leaf = reader.leaf(position).unwrap();
            edge.append(leaf_hash(&leaf));
            let entry = Entry::decode(&leaf).unwrap();
            let begins = matches!(entry, Entry::LogBegun { .. });
            assert_eq!(
                begins,
                position == log.first && position > 0,
                "a log begins with its leaf"
            );
            judge_time(&entry, before, now);
            before = entry.at();
        }
        assert_eq!(edge.root(), log.root);
    }
    node.watch.check_files(life);
    judge_erasures(node, traces);
    count(reader)
}

/// No expired message is accepted, none is given up that has time, and no clock that went wrong is believed
/// too much.
fn judge_time(entry: &Entry, before: UnixMillis, now: UnixMillis) {
    let at = entry.at();
    assert!(at >= before, "time ran backwards in a ledger");
    assert!(
        at <= now.plus(MINUTES_AHEAD_MAX),
        "a leap was believed: {entry:?}"
    );
    match entry {
        Entry::Received { header, .. } => {
            let expires_at = header.peek().unwrap().0.expires_at;
            assert!(at < expires_at, "an expired message is accepted");
        }
        Entry::Rejected { rejection, .. } => {
            let reason = rejection.peek().unwrap().0.reason;
            assert_eq!(reason, RejectionReason::Expired, "a good message is refused");
        }
        _ => {}
    }
}

/// What notices name is gone, payload, salt and file.
fn judge_erasures(node: &Node, traces: &Traces) {
    let life = node.life.as_ref().unwrap();
    let doomed = Doomed::of(&*life.reader, &traces.sealed).unwrap_or_default();
    for payload in &doomed.payloads {
        assert!(
            life.reader.payload(payload).unwrap().is_none(),
            "it is not erased"
        );
        assert!(node.watch.is_gone(payload), "an erasure was not carried out");
    }
    let salts = doomed.payloads.iter().map(|payload| traces.salts[payload]);
    let files = traces
        .sealed
        .values()
        .filter(|sealed| doomed.files.contains(&sealed.attachment.id()));
    let parts: Vec<[u8; 32]> = salts.chain(files.map(SealedBytes::beginning)).collect();
    if !parts.is_empty() {
        expect_nothing_of(node.place.path(), &parts);
    }
}

fn expect_nothing_of(directory: &Path, salts: &[[u8; 32]]) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        // The index is a fold of the leaves, which stay.
        let is_index = ["index", "set-aside"].iter().any(|name| path.ends_with(name));
        if path.is_dir() {
            if !is_index {
                expect_nothing_of(&path, salts);
            }
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        for salt in salts {
            let mut places = bytes.windows(32).filter(|window| window[0] == salt[0]);
            assert!(
                places.all(|window| window != salt),
                "something erased is in {}",
                path.display()
            );
        }
    }
}

/// One copy of a message: what its sender's ledger says of it, and its recipient's.
/// What is withheld is a file that its sender erased before it was pulled.
fn judge_copy(ours: &Counts, theirs: &Counts, is_withheld: bool) {
    let both = format!("{ours:?}, {theirs:?}");
    assert_eq!(ours.submitted, 1, "recorded once by its sender: {both}");
    assert_eq!(
        ours.delivered + ours.refused_by_peer + ours.expired,
        1,
        "one outcome: {both}"
    );
    assert!(
        theirs.received + theirs.refused_by_us <= 1,
        "[IDEMPOTENT] one answer: {both}"
    );
    if ours.delivered == 1 {
        assert_eq!(theirs.received, 1, "delivered is what the peer has: {both}");
    }
    if ours.refused_by_peer == 1 {
        assert_eq!(
            (theirs.received, theirs.refused_by_us),
            (0, 1),
            "refused by the peer: {both}"
        );
    }
    assert_eq!(theirs.reports_issued, theirs.received, "one report: {both}");
    assert_eq!(theirs.reports_delivered, theirs.reports_issued, "{both}");
    assert_eq!(
        ours.reports_received, theirs.reports_issued,
        "recorded once: {both}"
    );
    if is_withheld {
        // Nobody erases at the sender what was delivered and is still pulled.
        assert_eq!((ours.expired, theirs.received), (1, 1), "[TRANSFER] {both}");
    }
    assert_eq!(
        theirs.completions_issued + u32::from(is_withheld),
        theirs.attached,
        "[TRANSFER] {both}"
    );
    assert_eq!(theirs.completions_delivered, theirs.completions_issued, "{both}");
    assert_eq!(ours.completions_received, theirs.completions_issued, "{both}");
}
