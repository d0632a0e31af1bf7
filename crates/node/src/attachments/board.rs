//! Which messages' attachments are still to be pulled, and whose turn it is. Pure: no clock, no disk.
//!
//! The board is a copy of what the ledger says (received with attachments, and no completion of ours yet),
//! with what this process has found out since. Losing it loses nothing.

use std::collections::BTreeMap;

use protocol::attachment::{AttachmentId, Manifest};
use protocol::digest::{Commitment, Digest};
use protocol::envelope::Priority;
use protocol::ids::{MessageId, PartyCode};
use protocol::index::InboxKey;
use protocol::time::UnixMillis;

use super::state::{Ended, FileProgress, MessageProgress, TransferState, Waits};
use crate::limits::{TRANSFERS_ACTIVE_MAX, TRANSFERS_KNOWN_MAX, TRANSFERS_PER_PEER_ACTIVE_MAX};

/// What is to be pulled: a manifest of a Party, and all that it names. Two messages of one manifest, as to
/// two offices of ours, are one transfer; the same commitment by another Party is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Transfer {
    pub(super) peer: PartyCode,
    pub(super) manifest: Commitment,
}

/// A received message with attachments.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) key: InboxKey,
    pub(super) envelope: Digest,
    pub(super) manifest: Commitment,
    pub(super) index: u64,
    pub(super) priority: Priority,
    pub(super) expires_at: UnixMillis,
}

/// A message whose attachments are all here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Arrived {
    pub(super) key: InboxKey,
    pub(super) envelope: Digest,
    pub(super) manifest: Commitment,
}

/// What the end of an attempt gives cause to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Consequences {
    /// These are to be told to their senders.
    pub(super) arrived: Vec<Arrived>,
    /// These wait for something that people can mend, and did not before: raise an alarm.
    pub(super) alarms: Vec<(InboxKey, Waits)>,
}

/// All transfers that this process knows of.
#[derive(Debug, Default)]
pub(super) struct Board {
    entries: BTreeMap<Transfer, Entry>,
    /// Whose turn it was last.
    last: Option<PartyCode>,
}

#[derive(Debug)]
struct Entry {
    keys: BTreeMap<InboxKey, Digest>,
    priority: Priority,
    index: u64,
    /// Until then, its sender must have it; of several messages', the last.
    expires_at: UnixMillis,
    state: TransferState,
    not_before: UnixMillis,
    failures: u32,
    files: Vec<FileProgress>,
    /// What people were last told of.
    alarmed: Option<Waits>,
}

impl Board {
    /// Takes note of a message. Says whether there is something new to do.
    pub(super) fn add(&mut self, job: Job) -> bool {
        let transfer = Transfer {
            peer: job.key.from,
            manifest: job.manifest,
        };
        if !self.entries.contains_key(&transfer) && self.entries.len() >= TRANSFERS_KNOWN_MAX {
            return false;
        }
        let entry = self.entries.entry(transfer).or_insert_with(|| Entry {
            keys: BTreeMap::new(),
            priority: job.priority,
            index: job.index,
            expires_at: job.expires_at,
            state: TransferState::Waiting(Waits::Turn),
            not_before: UnixMillis(0),
            failures: 0,
            files: Vec::new(),
            alarmed: None,
        });
        if entry.keys.insert(job.key, job.envelope).is_some() {
            return false;
        }
        entry.priority = entry.priority.max(job.priority);
        entry.expires_at = entry.expires_at.max(job.expires_at);
        if !entry.is_to_go_on() && entry.state != TransferState::Active {
            // For another office of ours: the files are here, and its sender is to be told as well; or its
            // sender has them again.
            entry.state = TransferState::Waiting(Waits::Turn);
            entry.not_before = UnixMillis(0);
        }
        true
    }

    /// Whether the message with this key is known.
    pub(super) fn knows(&self, key: &InboxKey) -> bool {
        self.entries.values().any(|entry| entry.keys.contains_key(key))
    }

    /// Nothing of this manifest is pulled any more: it was erased `[ERASE]`. What is under way ends by
    /// itself.
    pub(super) fn forget(&mut self, manifest: &Commitment) {
        self.entries
            .retain(|transfer, entry| transfer.manifest != *manifest || entry.state == TransferState::Active);
    }

    /// Whether any transfer of this manifest is under way.
    pub(super) fn is_active(&self, manifest: &Commitment) -> bool {
        let mut entries = self.entries.iter();
        entries
            .any(|(transfer, entry)| transfer.manifest == *manifest && entry.state == TransferState::Active)
    }

    /// Forgets what is complete and no longer among the messages that the ledger says are pulled.
    pub(super) fn forget_complete(&mut self, pulling: &[(InboxKey, u64)]) {
        self.entries.retain(|_, entry| {
            let still = pulling.iter().any(|(key, _)| entry.keys.contains_key(key));
            entry.state != TransferState::Complete || still
        });
    }

    /// The next transfer to go on with, which counts as active from now on: of the peers that have the fewest
    /// active ones, the next in turn; of its transfers, the most urgent, and then the oldest.
    pub(super) fn next(
        &mut self,
        now: UnixMillis,
        is_connected: impl Fn(PartyCode) -> bool,
    ) -> Option<Transfer> {
        let active = self.active_by_peer();
        if active.values().sum::<usize>() >= TRANSFERS_ACTIVE_MAX {
            return None;
        }
        let mut best: BTreeMap<PartyCode, (Transfer, Priority, u64)> = BTreeMap::new();
        for (transfer, entry) in &mut self.entries {
            if !is_connected(transfer.peer) {
                if matches!(entry.state, TransferState::Waiting(Waits::Turn)) {
                    entry.state = TransferState::Waiting(Waits::Connection);
                }
                continue;
            }
            let is_waiting = entry.is_to_go_on() && entry.not_before <= now;
            let of_peer = active.get(&transfer.peer).copied().unwrap_or_default();
            if !is_waiting || of_peer >= TRANSFERS_PER_PEER_ACTIVE_MAX {
                continue;
            }
            let found = best
                .entry(transfer.peer)
                .or_insert((*transfer, entry.priority, entry.index));
            let is_sooner = entry.priority > found.1 || entry.priority == found.1 && entry.index < found.2;
            if is_sooner {
                *found = (*transfer, entry.priority, entry.index);
            }
        }
        let turn = |peer: &PartyCode| {
            let of_peer = active.get(peer).copied().unwrap_or_default();
            (of_peer, self.last.is_some_and(|last| *peer <= last), *peer)
        };
        let peer = best.keys().copied().min_by_key(turn)?;
        let (transfer, ..) = *best.get(&peer)?;
        self.last = Some(peer);
        self.entries.get_mut(&transfer)?.state = TransferState::Active;
        Some(transfer)
    }

    /// When the next one may be tried again that may not yet.
    pub(super) fn next_due(&self, now: UnixMillis) -> Option<UnixMillis> {
        let waiting = self
            .entries
            .values()
            .filter(|entry| entry.is_to_go_on() && entry.not_before > now);
        waiting.map(|entry| entry.not_before).min()
    }

    /// A connection to a peer came up: what waited for it need not wait for its time.
    pub(super) fn connected(&mut self, peer: PartyCode) {
        for (transfer, entry) in &mut self.entries {
            let waits_for_it = matches!(
                entry.state,
                TransferState::Waiting(Waits::Connection | Waits::Absent)
            );
            if transfer.peer == peer && waits_for_it {
                entry.not_before = UnixMillis(0);
            }
        }
    }

    /// An attempt has ended.
    pub(super) fn ended(&mut self, transfer: &Transfer, ended: Ended, now: UnixMillis) -> Consequences {
        let mut consequences = Consequences::default();
        let Some(entry) = self.entries.get_mut(transfer) else {
            return consequences;
        };
        let Some(waits) = ended.waits() else {
            entry.state = TransferState::Complete;
            entry.failures = 0;
            for file in &mut entry.files {
                file.present_bytes = file.sealed_bytes;
            }
            let arrived = entry.keys.iter().map(|(key, envelope)| Arrived {
                key: key.clone(),
                envelope: *envelope,
                manifest: transfer.manifest,
            });
            consequences.arrived = arrived.collect();
            return consequences;
        };
        let waits = waits.of_message(entry.expires_at, now);
        entry.not_before = now.plus(waits.pause(entry.failures));
        entry.failures = entry.failures.saturating_add(1);
        entry.state = TransferState::Waiting(waits);
        if waits.is_alarming() && entry.alarmed != Some(waits) {
            entry.alarmed = Some(waits);
            consequences.alarms = entry.keys.keys().map(|key| (key.clone(), waits)).collect();
        }
        consequences
    }

    /// What the manifest of a transfer names, and how much of it is here.
    pub(super) fn listed(&mut self, transfer: &Transfer, manifest: &Manifest) {
        let Some(entry) = self.entries.get_mut(transfer) else {
            return;
        };
        if entry.files.is_empty() {
            let files = manifest.attachments().map(|(_, attachment)| FileProgress {
                attachment: attachment.id(),
                present_bytes: 0,
                sealed_bytes: attachment.sealed_length_bytes(),
            });
            entry.files = files.collect();
        }
    }

    /// So much of a file is here. The attempt goes well: the next wait is the shortest again.
    pub(super) fn progressed(&mut self, transfer: &Transfer, id: AttachmentId, present_bytes: u64) {
        if let Some(entry) = self.entries.get_mut(transfer) {
            entry.failures = 0;
            let file = entry.files.iter_mut().find(|file| file.attachment == id);
            if let Some(file) = file {
                file.present_bytes = present_bytes;
            }
        }
    }

    /// How far the attachments of a message are; `None` where nothing is to be pulled for it.
    pub(super) fn progress(&self, message: MessageId) -> Option<MessageProgress> {
        let mut entries = self.entries.values();
        let entry = entries.find(|entry| entry.keys.keys().any(|key| key.message == message))?;
        Some(MessageProgress {
            state: entry.state,
            files: entry.files.clone(),
        })
    }

    /// How many are active, and how many wait for what.
    pub(super) fn figures(&self) -> (usize, BTreeMap<&'static str, usize>) {
        let mut waiting = BTreeMap::new();
        let mut active = 0;
        for entry in self.entries.values() {
            match entry.state {
                TransferState::Active => active += 1,
                TransferState::Waiting(waits) => *waiting.entry(waits.word()).or_default() += 1,
                TransferState::Complete => {}
            }
        }
        (active, waiting)
    }

    fn active_by_peer(&self) -> BTreeMap<PartyCode, usize> {
        let mut active = BTreeMap::new();
        for (transfer, entry) in &self.entries {
            if entry.state == TransferState::Active {
                *active.entry(transfer.peer).or_default() += 1;
            }
        }
        active
    }
}

impl Entry {
    /// Whether it waits, and is tried again by itself.
    fn is_to_go_on(&self) -> bool {
        matches!(self.state, TransferState::Waiting(waits) if waits.is_tried_again())
    }
}

#[cfg(test)]
mod tests;
