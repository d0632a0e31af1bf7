//! Witnesses (c2sp.org/tlog-witness): both sides of asking for a cosignature, without any I/O.
//!
//! A witness keeps, for each log that it knows, the greatest head that it has cosigned, and cosigns only
//! what continues it. So a log cannot show different histories to different people without losing its
//! witnesses, and a log that was restored from an old backup is told so.
//!
//! What a witness does, in this order; each step takes what the step before it returned, so none can be
//! left out, and **no cosignature can be made of a head that was not made durable first**:
//!
//! | step | | refused with |
//! |---|---|---|
//! | read | [`AddCheckpoint::parse`] | 400 |
//! | judge, by keys and stored head | [`AddCheckpoint::judge`] → [`Swap`] | 404, 403, 409, 422 |
//! | persist, as one compare-and-swap | [`Swap::persist`] → [`Persisted`] | 409, if overtaken |
//! | cosign and answer | [`Witness::cosign`] → [`Cosigned`] | |
//!
//! ```
//! use ledger::witness::{AddCheckpoint, Refusal, Reply, Swapped, Witness};
//! use ledger::{head::SignedHead, note::VerifierKey};
//!
//! /// `store` stands for what makes heads durable.
//! fn answer(
//!     body: &[u8],
//!     witness: &Witness,
//!     keys: &[&VerifierKey],
//!     store: &mut Option<SignedHead>,
//!     now_seconds: u64,
//! ) -> Result<Reply, Box<dyn std::error::Error>> {
//!     let request = match AddCheckpoint::parse(body) {
//!         Ok(request) => request,
//!         Err(error) => return Ok(Refusal::from(error).to_reply()),
//!     };
//!     let swap = match request.judge(keys, store.as_ref()) {
//!         Ok(swap) => swap,
//!         Err(refusal) => return Ok(refusal.to_reply()),
//!     };
//!     let persisted = swap.persist(|swap| {
//!         // A real store compares with `swap.applies_to`, writes, and waits for the disk.
//!         *store = Some(swap.head().clone());
//!         Ok::<_, std::io::Error>(Swapped::Done)
//!     })?;
//!     Ok(witness.cosign(persisted, now_seconds)?.to_reply())
//! }
//! ```
//!
//! What was judged, but not persisted, cannot be cosigned:
//!
//! ```compile_fail,E0308
//! # use ledger::witness::{Cosigned, Swap, Witness};
//! fn too_early(witness: &Witness, swap: Swap) -> Cosigned {
//!     witness.cosign(swap, 1_700_000_000).unwrap()
//! }
//! ```
//!
//! A [`Refusal`] becomes an answer by [`Refusal::to_reply`]; where it shows that the log has forked,
//! [`Refusal::fork`] has the proof. A stored head is never deleted, also when the log's keys are not trusted
//! any more: whoever forgets a log signs a second history of it.
//!
//! The log's side is a [`Submitter`] for each witness, and [`CosignedHead`], which collects what they sign.
//! What it concludes `[ROLLBACK]`: 409 with a greater size than ours, we were rolled back; 422, our history
//! is another one than that which the witness knows. [`crate::fork::compare`] turns either into a proof, once
//! the head that the witness knows is at hand (its path is [`monitoring_path`]).
//!
//! Before its first signature after a start, a log holds its head against those that its witnesses have:
//! [`StartCheck`].
//!
//! A request, with the blank line between proof and checkpoint:
//!
//! ```text
//! old 20852014
//! PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
//! jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
//!
//! example.com/behind-the-sofa
//! 20852163
//! CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//!
//! — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9...
//! ```

mod answer;
mod judge;
mod request;
mod start;
mod submit;

use sha2::{Digest as _, Sha256};

use crate::cosignature::{Cosigner, TimeError};
use crate::head::SignedHead;
use crate::note::{Note, SignatureLine, VerifierKey};

pub use answer::{Answer, AnswerDecodeError, Reply, SIZE_CONTENT_TYPE, Status};
pub use judge::{PersistError, Persisted, Refusal, Swap, Swapped};
pub use request::{AddCheckpoint, AddCheckpointDecodeError, AddCheckpointError};
pub use start::{Cleared, NotCleared, Standing, StartCheck};
pub use submit::{CosignedHead, NotACosignature, Outcome, RequestError, Submitter, WitnessMisbehaved};

/// Who cosigns. Holds the key, and signs only what was persisted.
#[derive(Debug)]
pub struct Witness {
    cosigner: Cosigner,
}

/// A head that this witness has persisted and cosigned: ready to be answered and served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosigned {
    note: Note,
    line: SignatureLine,
}

impl Witness {
    /// Takes the witness's key, which is to be used for nothing else.
    #[must_use]
    pub fn new(cosigner: Cosigner) -> Self {
        Self { cosigner }
    }

    /// The public half, for those who are to believe this witness.
    #[must_use]
    pub fn verifier_key(&self) -> &VerifierKey {
        self.cosigner.verifier_key()
    }

    /// Cosigns a head that is durable, at a time in seconds since 1970.
    pub fn cosign(&self, persisted: Persisted, time_seconds: u64) -> Result<Cosigned, TimeError> {
        let head = persisted.into_head();
        let line = self.cosigner.cosign(head.note().text(), time_seconds)?;
        let mut note = head.note().clone();
        // A head has no more lines than a note may have; one that is full is served without ours.
        let _ = note.push(line.clone());
        Ok(Cosigned { note, line })
    }
}

impl Cosigned {
    /// The answer to whoever asked: 200, with our signature line.
    #[must_use]
    pub fn to_reply(&self) -> Reply {
        Reply::of_lines(std::slice::from_ref(&self.line))
    }

    /// The cosignature.
    #[must_use]
    pub fn line(&self) -> &SignatureLine {
        &self.line
    }

    /// The head with the log's signatures and ours: what is served under [`monitoring_path`].
    #[must_use]
    pub fn note(&self) -> &Note {
        &self.note
    }
}

/// Where a witness serves the last head of a log that it has cosigned, relative to its monitoring prefix:
/// `<SHA-256 of the origin in lower-case hex>/checkpoint`.
#[must_use]
pub fn monitoring_path(origin: &str) -> String {
    use std::fmt::Write as _;
    let mut path = String::with_capacity(64 + "/checkpoint".len());
    for byte in Sha256::digest(origin.as_bytes()) {
        // Writing to a string cannot fail.
        let _ = write!(path, "{byte:02x}");
    }
    path + "/checkpoint"
}

/// A head as a witness compares it: size and root are all that the protocol speaks of.
pub(crate) fn same_head(one: &SignedHead, other: &SignedHead) -> bool {
    one.checkpoint() == other.checkpoint()
}

#[cfg(test)]
pub(crate) mod tests;
