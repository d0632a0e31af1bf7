//! Connection ids: unguessable, unlinkable, and made without a source of randomness that could fail
//! once the endpoint stands.

use std::time::Duration;

use quinn::crypto::HmacKey;
use quinn::{ConnectionId, ConnectionIdGenerator};

use super::reset_key::ResetKey;

/// Long enough that strangers do not hit one by chance.
const LENGTH_BYTES: usize = 8;

/// A counter under a key that is fresh in each process.
pub(super) struct ConnectionIds {
    key: ResetKey,
    next: u64,
}

impl ConnectionIds {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self {
            key: ResetKey::new(key),
            next: 0,
        }
    }
}

impl ConnectionIdGenerator for ConnectionIds {
    fn generate_cid(&mut self) -> ConnectionId {
        let mut id = [0; LENGTH_BYTES];
        self.key.sign(&self.next.to_be_bytes(), &mut id);
        self.next = self.next.wrapping_add(1);
        ConnectionId::new(&id)
    }

    fn cid_len(&self) -> usize {
        LENGTH_BYTES
    }

    fn cid_lifetime(&self) -> Option<Duration> {
        None
    }
}
