//! Receipts as CBOR.

use ledger::checkpoint::Checkpoint;
use ledger::hash::Hash;
use ledger::limits::{MAX_NAME_BYTES, MAX_PROOF_HASHES, MAX_TREE_SIZE};
use ledger::note::{KeyId as NoteKeyId, KeyName};
use ledger::proof::InclusionProof;

use super::{CheckpointSignature, Receipt};
use crate::cbor::{Reader, Writer};
use crate::cose::ContentType;
use crate::decode::DecodeError;
use crate::statement::Statement;
use crate::time::UnixMillis;

/// The version of the receipt's format.
const VERSION: u64 = 1;

/// The receipt's labels.
mod label {
    pub(super) const VERSION: u64 = 0;
    pub(super) const MESSAGE: u64 = 1;
    pub(super) const TO: u64 = 2;
    pub(super) const ENVELOPE: u64 = 3;
    pub(super) const RECEIVED_AT: u64 = 4;
    pub(super) const ORIGIN: u64 = 5;
    pub(super) const INDEX: u64 = 6;
    pub(super) const SIZE: u64 = 7;
    pub(super) const ROOT: u64 = 8;
    pub(super) const HASHES: u64 = 9;
    pub(super) const SIGNATURE: u64 = 10;
}

impl Statement for Receipt {
    const CONTENT: ContentType = ContentType::Receipt;

    fn encode(&self) -> Vec<u8> {
        let hashes: Vec<u8> = self
            .inclusion
            .hashes
            .iter()
            .flat_map(|hash| *hash.as_bytes())
            .collect();
        let mut signature = [0; 68];
        signature[..4].copy_from_slice(&self.checkpoint_signature.key_id.to_bytes());
        signature[4..].copy_from_slice(&self.checkpoint_signature.signature);
        let mut out = Writer::with_capacity(320 + hashes.len());
        out.map(11).uint(label::VERSION).uint(VERSION);
        out.uint(label::MESSAGE).bytes(self.message.as_bytes());
        out.uint(label::TO).text(&self.to.to_string());
        out.uint(label::ENVELOPE).bytes(self.envelope.as_bytes());
        out.uint(label::RECEIVED_AT).uint(self.received_at.0);
        out.uint(label::ORIGIN).text(&self.checkpoint.origin);
        out.uint(label::INDEX).uint(self.inclusion.index);
        out.uint(label::SIZE).uint(self.checkpoint.size);
        out.uint(label::ROOT).bytes(self.checkpoint.root.as_bytes());
        out.uint(label::HASHES).bytes(&hashes);
        out.uint(label::SIGNATURE).bytes(&signature);
        out.finish()
    }

    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let reader = &mut Reader::new("receipt", bytes);
        let mut labels = reader.map()?;
        labels.version(reader, VERSION)?;
        labels.required(reader, label::MESSAGE)?;
        let message = reader.message()?;
        labels.required(reader, label::TO)?;
        let to = reader.contact_point()?;
        labels.required(reader, label::ENVELOPE)?;
        let envelope = reader.digest()?;
        labels.required(reader, label::RECEIVED_AT)?;
        let received_at = reader.time()?;
        labels.required(reader, label::ORIGIN)?;
        let origin = reader.text(MAX_NAME_BYTES)?;
        KeyName::new(origin).map_err(|_| reader.bad("an origin is the name of a key"))?;
        labels.required(reader, label::INDEX)?;
        let index = reader.uint()?;
        labels.required(reader, label::SIZE)?;
        let size = reader.uint()?;
        if index >= size || size > MAX_TREE_SIZE {
            return Err(reader.bad("a ledger of this size has no such index"));
        }
        labels.required(reader, label::ROOT)?;
        let root = Hash::from_bytes(reader.exactly()?);
        labels.required(reader, label::HASHES)?;
        let hashes = reader.bytes(MAX_PROOF_HASHES * Hash::LENGTH_BYTES)?;
        let (hashes, rest) = hashes.as_chunks();
        if !rest.is_empty() {
            return Err(reader.bad("a proof is hashes of 32 bytes"));
        }
        let hashes = hashes.iter().map(|hash| Hash::from_bytes(*hash)).collect();
        labels.required(reader, label::SIGNATURE)?;
        let signed: [u8; 68] = reader.exactly()?;
        labels.end_of_statement(reader)?;
        reader.end()?;
        Ok(Self {
            message,
            to,
            envelope,
            received_at,
            inclusion: InclusionProof { index, hashes },
            checkpoint: Checkpoint {
                origin: origin.to_owned(),
                size,
                root,
            },
            checkpoint_signature: CheckpointSignature::from_blob(&signed),
        })
    }

    fn dated(&self) -> UnixMillis {
        self.received_at
    }
}

impl CheckpointSignature {
    /// From key id and signature, one after the other, as in a note's signature line.
    fn from_blob(blob: &[u8; 68]) -> Self {
        let (mut key_id, mut signature) = ([0; 4], [0; 64]);
        key_id.copy_from_slice(&blob[..4]);
        signature.copy_from_slice(&blob[4..]);
        Self {
            key_id: NoteKeyId::from_bytes(key_id),
            signature,
        }
    }
}
