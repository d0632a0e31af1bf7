//! The Party's first certificate authority, and the TLS certificate of its node `[MTLS]`.
//!
//! The CA certifies the node's key and nothing else; the directory pins both. Its key is needed again only
//! when the TLS certificate is renewed, and is better kept off the node until then.

use std::time::{Duration, SystemTime};

use protocol::digest::Digest;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ED25519, PublicKeyData,
};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::limits::{CA_VALIDITY_DAYS, TLS_VALIDITY_DAYS};

/// Clocks differ: certificates are valid from this long ago.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(3600);

/// A certificate authority and a certificate that it signed.
pub(super) struct Tls {
    pub(super) ca_key_pem: Zeroizing<String>,
    pub(super) ca_certificate_pem: String,
    pub(super) ca_certificate: Vec<u8>,
    pub(super) key_pem: Zeroizing<String>,
    pub(super) certificate_pem: String,
    /// SHA-256 of the key's SubjectPublicKeyInfo.
    pub(super) pin: Digest,
}

/// Makes both, for the node `name` of `party`. Ed25519 throughout.
pub(super) fn make(party: &str, name: &str, now: SystemTime) -> Result<Tls, Failure> {
    build(party, name, now)
        .map_err(|error| Failure::failed(format!("cannot make the TLS certificate for {name}: {error}")))
}

fn build(party: &str, name: &str, now: SystemTime) -> Result<Tls, rcgen::Error> {
    let ca_key = KeyPair::generate_for(&PKCS_ED25519)?;
    let mut ca = parameters(Vec::new(), &format!("Ohrid CA of {party}"), now, CA_VALIDITY_DAYS)?;
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let ca_certificate = ca.self_signed(&ca_key)?;
    let issuer = Issuer::from_params(&ca, &ca_key);

    let key = KeyPair::generate_for(&PKCS_ED25519)?;
    let mut node = parameters(vec![name.to_owned()], name, now, TLS_VALIDITY_DAYS)?;
    node.is_ca = IsCa::ExplicitNoCa;
    node.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    // A node is a server to whoever dials it and a client to whom it dials.
    node.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsagePurpose::ClientAuth,
    ];
    node.use_authority_key_identifier_extension = true;
    let certificate = node.signed_by(&key, &issuer)?;

    Ok(Tls {
        ca_key_pem: Zeroizing::new(ca_key.serialize_pem()),
        ca_certificate_pem: ca_certificate.pem(),
        ca_certificate: ca_certificate.der().to_vec(),
        key_pem: Zeroizing::new(key.serialize_pem()),
        certificate_pem: certificate.pem(),
        pin: Digest::of(&key.subject_public_key_info()),
    })
}

fn parameters(
    names: Vec<String>,
    title: &str,
    now: SystemTime,
    days: u64,
) -> Result<CertificateParams, rcgen::Error> {
    let mut parameters = CertificateParams::new(names)?;
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, title);
    parameters.not_before = (now - CLOCK_TOLERANCE).into();
    parameters.not_after = (now + Duration::from_secs(days * 86_400)).into();
    Ok(parameters)
}
