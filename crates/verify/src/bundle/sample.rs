//! A small real bundle for tests: a request that XA sent and XB answered, as XA's node would export it, with
//! every kind of file in it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use ledger::SigningKey;
use ledger::checkpoint::Checkpoint;
use ledger::cosignature::Cosigner;
use ledger::hash::leaf_hash;
use ledger::note::Note;
use ledger::tlog_proof::TlogProof;
use ledger::tree::{Batch, Edge};
use protocol::attachment::{Attachment, AttachmentParts, Manifest};
use protocol::bundle::path::BundlePath;
use protocol::bundle::signature::{BundleSeal, SignedBundle};
use protocol::bundle::zip::{Crc32, Layout};
use protocol::bundle::{Bundle, names, sums};
use protocol::digest::{Commitment, Digest, Salt};
use protocol::directory::Period;
use protocol::entry::{Entry, Side};
use protocol::envelope::{Header, Priority, SignedHeader};
use protocol::ids::{ActorId, CaseId, MessageId};
use protocol::time::UnixMillis;
use sha2::{Digest as _, Sha512};

use super::contents::Told;
use super::{BundleReport, check_bundle};
use crate::sample::{Network, at};
use crate::trust::Sources;

/// The files of a bundle, by name.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

pub(super) const REQUEST: &str = include_str!("../../../../fuzz/corpus/message/preservation-request.json");
pub(super) const ANSWER: &str = include_str!("../../../../fuzz/corpus/message/acknowledgement.json");
pub(super) const ATTACHED: &[u8] = b"address,from\n192.0.2.7,2026-11-22\n";

/// A message as its sender made it.
pub(super) struct Made {
    pub(super) id: MessageId,
    pub(super) json: Vec<u8>,
    pub(super) sealed: Vec<u8>,
    /// The text of the session key, where the message is really sealed.
    pub(super) session_key: Option<String>,
    pub(super) salt: Salt,
}

/// All that a bundle is made of.
pub(super) struct Story {
    pub(super) network: Network,
    pub(super) messages: [Made; 2],
    pub(super) manifest: Vec<u8>,
    pub(super) manifest_salt: Salt,
    pub(super) entries: Vec<Entry>,
}

impl Story {
    /// With payloads that nobody has sealed: what matters is what commits to them.
    pub(super) fn redacted() -> Self {
        let made = |json: &str, number: u8| Made {
            sealed: format!("sealed original {number}").into_bytes(),
            session_key: None,
            ..Self::message(json, number)
        };
        Self::of(Network::new(), [made(REQUEST, 1), made(ANSWER, 2)])
    }

    /// A message that is not sealed yet, sent in the time of the sample.
    pub(super) fn message(json: &str, number: u8) -> Made {
        let json = json.replace("2026-03-15T16:0", "2026-11-22T00:0");
        let said = convention::message::Message::read(json.as_bytes())
            .unwrap()
            .message;
        Made {
            id: MessageId::from_bytes(*said.id().as_bytes()).unwrap(),
            json: json.into_bytes(),
            sealed: Vec::new(),
            session_key: None,
            salt: Salt::from_bytes([number; 32]),
        }
    }

    pub(super) fn of(mut network: Network, messages: [Made; 2]) -> Self {
        let witness = Period {
            value: witness().verifier_key().clone(),
            valid_from: at(0),
            valid_until: None,
        };
        let xb = network.xb.party;
        network.directory.parties.get_mut(&xb).unwrap().witness_keys = vec![witness];
        let attachment = Attachment::new(AttachmentParts {
            name: "list of addresses.csv".parse().unwrap(),
            media_type: "text/csv".parse().unwrap(),
            plaintext_length_bytes: ATTACHED.len() as u64,
            plaintext: Digest::of(ATTACHED),
            sealed_length_bytes: 500,
            chunks: vec![Digest::of(b"sealed")],
        });
        let manifest = Manifest::new(vec![Arc::new(attachment.unwrap())]).unwrap();
        let mut story = Self {
            network,
            messages,
            manifest: manifest.encode(),
            manifest_salt: Salt::from_bytes([9; 32]),
            entries: Vec::new(),
        };
        story.entries = story.tell();
        story
    }

    pub(super) fn header(&self, place: usize) -> SignedHeader {
        let (made, request) = (&self.messages[place], self.messages[0].id);
        let (xa, xb) = (&self.network.xa, &self.network.xb);
        let (from, to) = if place == 0 { (xa, xb) } else { (xb, xa) };
        let header = Header {
            message: made.id,
            case: CaseId::opened_by(request),
            in_reply_to: (place == 1).then_some(request),
            from: from.office.clone(),
            to: to.office.clone(),
            sent_at: sent_at(place),
            expires_at: at(80_000_000),
            priority: Priority::Urgent,
            payload: Commitment::to(&made.salt, &made.sealed),
            payload_length_bytes: made.sealed.len() as u64,
            attachments: (place == 1).then(|| Manifest::commitment(&self.manifest_salt, &self.manifest)),
            sender_checkpoint: None,
        };
        SignedHeader::sign(&header, &from.envelope)
    }

    /// XA's ledger: an entry that is not about the case, and seven that are.
    fn tell(&self) -> Vec<Entry> {
        let (xa, xb) = (&self.network.xa, &self.network.xb);
        let actor = ActorId::from_bytes([1; 16]);
        let (sent, got) = (self.header(0), self.header(1));
        let id = self.messages[0].id;
        let of_sent = |claim: protocol::consignment::Consignment| {
            protocol::consignment::SignedConsignment::sign(&claim, &xb.envelope)
        };
        let report = of_sent(protocol::consignment::Consignment {
            message: id,
            from: xa.party,
            to: xb.office.clone(),
            envelope: sent.digest(),
            verdict: protocol::consignment::Verdict::Readable,
            opened_at: at(61_000),
        });
        vec![
            Entry::KeyChanged {
                at: at(0),
                old: None,
                new: xa.envelope.id(),
            },
            Entry::Submitted {
                at: sent_at(0),
                actor,
                header: sent.clone(),
            },
            Entry::Approved {
                at: sent_at(0),
                message: id,
                actor: ActorId::from_bytes([2; 16]),
            },
            Entry::Delivered {
                at: at(60_900),
                receipt: xb.receipt(&sent, at(60_500)),
            },
            Entry::Consigned {
                at: at(61_500),
                side: Side::Received,
                report,
                expires_at: at(90_000_000),
            },
            Entry::Received {
                at: at(120_400),
                header: got,
                commit_size: 9,
            },
            Entry::Retrieved {
                at: at(130_000),
                message: self.messages[1].id,
                actor,
            },
            Entry::ErasureNotice {
                at: at(140_000),
                entries: vec![0],
                basis: "retention".parse().unwrap(),
                actor,
            },
        ]
    }

    /// The files, summed up and signed.
    pub(super) fn files(&self, told: Told) -> Files {
        let mut files = Files::new();
        let leaves: Vec<Vec<u8>> = self.entries.iter().map(Entry::encode).collect();
        let batch = Batch::new(&Edge::new(), leaves.iter().map(|leaf| leaf_hash(leaf)).collect());
        let log = &self.network.xa.ledger;
        let note = Checkpoint::of_edge(log.name(), batch.edge_after())
            .unwrap()
            .sign(log)
            .unwrap();
        let mut note = Note::parse(note.as_bytes()).unwrap();
        let seconds = at(150_000).0 / 1000;
        note.push(witness().cosign(note.text(), seconds).unwrap())
            .unwrap();
        let mut put = |path: BundlePath, bytes: &[u8]| {
            assert!(files.insert(path.to_string(), bytes.to_vec()).is_none());
        };
        put(names::checkpoint(1), note.to_string().as_bytes());
        for (index, leaf) in (0..).zip(&leaves).skip(1) {
            let proof = TlogProof::new(batch.prove_inclusion(index).unwrap(), &note.to_string()).unwrap();
            put(names::leaf(1, index), leaf);
            put(names::proof(1, index), proof.to_string().as_bytes());
        }
        put(names::directory(1), self.network.signed_directory().as_bytes());
        let bundle = self.put_messages(told, &mut put);
        self.put_statements(&bundle, &mut put);
        files.insert(names::PAGE.to_owned(), b"<!DOCTYPE html>\n".to_vec());
        let (lines, table) = super::contents::timeline(&bundle);
        files.insert(names::TIMELINE_JSONL.to_owned(), lines.into_bytes());
        files.insert(names::TIMELINE_CSV.to_owned(), table.into_bytes());
        files.insert(names::VERIFY_TEXT.to_owned(), b"# How to check this\n".to_vec());
        files.insert(names::VERIFY_PROGRAM.to_owned(), b"import sys\n".to_vec());
        files.insert(names::CONTENTS.to_owned(), bundle.to_json().into_bytes());
        sum_up(&mut files, &bundle);
        sign(&mut files, &bundle, &self.network);
        files
    }
}

/// When a message of the sample was sent, as it says itself.
pub(super) fn sent_at(place: usize) -> UnixMillis {
    at([60_000, 120_000][place])
}

pub(super) fn witness() -> Cosigner {
    Cosigner::new("node.xb.example/witness", SigningKey::from_bytes(&[40; 32])).unwrap()
}

/// Writes the manifests, and what is said of the bag, anew.
pub(super) fn sum_up(files: &mut Files, bundle: &Bundle) {
    files.insert(
        names::BAG_DECLARATION.to_owned(),
        names::BAG_DECLARATION_TEXT.into(),
    );
    let payload = |files: &Files| -> Vec<(BundlePath, sums::Sum)> {
        let payload = files.iter().filter(|(name, _)| name.starts_with("data/"));
        payload
            .map(|(name, bytes)| (name.parse().unwrap(), Sha512::digest(bytes).into()))
            .collect()
    };
    let sizes: usize = files
        .iter()
        .filter(|(name, _)| name.starts_with("data/"))
        .map(|(_, bytes)| bytes.len())
        .sum();
    let summed = payload(files);
    let info = format!(
        "Source-Organization: Party XA\nExternal-Identifier: {}\nExternal-Description: a case\n\
         Bagging-Date: 2026-11-22\nPayload-Oxum: {sizes}.{}\nBag-Software-Agent: test\n",
        bundle.case.id,
        summed.len()
    );
    files.insert(names::BAG_INFO.to_owned(), info.into_bytes());
    let manifest = sums::write(summed.iter().map(|(path, sum)| (path, sum)));
    files.insert(names::MANIFEST.to_owned(), manifest.into_bytes());
    let has_no_sum = [names::TAG_MANIFEST, names::SIGNATURE];
    let tags: Vec<(BundlePath, sums::Sum)> = files
        .iter()
        .filter(|(name, _)| !name.starts_with("data/") && !has_no_sum.contains(&name.as_str()))
        .map(|(name, bytes)| (name.parse().unwrap(), Sha512::digest(bytes).into()))
        .collect();
    let manifest = sums::write(tags.iter().map(|(path, sum)| (path, sum)));
    files.insert(names::TAG_MANIFEST.to_owned(), manifest.into_bytes());
}

/// Signs with XA's key.
pub(super) fn sign(files: &mut Files, bundle: &Bundle, network: &Network) {
    let tag_manifest = &files[names::TAG_MANIFEST];
    let seal = BundleSeal::of(bundle.case.id, network.xa.party, bundle.state_at_ms, tag_manifest);
    let signed = SignedBundle::sign(&seal, &network.xa.envelope);
    files.insert(names::SIGNATURE.to_owned(), signed.as_bytes().to_vec());
}

/// Writes the files into a folder.
pub(super) fn write_folder(folder: &Path, files: &Files) {
    for (name, bytes) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// The files as a zip file.
pub(super) fn zip(top: &str, files: &Files) -> Vec<u8> {
    let (mut layout, mut out) = (Layout::new(top), Vec::new());
    let sorted: BTreeMap<BundlePath, &Vec<u8>> = files
        .iter()
        .map(|(name, bytes)| (name.parse().unwrap(), bytes))
        .collect();
    for (path, bytes) in sorted {
        let header = layout.entry(&path, Crc32::of(bytes), bytes.len() as u64).unwrap();
        out.extend(header);
        out.extend(bytes);
    }
    out.extend(layout.finish().unwrap());
    out
}

/// A report of a good bundle, of a bad one, and of none.
pub(crate) fn reports() -> [BundleReport; 3] {
    let story = Story::redacted();
    let folder = tempfile::tempdir().unwrap();
    let (bag, policy) = (folder.path().join("bag"), folder.path().join("policy"));
    let key = folder.path().join("secretariat.pub");
    fs::write(&key, format!("{}\n", story.network.secretariat.public())).unwrap();
    fs::write(
        &policy,
        format!("witness W {}\nquorum W\n", witness().verifier_key()),
    )
    .unwrap();
    let sources = Sources {
        policy: Some(policy),
        ..Sources::default()
    };
    write_folder(&bag, &story.files(Told::Redacted));
    let good = check_bundle(&bag, &sources);
    fs::remove_file(key).unwrap();
    fs::write(bag.join(names::PAGE), "changed").unwrap();
    let bad = check_bundle(&bag, &sources);
    [good, bad, check_bundle(&folder.path().join("nowhere"), &sources)]
}
