//! What the driver does when nothing may be signed any more, or a peer's ledger has forked `[ROLLBACK]`.

use protocol::entry::Entry;
use protocol::envelope::Header;
use protocol::ids::PartyCode;
use protocol::time::UnixMillis;

use super::Driver;
use crate::wake::Refused;

impl Driver {
    /// Nothing is signed any more: whoever waits for a commit is told, and nothing leaves but refusals.
    pub(super) fn stop_signing(&mut self, now: UnixMillis) {
        self.parts.exchange.stop_signing(now);
        self.waiting.refuse_all(&Refused::NotSigning);
    }

    /// Exchanges nothing more with a Party: its connection stands, so that it can find out why, and for the
    /// core the Party is away.
    pub(super) fn shun(&mut self, now: UnixMillis, peer: PartyCode) {
        if !self.parts.witnessing.has_forked(peer) {
            // It is settled. Dropping the link ends the connection; the next one is as good as any.
            self.shunned.remove(&peer);
            return;
        }
        if let Some(link) = self.links.remove(&peer) {
            self.shunned.insert(peer, link);
            self.parts.exchange.handle_disconnected(now, peer);
        }
    }

    /// The checkpoint that came with a message is recorded if it is news, so that the ledgers are entangled.
    pub(super) fn entangle(&mut self, now: UnixMillis, peer: PartyCode, header: &Header) {
        let Some(note) = &header.sender_checkpoint else {
            return;
        };
        if !self.parts.witnessing.saw(peer, note) {
            return;
        }
        let entry = Entry::PeerCheckpointSeen {
            at: now,
            peer,
            note: note.clone(),
        };
        if let Err(error) = self.parts.exchange.record(now, entry) {
            tracing::warn!(%error, %peer, "a peer's checkpoint was not recorded");
        }
    }
}
