//! A ledger that a test writes by hand, entry by entry, as if the exchange had.

use std::sync::Arc;

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
use store::memory::{Memory, MemoryDisk};
use store::{Reader, Store};

use super::Network;
use crate::cases::Cases;
use crate::clock::Clock;
use crate::directory::CurrentDirectory;
use crate::keys::Keystore;
use crate::messages::Messages;
use crate::payloads::Payloads;

/// The time of the first entry; each further one is a second later.
const BEGIN: UnixMillis = UnixMillis(1_780_000_000_000);

/// The ledger of the first Party of a network, and the cases in it. No payload can be opened.
pub(crate) struct Ledger {
    _network: Network,
    store: Memory,
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
        let messages = Arc::new(Messages::new(own, keys, Arc::new(directory), payloads));
        Self {
            _network: network,
            store,
            cases: Cases::new(own, Arc::clone(&reader), messages),
            reader,
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
