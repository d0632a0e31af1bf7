//! Nobody waits for room that is there, and nothing is given twice.

use shuttle::future;

use super::pool::{Account, Pool};
use crate::limits::FRAME_SMALL_BYTES_MAX;
use crate::schedules;

/// A frame that no room of one's own holds.
const LARGE: usize = FRAME_SMALL_BYTES_MAX + 1;

/// Three connections share what is enough for one large frame at a time, and a little more: each gets its turn,
/// or the schedule ends with everybody waiting, which `shuttle` calls a deadlock.
#[test]
fn nobody_waits_for_room_that_is_there() {
    shuttle::check_random(
        || {
            let pool = Pool::new(3 * LARGE);
            let takers: Vec<_> = (0..3)
                .map(|_| {
                    let account = Account::of(&pool, 2 * LARGE);
                    future::spawn(async move {
                        for _ in 0..2 {
                            let small = account.take(1).await;
                            let large = account.take(LARGE).await;
                            drop(small);
                            drop(large);
                        }
                    })
                })
                .collect();
            future::block_on(async {
                for taker in takers {
                    taker.await.unwrap();
                }
            });
            // All of it is free again: only then is a frame taken that is larger than any share.
            let alone = Account::of(&pool, 2 * LARGE);
            assert!(alone.try_take(3 * LARGE).is_some());
        },
        schedules(),
    );
}
