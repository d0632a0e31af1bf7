//! Whether the ledger may be signed at all `[ROLLBACK]`.
//!
//! A ledger that was restored from an old backup does not know what it has signed since, and would sign it
//! again in another way. Its witnesses know. So an exchange may begin *held*: it takes what comes, makes
//! nothing durable, answers nothing that needs a signature of the ledger, and asks nobody anything whose
//! answer it could not record. Whoever has held the ledger against its witnesses brings the proof of that,
//! a [`Cleared`], which nothing but that check can make. If witnesses know more, then or later, it is
//! *stopped*, for the life of the process: what is in flight may still become durable, and is neither
//! signed nor answered.

use ledger::checkpoint::Checkpoint;
use ledger::note::Note;
use ledger::witness::Cleared;

use super::Exchange;
use crate::limits::CHECKPOINT_NOTE_BYTES_MAX;
use crate::time::UnixMillis;

/// Whether the ledger may be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Signing {
    /// It may.
    #[default]
    Allowed,
    /// Not yet: it is being held against the witnesses.
    Held,
    /// No more: somebody knows more of this ledger than it does.
    Stopped,
}

/// The newest head of our ledger that witnesses have cosigned, for headers.
#[derive(Debug)]
pub(super) struct Witnessed {
    note: String,
    /// The first time that its key was in use: what is dated before cannot carry it.
    since: UnixMillis,
}

impl Exchange {
    /// Whether the ledger may be signed.
    #[must_use]
    pub fn signing(&self) -> Signing {
        self.signing
    }

    /// No witness that was reached knows more of the ledger than is here: the head is signed, and what
    /// waits goes on. Changes nothing once signing was stopped.
    pub fn allow_signing(&mut self, now: UnixMillis, _cleared: &Cleared) {
        self.now = now;
        if self.signing != Signing::Held {
            return;
        }
        self.signing = Signing::Allowed;
        if self.pipeline.edge().size() > 0 {
            self.sign_checkpoint();
        }
    }

    /// Signs nothing more, for the life of this exchange: submissions and facts are refused, peers are told
    /// to wait, and nothing is asked of anybody.
    pub fn stop_signing(&mut self, now: UnixMillis) {
        self.now = now;
        self.signing = Signing::Stopped;
    }

    /// The newest head of this ledger that witnesses have cosigned: headers carry it from now on, so that
    /// the ledgers are entangled. `None`, a note that is too long, or one that another key than the one in
    /// use has signed: headers carry none. A peer must be able to check it by the key that is valid when a
    /// message is sent, or it would refuse the message.
    pub fn set_witnessed(&mut self, note: Option<&Note>) {
        let key = self.ledger_keys.current().verifier_key();
        let since = self.ledger_keys.in_use_since();
        self.witnessed = note
            .filter(|note| Checkpoint::verify_note(note, key).is_ok())
            .map(ToString::to_string)
            .filter(|text| text.len() <= CHECKPOINT_NOTE_BYTES_MAX)
            .map(|note| Witnessed { note, since });
    }

    /// What a header that is dated so carries of our ledger.
    pub(super) fn sender_checkpoint(&self, sent_at: UnixMillis) -> Option<String> {
        let witnessed = self.witnessed.as_ref()?;
        (sent_at >= witnessed.since).then(|| witnessed.note.clone())
    }

    /// The newest head of this log that witnesses have cosigned.
    pub(super) fn witnessed_note(&self) -> Option<String> {
        self.witnessed.as_ref().map(|witnessed| witnessed.note.clone())
    }

    /// Whether nothing is taken any more.
    pub(super) fn is_stopped(&self) -> bool {
        self.signing == Signing::Stopped
    }
}
