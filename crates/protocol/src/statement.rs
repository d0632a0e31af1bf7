//! Signed statements: what all things that an envelope key signs have in common.
//!
//! Header, receipt, rejection, consignment report: each is one CBOR map in a COSE_Sign1, of its own
//! content type. The bytes are kept as they came and verified as they came; a statement is decoded from
//! them, and never encoded again to be checked.
//!
//! `peek` reads what a statement claims, for whoever needs the claim to find out how to check it (or
//! folds over a ledger whose statements were checked before they were written). `verify` is the only
//! other way in.

use std::sync::Arc;

use crate::cose::{ContentType, Sign1, sign_one};
use crate::decode::DecodeError;
use crate::directory::{Directory, UnknownKey};
use crate::ids::PartyCode;
use crate::key::{EnvelopeKey, KeyId};
use crate::time::UnixMillis;

/// Why a statement cannot be believed. Whoever sent it is at fault, or our directory is old.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAuthentic {
    /// It is not a statement of this kind at all.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
    /// The directory has no such key of this Party, valid then. A newer directory may have it.
    #[error(transparent)]
    UnknownKey(#[from] UnknownKey),
    /// The signature is not by the key that it names.
    #[error("the signature is not by the key that it names")]
    BadSignature,
}

/// What can be signed by an envelope key.
pub(crate) trait Statement: Sized {
    /// Keeps its signatures apart from those of others.
    const CONTENT: ContentType;
    /// The CBOR map.
    fn encode(&self) -> Vec<u8>;
    /// Reads the CBOR map, strictly.
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError>;
    /// When it says that it was made: the key must have been valid then.
    fn dated(&self) -> UnixMillis;
}

/// Signs a statement.
pub(crate) fn sign<S: Statement>(statement: &S, key: &EnvelopeKey) -> Arc<[u8]> {
    sign_one(S::CONTENT, &statement.encode(), &[], key).into()
}

/// What a signed statement claims, and the key that it says has signed.
pub(crate) fn peek<S: Statement>(bytes: &[u8]) -> Result<(S, KeyId), DecodeError> {
    let claim = Claim::parse(bytes)?;
    Ok((claim.statement, claim.signed.key))
}

/// A signed statement, read and not verified.
pub(crate) struct Claim<'b, S> {
    /// What it says.
    pub(crate) statement: S,
    signed: Sign1<'b>,
}

impl<'b, S: Statement> Claim<'b, S> {
    /// Reads it, strictly.
    pub(crate) fn parse(bytes: &'b [u8]) -> Result<Self, DecodeError> {
        let signed = Sign1::parse(S::CONTENT, bytes)?;
        Ok(Self {
            statement: S::decode(signed.payload)?,
            signed,
        })
    }

    /// The statement and its key, if an envelope key of `party` that was valid at its date has signed it.
    /// `external` is what the signature covers beside it.
    pub(crate) fn verify(
        self,
        external: &[u8],
        party: PartyCode,
        directory: &Directory,
    ) -> Result<(S, KeyId), NotAuthentic> {
        let key = directory.envelope_key(party, self.signed.key, self.statement.dated())?;
        if self.signed.is_signed_by(key, external) {
            Ok((self.statement, self.signed.key))
        } else {
            Err(NotAuthentic::BadSignature)
        }
    }
}

/// A type for signed bytes: cheap to clone, of a bounded length, shown by that length only.
macro_rules! signed_bytes {
    ($(#[$doc:meta])* $name:ident, $format:literal, $limit:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(std::sync::Arc<[u8]>);

        impl $name {
            /// Takes the bytes in. Their length is held against the limit; nothing else is checked.
            ///
            /// # Errors
            /// When they are longer than the limit.
            pub fn from_bytes(bytes: &[u8]) -> Result<Self, $crate::decode::DecodeError> {
                use $crate::decode::{DecodeError, Fault};
                if bytes.len() > $limit {
                    return Err(DecodeError { format: $format, offset: 0, fault: Fault::TooLong($limit) });
                }
                Ok(Self(bytes.into()))
            }

            /// The bytes, as they travel.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8] {
                &self.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(out, concat!(stringify!($name), "({} bytes)"), self.0.len())
            }
        }
    };
}
pub(crate) use signed_bytes;

/// What signed statements can do beyond being bytes.
macro_rules! signed_statement {
    ($name:ident, $statement:ident) => {
        impl $name {
            /// SHA-256 of the bytes: how others speak of this statement.
            #[must_use]
            pub fn digest(&self) -> $crate::digest::Digest {
                $crate::digest::Digest::of(&self.0)
            }

            /// What it claims, unverified, and the key that it says has signed.
            ///
            /// # Errors
            /// When the bytes are not a signed statement of this kind.
            pub fn peek(&self) -> Result<($statement, $crate::key::KeyId), $crate::decode::DecodeError> {
                $crate::statement::peek(&self.0)
            }
        }
    };
}
pub(crate) use signed_statement;

#[cfg(test)]
mod tests;
