//! How publishing stands: for status, metrics and alarms.

use std::collections::BTreeMap;

use protocol::time::UnixMillis;

/// Whether the ledger may be signed `[ROLLBACK]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Signing {
    /// The witnesses are being asked what they have.
    #[default]
    Checking,
    /// Too few could be asked.
    Waiting {
        /// How many were reached and agree.
        agreed: usize,
        /// How many must.
        needed: usize,
    },
    /// It may.
    Allowed,
    /// Somebody knows more of our ledger than we do.
    Refused {
        /// Who.
        witnesses: Vec<String>,
        /// Since when.
        since: UnixMillis,
    },
}

/// One witness.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OneWitness {
    /// How it is reached; empty where nobody knows.
    pub path: String,
    /// The size of the tree that it has cosigned last.
    pub size: u64,
    /// When it last cosigned.
    pub cosigned_at: Option<UnixMillis>,
    /// What was wrong when it was last asked.
    pub trouble: Option<String>,
}

/// How publishing stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// Whether anything may be signed.
    pub signing: Signing,
    /// Since when something that was released is without its quorum.
    pub behind_since: Option<UnixMillis>,
    /// Whether that is an alarm.
    pub is_lagging: bool,
    /// When a head was last published.
    pub published_at: Option<UnixMillis>,
    /// The witnesses, by their names in the policy.
    pub witnesses: BTreeMap<String, OneWitness>,
}

impl Signing {
    /// Whether the check at the start is over, for now: nothing more will come of waiting for it.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        *self != Self::Checking
    }
}
