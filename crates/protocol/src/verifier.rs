//! The public halves of a node's ledger and witness keys, as its record in the directory states them.
//!
//! Whoever sets a node up holds the seeds, and must name the keys exactly as the node's ledger will sign.

use ed25519_dalek::SigningKey;
use ledger::cosignature::Cosigner;
use ledger::note::{KeyDecodeError, NoteSigner, VerifierKey};

/// The key that signs the checkpoints of the ledger `origin`, from its seed: what a running node needs.
///
/// # Errors
/// When `origin` cannot be the name of a key. The operator is at fault.
pub fn ledger_signer(origin: &str, seed: &[u8; 32]) -> Result<NoteSigner, KeyDecodeError> {
    NoteSigner::new(origin, SigningKey::from_bytes(seed))
}

/// The key that verifies the checkpoints of the ledger `origin` (C2SP type 0x01), from its seed.
///
/// # Errors
/// When `origin` cannot be the name of a key. The operator is at fault.
pub fn ledger_key(origin: &str, seed: &[u8; 32]) -> Result<VerifierKey, KeyDecodeError> {
    Ok(ledger_signer(origin, seed)?.verifier_key().clone())
}

/// The key that verifies the cosignatures of the witness `name` (C2SP type 0x04), from its seed.
///
/// # Errors
/// When `name` cannot be the name of a key. The operator is at fault.
pub fn witness_key(name: &str, seed: &[u8; 32]) -> Result<VerifierKey, KeyDecodeError> {
    Ok(witness_cosigner(name, seed)?.verifier_key().clone())
}

/// The key that cosigns as the witness `name`, from its seed: what a running node needs.
///
/// # Errors
/// When `name` cannot be the name of a key. The operator is at fault.
pub fn witness_cosigner(name: &str, seed: &[u8; 32]) -> Result<Cosigner, KeyDecodeError> {
    Cosigner::new(name, SigningKey::from_bytes(seed))
}

#[cfg(test)]
mod tests;
