#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::testing::ledger::{BEGIN, Ledger, header};

/// The time of an entry, and one between it and the next.
fn at(index: u64) -> UnixMillis {
    UnixMillis(BEGIN.0 + index * 1000)
}

fn just_after(index: u64) -> UnixMillis {
    UnixMillis(at(index).0 + 1)
}

/// A message of ours is sent first and refused last, with `between` entries in between.
fn ledger(between: u64) -> Ledger {
    let mut ledger = Ledger::of(&["XA", "XB"]);
    let sent = header("XA", "XB", 1, 1);
    let envelope = ledger.submitted(&sent);
    for _ in 0..between {
        ledger.record(&Entry::Retrieved {
            at: at(ledger.reader.size()),
            message: sent.message,
            actor: protocol::ids::ActorId::from_bytes([7; 16]),
        });
    }
    ledger.rejected(envelope, &sent);
    ledger
}

#[test]
fn the_range_has_one_entry_from_before_and_one_from_after() {
    let ledger = ledger(10);
    let size = ledger.reader.size();
    let of = |from, until| of_period(&*ledger.reader, 0, size, from..until).map(|excerpt| excerpt.entries());
    assert_eq!(of(at(3), at(6)).unwrap(), 2..7);
    assert_eq!(of(just_after(3), just_after(6)).unwrap(), 3..8);
    assert_eq!(of(at(0), at(2)).unwrap(), 0..3);
    assert_eq!(of(UnixMillis(0), at(99)).unwrap(), 0..size);
    // Periods in which nothing happened are shown to be so.
    assert_eq!(of(UnixMillis(0), UnixMillis(1)).unwrap(), 0..1);
    assert_eq!(of(at(90), at(99)).unwrap(), size - 1..size);
    assert_eq!(of(just_after(4), just_after(4)).unwrap(), 4..6);
    assert!(matches!(of(at(6), at(3)), Err(NoExcerpt::Backwards)));
}

#[test]
fn what_an_answer_of_the_period_refers_to_comes_with_it() {
    let ledger = ledger(600);
    let size = ledger.reader.size();
    let excerpt = of_period(&*ledger.reader, 0, size, at(size - 1)..at(size)).unwrap();
    assert_eq!(
        excerpt,
        Excerpt::new(size - 2..size, [0]).unwrap(),
        "the bundle with what was sent is named"
    );
    let without = of_period(&*ledger.reader, 0, size, at(300)..at(301)).unwrap();
    assert_eq!(without, Excerpt::new(299..302, []).unwrap());
}

#[test]
fn an_empty_ledger_has_no_excerpt() {
    let ledger = Ledger::of(&["XA", "XB"]);
    let none = of_period(&*ledger.reader, 0, 0, at(0)..at(1));
    assert!(matches!(none, Err(NoExcerpt::Empty)));
}
