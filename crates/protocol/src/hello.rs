//! The hello: the first thing that each side says, signed over the TLS connection it is said on.
//!
//! A TLS client has no proof that the server took its certificate before the server speaks (threat 4 of
//! security.md). So a connection counts only once the peer's signed hello has arrived; and since the
//! signature covers the connection's exporter (RFC 8446 section 7.5), a hello that was recorded
//! elsewhere, or passed on by somebody in the middle, is worth nothing here.
//!
//! COSE_Sign1, content type `application/ohrid-hello+cbor`, external data: the exporter. What is
//! signed, in CBOR diagnostic notation:
//!
//! ```text
//! {0: 1, 1: "XA", 2: [1], 3: [], 4: 7, 5: 1795305600000}
//! ```

use crate::cbor::{Reader, Writer};
use crate::cose::{ContentType, Sign1, sign_one};
use crate::decode::DecodeError;
use crate::directory::Directory;
use crate::ids::PartyCode;
use crate::key::{EnvelopeKey, KeyId};
use crate::limits::{FEATURE_LENGTH_BYTES_MAX, HELLO_BYTES_MAX, HELLO_FEATURES_MAX, HELLO_VERSIONS_MAX};
use crate::statement::{NotAuthentic, signed_bytes};
use crate::time::UnixMillis;

/// The label for the TLS exporter; the context is empty, and 32 bytes are taken.
pub const EXPORTER_LABEL: &[u8] = b"EXPORTER-ohrid/1-hello";

/// The version of the hello's own format: it must stay readable for all nodes.
const VERSION: u64 = 1;

/// The hello's labels.
mod label {
    pub(super) const VERSION: u64 = 0;
    pub(super) const PARTY: u64 = 1;
    pub(super) const VERSIONS: u64 = 2;
    pub(super) const FEATURES: u64 = 3;
    pub(super) const DIRECTORY_VERSION: u64 = 4;
    pub(super) const CLOCK: u64 = 5;
}

/// What a hello says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// Who speaks.
    pub party: PartyCode,
    /// The versions of the protocol that it speaks; 1 is the first. At most [`HELLO_VERSIONS_MAX`].
    pub versions: Vec<u16>,
    /// What it can do beyond the version; none yet. At most [`HELLO_FEATURES_MAX`], each at most
    /// [`FEATURE_LENGTH_BYTES_MAX`] long; more are not said.
    pub features: Vec<String>,
    /// The version of its directory: who has the older one fetches the newer.
    pub directory_version: u64,
    /// Its clock: a skew over 5 minutes is reported.
    pub clock: UnixMillis,
}

signed_bytes! {
    /// A hello's signed bytes.
    SignedHello, "signed hello", HELLO_BYTES_MAX
}

impl Hello {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let versions = &self.versions[..self.versions.len().min(HELLO_VERSIONS_MAX)];
        let features = self
            .features
            .iter()
            .filter(|name| name.len() <= FEATURE_LENGTH_BYTES_MAX);
        let features: Vec<&String> = features.take(HELLO_FEATURES_MAX).collect();
        let mut out = Writer::with_capacity(128);
        out.map(6).uint(label::VERSION).uint(VERSION);
        out.uint(label::PARTY).text(self.party.as_str());
        out.uint(label::VERSIONS).array(versions.len());
        for version in versions {
            out.uint(u64::from(*version));
        }
        out.uint(label::FEATURES).array(features.len());
        for feature in features {
            out.text(feature);
        }
        out.uint(label::DIRECTORY_VERSION).uint(self.directory_version);
        out.uint(label::CLOCK).uint(self.clock.0);
        out.finish()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let reader = &mut Reader::new("hello", bytes);
        let mut labels = reader.map()?;
        labels.version(reader, VERSION)?;
        labels.required(reader, label::PARTY)?;
        let party = reader.party()?;
        labels.required(reader, label::VERSIONS)?;
        let mut versions = Vec::new();
        for _ in 0..reader.array(HELLO_VERSIONS_MAX)? {
            let version = u16::try_from(reader.uint()?);
            versions.push(version.map_err(|_| reader.bad("a protocol version is below 65,536"))?);
        }
        labels.required(reader, label::FEATURES)?;
        let mut features = Vec::new();
        for _ in 0..reader.array(HELLO_FEATURES_MAX)? {
            features.push(reader.text(FEATURE_LENGTH_BYTES_MAX)?.to_owned());
        }
        labels.required(reader, label::DIRECTORY_VERSION)?;
        let directory_version = reader.uint()?;
        labels.required(reader, label::CLOCK)?;
        let clock = reader.time()?;
        labels.end_of_statement(reader)?;
        reader.end()?;
        Ok(Self {
            party,
            versions,
            features,
            directory_version,
            clock,
        })
    }
}

impl SignedHello {
    /// Signs a hello for the one connection that has this exporter.
    #[must_use]
    pub fn sign(hello: &Hello, exporter: &[u8; 32], key: &EnvelopeKey) -> Self {
        Self(sign_one(ContentType::Hello, &hello.encode(), exporter, key).into())
    }

    /// What it claims, unverified, and the key that it says has signed.
    ///
    /// # Errors
    /// When the bytes are not a signed hello.
    pub fn peek(&self) -> Result<(Hello, KeyId), DecodeError> {
        let signed = Sign1::parse(ContentType::Hello, &self.0)?;
        Ok((Hello::decode(signed.payload)?, signed.key))
    }

    /// The hello, if the Party that TLS authenticated has signed it for this connection, with an envelope
    /// key that is valid now. The clock in it is a claim.
    ///
    /// # Errors
    /// [`NotAuthentic`], also for a key that the directory does not have.
    pub fn verify(
        &self,
        peer: PartyCode,
        exporter: &[u8; 32],
        directory: &Directory,
        now: UnixMillis,
    ) -> Result<Hello, NotAuthentic> {
        let signed = Sign1::parse(ContentType::Hello, &self.0)?;
        let hello = Hello::decode(signed.payload)?;
        let key = directory.envelope_key(peer, signed.key, now)?;
        if hello.party == peer && signed.is_signed_by(key, exporter) {
            Ok(hello)
        } else {
            Err(NotAuthentic::BadSignature)
        }
    }
}

#[cfg(test)]
mod tests;
