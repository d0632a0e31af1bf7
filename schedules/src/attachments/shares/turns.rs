//! Everybody gets a share at last, whoever leaves the line meanwhile, and there are never more than there are.

use std::sync::atomic::{AtomicUsize, Ordering};

use protocol::ids::PartyCode;
use shuttle::future;

use super::line::Shares;
use super::sync::Arc;
use crate::schedules;

/// How many shares there are.
const SHARES: usize = 2;

fn party(number: usize) -> PartyCode {
    ["XA", "XB"][number % 2].parse().unwrap()
}

/// Takes two shares, one after the other. Every second one leaves the line first, granted or not.
async fn take(shares: Arc<Shares>, held: Arc<AtomicUsize>, number: usize) {
    for _ in 0..2 {
        if number % 2 == 1 {
            drop(shares.request(party(number)));
        }
        let share = shares.request(party(number)).await.unwrap();
        let now = 1 + held.fetch_add(1, Ordering::Relaxed);
        assert!(now <= SHARES, "{now} shares are given of {SHARES}");
        shuttle::future::yield_now().await;
        held.fetch_sub(1, Ordering::Relaxed);
        drop(share);
    }
}

/// Three take from two, of two peers; who is forgotten waits for ever, which `shuttle` calls a deadlock.
#[test]
fn everybody_gets_a_share_and_none_is_lost_or_given_twice() {
    shuttle::check_random(
        || {
            let (shares, held) = (Shares::new(SHARES, SHARES), Arc::new(AtomicUsize::new(0)));
            let takers: Vec<_> = (0..3)
                .map(|number| future::spawn(take(Arc::clone(&shares), Arc::clone(&held), number)))
                .collect();
            future::block_on(async {
                for taker in takers {
                    taker.await.unwrap();
                }
            });
            // All of them are to be had again.
            assert_eq!(shares.taken(), 0);
            let again = [(); SHARES].map(|()| shares.request(party(0)).try_recv().unwrap());
            assert_eq!(shares.taken(), SHARES);
            drop(again);
        },
        schedules(),
    );
}
