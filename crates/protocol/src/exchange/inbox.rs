//! What peers sent and no commit has recorded yet: who waits for which answer `[IDEMPOTENT]`.
//!
//! For what is durable, the store knows the first answer and the driver hands it in with the frame. For
//! what waits or is in flight, this is the memory: a frame that comes a second time in that window is
//! not recorded again; its stream joins those that get the answer once the commit is durable.

use std::collections::{BTreeMap, BTreeSet};

use super::types::StreamId;
use crate::digest::Digest;
use crate::ids::PartyCode;
use crate::index::InboxKey;
use crate::limits::WAITING_STREAMS_MAX;

/// Frames that were taken and not yet answered, by who sent which bytes.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    unanswered: BTreeMap<(PartyCode, Digest), Unanswered>,
    /// The keys among them: the first bytes that came under an id are the message.
    keys: BTreeSet<InboxKey>,
}

/// One frame, and the streams on which its sender asked.
#[derive(Debug, Default)]
struct Unanswered {
    key: Option<InboxKey>,
    streams: Vec<StreamId>,
}

/// What became of a frame that is already waiting for its commit.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Joined {
    /// It was not waiting: it is new.
    No,
    /// Its stream gets the same answer.
    Yes,
    /// Too many streams wait for this answer already.
    TooMany,
}

impl Inbox {
    /// If these bytes of this peer wait already, lets the stream wait with them.
    pub(super) fn join(&mut self, peer: PartyCode, item: Digest, stream: Option<StreamId>) -> Joined {
        let Some(waiting) = self.unanswered.get_mut(&(peer, item)) else {
            return Joined::No;
        };
        match stream {
            None => Joined::Yes,
            Some(_) if waiting.streams.len() >= WAITING_STREAMS_MAX => Joined::TooMany,
            Some(stream) => {
                waiting.streams.push(stream);
                Joined::Yes
            }
        }
    }

    /// Whether a message waits under this key.
    pub(super) fn holds(&self, key: &InboxKey) -> bool {
        self.keys.contains(key)
    }

    /// Whether nobody waits for an answer.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.unanswered.is_empty() && self.keys.is_empty()
    }

    /// Remembers new bytes of a peer until their commit; `key` if they are the first under it.
    pub(super) fn take(
        &mut self,
        peer: PartyCode,
        item: Digest,
        key: Option<InboxKey>,
        stream: Option<StreamId>,
    ) {
        self.keys.extend(key.clone());
        self.unanswered.insert(
            (peer, item),
            Unanswered {
                key,
                streams: stream.into_iter().collect(),
            },
        );
    }

    /// The answer is durable: the streams that it goes to.
    pub(super) fn answered(&mut self, peer: PartyCode, item: Digest) -> Vec<StreamId> {
        let Some(waiting) = self.unanswered.remove(&(peer, item)) else {
            return Vec::new();
        };
        if let Some(key) = &waiting.key {
            self.keys.remove(key);
        }
        waiting.streams
    }
}

#[cfg(test)]
mod tests;
