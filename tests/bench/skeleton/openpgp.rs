//! OpenPGP as the library's own examples do it: certificates judged, keys picked and signers made for each
//! message. `seal` does the same steps with what can be kept between messages kept.

use std::io::{Read as _, Write as _};

use anyhow::{Context, Result, ensure};
use sequoia_openpgp::cert::CertBuilder;
use sequoia_openpgp::crypto::SessionKey;
use sequoia_openpgp::packet::{PKESK, SKESK};
use sequoia_openpgp::parse::Parse as _;
use sequoia_openpgp::parse::stream::{
    DecryptionHelper, DecryptorBuilder, MessageLayer, MessageStructure, VerificationHelper,
};
use sequoia_openpgp::policy::StandardPolicy;
use sequoia_openpgp::serialize::stream::{Encryptor, LiteralWriter, Message, Signer};
use sequoia_openpgp::types::{Features, SymmetricAlgorithm};
use sequoia_openpgp::{Cert, KeyHandle, Profile};

/// Somebody who sends, and somebody who receives.
pub struct Correspondents {
    sender: Cert,
    recipient: Cert,
}

impl Correspondents {
    /// Makes their keys: version 4, Curve25519, the classical profile of the design.
    pub fn new() -> Result<Self> {
        let cert = |name: &str| -> Result<Cert> {
            let (cert, _) = CertBuilder::new()
                .set_profile(Profile::RFC4880)?
                .set_features(Features::empty().set_seipdv2())?
                .add_userid(name)
                .add_signing_subkey()
                .add_transport_encryption_subkey()
                .generate()?;
            Ok(cert)
        };
        Ok(Self {
            sender: cert("XA")?,
            recipient: cert("XB")?,
        })
    }

    /// Signs, and encrypts to both.
    pub fn seal(&self, body: &[u8]) -> Result<Vec<u8>> {
        let policy = &StandardPolicy::new();
        let readers = [&self.recipient, &self.sender];
        let readers = readers.iter().flat_map(|cert| {
            let keys = cert.keys().with_policy(policy, None).supported().alive();
            keys.revoked(false).for_transport_encryption()
        });
        let signer = self.sender.keys().with_policy(policy, None).secret();
        let signer = signer.for_signing().next().context("a signing key")?;
        let mut sealed = Vec::new();
        let message = Encryptor::for_recipients(Message::new(&mut sealed), readers).build()?;
        let message = Signer::new(message, signer.key().clone().into_keypair()?)?
            .add_intended_recipient(&self.recipient)
            .build()?;
        let mut message = LiteralWriter::new(message).build()?;
        message.write_all(body)?;
        message.finalize()?;
        Ok(sealed)
    }

    /// Decrypts, and verifies.
    pub fn open(&self, sealed: &[u8]) -> Result<Vec<u8>> {
        let policy = &StandardPolicy::new();
        let mut message = DecryptorBuilder::from_bytes(sealed)?.with_policy(policy, None, Helper(self))?;
        let mut body = Vec::new();
        message.read_to_end(&mut body)?;
        Ok(body)
    }
}

struct Helper<'a>(&'a Correspondents);

impl VerificationHelper for Helper<'_> {
    fn get_certs(&mut self, _: &[KeyHandle]) -> sequoia_openpgp::Result<Vec<Cert>> {
        Ok(vec![self.0.sender.clone()])
    }

    fn check(&mut self, structure: MessageStructure<'_>) -> sequoia_openpgp::Result<()> {
        let signed = structure.iter().any(|layer| match layer {
            MessageLayer::SignatureGroup { results } => {
                !results.is_empty() && results.iter().all(Result::is_ok)
            }
            _ => false,
        });
        ensure!(signed, "no good signature");
        Ok(())
    }
}

impl DecryptionHelper for Helper<'_> {
    fn decrypt(
        &mut self,
        session_keys: &[PKESK],
        _: &[SKESK],
        algorithm: Option<SymmetricAlgorithm>,
        decrypt: &mut dyn FnMut(Option<SymmetricAlgorithm>, &SessionKey) -> bool,
    ) -> sequoia_openpgp::Result<Option<Cert>> {
        let policy = &StandardPolicy::new();
        let keys = self.0.recipient.keys().with_policy(policy, None).secret();
        let key = keys.for_transport_encryption().next().context("a key")?;
        let mut pair = key.key().clone().into_keypair()?;
        let ours = session_keys.iter().filter(|pkesk| {
            pkesk
                .recipient()
                .is_some_and(|handle| handle.aliases(key.key().key_handle()))
        });
        for session_key in ours {
            let found = session_key.decrypt(&mut pair, algorithm);
            if found.is_some_and(|(algorithm, key)| decrypt(algorithm, &key)) {
                return Ok(None);
            }
        }
        Err(anyhow::anyhow!("it was not for us"))
    }
}
