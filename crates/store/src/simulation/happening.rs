//! What can happen next, and to whom. What names a life or a connection is void once that is over.

use ledger::witness::{AddCheckpoint, Reply};
use protocol::exchange::{Request, StreamId, Submission};
use protocol::index::InboxKey;

use super::keys::Turn;

pub(super) enum Happening {
    Submit {
        node: usize,
        submission: Submission,
    },
    Ask {
        node: usize,
        from: usize,
        connection: u64,
        stream: StreamId,
        frame: Vec<u8>,
    },
    Answer {
        node: usize,
        from: usize,
        connection: u64,
        request: Request,
        frame: Vec<u8>,
    },
    AskWitness {
        node: usize,
        from: usize,
        connection: u64,
        asking: Asking,
    },
    WitnessSays {
        node: usize,
        from: usize,
        connection: u64,
        asking: Asking,
        reply: Reply,
    },
    Connect {
        pair: (usize, usize),
    },
    Start {
        node: usize,
    },
    /// The disk has room again.
    Mend {
        node: usize,
    },
    /// Somebody sets the clock right.
    SetClock {
        node: usize,
    },
    Turn {
        node: usize,
        turn: Turn,
    },
    /// Somebody has a message erased.
    Erase {
        node: usize,
    },
    /// Something that a node does by itself, in this life.
    Own {
        node: usize,
        life: u64,
        what: Own,
    },
}

/// A request to a witness, and the number under which an answer is awaited.
#[derive(Clone)]
pub(super) struct Asking {
    pub(super) number: u64,
    pub(super) request: AddCheckpoint,
}

/// What a node does by itself.
pub(super) enum Own {
    /// The disk ends what it writes.
    Write,
    /// A message that was received is opened.
    Open(InboxKey),
    /// A chunk of what was sent along is fetched.
    Fetch(InboxKey),
    /// A step of an erasure is done.
    EraseOn,
    /// The newest head goes to the witnesses.
    Publish,
    /// The ledger is held against the witnesses, before the first signature.
    CheckStart,
    /// The operator puts the right store back in the place of an old copy.
    PutBack,
}
