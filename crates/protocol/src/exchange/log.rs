//! How a new log follows the old one: with the first moment of a year, as a rule.
//!
//! The ledger goes on; only its tree begins anew, under another origin. The new log's first leaf,
//! [`Entry::LogBegun`], begins a commit, and commits to the last checkpoint of the old log, which covers all
//! of it: so nothing can be added to the old log afterwards, and whoever holds both can see that one follows
//! the other. What was recorded before it lies under the old log's checkpoints for ever, with its receipts
//! `[IDEMPOTENT]`; what joins a commit after it, under the new log's.
//!
//! A log that has ended never begins again: two trees under one origin would be a fork.

use ledger::note::NoteSigner;

use super::{Exchange, RecordError};
use crate::entry::Entry;
use crate::limits::CHECKPOINT_NOTE_BYTES_MAX;
use crate::receipt::SignedCheckpoint;
use crate::time::UnixMillis;

impl Exchange {
    /// Begins a new log, whose origin is the name of `new`, with the next commit. `witnessed` is the newest
    /// checkpoint of the log before that witnesses have cosigned, a signed note; without one, the one that
    /// headers carry counts ([`Exchange::set_witnessed`]).
    ///
    /// The key must be valid now in the directory of the peers, and the one before stay so for what was
    /// received before.
    ///
    /// # Errors
    /// [`RecordError::Busy`]; [`RecordError::SameLog`] and [`RecordError::LogEnded`] for an origin that is in
    /// use or was; [`RecordError::NothingRecorded`] while the log before has no leaf;
    /// [`RecordError::TooLarge`]
    /// for a note above [`CHECKPOINT_NOTE_BYTES_MAX`]. Then nothing has changed. The key that is in use
    /// already
    /// changes nothing.
    pub fn begin_log(
        &mut self,
        now: UnixMillis,
        new: NoteSigner,
        witnessed: Option<String>,
    ) -> Result<(), RecordError> {
        self.now = now;
        let old = self.ledger_keys.current().verifier_key().clone();
        if old == *new.verifier_key() {
            return Ok(());
        }
        if old.name() == new.name() {
            return Err(RecordError::SameLog);
        }
        if self.ended_logs.contains(new.name()) {
            return Err(RecordError::LogEnded);
        }
        if self.pipeline.has_nothing() {
            return Err(RecordError::NothingRecorded);
        }
        let witnessed = witnessed.or_else(|| self.witnessed_note());
        let length_bytes = witnessed.as_ref().map_or(0, String::len);
        if length_bytes > CHECKPOINT_NOTE_BYTES_MAX {
            return Err(RecordError::TooLarge);
        }
        let ended = old.name().to_owned();
        self.join_change(Entry::LogBegun {
            at: now,
            // Both are written in when the commit is sealed.
            position: 0,
            last: String::new(),
            old: Box::new(old),
            new: Box::new(new.verifier_key().clone()),
            witnessed,
        })?;
        self.ledger_keys.change(now, new);
        self.ended_logs.insert(ended);
        // It is of the log before.
        self.witnessed = None;
        Ok(())
    }

    /// The last checkpoint of the log that ends with the next commit, if one does: as it was released when
    /// its
    /// last commit was durable, byte for byte.
    pub(super) fn last_of_ending_log(&self) -> Option<String> {
        if !self.pipeline.log_ends() {
            return None;
        }
        let edge = self.pipeline.edge();
        let key = self
            .ledger_keys
            .of_leaf(self.pipeline.position().saturating_sub(1));
        // The head is never older than the last change of keys, so the key is held.
        let key = key.unwrap_or_else(|| self.ledger_keys.current());
        Some(SignedCheckpoint::sign(edge.size(), edge.root(), key).note())
    }
}
