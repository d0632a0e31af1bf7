//! The line for shares: who waits, and whose turn it is.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;

use protocol::ids::PartyCode;
use tokio::sync::oneshot;

use super::sync::{Arc, Mutex, PoisonError};

/// A number of shares, to be divided among peers.
#[derive(Debug)]
pub(in crate::attachments) struct Shares {
    state: Mutex<State>,
    total_max: usize,
    per_peer_max: usize,
}

/// The room for one chunk. Dropping it gives it back.
#[derive(Debug)]
pub struct Share {
    shares: Arc<Shares>,
    peer: PartyCode,
}

#[derive(Debug, Default)]
struct State {
    total: usize,
    peers: BTreeMap<PartyCode, Peer>,
    /// Whose turn it was last.
    last: Option<PartyCode>,
}

#[derive(Debug, Default)]
struct Peer {
    taken: usize,
    waiting: VecDeque<oneshot::Sender<Share>>,
}

impl Shares {
    pub(in crate::attachments) fn new(total_max: usize, per_peer_max: usize) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::default(),
            total_max,
            per_peer_max,
        })
    }

    /// Gets into line for a share. Dropping the receiver leaves it.
    pub(in crate::attachments) fn request(self: &Arc<Self>, peer: PartyCode) -> oneshot::Receiver<Share> {
        let (grant, granted) = oneshot::channel();
        {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.peers.entry(peer).or_default().waiting.push_back(grant);
        }
        self.hand_out();
        granted
    }

    /// How many are taken.
    #[cfg(test)]
    pub(in crate::attachments) fn taken(&self) -> usize {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).total
    }

    /// How many peers are known: those that have a share, or wait for one.
    #[cfg(test)]
    pub(in crate::attachments) fn known(&self) -> usize {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .peers
            .len()
    }

    /// Gives what is free to those whose turn it is.
    fn hand_out(self: &Arc<Self>) {
        loop {
            let next = {
                let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                state.next(self.total_max, self.per_peer_max)
            };
            let Some((peer, grant)) = next else { return };
            let shares = Arc::clone(self);
            // Whoever has left the line gives it back here, and that hands it out again.
            let _ = grant.send(Share { shares, peer });
        }
    }
}

impl State {
    /// Takes a share for whoever is next, if there is one left for it.
    fn next(&mut self, total_max: usize, per_peer_max: usize) -> Option<(PartyCode, oneshot::Sender<Share>)> {
        for peer in self.peers.values_mut() {
            peer.waiting.retain(|grant| !grant.is_closed());
        }
        self.peers
            .retain(|_, peer| peer.taken > 0 || !peer.waiting.is_empty());
        if self.total >= total_max {
            return None;
        }
        let fair = (total_max / self.peers.len().max(1)).clamp(1, per_peer_max);
        let after = self.last.map_or(Bound::Unbounded, Bound::Excluded);
        let behind = self.peers.range((after, Bound::Unbounded));
        let peer = behind
            .chain(self.peers.iter())
            .find(|(_, peer)| !peer.waiting.is_empty() && peer.taken < fair)
            .map(|(party, _)| *party)?;
        let of_peer = self.peers.get_mut(&peer)?;
        let grant = of_peer.waiting.pop_front()?;
        of_peer.taken += 1;
        self.total += 1;
        self.last = Some(peer);
        Some((peer, grant))
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        {
            let mut state = self.shares.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.total -= 1;
            if let Some(peer) = state.peers.get_mut(&self.peer) {
                peer.taken -= 1;
            }
        }
        self.shares.hand_out();
    }
}
