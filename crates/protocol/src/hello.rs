//! The hello: the first thing that each side says, signed over the TLS connection it is said on.

use std::sync::Arc;

use crate::decode::DecodeError;
use crate::directory::Directory;
use crate::ids::PartyCode;
use crate::key::EnvelopeKey;
use crate::statement::NotAuthentic;
use crate::time::UnixMillis;

/// What a hello says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// Who speaks.
    pub party: PartyCode,
    /// The versions of the protocol that it speaks, ascending.
    pub versions: Vec<u16>,
    /// What it can do beyond the version, ascending; empty for now.
    pub features: Vec<String>,
    /// The version of its directory.
    pub directory_version: u64,
    /// Its clock: a skew over 5 minutes is reported.
    pub clock: UnixMillis,
}

/// A hello's signed bytes: COSE_Sign1, content type `application/ohrid-hello+cbor`, with the connection's
/// TLS exporter as external data, so that it is worth nothing on any other connection.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedHello(Arc<[u8]>);

impl SignedHello {
    /// Signs a hello for one connection. `exporter` is RFC 8446 section 7.5 keying material, 32 bytes,
    /// under the label [`EXPORTER_LABEL`] and without context.
    #[must_use]
    pub fn sign(_hello: &Hello, _exporter: &[u8; 32], _key: &EnvelopeKey) -> Self {
        todo!()
    }
    /// Takes bytes as a signed hello: bounded, and nothing else checked.
    pub fn from_bytes(_bytes: &[u8]) -> Result<Self, DecodeError> {
        todo!()
    }
    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
    /// The hello, if the Party that TLS authenticated has signed it, now, for this connection.
    pub fn verify(
        &self,
        _peer: PartyCode,
        _exporter: &[u8; 32],
        _directory: &Directory,
        _now: UnixMillis,
    ) -> Result<Hello, NotAuthentic> {
        todo!()
    }
}

/// The label for the TLS exporter.
pub const EXPORTER_LABEL: &[u8] = b"EXPORTER-ohrid/1-hello";

impl std::fmt::Debug for SignedHello {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "SignedHello({} bytes)", self.0.len())
    }
}
