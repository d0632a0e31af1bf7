//! Threads beside the writer's: none, so that steps come in the same order every time, or as the machine has
//! them; and then a test can hold what one of them does, and look what happens meanwhile.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::Faults;

/// What a test says of threads.
#[derive(Debug, Clone, Default)]
pub(super) struct Beside(Arc<(Mutex<Said>, Condvar)>);

#[derive(Debug, Default)]
struct Said {
    has_threads: bool,
    /// Steps on this file, and on those below it, wait.
    held: Option<PathBuf>,
    waiting: usize,
}

impl Beside {
    fn said(&self) -> MutexGuard<'_, Said> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Before a step: waits while such steps are held.
    pub(super) fn wait(&self, path: &Path) {
        let mut said = self.said();
        while said.held.as_ref().is_some_and(|held| path.starts_with(held)) {
            said.waiting += 1;
            self.0.1.notify_all();
            said = self.0.1.wait(said).unwrap_or_else(PoisonError::into_inner);
            said.waiting -= 1;
        }
    }
}

impl Faults {
    /// A disk on which nothing fails, with threads as the machine has them.
    pub(crate) fn none() -> Self {
        let faults = Self::default();
        faults.set_threads(true);
        faults
    }

    /// From now on steps may be taken on threads beside the writer's, or may not.
    pub(crate) fn set_threads(&self, has_threads: bool) {
        self.beside.said().has_threads = has_threads;
    }

    pub(crate) fn has_threads(&self) -> bool {
        self.beside.said().has_threads
    }

    /// From now on steps on this file, and on those below it, wait until what is returned is dropped: so also
    /// when the test fails, whose store waits for its thread.
    pub(crate) fn hold(&self, path: &Path) -> Held {
        self.beside.said().held = Some(path.to_owned());
        Held(self.beside.clone())
    }

    /// Waits until a step is held.
    pub(crate) fn wait_until_held(&self) {
        let mut said = self.beside.said();
        while said.waiting == 0 {
            let waited = self.beside.0.1.wait(said);
            said = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Steps that wait.
pub(crate) struct Held(Beside);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.said().held = None;
        self.0.0.1.notify_all();
    }
}
