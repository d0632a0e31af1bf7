//! Threads for what computes for a moment: sealing, opening, judging a draft, folding a case.
//!
//! As many as there are cores, and never more, unlike those of [`tokio::task::spawn_blocking`]: under load a
//! thread that is done finds its next piece of work without being woken for it, and with its memory still in
//! the core's cache. It may read what the store has, and wait until the core takes what it hands over. What
//! waits for a peer or a person, or goes through many cases, does not belong here: it would hold up whoever
//! sends.

use std::io;
use std::sync::Arc;
use std::thread;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinError;

/// Pieces of work that a thread has, or finds next when it is done.
const PIECES_PER_THREAD: usize = 2;

/// The threads. They end, with what they have, when this is dropped.
#[derive(Debug)]
pub struct Workers {
    /// Only its threads for blocking work are used.
    runtime: Option<Runtime>,
    handle: Handle,
    /// Who gets none waits, in the order in which they came.
    places: Arc<Semaphore>,
}

impl Workers {
    /// As many as there are cores.
    ///
    /// # Errors
    /// When the system has no threads left.
    pub fn new() -> io::Result<Self> {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let runtime = Builder::new_current_thread()
            .max_blocking_threads(threads)
            .thread_name("worker")
            .build()?;
        Ok(Self {
            handle: runtime.handle().clone(),
            runtime: Some(runtime),
            places: Arc::new(Semaphore::new(threads * PIECES_PER_THREAD)),
        })
    }

    /// Does a piece of work, once it is its turn.
    ///
    /// # Errors
    /// When it panics.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        let (place, runtime) = self.place().await;
        runtime
            .spawn_blocking(move || {
                let done = work();
                drop(place);
                done
            })
            .await
    }

    /// Has a piece of work done, and returns as soon as it is its turn.
    pub async fn give(&self, work: impl FnOnce() + Send + 'static) {
        let (place, runtime) = self.place().await;
        drop(runtime.spawn_blocking(move || {
            work();
            drop(place);
        }));
    }

    async fn place(&self) -> (Option<OwnedSemaphorePermit>, Handle) {
        // Never closed, so that a place is always given.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        (place, self.handle.clone())
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        // A runtime may not be waited for where others run.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests;
