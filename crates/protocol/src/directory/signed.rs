//! Signed directories and join requests: who is believed.

use std::time::Duration;

use super::codec::{decode_directory, decode_join, encode_directory, encode_join};
use super::{Directory, DirectoryError, PartyRecord, rules};
use crate::cose::{ContentType, Sign1, SignMany, sign_many, sign_one};
use crate::decode::DecodeError;
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
    /// The secretariat's keys.
    pub keys: Vec<PublicKey>,
    /// How many of them must have signed. 0 is taken as 1.
    pub threshold: usize,
    /// How long an expired directory goes on being used, with alarms.
    pub expiry_grace: Duration,
}

signed_bytes! {
    /// A directory's signed bytes. Cheap to clone.
    SignedDirectory, "signed directory", DIRECTORY_BYTES_MAX
}

signed_bytes! {
    /// What `ohrid node init` writes and `ohrid directory add` reads: a Party's record, signed by its new
    /// envelope key. COSE_Sign1, content type `application/ohrid-join+cbor`.
    JoinRequest, "join request", JOIN_REQUEST_BYTES_MAX
}

impl SignedDirectory {
    /// Signs a directory with one key of the secretariat.
    ///
    /// # Errors
    /// [`DirectoryError`], when nobody would accept it: what is wrong is said before it is signed.
    pub fn sign(directory: &Directory, key: &SecretariatKey) -> Result<Self, DirectoryError> {
        let payload = encode_directory(directory);
        // What others would not read, or not accept, is not signed.
        rules::check_directory(&decode_directory(&payload)?, &[key.public()])?;
        let signed = sign_many(ContentType::Directory, &payload, &[key]);
        Ok(Self::from_bytes(&signed)?)
    }

    /// The digest of what was signed: the same whoever has signed it. This is what is recorded, and what two
    /// directories of one version are compared by.
    ///
    /// # Errors
    /// When the bytes are not a signed directory.
    pub fn digest(&self) -> Result<Digest, DecodeError> {
        let signed = SignMany::parse(ContentType::Directory, self.as_bytes())?;
        Ok(Digest::of(signed.payload))
    }

    /// What it claims, unverified: to show it, or to make the next version of it.
    ///
    /// # Errors
    /// When the bytes are not a signed directory, or one that cannot be right.
    pub fn peek(&self) -> Result<Directory, DirectoryError> {
        let signed = SignMany::parse(ContentType::Directory, self.as_bytes())?;
        let directory = decode_directory(signed.payload)?;
        rules::check_directory(&directory, &[])?;
        Ok(directory)
    }

    /// The directory, if enough keys have signed it, it is of our network, not older than the newest one
    /// known (its version and [`SignedDirectory::digest`]), and not expired beyond the grace period.
    ///
    /// Signatures are checked before anything of the content is believed or even read.
    ///
    /// # Errors
    /// [`DirectoryError`]; [`DirectoryError::Fork`] is an alarm: keep both.
    pub fn open(
        &self,
        trust: &Trust,
        now: UnixMillis,
        newest_known: Option<(u64, Digest)>,
    ) -> Result<Directory, DirectoryError> {
        let signed = SignMany::parse(ContentType::Directory, self.as_bytes())?;
        let (valid, needed) = (signed.count_signed_by(&trust.keys), trust.threshold.max(1));
        if valid < needed {
            return Err(DirectoryError::NotSigned { valid, needed });
        }
        let directory = decode_directory(signed.payload)?;
        rules::check_directory(&directory, &trust.keys)?;
        if directory.network != trust.network {
            return Err(DirectoryError::OtherNetwork);
        }
        let version = directory.version;
        match newest_known {
            Some((known, _)) if version < known => {
                return Err(DirectoryError::Rollback {
                    known,
                    offered: version,
                });
            }
            Some((known, digest)) if version == known && digest != Digest::of(signed.payload) => {
                return Err(DirectoryError::Fork { version });
            }
            _ => {}
        }
        let expired_at = directory.expires_at;
        match directory.freshness(now, trust.expiry_grace) {
            super::Freshness::Expired => Err(DirectoryError::Expired { expired_at }),
            super::Freshness::Current | super::Freshness::Grace => Ok(directory),
        }
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
