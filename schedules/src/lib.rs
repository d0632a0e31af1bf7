//! Threads and tasks in orders chosen at random, over the real source of what they share.
//!
//! A structure that takes its locks from a module `sync` beside it is compiled here once more, by `#[path]`, with
//! locks that stop whoever takes them wherever they can be stopped. So the same lines run as in the node, and
//! only the order is another one each time. The modules here have the names of those that the sources belong to.
//!
//! Ten thousand schedules run with `cargo test`; `cargo xtask simulate --schedules N` runs as many as one likes.
//! To write one for another structure: move its locks to a module `sync`, and see `docs/concurrency.md`.

#![cfg(test)]
#![allow(clippy::unwrap_used, clippy::expect_used, dead_code)]

/// Of `store`.
mod contract {
    pub(crate) use store::ReadError;
}

/// Of `store` and of `node`; those of `node` are smaller, and it is all the same here.
mod limits {
    pub(crate) const FRAME_SMALL_BYTES_MAX: usize = 4;
    pub(crate) const FRAMES_OWN_BYTES: usize = 4;
    pub(crate) const INDEX_BLOCK_ROWS_MAX: usize = 2;
    pub(crate) const INDEX_BLOCK_BYTES_MAX: usize = 64;
    pub(crate) const INDEX_VALUE_BYTES_MAX: usize = 8 * 1024;
}

/// Of `store`: rows on their way to sled.
mod index {
    pub(crate) const INDEX_VERSION: u8 = 3;
    pub(crate) type Row = (Vec<u8>, Vec<u8>);
    pub(crate) type Change = (Vec<u8>, Option<Vec<u8>>);

    mod sync {
        use std::panic::UnwindSafe;

        pub(super) use shuttle::sync::atomic::{AtomicBool, Ordering};
        pub(super) use shuttle::sync::{PoisonError, RwLock};

        /// All that is asked of sled goes through it. sled's own locks are the real ones, at which no schedule
        /// stops a thread: without this, what comes before and what comes after would be one step.
        pub(super) fn catch_unwind<T>(work: impl FnOnce() -> T + UnwindSafe) -> std::thread::Result<T> {
            shuttle::thread::yield_now();
            let came = std::panic::catch_unwind(work);
            shuttle::thread::yield_now();
            came
        }
    }
    #[path = "../../../crates/store/src/index/blocks.rs"]
    mod blocks;
    mod rows;
    #[path = "../../../crates/store/src/index/values.rs"]
    mod values;
}

/// Of `node`.
mod quic {
    /// Memory for frames.
    mod budget {
        mod sync {
            pub(super) use shuttle::sync::atomic::{AtomicUsize, Ordering};
            pub(super) use shuttle::sync::{Arc, Mutex, MutexGuard, PoisonError};

            /// tokio's, before which whoever comes to it may be overtaken.
            #[derive(Debug)]
            pub(super) struct Notify(tokio::sync::Notify);

            impl Notify {
                pub(super) fn new() -> Self {
                    Self(tokio::sync::Notify::new())
                }

                pub(super) fn notified(&self) -> tokio::sync::futures::Notified<'_> {
                    shuttle::thread::yield_now();
                    self.0.notified()
                }

                pub(super) fn notify_waiters(&self) {
                    shuttle::thread::yield_now();
                    self.0.notify_waiters();
                }
            }
        }
        #[path = "../../../../crates/node/src/quic/budget/pool.rs"]
        mod pool;
        mod room;
    }
}

/// Of `node`.
mod attachments {
    /// Room for chunks.
    mod shares {
        mod sync {
            pub(super) use shuttle::sync::{Arc, Mutex, PoisonError};
        }
        #[path = "../../../../crates/node/src/attachments/shares/line.rs"]
        mod line;
        mod turns;
    }
}

/// How many schedules run when nobody says.
const SCHEDULES: usize = 10_000;

fn schedules() -> usize {
    let asked = std::env::var("OHRID_SIMULATE_SCHEDULES").ok();
    asked.map_or(SCHEDULES, |asked| asked.parse().expect("a number of schedules"))
}
