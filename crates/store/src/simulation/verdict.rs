//! The end of a run: what the ledgers say, each by itself and all together.

use ledger::hash::leaf_hash;
use ledger::tree::Edge;
use protocol::entry::Entry;

use super::Told;
use super::counts::{Counts, Ledger, count};
use super::node::{Node, Stops};
use super::world::World;

/// Judges what is on the disks once everything that was not synced is lost.
pub(super) fn judge(world: &mut World) -> Told {
    let now = world.now;
    let mut ledgers = Vec::new();
    for node in &mut world.nodes {
        let size = node.life.as_ref().expect("all live in the end").reader.size();
        node.faults.mend();
        node.stop(Stops::PowerCut(0));
        node.start(now).expect("a node starts in calm weather");
        ledgers.push(judge_node(node, size));
    }
    let mut told = std::mem::take(&mut world.told);
    for (number, ours) in ledgers.iter().enumerate() {
        for (copy, ours) in ours.iter().filter(|(_, ours)| ours.submitted > 0) {
            let is_its = |node: &&Node| node.party == copy.1.party();
            let to = world.nodes.iter().position(|node| is_its(&node)).unwrap();
            assert_ne!(to, number);
            let theirs = ledgers[to].get(copy).copied().unwrap_or_default();
            judge_copy(ours, &theirs);
            told.delivered += u64::from(ours.delivered);
            told.expired += u64::from(ours.expired);
            told.refused += u64::from(ours.refused_by_peer);
        }
    }
    for (copy, theirs) in ledgers.iter().flatten().filter(|(_, theirs)| theirs.received > 0) {
        let sent = ledgers
            .iter()
            .filter_map(|ours| ours.get(copy))
            .map(|ours| ours.submitted);
        assert_eq!(sent.sum::<u32>(), 1, "received is what somebody sent: {theirs:?}");
    }
    let lives = world.nodes.iter().map(|node| node.life.as_ref().unwrap());
    told.logs_begun = lives.map(|life| life.reader.logs().len() as u64 - 1).sum();
    told.trace = world.trace.digest();
    told
}

/// One node by itself: it remembers nothing, its index is what its leaves say, its tree is what they hash to.
fn judge_node(node: &Node, size: u64) -> Ledger {
    let life = node.life.as_ref().unwrap();
    let reader = &*life.reader;
    assert_eq!(reader.size(), size, "leaves that were durable are lost");
    assert_eq!(life.exchange.outbox_len(), 0, "something waits for ever");
    assert!(reader.outbox().unwrap().is_empty());
    assert!(reader.unopened().unwrap().is_empty() && reader.pulling().unwrap().is_empty());
    let mut entries = Vec::new();
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
            entries.push(entry);
        }
        assert_eq!(edge.root(), log.root);
    }
    assert_eq!(entries.len() as u64, size);
    count(reader, entries)
}

/// One copy of a message: what its sender's ledger says of it, and its recipient's.
fn judge_copy(ours: &Counts, theirs: &Counts) {
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
    assert_eq!(theirs.completions_issued, theirs.attached, "[TRANSFER] {both}");
    assert_eq!(theirs.completions_delivered, theirs.completions_issued, "{both}");
    assert_eq!(ours.completions_received, theirs.completions_issued, "{both}");
}
