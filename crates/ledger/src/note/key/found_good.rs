//! The last signatures of a key that were found good.
//!
//! A log's newest checkpoint comes with every message and receipt of the moment, and to verify it again takes
//! as long as to verify the message. The same signature over the same bytes under the same key is good
//! again; anything else is verified.

use std::sync::{Mutex, MutexGuard, PoisonError};

use ed25519_dalek::Signature;
use sha2::{Digest as _, Sha256};

/// How many: the checkpoints that are under way at the same time.
const KEPT: usize = 4;

/// What is kept of message and signature: a SHA-256 over both.
type Name = [u8; 32];

/// Signatures of one key that were found good. They are no part of the key: a copy begins with none, and
/// keys are equal whatever was verified with them.
#[derive(Debug, Default)]
pub(super) struct FoundGood(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    names: [Option<Name>; KEPT],
    next: usize,
}

impl FoundGood {
    pub(super) fn holds(&self, message: &[u8], signature: &Signature) -> bool {
        self.lock().names.contains(&Some(name(message, signature)))
    }

    /// Takes the place of the oldest.
    pub(super) fn note(&self, message: &[u8], signature: &Signature) {
        let mut kept = self.lock();
        let next = kept.next;
        kept.names[next] = Some(name(message, signature));
        kept.next = (next + 1) % KEPT;
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The signature has one length, so no other pair has the same bytes.
fn name(message: &[u8], signature: &Signature) -> Name {
    let hash = Sha256::new().chain_update(signature.to_bytes());
    hash.chain_update(message).finalize().into()
}

impl Clone for FoundGood {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for FoundGood {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for FoundGood {}
