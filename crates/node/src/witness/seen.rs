//! The checkpoints that peers show in their messages: recorded, so that the ledgers are entangled, and held
//! against what we have cosigned of them `[ROLLBACK]`.
//!
//! Not each message makes a leaf: one is recorded when it is newer than the last and that was a while ago.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use ::ledger::checkpoint::Checkpoint;
use ::ledger::fork::ForkProof;
use ::ledger::head::SignedHead;
use ::ledger::note::{Note, VerifierKey};
use protocol::ids::PartyCode;

use super::{KeptProof, Witnessing};
use crate::limits::SEEN_RECORDED_EVERY;

/// The greatest checkpoint that was recorded of each ledger in this process's life, and when.
#[derive(Debug, Default)]
pub(super) struct Seen(Mutex<HashMap<String, (u64, Instant)>>);

impl Seen {
    /// Whether a checkpoint is to be recorded; then it counts as recorded.
    pub(super) fn is_news(&self, checkpoint: &Checkpoint, now: Instant) -> bool {
        let mut recorded = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = recorded.get(&checkpoint.origin);
        let is_news = last.is_none_or(|(size, at)| {
            checkpoint.size > *size && now.saturating_duration_since(*at) >= SEEN_RECORDED_EVERY
        });
        if is_news {
            recorded.insert(checkpoint.origin.clone(), (checkpoint.size, now));
        }
        is_news
    }
}

impl Witnessing {
    /// A peer has shown this checkpoint in a message, and a ledger key of its Party has signed it. Whether
    /// it is to be recorded. It is held against the head that we have cosigned, aside.
    pub fn saw(&self, peer: PartyCode, note: &str) -> bool {
        let Ok(note) = Note::parse(note.as_bytes()) else {
            return false;
        };
        let Ok(checkpoint) = Checkpoint::parse(note.text().as_str()) else {
            return false;
        };
        if !self.inner.seen.is_news(&checkpoint, Instant::now()) {
            return false;
        }
        let inner = Arc::clone(&self.inner);
        // The result is an alarm, or nothing.
        drop(tokio::task::spawn_blocking(move || {
            inner.hold_against(peer, &note)
        }));
        true
    }
}

impl super::Inner {
    /// Of the same size as the head that we know, it must have the same root. Blocks.
    fn hold_against(&self, peer: PartyCode, note: &Note) {
        let Ok(checkpoint) = Checkpoint::parse(note.text().as_str()) else {
            return;
        };
        let ledger = self.ledger(&checkpoint.origin);
        let Some(ledger) = ledger.filter(|ledger| ledger.party == peer) else {
            return;
        };
        let keys: Vec<&VerifierKey> = ledger.keys.iter().collect();
        let Ok(shown) = SignedHead::verify(note, &keys) else {
            return;
        };
        let known = self.known(&checkpoint.origin);
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(Some(stored)) = self.read(&mut known, &checkpoint.origin)
            && let Some(fork) = ForkProof::of_one_size(&stored, &shown)
        {
            self.keep(&KeptProof::of_fork(peer, &fork), &fork.to_string());
        }
    }
}
