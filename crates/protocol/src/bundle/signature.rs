//! The node's signature over a bundle: "this is what I exported". COSE_Sign1, content type
//! `application/ohrid-bundle+cbor`.
//!
//! What is signed, in CBOR diagnostic notation, as in `golden/bundle-signature.cbor`:
//!
//! ```text
//! {0: 1, 1: h'01a2008d740071119111111111111111', 2: "XA", 3: 1795305600900, 4: h'cf83e1357eefb8bd...'}
//! ```
//!
//! The digest is that of the bag's tag manifest, which names the digest of everything else.

use sha2::{Digest as _, Sha512};

use crate::cbor::{Reader, Writer};
use crate::cose::ContentType;
use crate::decode::DecodeError;
use crate::directory::Directory;
use crate::ids::{CaseId, PartyCode};
use crate::key::EnvelopeKey;
use crate::limits::SIGNED_BYTES_MAX;
use crate::statement::{self, Claim, NotAuthentic, Statement, signed_bytes, signed_statement};
use crate::time::UnixMillis;

/// The version of the format.
const VERSION: u64 = 1;

mod label {
    pub(super) const CASE: u64 = 1;
    pub(super) const PARTY: u64 = 2;
    pub(super) const STATE_AT: u64 = 3;
    pub(super) const TAG_MANIFEST: u64 = 4;
}

/// What the signature says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleSeal {
    /// The case.
    pub case: CaseId,
    /// Whose node made the bundle.
    pub party: PartyCode,
    /// The state that is shown, as `bundle.json` has it.
    pub state_at: UnixMillis,
    /// The SHA-512 of the tag manifest.
    pub tag_manifest: [u8; 64],
}

signed_bytes! {
    /// The content of `signature.cose`. Cheap to clone.
    SignedBundle, "signed bundle", SIGNED_BYTES_MAX
}
signed_statement!(SignedBundle, BundleSeal);

impl BundleSeal {
    /// About the bundle with this tag manifest.
    #[must_use]
    pub fn of(case: CaseId, party: PartyCode, state_at: UnixMillis, tag_manifest: &[u8]) -> Self {
        Self {
            case,
            party,
            state_at,
            tag_manifest: Sha512::digest(tag_manifest).into(),
        }
    }
}

impl Statement for BundleSeal {
    const CONTENT: ContentType = ContentType::Bundle;

    fn encode(&self) -> Vec<u8> {
        let mut out = Writer::with_capacity(128);
        out.map(5).uint(0).uint(VERSION);
        out.uint(label::CASE).bytes(self.case.first_message().as_bytes());
        out.uint(label::PARTY).text(self.party.as_str());
        out.uint(label::STATE_AT).uint(self.state_at.0);
        out.uint(label::TAG_MANIFEST).bytes(&self.tag_manifest);
        out.finish()
    }

    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let reader = &mut Reader::new("bundle signature", bytes);
        let mut labels = reader.map()?;
        labels.version(reader, VERSION)?;
        labels.required(reader, label::CASE)?;
        let case = CaseId::opened_by(reader.message()?);
        labels.required(reader, label::PARTY)?;
        let party = reader.party()?;
        labels.required(reader, label::STATE_AT)?;
        let state_at = reader.time()?;
        labels.required(reader, label::TAG_MANIFEST)?;
        let tag_manifest = reader.exactly()?;
        labels.end_of_statement(reader)?;
        reader.end()?;
        Ok(Self {
            case,
            party,
            state_at,
            tag_manifest,
        })
    }

    fn dated(&self) -> UnixMillis {
        self.state_at
    }
}

impl SignedBundle {
    /// Signs. The same seal and key give the same bytes.
    #[must_use]
    pub fn sign(seal: &BundleSeal, key: &EnvelopeKey) -> Self {
        Self(statement::sign(seal, key))
    }

    /// The seal, if an envelope key of the Party that it names has signed it that was valid at its time.
    /// Whether it is about the bundle at hand, is for the caller to compare.
    ///
    /// # Errors
    /// [`NotAuthentic`], also for a key that the directory does not have.
    pub fn verify(&self, directory: &Directory) -> Result<BundleSeal, NotAuthentic> {
        let claim = Claim::<BundleSeal>::parse(&self.0)?;
        let party = claim.statement.party;
        claim.verify(&[], party, directory).map(|(seal, _)| seal)
    }
}

#[cfg(test)]
mod tests;
