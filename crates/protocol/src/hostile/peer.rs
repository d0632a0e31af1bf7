//! A peer that has its keys and lies: every frame of it is signed as it should be, and says what the bytes
//! say. Random bytes get no further than the signature; this begins behind it.

use std::collections::BTreeSet;

use ledger::hash::leaf_hash;
use ledger::limits::MAX_ENTRY_BYTES;
use ledger::tree::{Batch, Edge};

use crate::check::{Asked, Checked, Circumstances, check};
use crate::completion::SignedCompletion;
use crate::consignment::SignedConsignment;
use crate::cose::{ContentType, sign_one};
use crate::digest::Salt;
use crate::directory::Directory;
use crate::entry::Entry;
use crate::envelope::SignedHeader;
use crate::example;
use crate::exchange::types::{Incoming, Restored, Settings, StreamId, Transmit};
use crate::exchange::{Exchange, FormerKeys, Identity};
use crate::frame::{FRAME_HEAD_BYTES, Frame, FrameHead};
use crate::index::InboxKey;
use crate::key::EnvelopeKey;
use crate::limits::PAYLOAD_BYTES_MAX;
use crate::payload::SealedPayload;
use crate::receipt::SignedReceipt;
use crate::rejection::SignedRejection;
use crate::statement::Statement;
use crate::time::UnixMillis;

/// How many frames one input may send.
const FRAMES_MAX: usize = 24;

/// Takes from the fuzzer's bytes; zeros when they are used up.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn next(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    fn number(&mut self) -> usize {
        usize::from(self.next()) << 8 | usize::from(self.next())
    }
}

/// XB's real state machine, and what it must not forget.
struct Node {
    exchange: Exchange,
    directory: Directory,
    now: UnixMillis,
    edge: Edge,
    /// What has its outcome: the driver would hand in what the store knows of it.
    settled: BTreeSet<InboxKey>,
    streams: u64,
}

/// XA sends XB what the bytes say. No frame is taken that XA has not signed or that is not for XB; what is
/// taken becomes leaves that can be read, under the root that is said; each receipt proves to XA that its
/// envelope is in that ledger; and the frame that nobody asked for changes nothing.
pub fn peer(bytes: &[u8]) {
    let mut bytes = Bytes(bytes);
    let identity = Identity {
        party: example::xb(),
        envelope_key: example::key_of_xb(),
        ledger: example::ledger_of_xb(),
        former: FormerKeys::default(),
    };
    let restored = Restored::default();
    let exchange = Exchange::new(example::NOW, identity, &Settings::default(), restored);
    let mut node = Node {
        exchange: exchange.expect("an empty outbox can be read"),
        directory: example::directory(),
        now: example::NOW,
        edge: Edge::new(),
        settled: BTreeSet::new(),
        streams: 0,
    };
    node.exchange.handle_connected(node.now, example::xa());
    for _ in 0..FRAMES_MAX {
        if bytes.0.is_empty() {
            break;
        }
        node.now = UnixMillis(node.now.0 + u64::from(bytes.next()) * 1_000);
        let (frame, key) = frame(&mut bytes);
        node.take(travelled(frame), &key, bytes.next());
    }
}

/// As it comes off the wire.
fn travelled(frame: Frame) -> Frame {
    let sent = frame.encode();
    let (head, body) = sent.split_first_chunk::<FRAME_HEAD_BYTES>().expect("a head");
    let head = FrameHead::parse(head).expect("a frame that is within its limits");
    Frame::decode(head, body).expect("what is written can be read")
}

/// One of the golden statements with some bytes changed, signed by the key that is given back.
fn frame(bytes: &mut Bytes<'_>) -> (Frame, EnvelopeKey) {
    let shape = bytes.next();
    let key = match (shape >> 4) & 3 {
        0 | 1 => example::key_of_xa(),
        2 => example::key_of_xb(),
        _ => EnvelopeKey::from_seed(&[0x77; 32]),
    };
    let signed =
        |bytes: &mut Bytes<'_>, content, statement| sign_one(content, &changed(statement, bytes), b"", &key);
    let frame = match shape & 7 {
        0..=2 => {
            let length = bytes.number() % 64;
            let payload = SealedPayload {
                salt: Salt::from_bytes([0x33; 32]),
                bytes: vec![b's'; length].into(),
            };
            let mut header = example::header();
            if shape & 0x80 == 0 {
                (header.payload, header.payload_length_bytes) = (payload.commitment(), length as u64);
            }
            let header = signed(bytes, ContentType::Envelope, header.encode());
            Frame::Envelope {
                header: SignedHeader::from_bytes(&header).expect("short"),
                payload,
            }
        }
        3 => {
            let report = signed(bytes, ContentType::Consignment, example::consignment().encode());
            Frame::Consignment(SignedConsignment::from_bytes(&report).expect("short"))
        }
        4 => {
            let statement = signed(bytes, ContentType::Completion, example::completion().encode());
            Frame::Completion(SignedCompletion::from_bytes(&statement).expect("short"))
        }
        5 => {
            let (receipt, _) = example::signed_receipt().peek().expect("the golden receipt");
            let receipt = signed(bytes, ContentType::Receipt, receipt.encode());
            Frame::Receipt(SignedReceipt::from_bytes(&receipt).expect("short"))
        }
        6 => {
            let rejection = signed(bytes, ContentType::Rejection, example::rejection().encode());
            Frame::Rejection(SignedRejection::from_bytes(&rejection).expect("short"))
        }
        _ => Frame::Ping(u64::from(bytes.next())),
    };
    (frame, key)
}

/// Some bytes changed, taken out or put in.
fn changed(mut statement: Vec<u8>, bytes: &mut Bytes<'_>) -> Vec<u8> {
    for _ in 0..bytes.next() % 5 {
        let how = bytes.next();
        let at = bytes.number() % statement.len().max(1);
        match how % 4 {
            0 | 1 => statement[at] = bytes.next(),
            2 => drop(statement.drain(at..statement.len().min(at + usize::from(how >> 2)))),
            _ => statement.insert(at, bytes.next()),
        }
        if statement.is_empty() {
            statement.push(0xa0);
        }
    }
    statement
}

impl Node {
    /// What the driver does with a frame.
    fn take(&mut self, frame: Frame, key: &EnvelopeKey, asked: u8) {
        let by_peer = key.id() == example::key_of_xa().id();
        let sent = example::signed_header();
        let circumstances = Circumstances {
            peer: example::xa(),
            own: example::xb(),
            directory: &self.directory,
            now: self.now,
            asked: if asked & 1 == 0 {
                Asked::Nothing
            } else {
                Asked::Envelope(&sent)
            },
        };
        let checked = match check(frame, &circumstances) {
            Ok(checked) => checked,
            Err(misbehaved) => {
                assert!((0x101..=0x108).contains(&misbehaved.close_code()), "{misbehaved}");
                return;
            }
        };
        self.judge(&checked, by_peer);
        let envelope = match &checked {
            Checked::Envelope(verified) => {
                let header = verified.header();
                let key = InboxKey {
                    from: header.from.party(),
                    message: header.message,
                    to: header.to.clone(),
                };
                if !self.settled.insert(key) {
                    return;
                }
                Some(verified.signed.clone())
            }
            Checked::Refusable(refusable) => {
                if refusable.key.clone().is_some_and(|key| !self.settled.insert(key)) {
                    return;
                }
                None
            }
            _ => None,
        };
        self.streams += 1;
        self.exchange.handle_frame(
            self.now,
            Incoming {
                peer: example::xa(),
                stream: Some(StreamId(self.streams)),
                asked: None,
                frame: checked,
                known: None,
            },
        );
        self.drive(envelope.as_ref());
    }

    /// What passed the check is signed by the peer and meant for us.
    fn judge(&self, checked: &Checked, by_peer: bool) {
        match checked {
            Checked::Envelope(verified) => {
                let header = verified.header();
                assert!(by_peer, "an envelope that the peer has not signed");
                assert_eq!(
                    (header.from.party(), header.to.party()),
                    (example::xa(), example::xb())
                );
                assert!(header.expires_at > self.now);
                assert_eq!(header.payload, verified.payload.commitment());
                assert!(verified.payload.bytes.len() <= PAYLOAD_BYTES_MAX);
            }
            Checked::Consignment(_) | Checked::Completion(_) | Checked::Receipt(_) => {
                assert!(by_peer, "a statement that the peer has not signed");
            }
            Checked::Rejection { .. } => assert!(by_peer),
            Checked::Refusable(refusable) => {
                assert!(refusable.key.is_none() || by_peer, "an id used up by a stranger");
            }
            _ => {}
        }
    }

    /// Drains the exchange as the driver does, and holds what comes out against what went in.
    fn drive(&mut self, envelope: Option<&SignedHeader>) {
        while let Some(commit) = self.exchange.poll_commit() {
            assert_eq!(commit.first_index, self.edge.size());
            let hashes = commit.leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
            let batch = Batch::new(&self.edge, hashes);
            assert_eq!(
                (batch.size_after(), batch.root_after()),
                (commit.size_after, commit.root_after)
            );
            for leaf in commit.leaves.iter() {
                assert!(leaf.len() <= MAX_ENTRY_BYTES);
                let entry = Entry::decode(leaf).expect("what is committed can be read");
                assert_eq!(entry.encode(), *leaf);
            }
            self.edge = batch.edge_after().clone();
            self.exchange.handle_committed(self.now);
        }
        while let Some(transmit) = self.exchange.poll_transmit() {
            if let Transmit::Reply {
                frame: Frame::Receipt(receipt),
                ..
            } = transmit
            {
                let envelope = envelope.expect("a receipt is for an envelope");
                let verified = receipt.verify(envelope, example::xb(), &self.directory);
                assert!(verified.is_ok(), "a receipt that proves nothing: {verified:?}");
            }
        }
        while self.exchange.poll_event().is_some() {}
        if let Some(due) = self.exchange.poll_timeout() {
            assert!(self.exchange.outbox_len() > 0 || due >= self.now);
        }
    }
}
