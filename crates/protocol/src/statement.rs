//! Signed statements: what all things that an envelope key signs have in common.
//!
//! Header, receipt, rejection, consignment report: each is one CBOR map in a COSE_Sign1, of its own
//! content type. The bytes are kept as they came and verified as they came; a statement is decoded from
//! them, and never encoded again to be checked.
//!
//! `peek` reads what a statement claims, for whoever needs the claim to find out how to check it (or
//! folds over a ledger that was checked before it was written). `verify` is the only other way in.

use crate::decode::DecodeError;
use crate::directory::UnknownKey;

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
