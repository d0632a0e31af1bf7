//! A small real export for tests: the ledger of the fictitious Party XA, with every kind of signed
//! statement in it, and beside it what an auditor needs to check it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use ledger::SigningKey;
use ledger::checkpoint::Checkpoint;
use ledger::hash::{Hash, leaf_hash};
use ledger::note::NoteSigner;
use ledger::tile::{TileKind, TilePath, encode_bundle, encode_tile, parent_hash};
use ledger::tree::{Batch, Edge};
use protocol::consignment::{Consignment, SignedConsignment, Verdict};
use protocol::digest::{Commitment, Digest};
use protocol::directory::{Directory, NodeRecord, PartyRecord, Period, SignedDirectory};
use protocol::entry::{Entry, Side};
use protocol::envelope::{Header, Priority, SignedHeader};
use protocol::ids::{ActorId, CaseId, ContactPoint, MessageId, PartyCode};
use protocol::key::{EnvelopeKey, SecretariatKey};
use protocol::receipt::{SignedCheckpoint, SignedReceipt};
use protocol::rejection::{Rejection, RejectionReason, SignedRejection};
use protocol::time::UnixMillis;
use tempfile::TempDir;

/// When the sample's story begins: 2026-11-22T00:00:00Z.
pub(crate) const START: u64 = 1_795_305_600_000;

/// A time so many milliseconds after the beginning.
pub(crate) fn at(millis: u64) -> UnixMillis {
    UnixMillis(START + millis)
}

pub(crate) fn party(code: &str) -> PartyCode {
    code.parse().unwrap()
}

fn office(name: &str) -> ContactPoint {
    name.parse().unwrap()
}

pub(crate) fn message(number: u8) -> MessageId {
    MessageId::from_parts(START + u64::from(number), [number; 10])
}

/// One Party with its keys.
pub(crate) struct Node {
    pub(crate) party: PartyCode,
    pub(crate) office: ContactPoint,
    pub(crate) envelope: EnvelopeKey,
    pub(crate) ledger: NoteSigner,
}

impl Node {
    fn new(code: &str, seed: u8) -> Self {
        let origin = format!("node.{}.example/ledger/2026", code.to_ascii_lowercase());
        Self {
            party: party(code),
            office: office(&format!("{code}/police")),
            envelope: EnvelopeKey::from_seed(&[seed; 32]),
            ledger: NoteSigner::new(&origin, SigningKey::from_bytes(&[seed + 1; 32])).unwrap(),
        }
    }

    fn record(&self) -> PartyRecord {
        fn always<T>(value: T) -> Vec<Period<T>> {
            vec![Period {
                value,
                valid_from: UnixMillis(START - 1000),
                valid_until: None,
            }]
        }
        PartyRecord {
            name: format!("Party {}", self.party),
            node: NodeRecord {
                name: format!("node.{}.example", self.party.as_str().to_ascii_lowercase()),
                addresses: Vec::new(),
                ca_certificates: Vec::new(),
                tls_pins: Vec::new(),
            },
            envelope_keys: always(self.envelope.public()),
            ledger_keys: always(self.ledger.verifier_key().clone()),
            witness_keys: Vec::new(),
            contact_points: Vec::new(),
            profile: "{}".to_owned(),
        }
    }

    /// A header from this Party.
    pub(crate) fn header(&self, to: &Self, number: u8, sender_checkpoint: Option<String>) -> SignedHeader {
        let header = Header {
            message: message(number),
            case: CaseId::opened_by(message(number)),
            in_reply_to: None,
            from: self.office.clone(),
            to: to.office.clone(),
            sent_at: at(u64::from(number)),
            expires_at: at(1_000_000),
            priority: Priority::Routine,
            payload: Commitment::from_bytes([number; 32]),
            payload_length_bytes: 2048,
            attachments: None,
            sender_checkpoint,
        };
        SignedHeader::sign(&header, &self.envelope)
    }

    /// A receipt by this Party, whose ledger holds the header as its third entry of three.
    pub(crate) fn receipt(&self, header: &SignedHeader, received_at: UnixMillis) -> SignedReceipt {
        let received = Entry::Received {
            at: received_at,
            header: header.clone(),
            commit_size: 3,
        };
        let leaves = vec![
            leaf_hash(b"first"),
            leaf_hash(b"second"),
            leaf_hash(&received.encode()),
        ];
        let batch = Batch::new(&Edge::new(), leaves);
        let signed = SignedCheckpoint::sign(3, batch.root_after(), &self.ledger);
        let proof = batch.prove_inclusion(2).unwrap();
        SignedReceipt::issue(header, received_at, proof, &signed, &self.envelope).unwrap()
    }

    /// A consignment report by this Party.
    pub(crate) fn consignment(&self, from: &Self, header: &SignedHeader, number: u8) -> SignedConsignment {
        let consignment = Consignment {
            message: message(number),
            from: from.party,
            to: self.office.clone(),
            envelope: header.digest(),
            verdict: Verdict::Readable,
            opened_at: at(50),
        };
        SignedConsignment::sign(&consignment, &self.envelope)
    }

    /// A rejection by this Party.
    pub(crate) fn rejection(&self, header: &SignedHeader, number: u8) -> SignedRejection {
        let rejection = Rejection {
            message: Some(message(number)),
            envelope: header.digest(),
            reason: RejectionReason::OverQuota,
            rejected_at: at(60),
        };
        SignedRejection::sign(&rejection, &self.envelope)
    }

    /// A signed checkpoint of a ledger with two leaves.
    pub(crate) fn early_checkpoint(&self) -> String {
        let mut edge = Edge::new();
        edge.append(leaf_hash(b"first"));
        edge.append(leaf_hash(b"second"));
        Checkpoint::of_edge(self.ledger.name(), &edge)
            .unwrap()
            .sign(&self.ledger)
            .unwrap()
    }
}

/// Two Parties and their directory.
pub(crate) struct Network {
    pub(crate) xa: Node,
    pub(crate) xb: Node,
    pub(crate) secretariat: SecretariatKey,
    pub(crate) directory: Directory,
}

impl Network {
    pub(crate) fn new() -> Self {
        let (xa, xb) = (Node::new("XA", 10), Node::new("XB", 20));
        let parties = BTreeMap::from([(xa.party, xa.record()), (xb.party, xb.record())]);
        let directory = Directory {
            network: "exercise.example.org".to_owned(),
            version: 1,
            issued_at: at(0),
            expires_at: at(10_000_000),
            parties,
        };
        Self {
            xa,
            xb,
            secretariat: SecretariatKey::from_seed(&[30; 32]),
            directory,
        }
    }

    pub(crate) fn signed_directory(&self) -> SignedDirectory {
        SignedDirectory::sign(&self.directory, &self.secretariat).unwrap()
    }

    /// The entries of XA's ledger: every signed statement, from either side.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        let digest = self.signed_directory().digest().unwrap();
        let mut entries = vec![
            Entry::DirectoryAccepted {
                at: at(0),
                version: 1,
                digest,
            },
            Entry::KeyChanged {
                at: at(0),
                old: None,
                new: self.xa.envelope.id(),
            },
        ];
        entries.extend(self.entries_about_what_was_sent());
        entries.extend(self.entries_about_what_came());
        entries
    }

    fn entries_about_what_was_sent(&self) -> Vec<Entry> {
        let (xa, xb) = (&self.xa, &self.xb);
        let actor = ActorId::from_bytes([1; 16]);
        let sent = xa.header(xb, 1, Some(xa.early_checkpoint()));
        let refused = xa.header(xb, 2, None);
        let receipt = xb.receipt(&sent, at(2));
        let report = xb.consignment(xa, &sent, 1);
        let rejection = xb.rejection(&refused, 2);
        let (side, expires_at) = (Side::Received, at(1000));
        vec![
            Entry::Submitted {
                at: at(1),
                actor,
                header: sent,
            },
            Entry::Approved {
                at: at(2),
                message: message(1),
                actor: ActorId::from_bytes([2; 16]),
            },
            Entry::Delivered { at: at(3), receipt },
            Entry::Consigned {
                at: at(4),
                side,
                report,
                expires_at,
            },
            Entry::Submitted {
                at: at(5),
                actor,
                header: refused,
            },
            Entry::Rejected {
                at: at(6),
                side,
                rejection,
                key: None,
            },
        ]
    }

    fn entries_about_what_came(&self) -> Vec<Entry> {
        let (xa, xb) = (&self.xa, &self.xb);
        let got = xb.header(xa, 3, None);
        let report = xa.consignment(xb, &got, 3);
        let rejection = xa.rejection(&xb.header(xa, 4, None), 4);
        let (side, expires_at) = (Side::Issued, at(1000));
        let (basis, actor) = ("retention".parse().unwrap(), ActorId::from_bytes([1; 16]));
        vec![
            Entry::Received {
                at: at(7),
                header: got,
                commit_size: 9,
            },
            Entry::Consigned {
                at: at(8),
                side,
                report,
                expires_at,
            },
            Entry::Rejected {
                at: at(9),
                side,
                rejection,
                key: None,
            },
            Entry::PeerCheckpointSeen {
                at: at(10),
                peer: xb.party,
                note: xb.early_checkpoint(),
            },
            Entry::ErasureNotice {
                at: at(11),
                entries: vec![2],
                basis,
                actor,
            },
        ]
    }
}

/// An export on disk: `xa`, `xa.vkey`, `directory.cose` and `secretariat.pub` in one folder.
pub(crate) struct Sample {
    folder: TempDir,
}

impl Sample {
    pub(crate) fn new(network: &Network, entries: &[Entry]) -> Self {
        let leaves: Vec<Vec<u8>> = entries.iter().map(Entry::encode).collect();
        Self::of_leaves(network, &leaves)
    }

    pub(crate) fn of_leaves(network: &Network, leaves: &[Vec<u8>]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sample = Self { folder };
        write_export(&sample.export(), leaves, &network.xa.ledger);
        let vkey = format!("{}\n", network.xa.ledger.verifier_key());
        fs::write(sample.beside("xa.vkey"), vkey).unwrap();
        fs::write(
            sample.beside("directory.cose"),
            network.signed_directory().as_bytes(),
        )
        .unwrap();
        fs::write(
            sample.beside("secretariat.pub"),
            format!("{}\n", network.secretariat.public()),
        )
        .unwrap();
        sample
    }

    pub(crate) fn export(&self) -> PathBuf {
        self.beside("xa")
    }

    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The names of all files of the export, in order.
    pub(crate) fn file_names(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut folders = vec![self.export()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(self.export()).unwrap();
                    names.push(name.to_str().unwrap().to_owned());
                }
            }
        }
        names.sort();
        names
    }
}

/// Writes leaves in the tlog-tiles layout, with a checkpoint.
pub(crate) fn write_export(folder: &Path, leaves: &[Vec<u8>], signer: &NoteSigner) {
    let hashes: Vec<Hash> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
    let mut edge = Edge::new();
    hashes.iter().for_each(|hash| edge.append(*hash));
    let checkpoint = Checkpoint::of_edge(signer.name(), &edge)
        .unwrap()
        .sign(signer)
        .unwrap();
    write(&folder.join("checkpoint"), checkpoint.as_bytes());
    for (index, entries) in leaves.chunks(256).enumerate() {
        let bundle = encode_bundle(entries.iter().map(Vec::as_slice)).unwrap();
        write_tile(folder, TileKind::Entries, index, entries.len(), &bundle);
    }
    let mut row = hashes;
    for level in 0.. {
        if row.is_empty() {
            break;
        }
        for (index, hashes) in row.chunks(256).enumerate() {
            write_tile(
                folder,
                TileKind::Hashes(level),
                index,
                hashes.len(),
                &encode_tile(hashes),
            );
        }
        row = row.chunks(256).filter_map(parent_hash).collect();
    }
}

fn write_tile(folder: &Path, kind: TileKind, index: usize, width: usize, bytes: &[u8]) {
    let path = TilePath::new(kind, index as u64, u16::try_from(width).unwrap()).unwrap();
    write(&folder.join(path.to_string()), bytes);
}

fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// The digest that no envelope has.
pub(crate) fn no_digest() -> Digest {
    Digest::from_bytes([0; 32])
}
