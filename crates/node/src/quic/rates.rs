//! How often: buckets of tokens that refill with time.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::time::sleep;

/// So many in a second, and so many at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rate {
    pub(super) per_second: f64,
    pub(super) burst: f64,
}

/// Tokens, and when they were counted. Below zero after something that took more than there was.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bucket {
    tokens: f64,
    /// Since the bucket's owner began.
    counted_at: Duration,
}

/// A bucket for each address, in a table of fixed size: nobody can make it grow by forging addresses. Which
/// addresses share a place is not to be guessed from outside.
#[derive(Debug)]
pub(super) struct AddressRates {
    rate: Rate,
    began: Instant,
    place_of: RandomState,
    buckets: Mutex<Vec<Bucket>>,
}

/// Lets through so many in a second, and makes others wait.
#[derive(Debug)]
pub(super) struct Gate {
    rate: Rate,
    began: Instant,
    bucket: Mutex<Bucket>,
}

impl Rate {
    /// So many in a second, and what comes in `burst_seconds` at once.
    pub(super) fn new(per_second: u32, burst_seconds: u32) -> Self {
        Self {
            per_second: f64::from(per_second),
            burst: f64::from(per_second) * f64::from(burst_seconds),
        }
    }

    /// So many in a minute, all of which may come at once.
    pub(super) fn a_minute(count: u32) -> Self {
        Self {
            per_second: f64::from(count) / 60.0,
            burst: f64::from(count),
        }
    }
}

impl Bucket {
    pub(super) fn full(rate: Rate) -> Self {
        Self {
            tokens: rate.burst,
            counted_at: Duration::ZERO,
        }
    }

    /// Takes one token, if there is one.
    pub(super) fn try_take(&mut self, rate: Rate, age: Duration) -> bool {
        self.refill(rate, age);
        let taken = self.tokens >= 1.0;
        if taken {
            self.tokens -= 1.0;
        }
        taken
    }

    fn refill(&mut self, rate: Rate, age: Duration) {
        let passed = age.saturating_sub(self.counted_at).as_secs_f64();
        self.tokens = (self.tokens + passed * rate.per_second).min(rate.burst);
        self.counted_at = age;
    }

    /// How long until there is a token; `None` if there is one.
    fn wait(&self, rate: Rate) -> Option<Duration> {
        let missing = 1.0 - self.tokens;
        (missing > 0.0).then(|| Duration::from_secs_f64(missing / rate.per_second))
    }
}

impl AddressRates {
    pub(super) fn new(rate: Rate, addresses: usize) -> Self {
        Self {
            rate,
            began: Instant::now(),
            place_of: RandomState::new(),
            buckets: Mutex::new(vec![Bucket::full(rate); addresses.max(1)]),
        }
    }

    /// Counts one more from this address, unless there were too many.
    pub(super) fn admit(&self, address: IpAddr, now: Instant) -> bool {
        let age = now.saturating_duration_since(self.began);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let places = buckets.len() as u64;
        let place = usize::try_from(self.place_of.hash_one(address) % places).unwrap_or(0);
        match buckets.get_mut(place) {
            Some(bucket) => bucket.try_take(self.rate, age),
            None => false,
        }
    }
}

impl Gate {
    pub(super) fn new(rate: Rate) -> Self {
        Self {
            rate,
            began: Instant::now(),
            bucket: Mutex::new(Bucket::full(rate)),
        }
    }

    /// Waits until there is a token, and leaves it there. `true` if it had to wait.
    pub(super) async fn opens(&self) -> bool {
        let mut waited = false;
        while let Some(wait) = self.wait() {
            waited = true;
            sleep(wait).await;
        }
        waited
    }

    /// Takes tokens, also such as are not there yet.
    pub(super) fn take(&self, tokens: u64) {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        bucket.refill(self.rate, self.began.elapsed());
        bucket.tokens -= tokens as f64;
    }

    fn wait(&self) -> Option<Duration> {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        bucket.refill(self.rate, self.began.elapsed());
        bucket.wait(self.rate)
    }
}

#[cfg(test)]
mod tests;
