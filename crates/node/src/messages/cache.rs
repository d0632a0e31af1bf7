//! What is kept in memory of messages: the last ones as they were read, and of some more the text, since to
//! open one again takes ten times as long as to read it.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, OnceLock};

use protocol::digest::Commitment;
use protocol::envelope::Header;
use protocol::ids::{CaseId, ContactPoint, MessageId};
use seal::Binding;
use zeroize::Zeroizing;

use super::Reading;
use crate::limits::{BODIES_CACHED_BYTES_MAX, MESSAGES_CACHED_MAX};

/// A reading that somebody has done or is doing: who comes meanwhile waits for it, since opening takes longer
/// than all else that is done with a message.
pub(super) type Place = Arc<OnceLock<Reading>>;

/// What a reading depends on. The payload alone does not name one: whoever has it can put it under a header
/// of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Name(Arc<Named>);

#[derive(Debug, PartialEq, Eq, Hash)]
struct Named {
    from: ContactPoint,
    to: ContactPoint,
    case: CaseId,
    message: MessageId,
    payload: Commitment,
}

impl Name {
    pub(super) fn of(header: &Header) -> Self {
        Self(Arc::new(Named {
            from: header.from.clone(),
            to: header.to.clone(),
            case: header.case,
            message: header.message,
            payload: header.payload,
        }))
    }

    /// What was sealed, under the header to one of its recipients.
    pub(super) fn sealed(binding: &Binding, to: &ContactPoint, payload: Commitment) -> Self {
        Self(Arc::new(Named {
            from: binding.from.clone(),
            to: to.clone(),
            case: binding.case,
            message: binding.message,
            payload,
        }))
    }

    fn is_of(&self, payloads: &BTreeSet<Commitment>) -> bool {
        payloads.contains(&self.0.payload)
    }
}

#[derive(Default)]
pub(super) struct Cache {
    places: HashMap<Name, Place>,
    order: VecDeque<Name>,
    bodies: HashMap<Name, Zeroizing<Vec<u8>>>,
    bodies_order: VecDeque<Name>,
    bodies_bytes: usize,
}

impl Cache {
    /// Where the reading of a message is, or will be.
    pub(super) fn place(&mut self, name: &Name) -> Place {
        if let Some(place) = self.places.get(name) {
            return Arc::clone(place);
        }
        let place = Place::default();
        self.places.insert(name.clone(), Arc::clone(&place));
        self.order.push_back(name.clone());
        while self.order.len() > MESSAGES_CACHED_MAX {
            if let Some(oldest) = self.order.pop_front() {
                self.places.remove(&oldest);
            }
        }
        place
    }

    /// The text of a message, if it is kept.
    pub(super) fn body(&self, name: &Name) -> Option<Zeroizing<Vec<u8>>> {
        self.bodies.get(name).cloned()
    }

    /// Keeps the text of a message, and gives up the oldest ones for it. One that has no place any more may
    /// have been erased while it was opened `[ERASE]`: it is not kept.
    pub(super) fn keep_body(&mut self, name: &Name, body: &[u8]) {
        if !self.places.contains_key(name) {
            return;
        }
        if body.len() > BODIES_CACHED_BYTES_MAX || self.bodies.contains_key(name) {
            return;
        }
        self.bodies_bytes += body.len();
        self.bodies.insert(name.clone(), Zeroizing::new(body.to_vec()));
        self.bodies_order.push_back(name.clone());
        while self.bodies_bytes > BODIES_CACHED_BYTES_MAX
            && let Some(oldest) = self.bodies_order.pop_front()
        {
            let gone = self.bodies.remove(&oldest);
            self.bodies_bytes -= gone.map_or(0, |body| body.len());
        }
    }

    /// Keeps nothing of what these payloads say `[ERASE]`.
    pub(super) fn forget(&mut self, payloads: &BTreeSet<Commitment>) {
        self.places.retain(|name, _| !name.is_of(payloads));
        self.order.retain(|name| !name.is_of(payloads));
        self.bodies.retain(|name, _| !name.is_of(payloads));
        self.bodies_order.retain(|name| !name.is_of(payloads));
        self.bodies_bytes = self.bodies.values().map(|body| body.len()).sum();
    }
}

#[cfg(test)]
mod tests;
