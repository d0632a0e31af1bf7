//! The Party's first certificate authority, and the TLS certificate of its node `[MTLS]`.
//!
//! The CA certifies the node's key and nothing else; the directory pins both. Its key is needed again only
//! when the TLS certificate is renewed, and is better kept off the node until then.

use std::path::Path;
use std::time::{Duration, SystemTime};

use protocol::digest::Digest;
use protocol::x509::CertificateFacts;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ED25519, PublicKeyData,
};
use zeroize::Zeroizing;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::files;
use crate::limits::{CA_VALIDITY_DAYS, SECRET_BYTES_MAX, TLS_VALIDITY_DAYS};

/// Clocks differ: certificates are valid from this long ago.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(3600);

/// How long a node waits with a certificate that has become good, since a peer's clock may be so far behind.
const CLOCK_SKEW: Duration = Duration::from_secs(5 * 60);

/// The authority's key, beside the node's.
pub(crate) const CA_KEY_NAME: &str = "ca.key.pem";

/// The authority's certificate, beside the node's.
pub(crate) const CA_CERTIFICATE_NAME: &str = "ca.crt.pem";

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

/// A certificate for the node by an authority that is here, or a request for one by an authority elsewhere.
pub(crate) struct Next<'a> {
    pub(crate) party: &'a str,
    pub(crate) name: &'a str,
    /// The authority's key.
    pub(crate) ca_key: &'a Path,
    /// The authorities that the directory names for the Party, DER: it must be one of them.
    pub(crate) authorities: &'a [Vec<u8>],
    /// The node's key, to go on with it; a new one is made where there is none.
    pub(crate) key_pem: Option<&'a str>,
    /// When the node begins to show it. It is good a little earlier, since clocks differ.
    pub(crate) begins_at: SystemTime,
    pub(crate) answer: Answer,
}

/// What is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// A certificate.
    Certificate,
    /// A request for one (PKCS #10).
    Request,
}

/// What was made.
pub(crate) struct Issued {
    pub(crate) key_pem: Zeroizing<String>,
    /// The certificate, or the request for one.
    pub(crate) answer_pem: String,
    /// SHA-256 of the key's SubjectPublicKeyInfo.
    pub(crate) pin: Digest,
}

/// Makes it.
pub(crate) fn next(next: &Next<'_>) -> Result<Issued, Failure> {
    let failed = |error: rcgen::Error| {
        Failure::failed(format!(
            "cannot make the TLS certificate for {}: {error}",
            next.name
        ))
    };
    let key = match next.key_pem {
        Some(pem) => KeyPair::from_pem(pem),
        None => KeyPair::generate_for(&PKCS_ED25519),
    }
    .map_err(failed)?;
    let good_from = next.begins_at - CLOCK_SKEW;
    let node = node_parameters(next.name, good_from, TLS_VALIDITY_DAYS).map_err(failed)?;
    let answer_pem = match next.answer {
        Answer::Certificate => sign(next, &node, &key)?,
        Answer::Request => {
            let mut asked = CertificateParams::new(vec![next.name.to_owned()]).map_err(failed)?;
            asked.distinguished_name = node.distinguished_name.clone();
            let request = asked.serialize_request(&key).map_err(failed)?;
            request.pem().map_err(failed)?
        }
    };
    Ok(Issued {
        key_pem: Zeroizing::new(key.serialize_pem()),
        answer_pem,
        pin: Digest::of(&key.subject_public_key_info()),
    })
}

/// Has the authority that `make` made sign.
fn sign(next: &Next<'_>, node: &CertificateParams, key: &KeyPair) -> Result<String, Failure> {
    let mend = "put the authority's key there until this is done, name it with --ca-key FILE, or have \
                another authority sign: --csr";
    if !next.ca_key.exists() {
        let what = format!("the authority's key is not in {}", next.ca_key.display());
        return Err(Failure::new(Exit::CouldNotCheck, "no_authority", what).mended_by(mend));
    }
    let pem = files::read_secret(next.ca_key, SECRET_BYTES_MAX)?;
    let pem = std::str::from_utf8(&pem).unwrap_or_default();
    let failed =
        |error: rcgen::Error| Failure::failed(format!("{} cannot sign: {error}", next.ca_key.display()));
    let ca_key = KeyPair::from_pem(pem).map_err(failed)?;
    let pin = Digest::of(&ca_key.subject_public_key_info());
    let named = |der: &Vec<u8>| CertificateFacts::read(der).is_ok_and(|facts| facts.pin == pin);
    if !next.authorities.iter().any(named) {
        let what = format!(
            "{} is not the key of an authority that the directory names for {}",
            next.ca_key.display(),
            next.party
        );
        return Err(Failure::failed(what).mended_by(mend));
    }
    // Its own dates do not stand in what it signs.
    let ca = ca_parameters(next.party, next.begins_at).map_err(failed)?;
    let issuer = Issuer::from_params(&ca, &ca_key);
    Ok(node.signed_by(key, &issuer).map_err(failed)?.pem())
}

fn build(party: &str, name: &str, now: SystemTime) -> Result<Tls, rcgen::Error> {
    let ca_key = KeyPair::generate_for(&PKCS_ED25519)?;
    let ca = ca_parameters(party, now)?;
    let ca_certificate = ca.self_signed(&ca_key)?;
    let issuer = Issuer::from_params(&ca, &ca_key);

    let key = KeyPair::generate_for(&PKCS_ED25519)?;
    let node = node_parameters(name, now - CLOCK_TOLERANCE, TLS_VALIDITY_DAYS)?;
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

fn ca_parameters(party: &str, now: SystemTime) -> Result<CertificateParams, rcgen::Error> {
    let title = format!("Ohrid CA of {party}");
    let mut ca = parameters(Vec::new(), &title, now - CLOCK_TOLERANCE, CA_VALIDITY_DAYS)?;
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(ca)
}

fn node_parameters(name: &str, good_from: SystemTime, days: u64) -> Result<CertificateParams, rcgen::Error> {
    let mut node = parameters(vec![name.to_owned()], name, good_from, days)?;
    node.is_ca = IsCa::ExplicitNoCa;
    node.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    // A node is a server to whoever dials it and a client to whom it dials.
    node.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsagePurpose::ClientAuth,
    ];
    node.use_authority_key_identifier_extension = true;
    Ok(node)
}

fn parameters(
    names: Vec<String>,
    title: &str,
    good_from: SystemTime,
    days: u64,
) -> Result<CertificateParams, rcgen::Error> {
    let mut parameters = CertificateParams::new(names)?;
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, title);
    parameters.not_before = good_from.into();
    parameters.not_after = (good_from + CLOCK_TOLERANCE + Duration::from_secs(days * 86_400)).into();
    Ok(parameters)
}
