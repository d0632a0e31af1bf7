//! The receipt: the recipient node's signed statement that an envelope is in its ledger, with the proof.
//! COSE_Sign1, content type `application/ohrid-receipt+cbor`.
//!
//! The proof is a C2SP tlog-proof in parts: index (6), size (7) and root (8) of the checkpoint, hashes
//! one after the other (9), and the log's signature as in a note, key id and signature (10). In parts it
//! is a third shorter on the wire than the text, which [`Receipt::tlog_proof`] gives to anybody's tools.
//!
//! The leaf is not in the receipt: the sender rebuilds it from the header that it sent, `received_at` and
//! the checkpoint's size, byte for byte. So a receipt proves that *this very header* is in the ledger.
//!
//! What is signed, in CBOR diagnostic notation:
//!
//! ```text
//! {0: 1, 1: h'01a2008d740071119111111111111111', 2: "XB/prosecution",
//!  3: h'f9f0bea1bc5030a16bca0410...', 4: 1795305600350, 5: "node.xb.example.org/ledger/2026",
//!  6: 2, 7: 4, 8: h'6983756240081396c09b92e6...', 9: h'8f8c80d79addb826b8549a09...',
//!  10: h'9a2d02822cee5e62f50fe849...'}
//! ```

mod codec;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ledger::checkpoint::Checkpoint;
use ledger::hash::{Hash, leaf_hash};
use ledger::note::{KeyId as NoteKeyId, NoteSigner, NoteText, SignatureLine};
use ledger::proof::InclusionProof;

use crate::decode::DecodeError;
use crate::digest::Digest;
use crate::directory::{Directory, UnknownKey};
use crate::entry::Entry;
use crate::envelope::SignedHeader;
use crate::ids::{ContactPoint, MessageId, PartyCode};
use crate::key::EnvelopeKey;
use crate::limits::SIGNED_BYTES_MAX;
use crate::statement::{self, Claim, NotAuthentic, signed_bytes, signed_statement};
use crate::time::UnixMillis;

/// What a receipt says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The message that was received.
    pub message: MessageId,
    /// The recipient.
    pub to: ContactPoint,
    /// The digest of the envelope's signed header.
    pub envelope: Digest,
    /// When the recipient's node received it, by its clock.
    pub received_at: UnixMillis,
    /// Where the leaf stands in the recipient's ledger, and the hashes from it to the root.
    pub inclusion: InclusionProof,
    /// The head of the recipient's ledger with the commit that the leaf came in; its size is the
    /// `commit_size` of the leaf.
    pub checkpoint: Checkpoint,
    /// The recipient's ledger key's signature on that checkpoint.
    pub checkpoint_signature: CheckpointSignature,
}

/// The ledger key's signature on a checkpoint, as in a signed note, without the name, which is the origin.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CheckpointSignature {
    /// The ledger key's id.
    pub key_id: NoteKeyId,
    /// The Ed25519 signature over the checkpoint's text.
    pub signature: [u8; 64],
}

/// The head of our own ledger after a commit, signed once for all receipts of that commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    signature: CheckpointSignature,
}

signed_bytes! {
    /// A receipt's signed bytes. Cheap to clone.
    SignedReceipt, "signed receipt", SIGNED_BYTES_MAX
}
signed_statement!(SignedReceipt, Receipt);

/// A receipt for an envelope of ours that was checked: signature, digest, proof. The only way to make one
/// is [`SignedReceipt::verify`].
#[derive(Debug, Clone)]
pub struct VerifiedReceipt {
    receipt: Receipt,
    signed: SignedReceipt,
}

/// Why a receipt proves nothing. The peer is at fault, save for an unknown key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// The statement itself cannot be believed, or the ledger key is not known.
    #[error(transparent)]
    NotAuthentic(#[from] NotAuthentic),
    /// It is about another envelope than the one that was sent.
    #[error("the receipt is for another envelope")]
    OtherEnvelope,
    /// The checkpoint in it was not signed by the peer's ledger key.
    #[error("the receipt's checkpoint is not signed by the peer's ledger key")]
    BadCheckpoint,
    /// The leaf that the peer must have written is not proved to be in that ledger.
    #[error("the receipt's proof does not lead from the leaf to the checkpoint")]
    BadProof,
}

impl SignedCheckpoint {
    /// Signs the head of our ledger. Only what is durable may be signed `[DURABLE]`. Signing again gives
    /// the same bytes.
    #[must_use]
    pub fn sign(size: u64, root: Hash, ledger: &NoteSigner) -> Self {
        let checkpoint = Checkpoint {
            origin: ledger.name().to_owned(),
            size,
            root,
        };
        #[expect(
            clippy::expect_used,
            reason = "a signer's name is short, without control characters"
        )]
        let text = NoteText::new(checkpoint.to_text()).expect("a name, a number and base64 are a text");
        let line = ledger.sign(&text);
        let mut signature = [0; 64];
        // A signer of type 0x01 gives the 64 bytes of Ed25519, and nothing before or after.
        signature.copy_from_slice(&line.signature);
        let signature = CheckpointSignature {
            key_id: line.key_id,
            signature,
        };
        Self {
            checkpoint,
            signature,
        }
    }

    /// What was signed.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The ledger's size, in leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.checkpoint.size
    }

    /// The C2SP signed note, as it is published and as headers carry it.
    #[must_use]
    pub fn note(&self) -> String {
        write_note(&self.checkpoint, &self.signature)
    }
}

impl SignedReceipt {
    /// Issues the receipt for an envelope that our ledger holds, durably `[DURABLE]`.
    ///
    /// A pure function of its arguments: issued again, it has the same bytes `[IDEMPOTENT]`. `header` and
    /// `received_at` are those of the leaf, `inclusion` is the leaf's proof in the tree of
    /// `checkpoint`, and the checkpoint's size is the leaf's `commit_size`. The
    /// keys must be those that the first receipt was issued with: after a change of keys, the old ones.
    ///
    /// # Errors
    /// When the header's bytes are not a signed header: the caller's leaf is damaged.
    pub fn issue(
        header: &SignedHeader,
        received_at: UnixMillis,
        inclusion: InclusionProof,
        checkpoint: &SignedCheckpoint,
        key: &EnvelopeKey,
    ) -> Result<Self, DecodeError> {
        let (claimed, _) = header.peek()?;
        let receipt = Receipt {
            message: claimed.message,
            to: claimed.to,
            envelope: header.digest(),
            received_at,
            inclusion,
            checkpoint: checkpoint.checkpoint.clone(),
            checkpoint_signature: checkpoint.signature,
        };
        Ok(Self(statement::sign(&receipt, key)))
    }

    /// Checks the receipt against the header that we sent: the signature, the digest, and that the leaf
    /// which the peer must have written, rebuilt byte for byte, is in the peer's ledger.
    ///
    /// # Errors
    /// [`ReceiptError`]; if it is for an unknown key, a newer directory may have it.
    pub fn verify(
        &self,
        sent: &SignedHeader,
        peer: PartyCode,
        directory: &Directory,
    ) -> Result<VerifiedReceipt, ReceiptError> {
        let claim = Claim::<Receipt>::parse(&self.0).map_err(NotAuthentic::from)?;
        let (header, _) = sent.peek().map_err(NotAuthentic::from)?;
        let claimed = &claim.statement;
        // What costs nothing first.
        if claimed.envelope != sent.digest()
            || claimed.message != header.message
            || claimed.to != header.to
            || claimed.to.party() != peer
        {
            return Err(ReceiptError::OtherEnvelope);
        }
        let (receipt, _) = claim.verify(&[], peer, directory)?;
        receipt.verify_proof(sent, peer, directory)?;
        Ok(VerifiedReceipt {
            receipt,
            signed: self.clone(),
        })
    }
}

impl Receipt {
    /// The proof as a C2SP tlog-proof text (c2sp.org/tlog-proof), for anybody's tools.
    #[must_use]
    pub fn tlog_proof(&self) -> String {
        use std::fmt::Write as _;
        let mut text = format!("c2sp.org/tlog-proof@v1\nindex {}\n", self.inclusion.index);
        for hash in &self.inclusion.hashes {
            // Writing to a `String` cannot fail.
            let _ = writeln!(text, "{}", hash.to_base64());
        }
        text + "\n" + &write_note(&self.checkpoint, &self.checkpoint_signature)
    }

    /// Checks that the leaf with the header that we sent is in the peer's ledger.
    fn verify_proof(
        &self,
        sent: &SignedHeader,
        peer: PartyCode,
        directory: &Directory,
    ) -> Result<(), ReceiptError> {
        let signature = &self.checkpoint_signature;
        let keys = directory.ledger_keys(peer, &self.checkpoint.origin, self.received_at);
        let keys = keys.map_err(NotAuthentic::from)?;
        let key = keys.into_iter().find(|key| key.key_id() == signature.key_id);
        // A ledger's key may have changed since our directory was signed: that is no fault of the peer's.
        let key = key.ok_or_else(|| {
            NotAuthentic::UnknownKey(UnknownKey::Ledger {
                party: peer,
                origin: self.checkpoint.origin.clone(),
            })
        })?;
        let line = SignatureLine {
            name: key.key_name().clone(),
            key_id: signature.key_id,
            signature: signature.signature.to_vec(),
        };
        let text = NoteText::new(self.checkpoint.to_text()).map_err(|_| ReceiptError::BadCheckpoint)?;
        key.verify(&text, &line)
            .map_err(|_| ReceiptError::BadCheckpoint)?;
        let leaf = Entry::Received {
            at: self.received_at,
            header: sent.clone(),
            commit_size: self.checkpoint.size,
        };
        let leaf = leaf_hash(&leaf.encode());
        self.inclusion
            .verify(self.checkpoint.size, &leaf, &self.checkpoint.root)
            .map_err(|_| ReceiptError::BadProof)
    }
}

impl VerifiedReceipt {
    /// What the receipt says.
    #[must_use]
    pub fn receipt(&self) -> &Receipt {
        &self.receipt
    }

    /// The receipt as it travelled.
    #[must_use]
    pub fn signed(&self) -> &SignedReceipt {
        &self.signed
    }
}

impl std::fmt::Debug for CheckpointSignature {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "CheckpointSignature({})", self.key_id)
    }
}

/// The signed note.
fn write_note(checkpoint: &Checkpoint, signature: &CheckpointSignature) -> String {
    let blob = [signature.key_id.to_bytes().as_slice(), &signature.signature].concat();
    let blob = STANDARD.encode(blob);
    format!(
        "{}\n\u{2014} {} {blob}\n",
        checkpoint.to_text(),
        checkpoint.origin
    )
}

#[cfg(test)]
mod tests;
