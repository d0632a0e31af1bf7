#![allow(clippy::unwrap_used, clippy::expect_used)]

use control::types::{Greeting, PeerFailure, PeerStatus};
use jiff::Timestamp;

use super::*;

fn peer(party: &str) -> PeerDetail {
    PeerDetail {
        status: PeerStatus {
            party: party.to_owned(),
            name: format!("node.{}.example", party.to_lowercase()),
            connected: false,
            since: None,
            last_seen: None,
            pending_messages: 3,
            reachable_address: None,
            over_quota_since: None,
        },
        addresses: vec!["node.example:4433".to_owned()],
        dialled: None,
        greeting: None,
        last_failure: None,
    }
}

#[test]
fn those_that_are_away_say_why() {
    let mut connected = peer("XB");
    connected.status.connected = true;
    connected.dialled = Some(Dialled::ByPeer);
    connected.greeting = Some(Greeting {
        at: Timestamp::UNIX_EPOCH,
        versions: vec![1],
        directory_version: 7,
        clock_ahead_ms: -1_250,
    });
    let mut failed = peer("XC");
    failed.last_failure = Some(PeerFailure {
        at: Timestamp::UNIX_EPOCH,
        what: "dialling 192.0.2.1:4433: nothing answers".to_owned(),
    });
    let mut behind = peer("XD");
    behind.addresses.clear();
    let expected = "\
PEER  CONNECTED        WAITING  DIRECTORY  CLOCK   NODE
XB    yes, it dialled  3        7          -1.2 s  node.xb.example
XC    no               3        -          -       node.xc.example
XD    no               3        -          -       node.xd.example

XC  1970-01-01 00:00:00 UTC: dialling 192.0.2.1:4433: nothing answers

XD  it dials us, and has not done so yet
";
    assert_eq!(text(&[connected, failed, behind], &TimeZone::UTC), expected);
}

#[test]
fn a_network_of_one_says_so() {
    assert_eq!(text(&[], &TimeZone::UTC), "The directory names no other Party.\n");
}

#[test]
fn one_that_is_over_its_quota_is_shown_even_while_it_is_connected() {
    let mut over = peer("XB");
    over.status.connected = true;
    over.status.over_quota_since = Some(Timestamp::UNIX_EPOCH);
    let shown = text(&[over], &TimeZone::UTC);
    assert!(shown.contains("over its quota since"), "{shown}");
}
