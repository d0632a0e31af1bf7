#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use super::RejectionQuota;
use crate::limits::REJECTIONS_PER_PEER_PER_HOUR_MAX;
use crate::time::UnixMillis;

#[test]
fn a_peer_gets_so_many_rejections_an_hour_and_another_peer_its_own() {
    let mut quota = RejectionQuota::default();
    let (xa, xb) = ("XA".parse().unwrap(), "XB".parse().unwrap());
    let start = UnixMillis(1_000_000);
    for _ in 0..REJECTIONS_PER_PEER_PER_HOUR_MAX {
        assert_eq!(quota.spend(start, xa), Ok(()));
    }
    let later = start.plus(Duration::from_secs(600));
    assert_eq!(quota.spend(later, xa), Err(Duration::from_secs(3_000)));
    assert_eq!(quota.spend(later, xb), Ok(()));
    assert_eq!(quota.spend(start.plus(Duration::from_secs(3_600)), xa), Ok(()));
}
