#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::{Inbox, Joined};
use crate::digest::Digest;
use crate::exchange::StreamId;
use crate::ids::{MessageId, PartyCode};
use crate::index::InboxKey;
use crate::limits::WAITING_STREAMS_MAX;

fn party(code: &str) -> PartyCode {
    code.parse().unwrap()
}

fn key() -> InboxKey {
    let message = MessageId::from_parts(1_700_000_000_000, [1; 10]);
    InboxKey {
        from: party("XA"),
        message,
        to: "XB/police".parse().unwrap(),
    }
}

#[test]
fn every_stream_that_asked_with_the_same_bytes_gets_the_answer_idempotent() {
    // [IDEMPOTENT]
    let mut inbox = Inbox::default();
    let item = Digest::of(b"item");
    assert_eq!(inbox.join(party("XA"), item, Some(StreamId(1))), Joined::No);
    inbox.take(party("XA"), item, Some(key()), Some(StreamId(1)));
    assert!(inbox.holds(&key()));
    assert_eq!(inbox.join(party("XA"), item, Some(StreamId(2))), Joined::Yes);
    assert_eq!(inbox.join(party("XA"), item, None), Joined::Yes);
    assert_eq!(inbox.answered(party("XA"), item), vec![StreamId(1), StreamId(2)]);
    assert!(!inbox.holds(&key()));
    assert_eq!(inbox.join(party("XA"), item, Some(StreamId(3))), Joined::No);
    assert_eq!(inbox.answered(party("XA"), item), vec![]);
}

#[test]
fn a_peer_that_repeats_another_peers_bytes_does_not_get_its_answer() {
    let mut inbox = Inbox::default();
    let item = Digest::of(b"item");
    inbox.take(party("XA"), item, Some(key()), Some(StreamId(1)));
    assert_eq!(inbox.join(party("XC"), item, Some(StreamId(2))), Joined::No);
    inbox.take(party("XC"), item, None, Some(StreamId(2)));
    assert_eq!(inbox.answered(party("XC"), item), vec![StreamId(2)]);
    assert!(inbox.holds(&key()));
    assert_eq!(inbox.answered(party("XA"), item), vec![StreamId(1)]);
}

#[test]
fn so_many_streams_wait_for_one_answer_and_no_more() {
    let mut inbox = Inbox::default();
    let item = Digest::of(b"item");
    inbox.take(party("XA"), item, None, Some(StreamId(0)));
    for stream in 1..WAITING_STREAMS_MAX {
        assert_eq!(
            inbox.join(party("XA"), item, Some(StreamId(stream as u64))),
            Joined::Yes
        );
    }
    assert_eq!(inbox.join(party("XA"), item, Some(StreamId(99))), Joined::TooMany);
    assert_eq!(inbox.answered(party("XA"), item).len(), WAITING_STREAMS_MAX);
}
