//! The receipt: the recipient node's signed statement that an envelope is in its ledger, with the proof.
//! COSE_Sign1, content type `application/ohrid-receipt+cbor`.

use std::sync::Arc;

use ledger::checkpoint::Checkpoint;
use ledger::hash::Hash;
use ledger::note::{KeyId as NoteKeyId, NoteSigner};
use ledger::proof::InclusionProof;

use crate::decode::DecodeError;
use crate::digest::Digest;
use crate::directory::Directory;
use crate::envelope::SignedHeader;
use crate::ids::{ContactPoint, MessageId, PartyCode};
use crate::key::{EnvelopeKey, KeyId};
use crate::statement::NotAuthentic;
use crate::time::UnixMillis;

/// What a receipt says.
///
/// It holds a C2SP tlog-proof in parts ([`Receipt::tlog_proof`] writes it as text): in parts it is half
/// as long on the wire.
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
    /// The recipient's ledger key's signature on that checkpoint, as in a signed note.
    pub checkpoint_signature: CheckpointSignature,
}

/// The ledger key's signature on a checkpoint, without the name, which is the origin.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CheckpointSignature {
    /// The ledger key's id.
    pub key_id: NoteKeyId,
    /// The Ed25519 signature over the checkpoint's text.
    pub signature: [u8; 64],
}

/// The head of our own ledger after a commit, signed once for all receipts of that commit.
#[derive(Debug, Clone)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    signature: CheckpointSignature,
}

/// A receipt's signed bytes. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedReceipt(Arc<[u8]>);

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
    /// The statement itself cannot be believed.
    #[error(transparent)]
    NotAuthentic(#[from] NotAuthentic),
    /// It is about another envelope than the one that was sent.
    #[error("the receipt is for another envelope")]
    OtherEnvelope,
    /// The checkpoint or the proof in it is not what a ledger of the peer would say.
    #[error("the receipt's proof does not hold: {0}")]
    BadProof(&'static str),
}

impl SignedCheckpoint {
    /// Signs the head of our ledger. Only what is durable may be signed `[DURABLE]`.
    #[must_use]
    pub fn sign(_size: u64, _root: Hash, _ledger: &NoteSigner) -> Self {
        todo!()
    }
    /// The tree's size.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.checkpoint.size
    }
    /// As a C2SP signed note.
    #[must_use]
    pub fn note(&self) -> String {
        todo!()
    }
}

impl SignedReceipt {
    /// Issues the receipt for an envelope that our ledger holds, durably `[DURABLE]`.
    ///
    /// A pure function of its arguments: issued again, it has the same bytes `[IDEMPOTENT]`. `header` and
    /// `received_at` are those of the leaf, `inclusion` is the leaf's proof in the tree of
    /// `checkpoint`, and `checkpoint.size()` is the leaf's `commit_size`.
    ///
    /// # Errors
    /// When the header's bytes are not a header: the caller's leaf is damaged.
    pub fn issue(
        _header: &SignedHeader,
        _received_at: UnixMillis,
        _inclusion: InclusionProof,
        _checkpoint: &SignedCheckpoint,
        _key: &EnvelopeKey,
    ) -> Result<Self, DecodeError> {
        todo!()
    }
    /// Takes bytes as a signed receipt: bounded, and nothing else checked.
    pub fn from_bytes(_bytes: &[u8]) -> Result<Self, DecodeError> {
        todo!()
    }
    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
    /// SHA-256 of these bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }
    /// What it claims, unverified, and the key that it says has signed.
    pub fn peek(&self) -> Result<(Receipt, KeyId), DecodeError> {
        todo!()
    }
    /// Checks the receipt against the header that we sent: the signature, the digest, and that the leaf
    /// which the peer must have written, rebuilt byte for byte, is in the peer's ledger.
    pub fn verify(
        &self,
        _sent: &SignedHeader,
        _peer: PartyCode,
        _directory: &Directory,
    ) -> Result<VerifiedReceipt, ReceiptError> {
        todo!()
    }
}

impl Receipt {
    /// The proof as a C2SP tlog-proof text, for anybody's tools.
    #[must_use]
    pub fn tlog_proof(&self) -> String {
        todo!()
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

impl std::fmt::Debug for SignedReceipt {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "SignedReceipt({} bytes)", self.0.len())
    }
}

impl std::fmt::Debug for CheckpointSignature {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "CheckpointSignature({})", self.key_id)
    }
}
