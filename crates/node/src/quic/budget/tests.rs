#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::limits::FRAMES_OWN_BYTES;

const MIB: usize = 1 << 20;

fn memory(all_mib: u32, per_peer_mib: u32) -> Memory {
    Memory::new(&Limits {
        frames_mib: all_mib.try_into().unwrap(),
        frames_mib_per_peer: per_peer_mib.try_into().unwrap(),
        ..Limits::default()
    })
}

#[test]
fn a_peer_holds_its_own_maximum_and_no_more() {
    let memory = memory(256, 32);
    let peer = memory.budget().incoming;
    let first = peer.try_take(16 * MIB).unwrap();
    let _second = peer.try_take(16 * MIB).unwrap();
    assert!(peer.try_take(MIB).is_none());
    drop(first);
    assert!(peer.try_take(MIB).is_some());
}

#[test]
fn large_frames_do_not_keep_a_small_one_waiting_and_small_ones_have_an_end_too() {
    let memory = memory(256, 32);
    let peer = memory.budget().incoming;
    let _large = [(); 2].map(|()| peer.try_take(16 * MIB).unwrap());
    let mut small = Vec::new();
    while let Some(share) = peer.try_take(64 * 1024) {
        small.push(share);
    }
    assert_eq!(small.len() * 64 * 1024, FRAMES_OWN_BYTES);
    small.pop();
    assert!(peer.try_take(64 * 1024).is_some());
}

#[test]
fn what_comes_in_and_what_goes_out_do_not_share() {
    let memory = memory(256, 32);
    let budget = memory.budget();
    let _held = budget.outgoing.try_take(32 * MIB).unwrap();
    assert!(budget.incoming.try_take(32 * MIB).is_some());
    assert!(budget.outgoing.try_take(MIB).is_none());
}

/// Threat 15: whatever others hold, a small frame of one more peer finds room.
#[test]
fn a_hundred_greedy_peers_leave_room_for_one_more() {
    let memory = memory(256, 32);
    let mut held = Vec::new();
    for _ in 0..100 {
        let greedy = memory.budget().incoming;
        for size in [16 * MIB, MIB, 64 * 1024, 1024, 1] {
            while let Some(share) = greedy.try_take(size) {
                held.push(share);
            }
        }
    }
    let good = memory.budget().incoming;
    assert!(good.try_take(MIB).is_none());
    assert!(good.try_take(64 * 1024).is_some());
}

#[test]
fn a_frame_larger_than_any_share_is_taken_when_it_is_alone() {
    let memory = memory(8, 1);
    let (one, other) = (memory.budget().incoming, memory.budget().incoming);
    let alone = one.try_take(16 * MIB).unwrap();
    assert!(other.try_take(MIB).is_none());
    drop(alone);
    assert!(other.try_take(MIB).is_some());
}

#[tokio::test]
async fn whoever_waits_is_served_once_there_is_room() {
    let memory = memory(4, 1);
    let account = memory.budget().incoming;
    let share = account.take(MIB).await;
    let waiting = tokio::spawn({
        let account = Arc::clone(&account);
        async move { account.take(MIB).await.bytes }
    });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    drop(share);
    assert_eq!(waiting.await.unwrap(), MIB);
    assert_eq!(*memory.incoming.lock(), memory.incoming.bytes_max);
}
