//! A ledger that a test writes by hand, entry by entry, as if the exchange had.

use std::sync::Arc;

use convention::case::CaseView;
use convention::message::{Context, Draft, Message};
use ledger::hash::leaf_hash;
use protocol::digest::{Commitment, Digest, Salt};
use protocol::entry::{Entry, Side};
use protocol::envelope::{Header, Priority, SignedHeader};
use protocol::exchange::Commit;
use protocol::ids::{ActorId, CaseId, ContactPoint, MessageId, PartyCode};
use protocol::index::InboxKey;
use protocol::key::EnvelopeKey;
use protocol::rejection::{Rejection, RejectionReason, SignedRejection};
use protocol::time::UnixMillis;
use seal::Binding;
use store::memory::{Memory, MemoryDisk};
use store::{Reader, Store};

use super::Network;
use crate::cases::{CaseIndex, Cases};
use crate::clock::Clock;
use crate::directory::CurrentDirectory;
use crate::keys::Keystore;
use crate::messages::{Messages, convention_case, convention_id, convention_instant, convention_office};
use crate::payloads::Payloads;

/// The time of the first entry; each further one is a second later.
pub(crate) const BEGIN: UnixMillis = UnixMillis(1_780_000_000_000);

/// The ledger of the first Party of a network, and the cases in it. No payload can be opened; what was noted
/// as sealed can be read.
pub(crate) struct Ledger {
    _network: Network,
    store: Memory,
    messages: Arc<Messages>,
    own: PartyCode,
    pub(crate) reader: Arc<dyn Reader>,
    pub(crate) cases: Cases,
}

impl Ledger {
    pub(crate) fn of(parties: &[&str]) -> Self {
        let network = Network::of(parties);
        let config = network.config(0);
        let own = config.node.party;
        // Unlocking a key is slow on purpose, and there is nothing to open.
        let office = config.keys.openpgp_directory.join("police.key.asc");
        std::fs::remove_file(office).unwrap();
        let keys = Arc::new(Keystore::load(own, &config.keys).unwrap());
        let now = Clock::default().now();
        let floor = &config.node.directory_floor;
        let directory = CurrentDirectory::load(&config.directory, floor, None, now).unwrap();
        let (store, _) = MemoryDisk::new().open().unwrap();
        let reader = store.reader();
        let payloads = Payloads::new(Arc::clone(&reader));
        let index = CaseIndex::in_memory(own, &config.policy).unwrap();
        let messages = Arc::new(Messages::new(own, keys, Arc::new(directory), payloads));
        Self {
            _network: network,
            store,
            cases: Cases::new(own, Arc::clone(&reader), Arc::clone(&messages), index),
            messages,
            own,
            reader,
        }
    }

    /// The same ledger with another index, as after a start.
    pub(crate) fn index_with(&mut self, index: CaseIndex) {
        self.cases = Cases::new(
            self.own,
            Arc::clone(&self.reader),
            Arc::clone(&self.messages),
            index,
        );
    }

    /// A message that can be read is recorded, sent or received; gives its envelope's digest.
    pub(crate) fn said(&mut self, header: &Header, form: &str) -> Digest {
        let body = message_of(header, form, None).to_json();
        self.said_as(header, &body)
    }

    /// The same with exactly these bytes inside.
    pub(crate) fn said_as(&mut self, header: &Header, body: &[u8]) -> Digest {
        let binding = Binding {
            message: header.message,
            case: header.case,
            from: header.from.clone(),
            to: vec![header.to.clone()],
        };
        self.messages.note_sealed(&binding, header.payload, body);
        // The header says which message is answered, as the message does.
        let reply = Message::read(body)
            .ok()
            .and_then(|read| read.message.in_reply_to());
        let header = Header {
            in_reply_to: reply.and_then(|reply| MessageId::from_bytes(*reply.as_bytes()).ok()),
            ..header.clone()
        };
        if header.from.party() == self.own {
            self.submitted(&header)
        } else {
            self.received(&header)
        }
    }

    fn now(&self) -> UnixMillis {
        UnixMillis(BEGIN.0 + self.reader.size() * 1000)
    }

    pub(crate) fn record(&mut self, entry: &Entry) {
        let leaf = entry.encode();
        let mut edge = self.reader.edge();
        let first_index = edge.size();
        edge.append(leaf_hash(&leaf));
        self.store
            .commit(&Commit {
                first_index,
                leaves: vec![leaf].into(),
                payloads: payload_of(entry).into_iter().collect(),
                size_after: edge.size(),
                root_after: edge.root(),
            })
            .unwrap();
    }

    /// A peer's message was received; gives its envelope's digest.
    pub(crate) fn received(&mut self, header: &Header) -> Digest {
        let header = SignedHeader::sign(header, &EnvelopeKey::from_seed(&[9; 32]));
        self.record(&Entry::Received {
            at: self.now(),
            header: header.clone(),
            commit_size: self.reader.size() + 1,
        });
        header.digest()
    }

    /// A message of ours was sent; gives its envelope's digest.
    pub(crate) fn submitted(&mut self, header: &Header) -> Digest {
        let header = SignedHeader::sign(header, &EnvelopeKey::from_seed(&[1; 32]));
        self.record(&Entry::Submitted {
            at: self.now(),
            actor: ActorId::from_bytes([7; 16]),
            header: header.clone(),
        });
        header.digest()
    }

    /// The payload of an entry was erased.
    pub(crate) fn erased(&mut self, entry: u64) {
        self.record(&Entry::ErasureNotice {
            at: self.now(),
            entries: vec![entry],
            basis: "term-over".parse().unwrap(),
            actor: ActorId::from_bytes([7; 16]),
        });
    }

    /// A peer that could not read our header refused it, naming no message.
    pub(crate) fn rejected(&mut self, envelope: Digest, header: &Header) {
        let rejection = Rejection {
            message: None,
            envelope,
            reason: RejectionReason::Malformed,
            rejected_at: self.now(),
        };
        self.record(&Entry::Rejected {
            at: self.now(),
            side: Side::Received,
            rejection: SignedRejection::sign(&rejection, &EnvelopeKey::from_seed(&[9; 32])),
            key: Some(InboxKey {
                from: header.from.party(),
                message: header.message,
                to: header.to.clone(),
            }),
        });
    }
}

pub(crate) fn message(number: u8) -> MessageId {
    MessageId::from_parts(BEGIN.0, [number; 10])
}

/// The message of a form, as it would be sent under this header in this case.
pub(crate) fn message_of(header: &Header, form: &str, case: Option<&CaseView>) -> Message {
    let context = Context {
        message_id: convention_id(header.message).unwrap(),
        case: convention_case(header.case).unwrap(),
        sender: convention_office(&header.from).unwrap(),
        recipients: vec![convention_office(&header.to).unwrap()],
        officer: None,
        now: convention_instant(header.sent_at).unwrap(),
        case_view: case,
        own_profile: None,
        recipient_profile: None,
    };
    let judged = Draft::from_toml(form).unwrap().validate(&context);
    judged.unwrap_or_else(|faults| panic!("{faults:#?}")).0
}

pub(crate) fn party(code: &str) -> PartyCode {
    code.parse().unwrap()
}

/// A header from office `police` to office `police`.
pub(crate) fn header(from: &str, to: &str, number: u8, case: u8) -> Header {
    let payload = payload(number);
    Header {
        message: message(number),
        case: CaseId::opened_by(message(case)),
        in_reply_to: None,
        from: ContactPoint::new(party(from), "police").unwrap(),
        to: ContactPoint::new(party(to), "police").unwrap(),
        sent_at: BEGIN,
        expires_at: UnixMillis(BEGIN.0 + 3_600_000),
        priority: Priority::Routine,
        payload: payload.commitment(),
        payload_length_bytes: u64::try_from(payload.bytes.len()).unwrap(),
        attachments: None,
        sender_checkpoint: None,
    }
}

fn payload(number: u8) -> protocol::payload::SealedPayload {
    protocol::payload::SealedPayload {
        salt: Salt::from_bytes([number; 32]),
        bytes: vec![number; 64].into(),
    }
}

fn payload_of(entry: &Entry) -> Option<protocol::payload::SealedPayload> {
    let (Entry::Submitted { header, .. } | Entry::Received { header, .. }) = entry else {
        return None;
    };
    let wanted: Commitment = header.peek().unwrap().0.payload;
    (0..=u8::MAX)
        .map(payload)
        .find(|payload| payload.commitment() == wanted)
}
