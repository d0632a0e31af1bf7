//! Whom a speaker speaks as: the keys of a Party of the test network.

use anyhow::{Context, Result};
use protocol::directory::{Directory, SignedDirectory};
use protocol::ids::PartyCode;
use protocol::key::EnvelopeKey;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::network::Network;

/// Whom a speaker speaks as. A test that wants something else to be shown changes a field.
pub struct Persona {
    /// The Party.
    pub party: PartyCode,
    /// What is shown in the handshake, the Party's own certificate first. Empty: none is shown.
    pub chain: Vec<CertificateDer<'static>>,
    /// The key of the certificate.
    pub tls_key: PrivateKeyDer<'static>,
    /// The application protocol that is asked for.
    pub alpn: Vec<u8>,
    /// The seed of the key that signs hellos, headers and receipts.
    pub envelope_seed: [u8; 32],
    /// The seed of the key that signs checkpoints.
    pub ledger_seed: [u8; 32],
    /// What the Party holds for the directory.
    pub directory: Directory,
}

impl Clone for Persona {
    fn clone(&self) -> Self {
        Self {
            party: self.party,
            chain: self.chain.clone(),
            tls_key: self.tls_key.clone_key(),
            alpn: self.alpn.clone(),
            envelope_seed: self.envelope_seed,
            ledger_seed: self.ledger_seed,
            directory: self.directory.clone(),
        }
    }
}

impl Persona {
    /// Speaks as `party`, whose node's folder has its keys, and the directory if it was installed.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn of(network: &Network, party: &str) -> Result<Self> {
        let folder = network.node_folder(party);
        let read = |name: &str| {
            let path = folder.join(name);
            std::fs::read(&path).with_context(|| path.display().to_string())
        };
        let directory = SignedDirectory::from_bytes(&read("directory.cose")?)?;
        Ok(Self {
            party: party.parse()?,
            chain: CertificateDer::pem_slice_iter(&read("keys/tls.crt.pem")?).collect::<Result<_, _>>()?,
            tls_key: PrivateKeyDer::from_pem_slice(&read("keys/tls.key.pem")?)?,
            alpn: b"ohrid/1".to_vec(),
            envelope_seed: seed(&read("keys/envelope.seed")?)?,
            ledger_seed: seed(&read("keys/ledger.seed")?)?,
            directory: directory.peek()?,
        })
    }

    /// The key that signs hellos, headers and receipts.
    #[must_use]
    pub fn envelope_key(&self) -> EnvelopeKey {
        EnvelopeKey::from_seed(&self.envelope_seed)
    }
}

fn seed(text: &[u8]) -> Result<[u8; 32]> {
    let text = std::str::from_utf8(text)?.trim();
    let bytes = (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16));
    let bytes = bytes.collect::<Result<Vec<u8>, _>>()?;
    bytes.try_into().ok().context("a seed has 32 bytes")
}
