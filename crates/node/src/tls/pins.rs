//! Who is who: from the SHA-256 of a certificate's key to the Party that the directory names for it.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use protocol::ids::PartyCode;
use rustls::pki_types::{
    CertificateDer, DnsName, ServerName, SignatureVerificationAlgorithm, TrustAnchor, UnixTime,
};
use sha2::{Digest, Sha256};
use webpki::{EndEntityCert, KeyUsage};

/// Signatures that are spoken, of certificates and of handshakes.
pub(super) static ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] =
    &[webpki::aws_lc_rs::ED25519, webpki::aws_lc_rs::ECDSA_P256_SHA256];

/// The pins of one version of the directory.
#[derive(Debug, Default)]
pub struct Pins {
    by_key: HashMap<[u8; 32], Arc<PinnedNode>>,
}

/// Pins that are swapped whole, under live connections.
pub type SharedPins = Arc<ArcSwap<Pins>>;

/// What the directory says of a Party's node.
#[derive(Debug)]
pub struct PinnedNode {
    /// The Party.
    pub party: PartyCode,
    /// The node's name.
    pub name: DnsName<'static>,
    anchors: Vec<TrustAnchor<'static>>,
}

/// Which part a certificate plays in a handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It was dialled.
    Server,
    /// It dialled.
    Client,
}

/// Why a certificate is not that of a peer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAPeer {
    /// The bytes are no certificate.
    #[error("not an X.509 certificate")]
    Malformed,
    /// Its key is nobody's in the directory.
    #[error("its key is not in the directory")]
    UnknownKey,
    /// It does not chain to the CA that the directory names for that Party, or may not be used so.
    #[error("it does not chain to the Party's certificate authority")]
    WrongAuthority,
    /// It does not name the node as the directory does.
    #[error("it does not name the Party's node")]
    WrongName,
    /// Not yet, or no longer.
    #[error("it is not in date")]
    OutOfDate,
}

/// A Party that cannot be pinned: a fault of the directory.
#[derive(Debug, thiserror::Error)]
#[error("the directory's entry of {party} has {what}")]
pub struct BadEntry {
    /// Whose entry.
    pub party: PartyCode,
    /// What is wrong with it.
    pub what: &'static str,
}

impl Pins {
    /// Adds a Party's node: its name, its CA certificates (DER), and the SHA-256 of the keys
    /// (SubjectPublicKeyInfo) that it uses now or next.
    ///
    /// # Errors
    /// When the name is no DNS name, a CA certificate cannot be read, or a key is another Party's.
    pub fn add<'a>(
        &mut self,
        party: PartyCode,
        name: &str,
        authorities: impl Iterator<Item = &'a [u8]>,
        keys: impl Iterator<Item = [u8; 32]>,
    ) -> Result<(), BadEntry> {
        let bad = |what| BadEntry { party, what };
        let name = DnsName::try_from(name.to_owned()).map_err(|_| bad("a node name that is no DNS name"))?;
        let anchors = authorities
            .map(|der| {
                let der = CertificateDer::from(der);
                webpki::anchor_from_trusted_cert(&der).map(|anchor| anchor.to_owned())
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| bad("a CA certificate that cannot be read"))?;
        let node = Arc::new(PinnedNode { party, name, anchors });
        for key in keys {
            if let Some(other) = self.by_key.insert(key, Arc::clone(&node))
                && other.party != party
            {
                return Err(bad("the TLS key of another Party"));
            }
        }
        Ok(())
    }

    /// Shares the pins.
    #[must_use]
    pub fn shared(self) -> SharedPins {
        Arc::new(ArcSwap::from_pointee(self))
    }

    /// Whose certificate `chain` is (the node's own first), at `now`. The order of the checks is the
    /// order of blame: whose key, whose authority, whose name.
    ///
    /// # Errors
    /// When it is nobody's.
    pub fn authenticate(
        &self,
        chain: &[CertificateDer<'_>],
        role: Role,
        now: UnixTime,
    ) -> Result<&Arc<PinnedNode>, NotAPeer> {
        let (own, intermediates) = chain.split_first().ok_or(NotAPeer::Malformed)?;
        let certificate = EndEntityCert::try_from(own).map_err(|_| NotAPeer::Malformed)?;
        let key: [u8; 32] = Sha256::digest(certificate.subject_public_key_info()).into();
        let node = self.by_key.get(&key).ok_or(NotAPeer::UnknownKey)?;
        let usage = match role {
            Role::Server => KeyUsage::server_auth(),
            Role::Client => KeyUsage::client_auth(),
        };
        certificate
            .verify_for_usage(ALGORITHMS, &node.anchors, intermediates, now, usage, None, None)
            .map_err(|error| match error {
                webpki::Error::CertExpired { .. } | webpki::Error::CertNotValidYet { .. } => {
                    NotAPeer::OutOfDate
                }
                _ => NotAPeer::WrongAuthority,
            })?;
        certificate
            .verify_is_valid_for_subject_name(&ServerName::DnsName(node.name.clone()))
            .map_err(|_| NotAPeer::WrongName)?;
        Ok(node)
    }
}

/// The SHA-256 of a certificate's key, as the directory pins it.
///
/// # Errors
/// When the bytes are no certificate.
pub fn pin_of(certificate: &CertificateDer<'_>) -> Result<[u8; 32], NotAPeer> {
    let certificate = EndEntityCert::try_from(certificate).map_err(|_| NotAPeer::Malformed)?;
    Ok(Sha256::digest(certificate.subject_public_key_info()).into())
}

impl From<NotAPeer> for rustls::Error {
    /// Each reason has its alert, by which the other side, and our own count of refusals, knows it.
    fn from(reason: NotAPeer) -> Self {
        use rustls::CertificateError as Reason;
        Self::InvalidCertificate(match reason {
            NotAPeer::Malformed => Reason::BadEncoding,
            NotAPeer::UnknownKey | NotAPeer::WrongAuthority => Reason::UnknownIssuer,
            NotAPeer::WrongName => Reason::NotValidForName,
            NotAPeer::OutOfDate => Reason::Expired,
        })
    }
}
