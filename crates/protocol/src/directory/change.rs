//! Directory change requests: how a Party changes what the directory says of it `[DIRECTORY]`.
//!
//! COSE_Sign1, content type `application/ohrid-directory-change+cbor`, by an envelope key of the Party that
//! the directory names and that is valid now. It holds the Party's whole new record, and the digest of the
//! record that it changes: once that has changed, the request is worth nothing, however often it is played
//! back. It can say nothing of another Party, and nothing of the secretariat's keys, because there is no
//! place for either in it. The secretariat's tool merges it into the next version. What is signed, in CBOR
//! diagnostic notation, as in `golden/directory-change.cbor`:
//!
//! ```text
//! {0: 1, 1: "exercise.example.org", 2: 1795305600000, 3: h'0bacba791b4c5eaa1933...',
//!  4: {1: "XA", 2: "Exercise Party XA", ...}, 5: [h'd2845838a3...']}
//! ```
//!
//! **A new envelope key.** The old key signs the request, and so the new key in it. The new key signs the old
//! one: label 5 holds one *key proof* for each new envelope key, in the order of the record, which shows
//! that the Party holds it. A proof is a COSE_Sign1 by the new key, content type
//! `application/ohrid-key-proof+cbor`: network, Party, the request's time, old key, new key
//! (`golden/key-proof.cbor`):
//!
//! ```text
//! {0: 1, 1: "exercise.example.org", 2: "XA", 3: 1795305600000,
//!  4: h'bc7cbcb5636375fa1d82...', 5: h'e734ea6c2b6257de7235...'}
//! ```
//!
//! Ledger and witness keys sign in forms of their own only (C2SP); the envelope key vouches for new ones.
//! What a request may change stands in `rules`.

mod rules;

use std::collections::BTreeMap;

use super::codec::{decode_record, encode_record, record_digest};
use super::rules::check_directory;
use super::{Directory, DirectoryError, PartyRecord};
use crate::cbor::{Reader, Writer};
use crate::cose::{ContentType, Sign1, sign_one};
use crate::decode::DecodeError;
use crate::digest::Digest;
use crate::ids::PartyCode;
use crate::key::{EnvelopeKey, PublicKey};
use crate::limits::{
    CHANGE_REQUEST_BYTES_MAX, CHANGE_REQUEST_LIFETIME, DATED_AHEAD_MAX, DNS_NAME_BYTES_MAX,
    KEY_PROOF_BYTES_MAX, KEY_PROOFS_MAX,
};
use crate::statement::signed_bytes;
use crate::time::UnixMillis;

/// The version of both formats.
const VERSION: u64 = 1;

/// The labels of a change request.
mod label {
    pub(super) const VERSION: u64 = 0;
    pub(super) const NETWORK: u64 = 1;
    pub(super) const REQUESTED_AT: u64 = 2;
    pub(super) const BASE: u64 = 3;
    pub(super) const RECORD: u64 = 4;
    pub(super) const PROOFS: u64 = 5;
}

/// The labels of a key proof.
mod proof_label {
    pub(super) const VERSION: u64 = 0;
    pub(super) const NETWORK: u64 = 1;
    pub(super) const PARTY: u64 = 2;
    pub(super) const REQUESTED_AT: u64 = 3;
    pub(super) const OLD: u64 = 4;
    pub(super) const NEW: u64 = 5;
}

/// What a Party wants the directory to say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The network's name.
    pub network: String,
    /// The Party.
    pub party: PartyCode,
    /// When it was signed.
    pub requested_at: UnixMillis,
    /// The digest of the record that it changes ([`Directory::record_digest`]).
    pub base: Digest,
    /// The whole new record.
    pub record: PartyRecord,
}

signed_bytes! {
    /// A change request's signed bytes. Cheap to clone.
    ChangeRequest, "directory change request", CHANGE_REQUEST_BYTES_MAX
}

/// Why a change request is refused. The Party is at fault, or whoever played it back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// Not a change request.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
    /// Of another network.
    #[error("the change request is of another network")]
    OtherNetwork,
    /// The directory has no such Party: it joins first.
    #[error("{0} is not in the directory: it sends a join request first")]
    UnknownParty(PartyCode),
    /// Not signed by an envelope key that the directory names for the Party, valid now.
    #[error("the change request is not signed by an envelope key of {0} that is valid now")]
    NotSigned(PartyCode),
    /// The record has changed since: an old request, or one played back.
    #[error("what the directory says of {0} is not what the change request changes: it has changed since")]
    Outdated(PartyCode),
    /// Signed too long ago, or dated too far ahead.
    #[error("the change request of {party} is dated {requested_at:?}: too old, or too far ahead")]
    NotInTime {
        /// The Party.
        party: PartyCode,
        /// When it says that it was signed.
        requested_at: UnixMillis,
    },
    /// It changes what cannot be changed so.
    #[error("the change request of {party} is refused: {what}")]
    Refused {
        /// The Party.
        party: PartyCode,
        /// Why.
        what: &'static str,
    },
    /// Two different requests of one Party: it says which one holds.
    #[error("there are two change requests of {0}")]
    Conflict(PartyCode),
    /// With it, the directory could not be right.
    #[error(transparent)]
    Impossible(#[from] DirectoryError),
}

/// A change request, read and not verified.
struct Claim<'b> {
    change: Change,
    proofs: Vec<&'b [u8]>,
    signed: Sign1<'b>,
}

impl ChangeRequest {
    /// Signs a change with the Party's envelope key, and with the new ones that it brings, in the order of
    /// the record. [`ChangeRequest::open`] says whether it would be taken.
    ///
    /// # Errors
    /// When it is longer than [`CHANGE_REQUEST_BYTES_MAX`].
    pub fn sign(change: &Change, key: &EnvelopeKey, new_keys: &[&EnvelopeKey]) -> Result<Self, DecodeError> {
        let prove = |new: &&EnvelopeKey| {
            let payload = encode_proof(change, &key.public(), &new.public());
            sign_one(ContentType::KeyProof, &payload, &[], *new)
        };
        let proofs: Vec<Vec<u8>> = new_keys.iter().map(prove).collect();
        Self::sign_with(change, key, &proofs)
    }

    /// The same with these proofs, whatever they prove.
    fn sign_with(change: &Change, key: &EnvelopeKey, proofs: &[Vec<u8>]) -> Result<Self, DecodeError> {
        let mut out = Writer::with_capacity(8192);
        out.map(6).uint(label::VERSION).uint(VERSION);
        out.uint(label::NETWORK).text(&change.network);
        out.uint(label::REQUESTED_AT).uint(change.requested_at.0);
        out.uint(label::BASE).bytes(change.base.as_bytes());
        encode_record(out.uint(label::RECORD), change.party, &change.record);
        out.uint(label::PROOFS).array(proofs.len());
        for proof in proofs {
            out.bytes(proof);
        }
        Self::from_bytes(&sign_one(ContentType::DirectoryChange, &out.finish(), &[], key))
    }

    /// What it claims, unverified.
    ///
    /// # Errors
    /// When the bytes are not a change request.
    pub fn peek(&self) -> Result<Change, DecodeError> {
        Ok(Claim::parse(self.as_bytes())?.change)
    }

    /// The change, if an envelope key of its own record has signed it: it is whole. For whoever has verified
    /// it with [`ChangeRequest::open`] before, and kept it.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub fn open_kept(&self) -> Result<Change, ChangeError> {
        let claim = Claim::parse(self.as_bytes())?;
        let signer = claim.signer(&claim.change.record, claim.change.requested_at);
        signer.ok_or(ChangeError::NotSigned(claim.change.party))?;
        Ok(claim.change)
    }

    /// The change, if the directory's Party asks for it now, may, and no other part of the directory is
    /// touched.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub fn open(&self, directory: &Directory, now: UnixMillis) -> Result<Change, ChangeError> {
        let claim = Claim::parse(self.as_bytes())?;
        let change = &claim.change;
        let party = change.party;
        if change.network != directory.network {
            return Err(ChangeError::OtherNetwork);
        }
        let old = directory.party(party).ok_or(ChangeError::UnknownParty(party))?;
        let signer = claim.signer(old, now).ok_or(ChangeError::NotSigned(party))?;
        if change.base != record_digest(party, old) {
            return Err(ChangeError::Outdated(party));
        }
        let requested_at = change.requested_at;
        let is_late = now >= requested_at.plus(CHANGE_REQUEST_LIFETIME);
        if is_late || requested_at > now.plus(DATED_AHEAD_MAX) {
            return Err(ChangeError::NotInTime { party, requested_at });
        }
        rules::check_change(old, change)
            .and_then(|()| claim.check_proofs(old, &signer))
            .map_err(|what| ChangeError::Refused { party, what })?;
        let mut changed = directory.clone();
        changed.parties.insert(party, change.record.clone());
        check_directory(&changed, &[])?;
        Ok(claim.change)
    }
}

impl Directory {
    /// The digest of what it says of a Party: what a [`Change`] names as its base.
    #[must_use]
    pub fn record_digest(&self, party: PartyCode) -> Option<Digest> {
        self.party(party).map(|record| record_digest(party, record))
    }

    /// The Parties with these changes: all of them, or none. The order makes no difference.
    ///
    /// # Errors
    /// [`ChangeError`]; also when two of the requests cannot both hold.
    pub fn with_changes(
        &self,
        requests: &[ChangeRequest],
        now: UnixMillis,
    ) -> Result<BTreeMap<PartyCode, PartyRecord>, ChangeError> {
        let mut changes: BTreeMap<PartyCode, Change> = BTreeMap::new();
        for request in requests {
            let change = request.open(self, now)?;
            let party = change.party;
            match changes.get(&party) {
                Some(other) if *other != change => return Err(ChangeError::Conflict(party)),
                _ => changes.insert(party, change),
            };
        }
        let mut changed = self.clone();
        let records = changes.into_iter().map(|(party, change)| (party, change.record));
        changed.parties.extend(records);
        check_directory(&changed, &[])?;
        Ok(changed.parties)
    }
}

impl<'b> Claim<'b> {
    fn parse(bytes: &'b [u8]) -> Result<Self, DecodeError> {
        let signed = Sign1::parse(ContentType::DirectoryChange, bytes)?;
        let reader = &mut Reader::new("directory change request", signed.payload);
        let mut labels = reader.map()?;
        labels.version(reader, VERSION)?;
        labels.required(reader, label::NETWORK)?;
        let network = reader.text(DNS_NAME_BYTES_MAX)?.to_owned();
        labels.required(reader, label::REQUESTED_AT)?;
        let requested_at = reader.time()?;
        labels.required(reader, label::BASE)?;
        let base = reader.digest()?;
        labels.required(reader, label::RECORD)?;
        let (party, record) = decode_record(reader)?;
        labels.required(reader, label::PROOFS)?;
        let mut proofs = Vec::new();
        for _ in 0..reader.array(KEY_PROOFS_MAX)? {
            proofs.push(reader.bytes(KEY_PROOF_BYTES_MAX)?);
        }
        labels.end_of_statement(reader)?;
        reader.end()?;
        let change = Change {
            network,
            party,
            requested_at,
            base,
            record,
        };
        Ok(Self {
            change,
            proofs,
            signed,
        })
    }

    /// The envelope key of this record, valid then, that has signed.
    fn signer(&self, record: &PartyRecord, at: UnixMillis) -> Option<PublicKey> {
        let mut keys = record.envelope_keys.iter().filter(|period| period.covers(at));
        keys.find(|period| self.signed.is_signed_by(&period.value, &[]))
            .map(|period| period.value)
    }

    /// Every new envelope key has signed the old one: as many proofs as new keys, in their order.
    fn check_proofs(&self, old: &PartyRecord, signer: &PublicKey) -> Result<(), &'static str> {
        let is_new = |key: &PublicKey| old.envelope_keys.iter().all(|period| period.value != *key);
        let keys = self.change.record.envelope_keys.iter().map(|period| period.value);
        let new: Vec<PublicKey> = keys.filter(is_new).collect();
        let proves = |(key, proof): (&PublicKey, &&[u8])| {
            let expected = encode_proof(&self.change, signer, key);
            Sign1::parse(ContentType::KeyProof, proof)
                .is_ok_and(|proof| proof.payload == expected && proof.is_signed_by(key, &[]))
        };
        if new.len() == self.proofs.len() && new.iter().zip(&self.proofs).all(proves) {
            Ok(())
        } else {
            Err("each new envelope key signs the old one, and nothing else does")
        }
    }
}

/// What a new key signs. It is compared as a whole, so there is nothing to read in it.
fn encode_proof(change: &Change, old: &PublicKey, new: &PublicKey) -> Vec<u8> {
    let mut out = Writer::with_capacity(192);
    out.map(6).uint(proof_label::VERSION).uint(VERSION);
    out.uint(proof_label::NETWORK).text(&change.network);
    out.uint(proof_label::PARTY).text(change.party.as_str());
    out.uint(proof_label::REQUESTED_AT).uint(change.requested_at.0);
    out.uint(proof_label::OLD).bytes(old.as_bytes());
    out.uint(proof_label::NEW).bytes(new.as_bytes());
    out.finish()
}

#[cfg(test)]
mod tests;
