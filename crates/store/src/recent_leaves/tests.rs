#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

/// Two leaves of ten bytes, which say their position.
fn commit(first: u8) -> Leaves {
    vec![vec![first; 10], vec![first + 1; 10]].into()
}

fn room_for(commits: usize) -> RecentLeaves {
    RecentLeaves::new(commits * length_bytes(&commit(0)))
}

fn said(recent: &RecentLeaves, range: Range<u64>) -> Option<Vec<u8>> {
    let all = recent.all(&range)?;
    Some(all.iter().map(|leaf| leaf.bytes()[0]).collect())
}

#[test]
fn the_last_leaves_are_kept_and_given_by_position() {
    let mut recent = room_for(2);
    for first in [6, 8, 10] {
        recent.keep(first, &commit(u8::try_from(first).unwrap()));
    }
    assert_eq!(said(&recent, 8..12), Some(vec![8, 9, 10, 11]));
    assert_eq!(said(&recent, 9..10), Some(vec![9]));
    assert_eq!(said(&recent, 7..9), None, "the oldest have gone");
    assert_eq!(said(&recent, 11..13), None, "what does not exist is not given");
}

#[test]
fn nothing_is_kept_where_there_is_no_room() {
    let mut recent = RecentLeaves::new(0);
    recent.keep(0, &commit(0));
    assert_eq!(said(&recent, 0..1), None);
    assert_eq!(recent.bytes, 0);
}
