//! Whom to ask next: who claims the newest version first, and nobody who was of no use a moment ago.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use protocol::ids::PartyCode;
use tokio::time::Instant;

use crate::limits::DIRECTORY_PEER_RESTS_MAX;

/// What is known of each peer that is connected, or rests.
#[derive(Debug, Default)]
pub(super) struct Plan {
    peers: BTreeMap<PartyCode, Peer>,
}

#[derive(Debug, Default)]
struct Peer {
    connected: bool,
    /// Whether it is to be asked.
    due: bool,
    /// The highest version that it has spoken of since it was last asked.
    claimed: u64,
    /// Not to be asked before.
    rests_until: Option<Instant>,
    /// How often in a row it was of no use.
    failures: u32,
    /// When it was last asked.
    asked_at: Option<Instant>,
}

impl Peer {
    fn may_be_asked(&self, now: Instant) -> bool {
        self.connected && self.due && self.rests_until.is_none_or(|until| until <= now)
    }
}

impl Plan {
    /// These peers are connected; whoever was not before is to be asked. How long somebody rests outlives a
    /// connection: to dial again is no way to be asked sooner.
    pub(super) fn connected(&mut self, connected: &[PartyCode]) {
        for (code, peer) in &mut self.peers {
            peer.connected = peer.connected && connected.contains(code);
        }
        for code in connected {
            let peer = self.peers.entry(*code).or_default();
            if !peer.connected {
                peer.connected = true;
                peer.due = true;
            }
        }
        self.peers
            .retain(|_, peer| peer.connected || peer.rests_until.is_some());
    }

    /// A peer speaks of a version that is worth asking for.
    pub(super) fn hear(&mut self, peer: PartyCode, version: u64) {
        let peer = self.peers.entry(peer).or_default();
        peer.claimed = peer.claimed.max(version);
        peer.due = true;
    }

    /// Everybody is to be asked.
    pub(super) fn all_again(&mut self) {
        self.peers.values_mut().for_each(|peer| peer.due = true);
    }

    /// The peer to ask now, if there is one: of those that may be asked, the one that claims most; of
    /// several, the one that was not asked for longest, so that nobody can keep the others from being asked.
    pub(super) fn next(&mut self, now: Instant) -> Option<PartyCode> {
        let askable = self.peers.iter_mut().filter(|(_, peer)| peer.may_be_asked(now));
        let (code, peer) = askable.max_by_key(|(_, peer)| (peer.claimed, Reverse(peer.asked_at)))?;
        peer.due = false;
        peer.asked_at = Some(now);
        Some(*code)
    }

    /// When somebody who is to be asked has rested.
    pub(super) fn next_at(&self) -> Option<Instant> {
        let waiting = self.peers.values().filter(|peer| peer.connected && peer.due);
        waiting.filter_map(|peer| peer.rests_until).min()
    }

    /// The version that a peer has spoken of.
    pub(super) fn claimed(&self, peer: PartyCode) -> u64 {
        self.peers.get(&peer).map_or(0, |peer| peer.claimed)
    }

    /// The peer has answered as it should. Should there be a reason to, it is asked again then.
    pub(super) fn was_of_use(&mut self, peer: PartyCode, again_at: Instant) {
        if let Some(peer) = self.peers.get_mut(&peer) {
            peer.claimed = 0;
            peer.rests_until = Some(again_at);
            peer.failures = 0;
        }
    }

    /// The peer is asked again then.
    pub(super) fn rests(&mut self, peer: PartyCode, until: Instant) {
        let peer = self.peers.entry(peer).or_default();
        peer.due = true;
        peer.rests_until = Some(until);
    }

    /// The peer was of no use: it is asked again later, each time twice as late.
    pub(super) fn failed(&mut self, peer: PartyCode, now: Instant, least: Duration) {
        let known = self.peers.entry(peer).or_default();
        let wait = least
            .saturating_mul(1 << known.failures.min(16))
            .min(DIRECTORY_PEER_RESTS_MAX);
        known.failures = known.failures.saturating_add(1);
        known.claimed = 0;
        self.rests(peer, now + wait);
    }
}

#[cfg(test)]
mod tests;
