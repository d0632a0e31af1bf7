//! What is shown of the directory, and of the node's own keys in it.

use std::collections::BTreeMap;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use protocol::time::UnixMillis;

use super::{Ended, Kind, seconds, whole};
use crate::rotation::terms::{Stage, Term};

/// The labels of a key's end.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KeyLabel {
    kind: &'static str,
    stage: &'static str,
}

/// How the directory in use was found.
#[derive(Debug, Clone, Copy, Default)]
pub struct DirectoryState {
    /// Its version.
    pub version: u64,
    /// When it was signed.
    pub issued_at: UnixMillis,
    /// When it ends.
    pub expires_at: UnixMillis,
    /// Whether anything is exchanged by it.
    pub is_usable: bool,
    /// Proofs that there are two of one number.
    pub forks: usize,
}

/// Figures of the directory and of keys.
#[derive(Debug, Default)]
pub struct DirectoryMetrics {
    version: Gauge,
    expiry: Gauge,
    age: Gauge,
    usable: Gauge,
    forks: Gauge,
    asked_for: Family<Ended, Counter>,
    key_expiry: Family<KeyLabel, Gauge>,
    key_ends: Family<Kind, Gauge>,
    next_log_missing: Gauge,
}

impl DirectoryMetrics {
    /// Shows how it was found.
    pub fn set(&self, state: &DirectoryState, now: UnixMillis) {
        self.version.set(i64::try_from(state.version).unwrap_or(i64::MAX));
        self.expiry.set(seconds(state.expires_at));
        let age = now.since(state.issued_at).as_secs();
        self.age.set(i64::try_from(age).unwrap_or(i64::MAX));
        self.usable.set(i64::from(state.is_usable));
        self.forks.set(whole(state.forks));
    }

    /// When the first of the node's keys of each kind ends, of those in use and of those that come next; and
    /// of those that nothing succeeds. A key without an end has no line.
    pub fn set_key_terms(&self, terms: &[Term]) {
        self.key_expiry.clear();
        self.key_ends.clear();
        let mut first: BTreeMap<(&'static str, &'static str), UnixMillis> = BTreeMap::new();
        let mut last: BTreeMap<&'static str, UnixMillis> = BTreeMap::new();
        for term in terms {
            let stage = match term.stage {
                Stage::InUse => "in_use",
                Stage::Next => "next",
                Stage::Overlap | Stage::Former => continue,
            };
            let Some(until) = term.valid_until else { continue };
            let kind = term.kind.as_str();
            let end = first.entry((kind, stage)).or_insert(until);
            *end = until.min(*end);
            if term.stage == Stage::InUse && !term.is_succeeded {
                let end = last.entry(kind).or_insert(until);
                *end = until.min(*end);
            }
        }
        for ((kind, stage), end) in first {
            let label = KeyLabel { kind, stage };
            self.key_expiry.get_or_create(&label).set(seconds(end));
        }
        for (kind, end) in last {
            self.key_ends.get_or_create(&Kind { kind }).set(seconds(end));
        }
    }

    /// Whether the year's log ends soon, and the directory names no next one.
    pub fn set_next_log_missing(&self, missing: bool) {
        self.next_log_missing.set(i64::from(missing));
    }

    /// A peer was asked for a newer directory, and this came of it.
    pub fn asked(&self, outcome: &'static str) {
        self.asked_for.get_or_create(&Ended { outcome }).inc();
    }

    pub(super) fn register(&self, r: &mut Registry) {
        r.register(
            "directory_version",
            "Version of the directory in use",
            self.version.clone(),
        );
        r.register(
            "directory_expiry_timestamp_seconds",
            "When the directory in use ends",
            self.expiry.clone(),
        );
        r.register(
            "directory_age_seconds",
            "How long ago the directory in use was signed",
            self.age.clone(),
        );
        r.register(
            "directory_usable",
            "1 while the directory is in date or in its grace period; otherwise nothing is exchanged",
            self.usable.clone(),
        );
        r.register(
            "directory_forks",
            "Proofs of two directories, or key sets, of one number: an alarm",
            self.forks.clone(),
        );
        r.register(
            "directories_asked_for",
            "Questions to peers for a newer directory, by what came of them",
            self.asked_for.clone(),
        );
        r.register(
            "key_expiry_timestamp_seconds",
            "When the first of the node's own keys and certificates ends, by kind and stage",
            self.key_expiry.clone(),
        );
        r.register(
            "key_end_timestamp_seconds",
            "When the first one in use ends that no other key succeeds, by kind",
            self.key_ends.clone(),
        );
        r.register(
            "next_log_missing",
            "1 while the year's log ends soon and the directory names no next one: an alarm",
            self.next_log_missing.clone(),
        );
    }
}
