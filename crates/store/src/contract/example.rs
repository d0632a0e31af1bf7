//! A ledger as a node writes it, and what a reader must say of it: the model for all tests here.
//!
//! Two fictitious Parties. Nothing is random: the same calls give the same bytes.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod model;

use std::sync::Arc;

use ledger::hash::leaf_hash;
use ledger::tree::Edge;
use protocol::completion::{Completion, SignedCompletion};
use protocol::consignment::{Consignment, SignedConsignment, Verdict};
use protocol::digest::{Commitment, Digest, Salt};
use protocol::entry::{Entry, Hold, Side, begins_log};
use protocol::envelope::{Header, Priority, SignedHeader};
use protocol::exchange::types::Commit;
use protocol::ids::{ActorId, CaseId, ContactPoint, MessageId};
use protocol::index::{InboxKey, index_changes};
use protocol::key::{EnvelopeKey, KeyId};
use protocol::payload::SealedPayload;
use protocol::receipt::SignedCheckpoint;
use protocol::time::UnixMillis;
use protocol::verifier::ledger_signer;

pub(crate) use model::Model;

const NOW: UnixMillis = UnixMillis(1_795_305_600_000);

/// All that was committed, and the next commit's entries.
#[derive(Debug, Clone, Default)]
pub(crate) struct Story {
    pub(crate) leaves: Vec<Vec<u8>>,
    pub(crate) payloads: Vec<SealedPayload>,
    /// The tree of its log after each leaf.
    pub(crate) edges: Vec<Edge>,
    /// Where later logs begin.
    pub(crate) logs: Vec<u64>,
    pub(crate) model: Model,
    waiting: Vec<Entry>,
    waiting_payloads: Vec<SealedPayload>,
    told: u64,
}

impl Story {
    pub(crate) fn size(&self) -> u64 {
        self.leaves.len() as u64
    }

    /// A new message of the same few cases, to the next of three contact points.
    fn header(&mut self, from: &str, to: &str) -> (Header, SealedPayload) {
        self.told += 1;
        let number = self.told;
        let length = 40 + usize::try_from(number * 977 % 3_000).unwrap();
        // Like ciphertext: no runs of zeros.
        let bytes: Vec<u8> = (0..length)
            .map(|place| {
                Digest::of(&[number.to_be_bytes(), (place as u64 / 32).to_be_bytes()].concat()).as_bytes()
                    [place % 32]
            })
            .collect();
        let payload = SealedPayload {
            salt: Salt::from_bytes(*Digest::of(&number.to_be_bytes()).as_bytes()),
            bytes: bytes.into(),
        };
        let message = message(number);
        let case = CaseId::opened_by(self::message(1 + number % 5));
        let header = Header {
            message,
            case,
            in_reply_to: None,
            from: from.parse::<ContactPoint>().unwrap(),
            to: format!("{to}/office-{}", number % 3).parse().unwrap(),
            sent_at: NOW,
            expires_at: UnixMillis(NOW.0 + 86_400_000),
            priority: Priority::Routine,
            payload: payload.commitment(),
            payload_length_bytes: payload.bytes.len() as u64,
            attachments: (number % 3 == 1).then(|| Commitment::from_bytes([0x4d; 32])),
            sender_checkpoint: None,
        };
        (header, payload)
    }

    /// We send a message.
    pub(crate) fn submit(&mut self) -> &mut Self {
        let (header, payload) = self.header("XA/police", "XB");
        let header = SignedHeader::sign(&header, &EnvelopeKey::from_seed(&[0xa1; 32]));
        self.waiting.push(Entry::Submitted {
            at: NOW,
            actor: ActorId::from_bytes([7; 16]),
            header,
        });
        self.waiting_payloads.push(payload);
        self
    }

    /// A peer's message comes in.
    pub(crate) fn receive(&mut self) -> &mut Self {
        let (header, payload) = self.header("XB/prosecution", "XA");
        let header = SignedHeader::sign(&header, &EnvelopeKey::from_seed(&[0xb1; 32]));
        let commit_size = self.edge_at(self.size()).size() + self.waiting.len() as u64 + 1;
        self.waiting.push(Entry::Received {
            at: NOW,
            header,
            commit_size,
        });
        self.waiting_payloads.push(payload);
        self
    }

    /// We open the oldest message that waits for it.
    pub(crate) fn open_oldest(&mut self) -> &mut Self {
        let oldest = self.model.unopened.values().next().cloned();
        if let Some(key) = oldest {
            let report = self.report(&key, 0xa1);
            let expires_at = UnixMillis(NOW.0 + 1);
            self.waiting.push(Entry::Consigned {
                at: NOW,
                side: Side::Issued,
                report,
                expires_at,
            });
        }
        self
    }

    /// The attachments of the oldest message that waits for its own are here; the peer has those of ours.
    pub(crate) fn complete_oldest(&mut self) -> &mut Self {
        let oldest = self.model.pulling.values().next().cloned();
        if let Some(key) = oldest {
            for (side, seed) in [(Side::Issued, 0xa1), (Side::Received, 0xb1)] {
                self.told += 1;
                let statement = self.completion(&key, seed);
                let expires_at = UnixMillis(NOW.0 + 1);
                self.waiting.push(Entry::Completed {
                    at: NOW,
                    side,
                    statement,
                    expires_at,
                });
            }
        }
        self
    }

    /// The peer says that it opened something of ours, and has our oldest report.
    pub(crate) fn hear_back(&mut self) -> &mut Self {
        self.told += 1;
        let key = InboxKey {
            from: "XA".parse().unwrap(),
            message: message(self.told),
            to: "XB/office-1".parse().unwrap(),
        };
        let report = self.report(&key, 0xb1);
        self.waiting.push(Entry::Consigned {
            at: NOW,
            side: Side::Received,
            report,
            expires_at: NOW,
        });
        if let Some(record) = self.model.outbox.values().next() {
            let (report, message) = (record.item, message(1));
            self.waiting.push(Entry::ReportDelivered {
                at: NOW,
                report,
                message,
            });
        }
        self
    }

    /// Small facts, to fill tiles.
    pub(crate) fn fill(&mut self, count: usize) -> &mut Self {
        for _ in 0..count {
            self.told += 1;
            let actor = ActorId::from_bytes([7; 16]);
            self.waiting.push(Entry::Retrieved {
                at: NOW,
                message: message(self.told % 40),
                actor,
            });
        }
        self
    }

    /// Facts that change nothing in the index, to fill many tiles.
    pub(crate) fn fill_quietly(&mut self, count: usize) -> &mut Self {
        for _ in 0..count {
            self.told += 1;
            let digest = Digest::from_bytes([7; 32]);
            self.waiting.push(Entry::DirectoryAccepted {
                at: NOW,
                version: self.told,
                digest,
            });
        }
        self
    }

    /// A key of the node's own changes.
    pub(crate) fn change_key(&mut self) -> &mut Self {
        self.told += 1;
        let id = |number: u64| KeyId::from_bytes(u128::from(number).to_be_bytes());
        self.waiting.push(Entry::KeyChanged {
            at: NOW,
            old: Some(id(self.told - 1)),
            new: id(self.told),
        });
        self
    }

    /// The payloads of these entries are erased.
    pub(crate) fn notice(&mut self, entries: Vec<u64>) -> &mut Self {
        self.waiting.push(Entry::ErasureNotice {
            at: NOW,
            entries,
            basis: "court-order".parse().unwrap(),
            actor: ActorId::from_bytes([7; 16]),
        });
        self
    }

    /// A case is held, or no more.
    pub(crate) fn hold(&mut self, case: CaseId, hold: Hold) -> &mut Self {
        self.waiting.push(Entry::HoldChanged {
            at: NOW,
            case,
            basis: "appeal".parse().unwrap(),
            actor: ActorId::from_bytes([7; 16]),
            hold,
        });
        self
    }

    /// A year ends: the next commit begins a log.
    pub(crate) fn begin_log(&mut self) -> &mut Self {
        assert!(self.waiting.is_empty(), "a log begins a commit");
        self.told += 1;
        let signer = |year: usize| {
            let origin = format!("node.xa.example.org/ledger/{}", 2026 + year);
            ledger_signer(&origin, &[7; 32]).unwrap()
        };
        let year = self.logs.len();
        let (old, new) = (signer(year), signer(year + 1));
        let edge = self.edge_at(self.size());
        self.waiting.push(Entry::LogBegun {
            at: NOW,
            position: self.size(),
            last: SignedCheckpoint::sign(edge.size(), edge.root(), &old).note(),
            old: Box::new(old.verifier_key().clone()),
            new: Box::new(new.verifier_key().clone()),
            witnessed: None,
        });
        self
    }

    /// A little of everything.
    pub(crate) fn day(&mut self) -> &mut Self {
        self.submit()
            .receive()
            .fill(3)
            .change_key()
            .open_oldest()
            .submit()
            .complete_oldest()
            .hear_back()
    }

    fn completion(&self, key: &InboxKey, seed: u8) -> SignedCompletion {
        let completion = Completion {
            message: key.message,
            from: key.from,
            to: key.to.clone(),
            envelope: Digest::of(&self.told.to_be_bytes()),
            manifest: Commitment::from_bytes([7; 32]),
            completed_at: NOW,
        };
        SignedCompletion::sign(&completion, &EnvelopeKey::from_seed(&[seed; 32]))
    }

    fn report(&self, key: &InboxKey, seed: u8) -> SignedConsignment {
        let report = Consignment {
            message: key.message,
            from: key.from,
            to: key.to.clone(),
            envelope: Digest::of(&self.told.to_be_bytes()),
            verdict: Verdict::Readable,
            opened_at: NOW,
        };
        SignedConsignment::sign(&report, &EnvelopeKey::from_seed(&[seed; 32]))
    }

    /// The commit of what waits; the story goes on as if it were committed.
    pub(crate) fn commit(&mut self) -> Commit {
        let first_index = self.size();
        let mut edge = self.edges.last().cloned().unwrap_or_default();
        let leaves: Vec<Vec<u8>> = self.waiting.drain(..).map(|entry| entry.encode()).collect();
        for leaf in &leaves {
            if begins_log(leaf) {
                self.logs.push(self.size());
                edge = Edge::new();
            }
            edge.append(leaf_hash(leaf));
            let index = self.leaves.len() as u64;
            for change in index_changes(index, &Entry::decode(leaf).unwrap()).unwrap() {
                self.model.apply(change);
            }
            self.leaves.push(leaf.clone());
            self.edges.push(edge.clone());
        }
        let payloads: Arc<[SealedPayload]> = self.waiting_payloads.drain(..).collect();
        self.payloads.extend(payloads.iter().cloned());
        Commit {
            first_index,
            leaves: leaves.into(),
            payloads,
            size_after: self.size(),
            root_after: edge.root(),
        }
    }

    /// Where the log begins that the leaf at this position is in.
    pub(crate) fn log_first(&self, position: u64) -> u64 {
        let begun = self.logs.iter().rev().find(|first| **first <= position);
        begun.copied().unwrap_or(0)
    }

    /// Where that log ends.
    pub(crate) fn log_end(&self, position: u64) -> u64 {
        let next = self.logs.iter().find(|first| **first > position);
        next.copied().unwrap_or(self.size())
    }

    /// The edge of the tree when the ledger had `size` leaves.
    pub(crate) fn edge_at(&self, size: u64) -> Edge {
        match size.checked_sub(1) {
            None => Edge::new(),
            Some(last) => self.edges[usize::try_from(last).unwrap()].clone(),
        }
    }
}

/// The id of the message with this number.
pub(crate) fn message(number: u64) -> MessageId {
    let mut random = [0; 10];
    random[2..].copy_from_slice(&number.to_be_bytes());
    MessageId::from_parts(NOW.0 + number, random)
}
