//! Who has read what: a leaf for each officer and received message, the first time that it is shown.
//!
//! Noted after the fact and without waiting: nobody who must act tonight is kept from reading by a disk that
//! is busy. What could not be noted is noted the next time.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use protocol::entry::Entry;
use protocol::ids::{ActorId, MessageId};
use protocol::time::UnixMillis;
use tokio::sync::mpsc;

use crate::cases::{Case, MessageKey};
use crate::limits::READINGS_NOTED_MAX;
use crate::officers::Acting;
use crate::wake::{Command, Wake};

/// Notes readings.
#[derive(Debug)]
pub struct Readings {
    wakes: mpsc::Sender<Wake>,
    /// Those that were handed to the core, and that a case may not show yet.
    noted: Mutex<HashSet<(MessageId, ActorId)>>,
}

impl Readings {
    /// Notes readings through the core.
    #[must_use]
    pub fn new(wakes: mpsc::Sender<Wake>) -> Self {
        Self {
            wakes,
            noted: Mutex::default(),
        }
    }

    /// The case was shown to this officer: each message in it that was received, and that could be read.
    pub fn note(&self, case: &Case, reader: &Acting, at: UnixMillis) {
        let actor = reader.actor;
        let received = case
            .messages
            .iter()
            .filter(|(_, told)| !told.ours && told.counts && told.reading.is_ok());
        for (key, _) in received {
            self.note_first(case, *key, actor, at);
        }
    }

    /// Something that came with a message was opened for this officer: the message counts as read.
    pub fn note_one(&self, case: &Case, key: MessageKey, reader: &Acting, at: UnixMillis) {
        if case.messages.get(&key).is_some_and(|told| !told.ours) {
            self.note_first(case, key, reader.actor, at);
        }
    }

    fn note_first(&self, case: &Case, key: MessageKey, actor: ActorId, at: UnixMillis) {
        let is_recorded = case
            .leaves
            .iter()
            .any(|leaf| leaf.word() == "retrieved" && leaf.about == Some(key) && leaf.by == Some(actor));
        let message = key.1;
        if !is_recorded && self.is_first(message, actor) {
            let entry = Entry::Retrieved { at, message, actor };
            if self
                .wakes
                .try_send(Wake::Command(Command::Record(Box::new(entry))))
                .is_err()
            {
                self.lock().remove(&(message, actor));
            }
        }
    }

    fn is_first(&self, message: MessageId, actor: ActorId) -> bool {
        let mut noted = self.lock();
        if noted.len() >= READINGS_NOTED_MAX {
            // By now the ledger has them, and the cases show it.
            noted.clear();
        }
        noted.insert((message, actor))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashSet<(MessageId, ActorId)>> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
