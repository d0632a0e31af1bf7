#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use super::*;

const START: UnixMillis = UnixMillis(1_700_000_000_000);

fn at(minutes: u64) -> UnixMillis {
    START.plus(Duration::from_secs(60 * minutes))
}

#[test]
fn a_burst_is_no_alarm() {
    let mut over = OverQuota::default();
    for second in 0..300 {
        assert_eq!(over.note(START.plus(Duration::from_secs(second))), None);
    }
    assert_eq!(over.alarm(at(6)), None);
}

#[test]
fn a_peer_that_is_over_its_quota_for_long_is_an_alarm_that_is_logged_once_an_hour() {
    let mut over = OverQuota::default();
    let logged: Vec<u64> = (0..130)
        .filter(|minute| over.note(at(*minute)).is_some())
        .collect();
    assert_eq!(logged, [10, 70]);
    assert_eq!(over.alarm(at(130)), Some(START));
    assert_eq!(
        over.alarm(at(140)),
        None,
        "it is over once nothing was put off for a while"
    );
    assert_eq!(over.note(at(150)), None, "and begins anew");
    assert_eq!(over.alarm(at(150)), None);
}
