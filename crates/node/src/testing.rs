#![allow(clippy::unwrap_used, clippy::expect_used)]
//! A network for the tests: Parties with keys, certificates and one signed directory, in a folder that
//! goes when the test ends.

use std::fs;
use std::net::{SocketAddr, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::SystemTime;

use protocol::digest::Digest;
use protocol::directory::{ContactPointRecord, Directory, NodeRecord, PartyRecord, Period, SignedDirectory};
use protocol::ids::{ContactPoint, PartyCode};
use protocol::key::{EnvelopeKey, SecretariatKey};
use protocol::time::UnixMillis;
use protocol::verifier;
use rcgen::{
    BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519,
    PublicKeyData,
};
use seal::{LockedKey, Password, Profile};

use crate::clock::Clock;
use crate::config::Config;
use crate::tls::TlsIdentity;

pub(crate) mod ledger;
pub(crate) mod secretariat;
pub(crate) mod transfers;
pub(crate) mod witnesses;

/// The network's name.
pub(crate) const NETWORK: &str = "exercise.example.org";

const PASSWORD: &str = "correct horse battery staple";

/// A Party's own CA.
pub(crate) struct Authority {
    parameters: CertificateParams,
    key: KeyPair,
    pub(crate) certificate: Vec<u8>,
}

/// A TLS certificate with its key.
pub(crate) struct Tls {
    pub(crate) chain_pem: String,
    pub(crate) key_pem: String,
    pub(crate) pin: [u8; 32],
}

/// Which signature algorithm a TLS key has.
#[derive(Clone, Copy)]
pub(crate) enum Algorithm {
    Ed25519,
    EcdsaP256,
}

/// When a certificate is in date.
#[derive(Clone, Copy)]
pub(crate) enum Validity {
    Now,
    Past,
    /// From now on, for so long.
    For(std::time::Duration),
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate_for(&PKCS_ED25519).unwrap();
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let certificate = parameters.self_signed(&key).unwrap().der().to_vec();
        Self {
            parameters,
            key,
            certificate,
        }
    }

    pub(crate) fn issue(&self, name: &str, algorithm: Algorithm, validity: Validity) -> Tls {
        let key = KeyPair::generate_for(match algorithm {
            Algorithm::Ed25519 => &PKCS_ED25519,
            Algorithm::EcdsaP256 => &PKCS_ECDSA_P256_SHA256,
        })
        .unwrap();
        self.certify(name, &key, validity)
    }

    /// The same key under another name or time is another certificate.
    pub(crate) fn certify(&self, name: &str, key: &KeyPair, validity: Validity) -> Tls {
        let mut parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
        if matches!(validity, Validity::Past) {
            parameters.not_before = rcgen::date_time_ymd(2020, 1, 1);
            parameters.not_after = rcgen::date_time_ymd(2021, 1, 1);
        }
        if let Validity::For(length) = validity {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
            parameters.not_after = rcgen::date_time_ymd(1970, 1, 1) + now + length;
        }
        let issuer = Issuer::from_params(&self.parameters, &self.key);
        let certificate = parameters.signed_by(key, &issuer).unwrap();
        Tls {
            chain_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            pin: *Digest::of(&key.subject_public_key_info()).as_bytes(),
        }
    }
}

impl Tls {
    pub(crate) fn identity(&self) -> TlsIdentity {
        TlsIdentity::from_pem(self.chain_pem.as_bytes(), self.key_pem.as_bytes()).unwrap()
    }
}

/// A Party's node folder.
pub(crate) struct Member {
    pub(crate) party: PartyCode,
    pub(crate) folder: PathBuf,
    pub(crate) address: SocketAddr,
    pub(crate) record: PartyRecord,
    pub(crate) authority: Authority,
}

/// Two Parties or more, and what they need to run.
pub(crate) struct Network {
    _folder: tempfile::TempDir,
    pub(crate) members: Vec<Member>,
    secretariat: SecretariatKey,
    version: u64,
}

impl Network {
    /// A network of these Parties, each with a contact point `police`.
    pub(crate) fn of(parties: &[&str]) -> Self {
        // `RUST_LOG=info cargo test -p ohrid-node -- --no-capture NAME` shows what the nodes say.
        let _ = tracing_subscriber::fmt()
            .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
            .with_test_writer()
            .try_init();
        let folder = tempfile::tempdir().unwrap();
        let members: Vec<_> = parties
            .iter()
            .enumerate()
            .map(|(number, party)| member(folder.path(), party, u8::try_from(number).unwrap()))
            .collect();
        let mut network = Self {
            _folder: folder,
            members,
            secretariat: SecretariatKey::from_seed(&[0x5e; 32]),
            version: 0,
        };
        network.publish();
        network
    }

    /// Signs the next version of the directory, and installs it everywhere.
    pub(crate) fn publish(&mut self) {
        self.version += 1;
        let signed = self.sign(&self.directory(self.version));
        for number in 0..self.members.len() {
            self.give(number, &signed);
        }
    }

    /// What a version of the directory says of the members, as they are now: it ends after a day.
    pub(crate) fn directory(&self, version: u64) -> Directory {
        let now = Clock::default().now();
        let records = self.members.iter();
        Directory {
            network: NETWORK.to_owned(),
            version,
            issued_at: now,
            expires_at: UnixMillis(now.0 + 24 * 60 * 60 * 1000),
            parties: records
                .map(|member| (member.party, member.record.clone()))
                .collect(),
        }
    }

    /// Signs a directory with the one key of this network's secretariat.
    pub(crate) fn sign(&self, directory: &Directory) -> SignedDirectory {
        SignedDirectory::sign(directory, &self.secretariat).unwrap()
    }

    /// Puts a directory into the folder of one node.
    pub(crate) fn give(&self, number: usize, signed: &SignedDirectory) {
        let file = self.members[number].folder.join("directory.cose");
        fs::write(file, signed.as_bytes()).unwrap();
    }

    /// Gives the first office of a Party another OpenPGP key, the one of that number. It counts from the next
    /// [`Network::publish`].
    pub(crate) fn recertify(&mut self, number: usize, key: usize) {
        let member = &mut self.members[number];
        let key = openpgp_key(key);
        let file = format!(
            "openpgp/{}.key.asc",
            member.record.contact_points[0].office.office()
        );
        secret(&member.folder.join(file), &key.to_bytes());
        member.record.contact_points[0].certificates = vec![key.certificate().to_bytes()];
    }

    /// Gives a Party another office, with the key of that number. It counts from the next
    /// [`Network::publish`].
    pub(crate) fn add_office(&mut self, number: usize, office: &str, key: usize) {
        let member = &mut self.members[number];
        let key = openpgp_key(key);
        let file = format!("openpgp/{office}.key.asc");
        secret(&member.folder.join(file), &key.to_bytes());
        member.record.contact_points.push(ContactPointRecord {
            office: ContactPoint::new(member.party, office).unwrap(),
            certificates: vec![key.certificate().to_bytes()],
            profile: "{}".to_owned(),
        });
    }

    pub(crate) fn config(&self, number: usize) -> Config {
        let member = &self.members[number];
        let text = format!(
            "[node]\nparty = \"{}\"\nname = \"{}\"\n[listen]\naddress = \"{}\"\n\
             [keys]\ntls_certificate = \"tls.crt.pem\"\ntls_key = \"tls.key.pem\"\n\
             envelope = \"envelope.seed\"\nledger = \"ledger.seed\"\nwitness = \"witness.seed\"\n\
             openpgp_directory = \"openpgp\"\nopenpgp_password = \"openpgp.password\"\n\
             [witness]\nstart_wait_seconds = 0\n\
             [directory]\nfile = \"directory.cose\"\ntrusted = [\"{}\"]\n",
            member.party,
            member.record.node.name,
            member.address,
            self.secretariat.public(),
        );
        Config::parse(&text, "node.toml", &member.folder).unwrap()
    }
}

fn member(folder: &Path, party: &str, number: u8) -> Member {
    let folder = folder.join(party.to_lowercase());
    fs::create_dir_all(folder.join("openpgp")).unwrap();
    let party: PartyCode = party.parse().unwrap();
    let name = format!("node.{}.example", party.as_str().to_lowercase());
    let authority = Authority::new();
    let tls = authority.issue(&name, Algorithm::Ed25519, Validity::Now);
    let seeds = [1, 2, 3].map(|purpose| [number * 8 + purpose; 32]);
    for (file, seed) in ["envelope.seed", "ledger.seed", "witness.seed"]
        .iter()
        .zip(&seeds)
    {
        let hex: String = seed.iter().map(|byte| format!("{byte:02x}")).collect();
        secret(&folder.join(file), format!("{hex}\n").as_bytes());
    }
    fs::write(folder.join("tls.crt.pem"), &tls.chain_pem).unwrap();
    secret(&folder.join("tls.key.pem"), tls.key_pem.as_bytes());
    secret(
        &folder.join("openpgp.password"),
        format!("{PASSWORD}\n").as_bytes(),
    );
    let office = ContactPoint::new(party, "police").unwrap();
    let key = openpgp_key(usize::from(number));
    secret(&folder.join("openpgp/police.key.asc"), &key.to_bytes());
    let address = free_address();
    let since = |value| Period {
        value,
        valid_from: UnixMillis(1_700_000_000_000),
        valid_until: None,
    };
    let record = PartyRecord {
        name: format!("Party {party}"),
        node: NodeRecord {
            name: name.clone(),
            addresses: vec![address.to_string()],
            ca_certificates: vec![authority.certificate.clone()],
            tls_pins: vec![Digest::from_bytes(tls.pin)],
        },
        envelope_keys: vec![Period {
            value: EnvelopeKey::from_seed(&seeds[0]).public(),
            valid_from: UnixMillis(1_700_000_000_000),
            valid_until: None,
        }],
        ledger_keys: vec![since(
            verifier::ledger_key(&format!("{name}/ledger/2026"), &seeds[1]).unwrap(),
        )],
        witness_keys: vec![since(
            verifier::witness_key(&format!("{name}/witness"), &seeds[2]).unwrap(),
        )],
        contact_points: vec![ContactPointRecord {
            office,
            certificates: vec![key.certificate().to_bytes()],
            profile: "{}".to_owned(),
        }],
        profile: "{}".to_owned(),
    };
    Member {
        party,
        folder,
        address,
        record,
        authority,
    }
}

/// Locking a key is slow on purpose, so that all tests share the same few.
pub(crate) fn openpgp_key(number: usize) -> &'static LockedKey {
    static KEYS: [OnceLock<LockedKey>; 4] = [const { OnceLock::new() }; 4];
    KEYS[number].get_or_init(|| {
        let password = Password::from(PASSWORD.to_owned());
        let created = SystemTime::now() - std::time::Duration::from_secs(3600);
        LockedKey::generate(Profile::Default, "police", created, &password).unwrap()
    })
}

/// An address that was free a moment ago.
pub(crate) fn free_address() -> SocketAddr {
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

pub(crate) fn secret(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}
