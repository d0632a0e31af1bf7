#![allow(clippy::unwrap_used, clippy::expect_used)]
//! What waits for a commit is counted in leaves and in bytes, together and for each peer.

use super::*;
use crate::entry::tests::all;
use crate::example::{payload, signed_header, signed_receipt, xa, xb};
use crate::time::UnixMillis;

fn received(peer: PartyCode) -> Group {
    let entry = Entry::Received {
        at: UnixMillis(1),
        header: signed_header(),
        commit_size: 0,
    };
    Group {
        payload: Some(payload()),
        ..Group::from_peer(peer, entry)
    }
}

/// So much as one message of the example takes.
fn message_bytes() -> usize {
    signed_header().as_bytes().len() + payload().bytes.len()
}

/// With room for so many messages, and so many leaves.
fn pipeline(messages: usize, leaves: usize) -> Pipeline {
    let settings = Settings {
        pending_bytes_max: messages * message_bytes(),
        pending_entries_max: leaves,
        ..Settings::default()
    };
    Pipeline::new(0, Edge::default(), &settings)
}

#[test]
fn what_peers_choose_the_length_of_is_counted() {
    assert_eq!(received(xa()).length_bytes(), message_bytes());
    let delivered = Entry::Delivered {
        at: UnixMillis(1),
        receipt: signed_receipt(),
    };
    assert_eq!(
        Group::fact(delivered).length_bytes(),
        signed_receipt().as_bytes().len()
    );
    for entry in all() {
        let counted = Group::fact(entry.clone()).length_bytes();
        let leaf = entry.encode().len();
        let signed = matches!(
            entry,
            Entry::Submitted { .. }
                | Entry::Received { .. }
                | Entry::Delivered { .. }
                | Entry::Consigned { .. }
                | Entry::Completed { .. }
                | Entry::Rejected { .. }
        );
        assert_eq!(counted > 0, signed, "{entry:?}");
        assert!(counted < leaf, "{entry:?}: a statement is a part of its leaf");
    }
}

/// A quarter of the room, in bytes or in leaves; others have theirs beside it; a commit frees it again.
#[test]
fn a_peer_takes_a_quarter_of_the_room_and_gives_it_back() {
    for (messages, leaves) in [(8, 1_000), (1_000, 8)] {
        let mut pipeline = pipeline(messages, leaves);
        for _ in 0..2 {
            assert!(pipeline.has_room(&received(xa())));
            pipeline.join(received(xa()));
        }
        assert!(!pipeline.has_room(&received(xa())), "two of eight are a quarter");
        assert!(
            pipeline.has_room(&received(xb())),
            "another peer has a quarter of its own"
        );
        pipeline.join(received(xb()));
        let commit = pipeline.seal(None).unwrap();
        assert_eq!((commit.leaves.len(), commit.payloads.len()), (3, 3));
        pipeline.committed().unwrap();
        assert_eq!(pipeline.waiting_size, Size::default());
        assert!(pipeline.waiting_by_peer.is_empty());
        assert!(pipeline.has_room(&received(xa())));
    }
}

/// A commit takes as much as it may hold: of what is left behind, all counts on.
#[test]
fn what_a_commit_leaves_behind_still_counts() {
    let settings = Settings {
        commit_entries_max: 1,
        ..Settings::default()
    };
    let mut pipeline = Pipeline::new(0, Edge::default(), &settings);
    (0..3).for_each(|_| pipeline.join(received(xa())));
    assert_eq!(pipeline.seal(None).unwrap().leaves.len(), 1);
    let left = Size {
        entries: 2,
        bytes: 2 * message_bytes(),
    };
    assert_eq!(pipeline.waiting_size, left);
    assert_eq!(pipeline.waiting_by_peer.get(&xa()), Some(&left));
}
