//! TLS between nodes `[MTLS]`: version 1.3 only, `X25519MLKEM768` only, no tickets, no resumption, no
//! early data, and a certificate on both sides that the *directory* vouches for.
//!
//! No web PKI: a certificate counts if its key is pinned in the directory for a Party, if it chains to
//! that Party's own CA, if it names that Party's node, and if it is in date. The pins are swapped whole
//! when the directory changes; live connections are then held against them again.

use std::sync::Arc;
use std::time::Duration;

use protocol::x509::{CertificateFacts, NotACertificate};
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::kx_group::X25519MLKEM768;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::time_provider::TimeProvider;
use rustls::version::TLS13;
use zeroize::Zeroizing;

use crate::clock::Clock;

pub mod pins;
mod verifier;

pub use pins::{Pins, SharedPins};
use verifier::{ClientVerifier, ServerVerifier};

/// The application protocol that both sides must name.
pub const ALPN: &[u8] = b"ohrid/1";

/// Our certificate chain and its key.
pub struct TlsIdentity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    facts: CertificateFacts,
}

/// Why TLS cannot be set up. The operator's to mend.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate file holds none.
    #[error("the TLS certificate file holds no PEM certificate")]
    NoCertificate,
    /// Our own certificate cannot be read.
    #[error("the TLS certificate: {0}")]
    Unreadable(#[from] NotACertificate),
    /// The key file holds none.
    #[error("the TLS key file holds no PKCS#8 private key in PEM")]
    NoKey,
    /// They do not fit together, or are of a kind that is not spoken.
    #[error("TLS: {0}")]
    Rustls(#[from] rustls::Error),
    /// The cipher that QUIC needs for its first packets is missing: a fault of this program.
    #[error("TLS: {0}")]
    Quic(#[from] quinn::crypto::rustls::NoInitialCipherSuite),
}

impl TlsIdentity {
    /// Reads a PEM chain (our own certificate first) and a PKCS#8 PEM key.
    ///
    /// # Errors
    /// When either holds nothing of its kind.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let chain = CertificateDer::pem_slice_iter(chain)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| TlsError::NoCertificate)?;
        let own = chain.first().ok_or(TlsError::NoCertificate)?;
        let facts = CertificateFacts::read(own)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsError::NoKey)?;
        Ok(Self { chain, key, facts })
    }

    /// Whether the key is the one that the certificate was made for.
    ///
    /// # Errors
    /// When it is not, or of a kind that is not spoken.
    pub fn check_pair(&self) -> Result<(), TlsError> {
        let pair = CertifiedKey::from_der(self.chain.clone(), self.key.clone_key(), &provider())?;
        Ok(pair.keys_match()?)
    }

    /// Our own certificate and what leads to the CA.
    #[must_use]
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.chain
    }

    /// The days and the pin of our own certificate.
    #[must_use]
    pub fn facts(&self) -> CertificateFacts {
        self.facts
    }

    /// A key for `purpose`, derived from the TLS key: what a restarted node must know again and no
    /// stranger may. Never the TLS key itself.
    #[must_use]
    pub fn derived_key(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        use sha2::{Digest, Sha256};
        let hash = Sha256::new()
            .chain_update(b"ohrid/1 derived from the TLS key\n")
            .chain_update(purpose.as_bytes())
            .chain_update([b'\n'])
            .chain_update(self.key.secret_der());
        Zeroizing::new(hash.finalize().into())
    }
}

impl std::fmt::Debug for TlsIdentity {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "TlsIdentity({} certificates)", self.chain.len())
    }
}

/// The TLS side of what we accept.
///
/// # Errors
/// When the certificate and its key do not fit together.
pub fn server_config(
    identity: &TlsIdentity,
    pins: SharedPins,
    clock: Arc<Clock>,
) -> Result<QuicServerConfig, TlsError> {
    let mut config = rustls::ServerConfig::builder_with_details(provider(), clock)
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(Arc::new(ClientVerifier::new(pins)))
        .with_single_cert(identity.chain.clone(), identity.key.clone_key())?;
    config.alpn_protocols = vec![ALPN.to_vec()];
    // A resumed session skips the check of the certificate: there is none to resume.
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
    config.max_early_data_size = 0;
    Ok(QuicServerConfig::try_from(config)?)
}

/// The TLS side of what we dial.
///
/// # Errors
/// When the certificate and its key do not fit together.
pub fn client_config(
    identity: &TlsIdentity,
    pins: SharedPins,
    clock: Arc<Clock>,
) -> Result<QuicClientConfig, TlsError> {
    let mut config = rustls::ClientConfig::builder_with_details(provider(), clock)
        .with_protocol_versions(&[&TLS13])?
        .dangerous() // The verifier is ours: stricter than the web's, not laxer.
        .with_custom_certificate_verifier(Arc::new(ServerVerifier::new(pins)))
        .with_client_auth_cert(identity.chain.clone(), identity.key.clone_key())?;
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.resumption = rustls::client::Resumption::disabled();
    config.enable_early_data = false;
    Ok(QuicClientConfig::try_from(config)?)
}

/// Certificates are in date by the node's clock, not by the system's: where that leaps, nobody is cut
/// off, and no certificate that has expired is good again.
impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_millis(self.now().0)))
    }
}

/// aws-lc, cut down to TLS 1.3 and the hybrid key agreement: what is recorded today cannot be read
/// by a quantum computer later. A peer that only knows classical key agreement is refused.
fn provider() -> Arc<CryptoProvider> {
    let mut provider = rustls::crypto::aws_lc_rs::default_provider();
    provider.kx_groups = vec![X25519MLKEM768];
    provider.cipher_suites.retain(|suite| suite.tls13().is_some());
    Arc::new(provider)
}

#[cfg(test)]
mod tests;
