//! Receipts of the second stage: the recipient's node is asked for the proof that our envelope is in its
//! ledger, under a head that witnesses have cosigned. Messages never wait for it.
//!
//! What comes is believed as little as a receipt: its leaf is the one that the receipt speaks of, the
//! ledger's key must have signed the head, the hashes must lead to it, and the witnesses must be a quorum
//! of those that the directory gives that Party, ourselves among them. A peer that has shown us another
//! history than its witnesses cannot make such a proof: that is an alarm.
//!
//! What was verified is kept, so that it is asked for once:
//!
//! ```text
//! published/receipts/9f3a….tlog-proof        named by the digest of the envelope
//! ```

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::ledger::checkpoint::Checkpoint;
use ::ledger::hash::leaf_hash;
use ::ledger::note::VerifierKey;
use ::ledger::tlog_proof::TlogProof;
use protocol::frame::Frame;
use protocol::limits::WITNESSED_RECEIPT_BYTES_MAX;
use protocol::receipt::Receipt;

use super::policy;
use crate::clock::Clock;
use crate::config;
use crate::directory::CurrentDirectory;
use crate::durable;
use crate::limits::WITNESS_ANSWER_TIMEOUT;
use crate::secret;
use crate::session::{Peers, Urgency};

/// What it takes to ask for them. Cheap to clone.
#[derive(Clone)]
pub struct SecondStage {
    folder: PathBuf,
    settings: config::Witness,
    directory: Arc<CurrentDirectory>,
    clock: Arc<Clock>,
    peers: Arc<Peers>,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum NoProof {
    /// The recipient's node cannot be asked now.
    #[error("the recipient's node cannot be asked now")]
    NotReached,
    /// It has none, or none yet.
    #[error("the recipient's node has no such proof yet")]
    NotYet,
    /// Too few witnesses have cosigned.
    #[error("too few witnesses have cosigned the recipient's ledger yet")]
    TooFew,
    /// What it gives proves nothing: its ledger is not the one that it has given us the receipt of.
    #[error("ALARM: what the recipient's node gives does not prove its own receipt: {0}")]
    Wrong(String),
    /// It could not be kept, or the check panicked. The machine's fault.
    #[error("{0}")]
    Machine(String),
}

impl SecondStage {
    /// Proofs are kept below `folder`.
    #[must_use]
    pub fn new(
        folder: &Path,
        settings: config::Witness,
        directory: Arc<CurrentDirectory>,
        clock: Arc<Clock>,
        peers: Arc<Peers>,
    ) -> Self {
        Self {
            folder: folder.join("receipts"),
            settings,
            directory,
            clock,
            peers,
        }
    }

    /// The proof for an envelope of ours, whose receipt was verified: the one that is kept, or one that the
    /// recipient's node is asked for. `leaf` is the leaf that it wrote.
    ///
    /// # Errors
    /// [`NoProof`].
    pub async fn proof(&self, receipt: &Receipt, leaf: &[u8]) -> Result<String, NoProof> {
        let file = self.folder.join(format!("{}.tlog-proof", receipt.envelope));
        if let Ok(kept) = secret::read_public(&file, WITNESSED_RECEIPT_BYTES_MAX as u64) {
            return String::from_utf8(kept).map_err(|error| NoProof::Machine(error.to_string()));
        }
        let bytes = self.ask(receipt).await?;
        let (this, receipt, leaf) = (self.clone(), receipt.clone(), leaf.to_vec());
        let checked = tokio::task::spawn_blocking(move || {
            let text = this.check(&receipt, &leaf, bytes)?;
            let kept = durable::make_private_folder(&this.folder)
                .and_then(|()| durable::write_private(&file, text.as_bytes()));
            kept.map_err(|error| NoProof::Machine(error.to_string()))?;
            Ok(text)
        });
        let checked = checked
            .await
            .map_err(|error| NoProof::Machine(error.to_string()))?;
        if let Err(error @ NoProof::Wrong(_)) = &checked {
            tracing::error!(%error, "keep the receipt, and call the recipient's operator");
        }
        checked
    }

    async fn ask(&self, receipt: &Receipt) -> Result<Vec<u8>, NoProof> {
        let asker = self.peers.asker(receipt.to.party()).ok_or(NoProof::NotReached)?;
        let question = Frame::WitnessedReceiptRequest {
            envelope: receipt.envelope,
            message: receipt.message,
            to: receipt.to.clone(),
        };
        match asker
            .ask(question, Urgency::Routine, WITNESS_ANSWER_TIMEOUT)
            .await
        {
            Ok(Frame::WitnessedReceipt(Some(bytes))) => Ok(bytes),
            Ok(Frame::WitnessedReceipt(None)) => Err(NoProof::NotYet),
            Ok(_) | Err(_) => Err(NoProof::NotReached),
        }
    }

    /// Blocks, if the policy is a file.
    fn check(&self, receipt: &Receipt, leaf: &[u8], bytes: Vec<u8>) -> Result<String, NoProof> {
        let wrong = |what: &dyn std::fmt::Display| NoProof::Wrong(what.to_string());
        let proof = TlogProof::parse(&bytes).map_err(|error| wrong(&error))?;
        let text = proof.checkpoint.text().as_str();
        let checkpoint = Checkpoint::parse(text).map_err(|error| wrong(&error))?;
        let (party, origin) = (receipt.to.party(), &receipt.checkpoint.origin);
        if checkpoint.origin != *origin || proof.inclusion.index != receipt.inclusion.index {
            return Err(wrong(&"it is about another entry"));
        }
        // Also a key that has left the directory since.
        let now = self.clock.now();
        let mut keys = self
            .directory
            .ledger_keys_ever(party, origin, receipt.received_at);
        keys.extend(self.directory.ledger_keys_ever(party, origin, now));
        let leads_there = |key: &VerifierKey| proof.verify(&leaf_hash(leaf), key).is_ok();
        if !keys.iter().any(leads_there) {
            return Err(wrong(
                &"no key of that ledger has signed a head to which the hashes lead",
            ));
        }
        let accepted = self.directory.current();
        let policy = policy::in_use(&self.settings, &accepted.directory, party, now);
        let policy = policy.map_err(|error| NoProof::Machine(error.to_string()))?;
        let evaluation = policy
            .policy
            .evaluate(&proof.checkpoint)
            .map_err(|error| wrong(&error))?;
        if !evaluation.is_satisfied() {
            return Err(NoProof::TooFew);
        }
        Ok(proof.to_string())
    }
}
