//! Signed directories and join requests: who is believed.

use std::sync::Arc;
use std::time::Duration;

use super::codec::{decode_directory, decode_join, encode_directory, encode_join};
use super::jointly::jointly_signed;
use super::judge::{InUse, judge};
use super::{Directory, DirectoryError, PartyRecord, SignedKeySet, rules};
use crate::cose::{ContentType, Sign1, SignMany, sign_many, sign_one};
use crate::digest::Digest;
use crate::ids::PartyCode;
use crate::key::{EnvelopeKey, PublicKey, SecretariatKey};
use crate::limits::{DIRECTORY_BYTES_MAX, JOIN_REQUEST_BYTES_MAX};
use crate::statement::signed_bytes;
use crate::time::UnixMillis;

/// What a node knows beforehand, from its configuration, to believe a directory.
#[derive(Debug, Clone)]
pub struct Trust {
    /// The network's name.
    pub network: String,
    /// The secretariat's keys: all of one key set, of which later ones follow.
    pub keys: Vec<PublicKey>,
    /// How many of them must have signed, at least: a key set with these keys and a lower threshold is not
    /// believed. 0 is taken as 1.
    pub threshold: usize,
    /// How long an expired directory goes on being used, with alarms.
    pub expiry_grace: Duration,
}

signed_bytes! {
    /// A directory's signed bytes. Cheap to clone.
    SignedDirectory, "signed directory", DIRECTORY_BYTES_MAX
}
jointly_signed!(SignedDirectory, ContentType::Directory);

signed_bytes! {
    /// What `ohrid node init` writes and `ohrid directory add` reads: a Party's record, signed by its new
    /// envelope key. COSE_Sign1, content type `application/ohrid-join+cbor`.
    JoinRequest, "join request", JOIN_REQUEST_BYTES_MAX
}

impl SignedDirectory {
    /// Signs a directory with the one key of a secretariat that has no key sets yet.
    ///
    /// # Errors
    /// [`DirectoryError`], when nobody would accept it: what is wrong is said before it is signed.
    pub fn sign(directory: &Directory, key: &SecretariatKey) -> Result<Self, DirectoryError> {
        let payload = encode_directory(directory, &[]);
        // What others would not read, or not accept, is not signed.
        rules::check_directory(&decode_directory(&payload)?.0, &[key.public()])?;
        let signed = sign_many(ContentType::Directory, &payload, &[key]);
        Ok(Self::from_bytes(&signed)?)
    }

    /// A directory that nobody has signed yet, with the key sets that lead to the one which will sign it,
    /// oldest first. Each member signs it with [`SignedDirectory::countersign`].
    ///
    /// # Errors
    /// [`DirectoryError`], when nobody would accept it.
    pub fn draft(directory: &Directory, key_sets: &[SignedKeySet]) -> Result<Self, DirectoryError> {
        let payload = encode_directory(directory, key_sets);
        let signed = sign_many::<SecretariatKey>(ContentType::Directory, &payload, &[]);
        let draft = Self::from_bytes(&signed)?;
        draft.peek()?;
        Ok(draft)
    }

    /// The bytes, as they travel, shared with this one.
    pub(crate) fn shared_bytes(&self) -> Arc<[u8]> {
        Arc::clone(&self.0)
    }

    /// What it claims, unverified: to show it, or to make the next version of it.
    ///
    /// # Errors
    /// When the bytes are not a signed directory, or one that cannot be right.
    pub fn peek(&self) -> Result<Directory, DirectoryError> {
        let signed = SignMany::parse(ContentType::Directory, self.as_bytes())?;
        let (directory, key_sets) = decode_directory(signed.payload)?;
        rules::check_document(&directory, &key_sets, &[])?;
        Ok(directory)
    }

    /// The key sets that it brings along, unverified, oldest first; the last is to have signed it. Empty for
    /// a secretariat that never had but the keys of the operators' configuration.
    ///
    /// # Errors
    /// When the bytes are not a signed directory.
    pub fn key_sets(&self) -> Result<Vec<SignedKeySet>, DirectoryError> {
        let signed = SignMany::parse(ContentType::Directory, self.as_bytes())?;
        Ok(decode_directory(signed.payload)?.1)
    }

    /// The directory, if enough keys have signed it, it is of our network, not older than the newest one
    /// known (its version and [`SignedDirectory::digest`]), and not expired beyond the grace period.
    ///
    /// This is [`judge`] for whoever keeps no key set: `trust` alone says where the key sets begin, so a set
    /// that was withdrawn since is not noticed. What runs for long uses [`judge`].
    ///
    /// # Errors
    /// [`DirectoryError`]; [`DirectoryError::Fork`] is an alarm: keep both.
    pub fn open(
        &self,
        trust: &Trust,
        now: UnixMillis,
        newest_known: Option<(u64, Digest)>,
    ) -> Result<Directory, DirectoryError> {
        let in_use = newest_known.map(|(version, digest)| InUse::noted(version, digest));
        let judgement = judge(self, in_use.as_ref(), trust, now);
        judgement.into_opened().map(|opened| opened.directory)
    }
}

impl JoinRequest {
    /// Signs a Party's record with its new envelope key, which must be in the record.
    ///
    /// # Errors
    /// [`DirectoryError`], when the record could not be accepted.
    pub fn sign(
        party: PartyCode,
        record: &PartyRecord,
        at: UnixMillis,
        key: &EnvelopeKey,
    ) -> Result<Self, DirectoryError> {
        let signed = sign_one(ContentType::Join, &encode_join(party, record, at), &[], key);
        let request = Self::from_bytes(&signed)?;
        request.open()?;
        Ok(request)
    }

    /// The Party and its record, if an envelope key of the record itself has signed it: whoever wrote the
    /// record holds the key. That the record speaks for the Party is for people to find out.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub fn open(&self) -> Result<(PartyCode, PartyRecord), DirectoryError> {
        let signed = Sign1::parse(ContentType::Join, self.as_bytes())?;
        let (party, record, at) = decode_join(signed.payload)?;
        let mut keys = record.envelope_keys.iter().filter(|period| period.covers(at));
        if !keys.any(|period| signed.is_signed_by(&period.value, &[])) {
            return Err(DirectoryError::NotSigned { valid: 0, needed: 1 });
        }
        rules::check_record(party, &record)?;
        Ok((party, record))
    }
}
