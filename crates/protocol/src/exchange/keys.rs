//! The node's own keys in turn: which one signed what is a function of the ledger.
//!
//! A key comes into use with a leaf that says so ([`Entry::KeyChanged`], [`Entry::LedgerKeyChanged`], and
//! for a new log [`Entry::LogBegun`]). What belongs to an earlier leaf is signed with the earlier key for
//! ever, so that a first receipt is the same bytes after a change of keys, and after a restart
//! `[IDEMPOTENT]`; what belongs to a later leaf, with the new one. A checkpoint belongs to the last leaf
//! that it covers, and a change of the ledger key is the first leaf of its commit: so no leaf that was
//! recorded before a key was in use lies under it.
//!
//! What is dated before a change is signed with the key that was in use then: whoever checks it asks whether
//! the key was valid at that date.

use std::collections::{BTreeSet, VecDeque};

use ledger::note::NoteSigner;

use super::batch::Group;
use super::{Exchange, RecordError};
use crate::entry::Entry;
use crate::key::EnvelopeKey;
use crate::time::UnixMillis;

/// The keys that a node signed with before the ones that it signs with now, oldest first.
#[derive(Debug, Default)]
pub struct FormerKeys {
    /// Its envelope keys.
    pub envelope: Vec<Former<EnvelopeKey>>,
    /// Its ledger keys, of all its logs.
    pub ledger: Vec<Former<NoteSigner>>,
    /// The origins of the logs that have ended.
    pub ended_logs: BTreeSet<String>,
}

/// A key that was in use once.
#[derive(Debug)]
pub struct Former<K> {
    /// The leaf that ended its time: what belongs to earlier leaves was signed with it.
    pub until: u64,
    /// When that leaf was recorded.
    pub ended_at: UnixMillis,
    /// The key; `None` if it is lost. Then nothing that it signed can be made again.
    pub key: Option<K>,
}

/// The keys of one kind, in turn.
#[derive(Debug)]
pub(super) struct Turns<K> {
    former: Vec<Former<K>>,
    /// Those that go, with the moment of the change, while its leaf is not durable.
    leaving: VecDeque<(UnixMillis, K)>,
    current: K,
}

impl<K> Turns<K> {
    pub(super) fn new(former: Vec<Former<K>>, current: K) -> Self {
        Self {
            former,
            leaving: VecDeque::new(),
            current,
        }
    }

    /// Signs what joins a commit from now on.
    pub(super) fn current(&self) -> &K {
        &self.current
    }

    /// The key that signed, and signs for ever, what belongs to a durable leaf; `None` if it is lost.
    pub(super) fn of_leaf(&self, leaf: u64) -> Option<&K> {
        match self.former.iter().find(|former| leaf < former.until) {
            Some(former) => former.key.as_ref(),
            None => Some(self.leaving.front().map_or(&self.current, |(_, key)| key)),
        }
    }

    /// The key for a statement of that date: the one before, if that is earlier than the last change.
    pub(super) fn dated(&self, at: UnixMillis) -> &K {
        let leaving = self.leaving.back().map(|(until, key)| (*until, Some(key)));
        let former = || {
            let last = self.former.last()?;
            Some((last.ended_at, last.key.as_ref()))
        };
        match leaving.or_else(former) {
            Some((ended_at, Some(before))) if at < ended_at => before,
            _ => &self.current,
        }
    }

    /// When the current one came into use; the beginning of time for the first.
    pub(super) fn in_use_since(&self) -> UnixMillis {
        let leaving = self.leaving.back().map(|(at, _)| *at);
        let former = || self.former.last().map(|former| former.ended_at);
        leaving.or_else(former).unwrap_or_default()
    }

    pub(super) fn change(&mut self, now: UnixMillis, new: K) {
        let old = std::mem::replace(&mut self.current, new);
        self.leaving.push_back((now, old));
    }

    /// The leaf of the oldest change that waits is durable.
    fn settle(&mut self, leaf: u64) {
        if let Some((ended_at, key)) = self.leaving.pop_front() {
            self.former.push(Former {
                until: leaf,
                ended_at,
                key: Some(key),
            });
        }
    }
}

impl Exchange {
    /// Puts another envelope key to use: for all that is signed from now on and not dated earlier. What is
    /// recorded already keeps its key. The key must be valid now in the directory of the peers, and the one
    /// before stay so for what is dated before.
    ///
    /// # Errors
    /// [`RecordError::Busy`]; then nothing has changed. The key that is in use already changes nothing.
    pub fn change_envelope_key(&mut self, now: UnixMillis, new: EnvelopeKey) -> Result<(), RecordError> {
        self.now = now;
        let old = self.envelope_keys.current().id();
        if old == new.id() {
            return Ok(());
        }
        let entry = Entry::KeyChanged {
            at: now,
            old: Some(old),
            new: new.id(),
        };
        self.join_change(entry)?;
        self.envelope_keys.change(now, new);
        Ok(())
    }

    /// Puts another ledger key to use: for every checkpoint from the commit on that records the change. It
    /// has the same name as the one before, since an origin is one ledger.
    ///
    /// # Errors
    /// [`RecordError::Busy`], or [`RecordError::OtherLedger`]; then nothing has changed. The key that is in
    /// use already changes nothing.
    pub fn change_ledger_key(&mut self, now: UnixMillis, new: NoteSigner) -> Result<(), RecordError> {
        self.now = now;
        let old = self.ledger_keys.current().verifier_key();
        if old == new.verifier_key() {
            return Ok(());
        }
        if old.name() != new.name() {
            return Err(RecordError::OtherLedger);
        }
        let entry = Entry::LedgerKeyChanged {
            at: now,
            old: Box::new(old.clone()),
            new: Box::new(new.verifier_key().clone()),
        };
        self.join_change(entry)?;
        self.ledger_keys.change(now, new);
        // It is signed with the key before.
        self.witnessed = None;
        Ok(())
    }

    pub(super) fn join_change(&mut self, entry: Entry) -> Result<(), RecordError> {
        let group = Group::fact(entry);
        if !self.pipeline.has_room(&group) {
            return Err(RecordError::Busy);
        }
        self.pipeline.join(group);
        Ok(())
    }

    /// A durable leaf may have ended a key's time.
    pub(super) fn settle_keys(&mut self, leaf: u64, entry: &Entry) {
        match entry {
            Entry::KeyChanged { .. } => self.envelope_keys.settle(leaf),
            Entry::LedgerKeyChanged { .. } | Entry::LogBegun { .. } => self.ledger_keys.settle(leaf),
            _ => {}
        }
    }
}
