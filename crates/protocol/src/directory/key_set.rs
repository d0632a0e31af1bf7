//! The secretariat's key sets, and how one follows from another: by the rules of TUF's root (The Update
//! Framework 1.0, section 5.3) `[DIRECTORY]`.
//!
//! A key set names keys and a threshold: how many of them must sign. It is signed itself (COSE_Sign, content
//! type `application/ohrid-key-set+cbor`): by a threshold of the set before it, which hands over, and by a
//! threshold of its own keys, which are thereby shown to be held. Sets are numbered from 1, and each names
//! the digest of the one before it; the first is signed by its own keys only. A key that was stolen or lost
//! is withdrawn by the next set, in which it no longer stands.
//!
//! A directory brings the sets along that led to the one which signs it, oldest first. So one file is enough
//! for whoever is several sets behind, whoever it comes from. What is signed, in CBOR diagnostic notation, as
//! in `golden/key-set.cbor`:
//!
//! ```text
//! {0: 1, 1: "exercise.example.org", 2: 2, 3: 1795305540000, 4: 2,
//!  5: [h'4dd9b6496a27571acb08...', h'99a7a471e0ad5d0eb66a...', h'c91cb3ce2b84e4ba85f5...'],
//!  6: h'284df211491a3acbc9a3...'}
//! ```
//!
//! Keys stand in ascending order, each once. Label 6, the digest of the set before, is absent in the first.

mod chain;

use super::jointly::jointly_signed;
use crate::cbor::{Reader, Writer};
use crate::cose::{ContentType, SignMany, sign_many};
use crate::decode::DecodeError;
use crate::digest::Digest;
use crate::key::{PublicKey, SecretariatKey};
use crate::limits::{DNS_NAME_BYTES_MAX, KEY_SET_BYTES_MAX, SECRETARIAT_SIGNATURES_MAX};
use crate::statement::signed_bytes;
use crate::time::UnixMillis;

pub(super) use chain::{Anchor, follow};

/// The version of the format.
const VERSION: u64 = 1;

/// The labels of a key set.
mod label {
    pub(super) const VERSION: u64 = 0;
    pub(super) const NETWORK: u64 = 1;
    pub(super) const NUMBER: u64 = 2;
    pub(super) const ISSUED_AT: u64 = 3;
    pub(super) const THRESHOLD: u64 = 4;
    pub(super) const KEYS: u64 = 5;
    pub(super) const PREVIOUS: u64 = 6;
}

/// The keys of a secretariat, and how many of them must sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySet {
    network: String,
    number: u64,
    issued_at: UnixMillis,
    threshold: usize,
    keys: Vec<PublicKey>,
    previous: Option<Digest>,
}

/// Which key set it is: what is kept of the one in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeySetMark {
    /// Its number.
    pub number: u64,
    /// The digest of what was signed ([`KeySet::digest`]).
    pub digest: Digest,
}

signed_bytes! {
    /// A key set's signed bytes. Cheap to clone.
    SignedKeySet, "signed key set", KEY_SET_BYTES_MAX
}
jointly_signed!(SignedKeySet, ContentType::KeySet);

/// Whose signatures a key set lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Those of the set before it, which hands over.
    Previous,
    /// Those of its own keys.
    Own,
}

/// Why a key set is none, or is not to be believed. Whoever serves it is at fault, or the secretariat.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// Not a key set.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
    /// Keys and threshold that cannot be a key set's.
    #[error("these cannot be a secretariat's keys: {what}")]
    Impossible {
        /// What is wrong.
        what: &'static str,
    },
    /// Sets that do not follow one from another, each from the one before it.
    #[error("key set {number} does not follow from the one before it")]
    Gap {
        /// The set at fault.
        number: u64,
    },
    /// None of the sets is one that we trust: they are of somebody else, or we are too far behind.
    #[error(
        "no key set of the directory has exactly the keys that are trusted, and at least their threshold"
    )]
    Unanchored,
    /// A newer key set is in force: the offered one's keys no longer count.
    #[error("it comes with key set {offered}, which was withdrawn: key set {in_force} is in force")]
    Withdrawn {
        /// The number of the set in force.
        in_force: u64,
        /// The number of the set offered; 0 when none was.
        offered: u64,
    },
    /// Another key set of the number of the one in force: an alarm. Keep both.
    #[error("there are two key sets of number {number}")]
    Fork {
        /// The number of both.
        number: u64,
    },
    /// Too few valid signatures.
    #[error("key set {number} bears {valid} valid signatures by {}; {needed} are needed", .side.keys())]
    NotSigned {
        /// The set.
        number: u64,
        /// Whose signatures are lacking.
        side: Side,
        /// How many there are.
        valid: usize,
        /// How many are needed.
        needed: usize,
    },
}

impl Side {
    fn keys(self) -> &'static str {
        match self {
            Self::Previous => "keys of the set before it",
            Self::Own => "keys of its own",
        }
    }
}

impl KeySet {
    /// A network's first key set.
    ///
    /// # Errors
    /// [`KeySetError::Impossible`]: no keys, more than [`SECRETARIAT_SIGNATURES_MAX`], one twice, or a
    /// threshold that is 0 or above their number.
    pub fn first(
        network: &str,
        threshold: usize,
        keys: &[PublicKey],
        issued_at: UnixMillis,
    ) -> Result<Self, KeySetError> {
        Self {
            network: network.to_owned(),
            number: 1,
            issued_at,
            threshold,
            keys: in_order(keys),
            previous: None,
        }
        .checked()
    }

    /// The key set after this one.
    ///
    /// # Errors
    /// As [`KeySet::first`].
    pub fn next(
        &self,
        threshold: usize,
        keys: &[PublicKey],
        issued_at: UnixMillis,
    ) -> Result<Self, KeySetError> {
        Self {
            network: self.network.clone(),
            number: self.number.saturating_add(1),
            issued_at,
            threshold,
            keys: in_order(keys),
            previous: Some(self.digest()),
        }
        .checked()
    }

    /// The network's name.
    #[must_use]
    pub fn network(&self) -> &str {
        &self.network
    }

    /// Its number: the first is 1.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// When it was made.
    #[must_use]
    pub fn issued_at(&self) -> UnixMillis {
        self.issued_at
    }

    /// How many of its keys must sign.
    #[must_use]
    pub fn threshold(&self) -> usize {
        self.threshold
    }

    /// Its keys, in ascending order of their bytes, each once.
    #[must_use]
    pub fn keys(&self) -> &[PublicKey] {
        &self.keys
    }

    /// The digest of the set before it; `None` in the first.
    #[must_use]
    pub fn previous(&self) -> Option<Digest> {
        self.previous
    }

    /// The digest of what is signed: how the next set, and whoever keeps this one, speaks of it.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.encode())
    }

    /// What is kept of it while it is in force.
    #[must_use]
    pub fn mark(&self) -> KeySetMark {
        KeySetMark {
            number: self.number,
            digest: self.digest(),
        }
    }

    /// Whether it is the one that comes right after `earlier`.
    fn follows(&self, earlier: &Self) -> bool {
        self.number.checked_sub(1) == Some(earlier.number)
            && self.previous == Some(earlier.digest())
            && self.network == earlier.network
    }

    fn checked(self) -> Result<Self, KeySetError> {
        let impossible = |what| Err(KeySetError::Impossible { what });
        if self.keys.is_empty() || self.keys.len() > SECRETARIAT_SIGNATURES_MAX {
            return impossible("there are none, or more than the limit");
        }
        if self.threshold == 0 || self.threshold > self.keys.len() {
            return impossible("the threshold is at least 1, and at most the number of keys");
        }
        let mut pairs = self.keys.iter().zip(self.keys.iter().skip(1));
        if pairs.any(|(one, next)| one.as_bytes() >= next.as_bytes()) {
            return impossible("they stand in ascending order, each once");
        }
        if self.number == 0 || (self.number == 1) != self.previous.is_none() {
            return impossible("all sets but the first name the one before");
        }
        Ok(self)
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Writer::with_capacity(128 + 34 * self.keys.len());
        out.map(6 + u64::from(self.previous.is_some()));
        out.uint(label::VERSION).uint(VERSION);
        out.uint(label::NETWORK).text(&self.network);
        out.uint(label::NUMBER).uint(self.number);
        out.uint(label::ISSUED_AT).uint(self.issued_at.0);
        out.uint(label::THRESHOLD).uint(self.threshold as u64);
        out.uint(label::KEYS).array(self.keys.len());
        for key in &self.keys {
            out.bytes(key.as_bytes());
        }
        if let Some(previous) = self.previous {
            out.uint(label::PREVIOUS).bytes(previous.as_bytes());
        }
        out.finish()
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, KeySetError> {
        let reader = &mut Reader::new("key set", bytes);
        let mut labels = reader.map()?;
        labels.version(reader, VERSION)?;
        labels.required(reader, label::NETWORK)?;
        let network = reader.text(DNS_NAME_BYTES_MAX)?.to_owned();
        labels.required(reader, label::NUMBER)?;
        let number = reader.uint()?;
        labels.required(reader, label::ISSUED_AT)?;
        let issued_at = reader.time()?;
        labels.required(reader, label::THRESHOLD)?;
        let threshold = usize::try_from(reader.uint()?).unwrap_or(usize::MAX);
        labels.required(reader, label::KEYS)?;
        let mut keys = Vec::new();
        for _ in 0..reader.array(SECRETARIAT_SIGNATURES_MAX)? {
            let key = PublicKey::from_bytes(&reader.exactly()?);
            keys.push(key.map_err(|_| reader.bad("a secretariat's key is a strong Ed25519 key"))?);
        }
        let previous = if labels.optional(reader, label::PREVIOUS)? {
            Some(reader.digest()?)
        } else {
            None
        };
        // No advisory labels: the digest that the next set names is that of what was read here.
        labels.end(reader)?;
        reader.end()?;
        Self {
            network,
            number,
            issued_at,
            threshold,
            keys,
            previous,
        }
        .checked()
    }
}

impl SignedKeySet {
    /// A key set that nobody has signed yet.
    ///
    /// # Errors
    /// [`KeySetError`], when nobody could read it.
    pub fn draft(key_set: &KeySet) -> Result<Self, KeySetError> {
        let signed = sign_many::<SecretariatKey>(ContentType::KeySet, &key_set.encode(), &[]);
        let draft = Self::from_bytes(&signed)?;
        draft.peek()?;
        Ok(draft)
    }

    /// What it claims, unverified.
    ///
    /// # Errors
    /// [`KeySetError`], when the bytes are not a signed key set.
    pub fn peek(&self) -> Result<KeySet, KeySetError> {
        let signed = SignMany::parse(ContentType::KeySet, self.as_bytes())?;
        KeySet::decode(signed.payload)
    }

    /// The key set, if it follows from `previous` and thresholds of both have signed it; the first needs
    /// none before it. `previous` must be believed already.
    ///
    /// # Errors
    /// [`KeySetError`].
    pub fn open(&self, previous: Option<&KeySet>) -> Result<KeySet, KeySetError> {
        let key_set = self.peek()?;
        let number = key_set.number;
        match previous {
            Some(previous) if key_set.follows(previous) => {
                self.check_signed(number, previous, Side::Previous)?;
            }
            None if number == 1 => {}
            _ => return Err(KeySetError::Gap { number }),
        }
        self.check_signed(number, &key_set, Side::Own)?;
        Ok(key_set)
    }

    /// Whether a threshold of another set's keys has signed it.
    pub(super) fn is_signed_as(&self, by: &KeySet, side: Side) -> bool {
        self.check_signed(by.number, by, side).is_ok()
    }

    fn check_signed(&self, number: u64, by: &KeySet, side: Side) -> Result<(), KeySetError> {
        let signed = SignMany::parse(ContentType::KeySet, self.as_bytes())?;
        let (valid, needed) = (signed.count_signed_by(&by.keys), by.threshold);
        if valid >= needed {
            return Ok(());
        }
        Err(KeySetError::NotSigned {
            number,
            side,
            valid,
            needed,
        })
    }
}

fn in_order(keys: &[PublicKey]) -> Vec<PublicKey> {
    let mut keys = keys.to_vec();
    keys.sort_by_key(|key| *key.as_bytes());
    keys
}

#[cfg(test)]
mod tests;
