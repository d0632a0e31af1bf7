//! What the core knows of a connection: a link to a peer, whatever it is made of.

use protocol::digest::Digest;
use protocol::envelope::Priority;
use protocol::exchange::Request;
use protocol::ids::PartyCode;
use tokio::sync::mpsc;

mod asking;
mod breaches;
mod greeting;
mod over_quota;
mod peers;

pub use asking::{Asker, Question, Unanswered, Urgency};
pub use greeting::Greeting;
pub use peers::{Admitted, Dialled, Failure, PeerView, Peers, Registration, Summons};

/// Names one connection in the life of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u64);

/// A connection to a peer that has shown who it is: TLS and signed hello. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Link {
    /// Its name.
    pub id: LinkId,
    /// The peer.
    pub peer: PartyCode,
    outgoing: mpsc::Sender<Outgoing>,
}

/// What the core wants of a connection.
#[derive(Debug)]
pub enum Outgoing {
    /// Ask, on a stream of its own.
    Request {
        /// What the answer is about.
        item: Digest,
        /// The stream's priority.
        priority: Priority,
        /// What to ask.
        request: Request,
    },
    /// Close the connection with this code.
    Close(u32),
}

impl Link {
    /// A link, and the end that the connection's task reads.
    #[must_use]
    pub fn new(id: LinkId, peer: PartyCode, capacity: usize) -> (Self, mpsc::Receiver<Outgoing>) {
        let (outgoing, wanted) = mpsc::channel(capacity);
        let link = Self { id, peer, outgoing };
        (link, wanted)
    }

    /// Hands something to the connection without waiting. `false` when it is gone, or when its queue is
    /// full: for the core both mean that the request went unanswered.
    #[must_use]
    pub fn hand_over(&self, outgoing: Outgoing) -> bool {
        self.outgoing.try_send(outgoing).is_ok()
    }
}
