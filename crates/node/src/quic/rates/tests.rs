#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

#[test]
fn a_bucket_gives_its_burst_and_then_its_rate() {
    let rate = Rate::new(10, 4);
    let mut bucket = Bucket::full(rate);
    let taken = |bucket: &mut Bucket, at_ms| {
        let age = Duration::from_millis(at_ms);
        (0..1_000).filter(|_| bucket.try_take(rate, age)).count()
    };
    assert_eq!(taken(&mut bucket, 0), 40);
    assert_eq!(taken(&mut bucket, 99), 0);
    assert_eq!(taken(&mut bucket, 1_110), 11);
    assert_eq!(
        taken(&mut bucket, 3_600_000),
        40,
        "no more is saved up than a burst"
    );
}

#[test]
fn a_debt_is_waited_for() {
    let rate = Rate::new(10, 1);
    let mut bucket = Bucket::full(rate);
    bucket.tokens -= 20.0;
    assert_eq!(bucket.wait(rate), Some(Duration::from_millis(1_100)));
    bucket.refill(rate, Duration::from_millis(1_100));
    assert_eq!(bucket.wait(rate), None);
}

#[test]
fn one_address_does_not_use_up_anothers_and_forged_ones_cost_no_memory() {
    let rates = AddressRates::new(Rate::new(2, 1), 1 << 16);
    let now = Instant::now();
    let attacker = "192.0.2.1".parse().unwrap();
    let admitted = (0..100).filter(|_| rates.admit(attacker, now)).count();
    assert_eq!(admitted, 2);
    // A few of these may share the attacker's place; not all of them do.
    let others = (0..16).map(|last| IpAddr::from([198, 51, 100, last]));
    assert!(others.filter(|address| rates.admit(*address, now)).count() > 8);
    for forged in 0..100_000u32 {
        rates.admit(IpAddr::from(forged.to_be_bytes()), now);
    }
    assert_eq!(rates.buckets.lock().unwrap().len(), 1 << 16);
}

#[tokio::test]
async fn a_gate_that_is_open_does_not_wait() {
    let gate = Gate::new(Rate::new(5, 1));
    for _ in 0..5 {
        assert!(!gate.opens().await);
        gate.take(1);
    }
    assert!(gate.wait().is_some());
}
