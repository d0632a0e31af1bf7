//! The table of contents of the sample, and its timeline.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use protocol::attachment::Manifest;
use protocol::bundle::path::BundlePath;
use protocol::bundle::{
    AttachmentFile, Attachments, Bundle, CaseName, Direction, DirectoryFile, Leaf, LeafKind, LeftOut, Log,
    Maker, Message, Part, PeerLeaf, Secretariat, Why, names,
};
use protocol::digest::Commitment;
use protocol::entry::Entry;
use protocol::ids::CaseId;

use super::sample::{ATTACHED, Story, sent_at};
use crate::report::utc;
use crate::sample::at;

/// What a bundle of the sample shows of its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// What they say.
    All,
    /// What they say, and nothing that opens the sealed originals.
    WithoutKeys,
    /// Not what they say.
    Redacted,
}

impl Story {
    /// Puts what belongs to the messages, and gives the table of contents.
    pub(super) fn put_messages(&self, told: Told, put: &mut impl FnMut(BundlePath, &[u8])) -> Bundle {
        let mut left_out = Vec::new();
        let mut messages = Vec::new();
        for (place, made) in self.messages.iter().enumerate() {
            let number = u32::try_from(place).unwrap() + 1;
            let content = (told != Told::Redacted).then(|| names::content(number));
            let session_key = (told == Told::All).then(|| names::session_key(number));
            for (part, file) in [(Part::Content, &content), (Part::SessionKey, &session_key)] {
                if file.is_none() {
                    left_out.push(LeftOut {
                        part,
                        message: number,
                        why: Why::Redacted,
                    });
                }
            }
            if let Some(path) = &content {
                put(path.clone(), &made.json);
            }
            if let Some(path) = &session_key {
                let key = made.session_key.as_ref().unwrap();
                put(path.clone(), format!("{key}\n").as_bytes());
            }
            put(names::sealed(number), &made.sealed);
            put(names::salt(number), made.salt.as_bytes());
            let (from, to) = match place {
                0 => (&self.network.xa.office, &self.network.xb.office),
                _ => (&self.network.xb.office, &self.network.xa.office),
            };
            messages.push(Message {
                id: made.id,
                from: from.clone(),
                to: vec![to.clone()],
                direction: [Direction::Sent, Direction::Received][place],
                kind: Some(
                    ["preservation-request", "acknowledgement"][place]
                        .parse()
                        .unwrap(),
                ),
                sent_at_ms: sent_at(place),
                commitment: Commitment::to(&made.salt, &made.sealed),
                length_bytes: made.sealed.len() as u64,
                content,
                sealed: Some(names::sealed(number)),
                salt: Some(names::salt(number)),
                session_key,
                attachments: (place == 1).then(|| self.put_attachments(put)),
            });
        }
        self.bundle(messages, left_out)
    }

    fn put_attachments(&self, put: &mut impl FnMut(BundlePath, &[u8])) -> Attachments {
        put(names::manifest(2), &self.manifest);
        put(names::manifest_salt(2), self.manifest_salt.as_bytes());
        let file = names::attachment(2, 1, "list of addresses.csv");
        put(file.clone(), ATTACHED);
        Attachments {
            commitment: Manifest::commitment(&self.manifest_salt, &self.manifest),
            manifest: Some(names::manifest(2)),
            salt: Some(names::manifest_salt(2)),
            files: vec![AttachmentFile { number: 1, file }],
        }
    }

    fn bundle(&self, messages: Vec<Message>, left_out: Vec<LeftOut>) -> Bundle {
        let entries = (0..).zip(&self.entries).skip(1);
        let bundle = Bundle {
            format: Default::default(),
            version: Default::default(),
            network: self.network.directory.network.clone(),
            made_by: Maker {
                party: self.network.xa.party,
                node: "node.xa.example".to_owned(),
            },
            case: CaseName {
                id: CaseId::opened_by(self.messages[0].id),
                opener: self.network.xa.party,
                reference: "XA-2026-0412-7K".to_owned(),
            },
            state_at_ms: at(150_000),
            secretariat: Secretariat {
                threshold: 1,
                keys: vec![self.network.secretariat.public()],
            },
            directories: vec![DirectoryFile {
                version: 1,
                file: names::directory(1),
            }],
            logs: vec![Log {
                origin: self.network.xa.ledger.name().to_owned(),
                size: self.entries.len() as u64,
                checkpoint: names::checkpoint(1),
                dated_at_ms: at(150_000),
                directory: 1,
                is_witnessed: true,
            }],
            leaves: entries.map(|(index, entry)| leaf(index, entry)).collect(),
            messages,
            left_out,
        };
        bundle.check().unwrap();
        bundle
    }

    /// The statements in the leaves, and what the other node wrote.
    pub(super) fn put_statements(&self, bundle: &Bundle, put: &mut impl FnMut(BundlePath, &[u8])) {
        for (leaf, entry) in bundle.leaves.iter().zip(&self.entries[1..]) {
            let bytes = match entry {
                Entry::Submitted { header, .. } | Entry::Received { header, .. } => header.as_bytes(),
                Entry::Delivered { receipt, .. } => receipt.as_bytes(),
                Entry::Consigned { report, .. } => report.as_bytes(),
                _ => continue,
            };
            put(leaf.statement.clone().unwrap(), bytes);
            if let (Some(peer), Entry::Delivered { receipt, .. }) = (&leaf.peer, entry) {
                let (receipt, _) = receipt.peek().unwrap();
                let written = Entry::Received {
                    at: receipt.received_at,
                    header: self.header(0),
                    commit_size: receipt.checkpoint.size,
                };
                put(peer.leaf.clone(), &written.encode());
                put(peer.proof.clone(), receipt.tlog_proof().as_bytes());
            }
        }
    }
}

fn leaf(index: u64, entry: &Entry) -> Leaf {
    let kind = LeafKind::of(entry).unwrap();
    let message = match entry {
        Entry::ErasureNotice { .. } => None,
        Entry::Received { .. } | Entry::Retrieved { .. } => Some(2),
        _ => Some(1),
    };
    Leaf {
        log: 1,
        index,
        at_ms: entry.at(),
        kind,
        message,
        file: names::leaf(1, index),
        proof: names::proof(1, index),
        directory: 1,
        statement: message.and_then(|message| names::statement(message, kind, 1, index)),
        peer: (kind == LeafKind::Delivered).then(|| PeerLeaf {
            leaf: names::peer_leaf(1, 1, index),
            proof: names::peer_proof(1, 1, index),
            witnessed: None,
        }),
    }
}

/// The timeline, for programs and as a table.
pub(super) fn timeline(bundle: &Bundle) -> (String, String) {
    let (mut lines, mut table) = (String::new(), String::new());
    table.push_str("at,what,message,message_id,kind,from,to,log,index,officer,detail\r\n");
    for leaf in &bundle.leaves {
        let message = leaf.message.map(|number| &bundle.messages[number as usize - 1]);
        let millis = format!(".{:03}Z", leaf.at_ms.0 % 1000);
        let texts = [
            Some(utc(leaf.at_ms.0).replace('Z', &millis)),
            Some(leaf.kind.as_str().to_owned()),
            leaf.message.map(|number| number.to_string()),
            message.map(|message| message.id.to_string()),
            message.and_then(|message| message.kind.as_ref().map(ToString::to_string)),
            message.map(|message| message.from.to_string()),
            message.map(|message| message.to[0].to_string()),
            Some(bundle.logs[0].origin.clone()),
            Some(leaf.index.to_string()),
            (leaf.index == 1).then(|| "Officer 4711".to_owned()),
            None,
        ];
        let quoted = |place: usize| {
            let text: &Option<String> = &texts[place];
            text.as_ref()
                .map_or("null".to_owned(), |text| format!("{text:?}"))
        };
        let bare = |place: usize| texts[place].clone().unwrap_or("null".to_owned());
        lines.push_str(&format!(
            "{{\"at\":{},\"what\":{},\"message\":{},\"message_id\":{},\"kind\":{},\"from\":{},\"to\":{},\
             \"log\":{},\"index\":{},\"officer\":{},\"detail\":{}}}\n",
            quoted(0),
            quoted(1),
            bare(2),
            quoted(3),
            quoted(4),
            quoted(5),
            quoted(6),
            quoted(7),
            bare(8),
            quoted(9),
            quoted(10),
        ));
        let row = texts.map(|text| text.unwrap_or_default()).join(",");
        table.push_str(&format!("{row}\r\n"));
    }
    (lines, table)
}
