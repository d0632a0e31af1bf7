#![allow(clippy::unwrap_used, clippy::expect_used)]
//! Whose turn it is, and what an end gives cause to.

use std::time::Duration;

use super::*;
use crate::limits::TRANSFER_ROOM_LOOKED_FOR_EVERY;

const NOW: UnixMillis = UnixMillis(1_795_305_600_000);

fn party(code: &str) -> PartyCode {
    code.parse().unwrap()
}

fn job(from: &str, number: u8, priority: Priority) -> Job {
    Job {
        key: InboxKey {
            from: party(from),
            message: MessageId::from_parts(NOW.0, [number; 10]),
            to: "XA/police".parse().unwrap(),
        },
        envelope: Digest::from_bytes([number; 32]),
        manifest: Commitment::from_bytes([number; 32]),
        index: number.into(),
        priority,
        expires_at: NOW.plus(Duration::from_secs(60)),
    }
}

fn board(jobs: &[Job]) -> Board {
    let mut board = Board::default();
    for job in jobs {
        assert!(board.add(job.clone()));
    }
    board
}

fn numbers(board: &mut Board) -> Vec<(PartyCode, u8)> {
    let next = || board.next(NOW, |_| true);
    std::iter::from_fn(next)
        .map(|transfer| (transfer.peer, transfer.manifest.as_bytes()[0]))
        .collect()
}

#[test]
fn the_urgent_go_first_then_the_old_and_peers_take_turns() {
    let mut board = board(&[
        job("XB", 1, Priority::Routine),
        job("XB", 2, Priority::Emergency),
        job("XB", 3, Priority::Routine),
        job("XB", 4, Priority::Routine),
        job("XC", 5, Priority::Routine),
    ]);
    let (b, c) = (party("XB"), party("XC"));
    // And no peer has more than its share.
    assert_eq!(numbers(&mut board), [(b, 2), (c, 5), (b, 1), (b, 3)]);
    let ended = Transfer {
        peer: b,
        manifest: Commitment::from_bytes([2; 32]),
    };
    board.ended(&ended, Ended::Complete, NOW);
    assert_eq!(numbers(&mut board), [(b, 4)]);
    assert_eq!(board.figures().0, 4);
}

#[test]
fn whoever_is_away_waits_and_is_next_when_it_comes() {
    let mut board = board(&[job("XB", 1, Priority::Routine)]);
    assert_eq!(board.next(NOW, |_| false), None);
    let message = job("XB", 1, Priority::Routine).key.message;
    let waiting = TransferState::Waiting(Waits::Connection);
    assert_eq!(board.progress(message).unwrap().state, waiting);
    let transfer = board.next(NOW, |_| true).unwrap();
    board.ended(&transfer, Ended::Waits(Waits::Absent), NOW);
    assert_eq!(board.next(NOW, |_| true), None);
    assert!(board.next_due(NOW).unwrap() > NOW);
    board.connected(party("XB"));
    assert_eq!(board.next(NOW, |_| true), Some(transfer));
}

/// `[ERASE]`: a sender may erase what was not fetched before its message expired. The recipient asks until
/// then, then once more, tells people, and asks no more.
#[test]
fn what_the_sender_may_have_erased_is_not_asked_for_without_end() {
    let mut board = board(&[job("XB", 1, Priority::Routine)]);
    let message = job("XB", 1, Priority::Routine).key.message;
    let absent = Ended::Waits(Waits::Absent);
    let transfer = board.next(NOW, |_| true).unwrap();
    assert_eq!(board.ended(&transfer, absent, NOW), Consequences::default());
    let due = board.next_due(NOW).unwrap();

    let expired = due.max(NOW.plus(Duration::from_secs(60)));
    assert_eq!(board.next(expired, |_| true), Some(transfer));
    let told = board.ended(&transfer, absent, expired).alarms;
    let key = job("XB", 1, Priority::Routine).key;
    assert_eq!(told, [(key, Waits::Withdrawn)]);
    let withdrawn = TransferState::Waiting(Waits::Withdrawn);
    assert_eq!(board.progress(message).unwrap().state, withdrawn);
    let later = expired.plus(Duration::from_secs(10 * 24 * 3_600));
    board.connected(party("XB"));
    assert_eq!(board.next_due(expired), None);
    assert_eq!(board.next(later, |_| true), None);

    // Another message that names the same files, and has time, is a reason to ask.
    let mut again = job("XB", 1, Priority::Routine);
    again.key.to = "XA/court".parse().unwrap();
    again.expires_at = later.plus(Duration::from_secs(1));
    assert!(board.add(again));
    assert_eq!(board.next(later, |_| true), Some(transfer));
    board.ended(&transfer, absent, later);
    assert!(board.next_due(later).is_some());
}

#[test]
fn what_people_can_mend_is_told_once_and_tried_again_by_itself() {
    let mut board = board(&[job("XB", 1, Priority::Routine)]);
    let mut now = NOW;
    for round in 0..3 {
        let transfer = board.next(now, |_| true).unwrap();
        let told = board.ended(&transfer, Ended::Waits(Waits::Room), now).alarms;
        assert_eq!(told.len(), usize::from(round == 0));
        assert_eq!(board.next(now, |_| true), None);
        now = now.plus(TRANSFER_ROOM_LOOKED_FOR_EVERY);
    }
    let transfer = board.next(now, |_| true).unwrap();
    // Something else is something new.
    let told = board.ended(&transfer, Ended::Waits(Waits::PeerLimit), now).alarms;
    assert_eq!(told.len(), 1);
    assert_eq!(board.figures().1, BTreeMap::from([("peer_limit", 1)]));
}

#[test]
fn waits_grow_and_end_with_the_first_success() {
    let mut board = board(&[job("XB", 1, Priority::Routine)]);
    let mut pauses = Vec::new();
    let mut now = NOW;
    for _ in 0..12 {
        let transfer = board.next(now, |_| true).unwrap();
        board.ended(&transfer, Ended::Waits(Waits::Sender), now);
        let due = board.next_due(now).unwrap();
        pauses.push(due.since(now));
        now = due;
    }
    assert!(pauses.is_sorted() && pauses[0] == Duration::from_secs(1));
    assert_eq!(pauses.last(), Some(&Duration::from_secs(300)));
    let transfer = board.next(now, |_| true).unwrap();
    board.progressed(&transfer, AttachmentId::from_bytes([1; 32]), 1);
    board.ended(&transfer, Ended::Waits(Waits::Sender), now);
    assert_eq!(board.next_due(now).unwrap().since(now), Duration::from_secs(1));
}

#[test]
fn two_offices_are_one_transfer_and_both_are_told() {
    let first = job("XB", 1, Priority::Routine);
    let mut second = first.clone();
    second.key.to = "XA/prosecution".parse().unwrap();
    second.envelope = Digest::from_bytes([9; 32]);
    let mut board = board(&[first.clone(), second.clone()]);
    assert!(!board.add(first.clone()));
    let transfer = board.next(NOW, |_| true).unwrap();
    let arrived = board.ended(&transfer, Ended::Complete, NOW).arrived;
    assert_eq!(arrived.len(), 2);
    // A third that comes later is told as well, and nothing is fetched twice.
    let mut third = first.clone();
    third.key.to = "XA/court".parse().unwrap();
    assert!(board.add(third.clone()));
    assert_eq!(board.next(NOW, |_| true), Some(transfer));
    board.ended(&transfer, Ended::Complete, NOW);
    // Until the ledger says so, they are remembered.
    board.forget_complete(&[(third.key.clone(), 3)]);
    assert!(board.knows(&first.key));
    board.forget_complete(&[]);
    assert!(!board.knows(&first.key));
    // The same commitment by another Party is another transfer.
    let mut other = first;
    other.key.from = party("XC");
    assert!(board.add(second) && board.add(other));
    assert_eq!(numbers(&mut board).len(), 2);
}

#[test]
fn the_board_is_bounded() {
    let mut board = Board::default();
    for number in 0..=TRANSFERS_KNOWN_MAX {
        let mut job = job("XB", 1, Priority::Routine);
        let mut commitment = [0; 32];
        commitment[..8].copy_from_slice(&(number as u64).to_be_bytes());
        job.manifest = Commitment::from_bytes(commitment);
        assert_eq!(board.add(job), number < TRANSFERS_KNOWN_MAX);
    }
}
