//! Periods at the very moment at which a rule begins to hold.

use super::*;

const AT: UnixMillis = UnixMillis(1_000_000_000_000);

fn at(offset_ms: i64) -> UnixMillis {
    UnixMillis(AT.0.saturating_add_signed(offset_ms))
}

fn period(value: u8, valid_from: UnixMillis, valid_until: Option<UnixMillis>) -> Period<u8> {
    Period {
        value,
        valid_from,
        valid_until,
    }
}

#[test]
fn a_key_may_end_and_begin_at_the_very_moment_of_the_request_and_not_before() {
    let old = [period(1, UnixMillis(0), None)];
    let ends = |until| check_keys(&old, &[period(1, UnixMillis(0), Some(until))], AT);
    assert_eq!(ends(at(0)), Ok(()));
    assert_eq!(ends(at(-1)), Err("the end of a key is not dated back"));
    let begins = |from| check_keys(&old, &[old[0].clone(), period(2, from, None)], AT);
    assert_eq!(begins(at(0)), Ok(()));
    assert_eq!(
        begins(at(-1)),
        Err("the beginning of a new key is not dated back")
    );
    // What ends at this moment has ended.
    let ended = |until| check_keys(&[period(1, UnixMillis(0), Some(until))], &old, AT);
    assert_eq!(ended(at(0)), Err("a key that has ended stays as it is"));
    assert_eq!(ended(at(1)), Ok(()));
}

#[test]
fn a_successor_begins_a_day_before_the_end_and_goes_on_after_it() {
    let old = [period(1, UnixMillis(0), None)];
    let day = i64::try_from(KEY_OVERLAP_MIN.as_millis()).unwrap_or(i64::MAX);
    let with =
        |successor: Period<u8>| check_overlap(&old, &[period(1, UnixMillis(0), Some(AT)), successor.clone()]);
    let lacking = Err("an envelope key that ends has a successor, a day before at the latest");
    assert_eq!(with(period(2, at(-day), None)), Ok(()));
    assert_eq!(with(period(2, at(-day + 1), None)), lacking);
    assert_eq!(
        with(period(1, UnixMillis(0), None)),
        lacking,
        "no key succeeds itself"
    );
    // A successor that ends as well must go on after the end of the one before it.
    let third = period(3, at(-day), None);
    let two = |until| {
        let new = [
            period(1, UnixMillis(0), Some(AT)),
            period(2, UnixMillis(0), Some(until)),
        ];
        check_overlap(&new[1..], &new)
    };
    assert_eq!(two(at(1)), Ok(()));
    assert_eq!(two(at(0)), lacking);
    assert_eq!(two(at(-1)), lacking);
    assert_eq!(
        check_overlap(&old, &[period(1, UnixMillis(0), Some(AT)), third]),
        Ok(())
    );
}
