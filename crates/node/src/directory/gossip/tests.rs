#![allow(clippy::unwrap_used, clippy::expect_used)]
//! Who gets a directory, and how often. (How it travels: `node/tests/gossip.rs`.)

use super::*;
use crate::clock::Clock;
use crate::news::News;
use crate::testing::Network;

struct Scene {
    network: Network,
    directory: Arc<CurrentDirectory>,
    gossip: Arc<Gossip>,
}

fn scene() -> Scene {
    let mut network = Network::of(&["XA", "XB"]);
    network.publish();
    let config = network.config(0);
    let clock = Arc::new(Clock::default());
    let floor = &config.node.directory_floor;
    let directory = CurrentDirectory::load(&config.directory, floor, None, clock.now()).unwrap();
    let directory = Arc::new(directory);
    let (wakes, _) = mpsc::channel(1);
    let intake = Intake::new(Arc::clone(&directory), clock, wakes.clone(), News::default());
    let peers = Peers::new(config.node.party);
    let gossip = Gossip::new(
        Arc::clone(&directory),
        Arc::new(intake),
        peers,
        Arc::new(Metrics::new()),
        wakes,
    );
    Scene {
        network,
        directory,
        gossip,
    }
}

fn party(code: &str) -> PartyCode {
    code.parse().unwrap()
}

#[test]
fn whoever_has_an_older_one_or_another_gets_ours() {
    let Scene {
        directory, gossip, ..
    } = scene();
    let now = Instant::now();
    let ours = directory.current();
    let whole = Frame::Directory(Some(ours.signed.clone()));
    let none = Frame::Directory(None);
    let other = Digest::of(b"another");
    assert_eq!(gossip.answer_at(party("XB"), 1, other, now).frame, whole);
    assert_eq!(
        gossip.answer_at(party("XC"), 2, other, now).frame,
        whole,
        "a fork"
    );
    assert_eq!(gossip.answer_at(party("XD"), 2, ours.digest, now).frame, none);
    assert_eq!(gossip.answer_at(party("XD"), 3, other, now).frame, none);
    // Whoever has a newer one, or another, is asked.
    assert_eq!(gossip.plan().claimed(party("XB")), 0);
    assert_eq!(gossip.plan().claimed(party("XC")), 2);
    assert_eq!(gossip.plan().claimed(party("XD")), 3);
}

/// What is bounded: whole directories to one peer, and to all at once.
#[test]
fn nobody_gets_a_whole_directory_without_end() {
    let Scene { gossip, network, .. } = scene();
    let digest = Digest::of(b"another");
    let now = Instant::now();
    let is_whole = |served: &Served| matches!(served.frame, Frame::Directory(Some(_)));
    assert!(is_whole(&gossip.answer_at(party("XB"), 1, digest, now)));
    let again = gossip.answer_at(party("XB"), 1, digest, now);
    assert!(matches!(again.frame, Frame::Busy { retry_after_ms: 5000 }));
    let now = now + DIRECTORY_SERVED_EVERY;
    assert!(is_whole(&gossip.answer_at(party("XB"), 1, digest, now)));

    let now = now + DIRECTORY_SERVED_EVERY;
    let mut under_way = Vec::new();
    for letter in "ABCDEFGH".chars() {
        under_way.push(gossip.answer_at(party(&format!("X{letter}")), 1, digest, now));
    }
    assert!(under_way.iter().all(is_whole));
    let one_more = gossip.answer_at(party("XZ"), 1, digest, now);
    assert!(matches!(one_more.frame, Frame::Busy { .. }));
    under_way.pop();
    assert!(
        is_whole(&gossip.answer_at(party("XZ"), 1, digest, now)),
        "once one was written"
    );
    drop(network);
}
