//! Witnesses: who has seen our ledger, and whether it may be signed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How the ledger stands with its witnesses.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WitnessState {
    /// Whether anything may be signed.
    pub signing: SigningState,
    /// The witnesses that know more of this ledger than it does; empty unless signing is refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub against: Vec<String>,
    /// The size of the newest head that has its quorum of cosignatures.
    pub published_size: Option<u64>,
    /// When it got it.
    pub published_at: Option<Timestamp>,
    /// Since when something that was released is without its quorum.
    pub behind_since: Option<Timestamp>,
    /// Whether that has lasted for so long that it is an alarm.
    pub lagging: bool,
    /// The witnesses, by their names in the policy; those that were asked in this process's life.
    pub witnesses: Vec<WitnessStatus>,
    /// Alarms: proofs that a ledger has shown two histories, or has lost what it signed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forks: Vec<LedgerFork>,
}

/// Whether the ledger may be signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SigningState {
    /// The witnesses are being asked what they have of it.
    #[default]
    Checking,
    /// Too few witnesses could be asked.
    Waiting,
    /// It may.
    Allowed,
    /// Witnesses know more of it than it does: an old backup was put back, or another node has the same keys.
    Refused,
}

/// One witness.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WitnessStatus {
    /// Its name in the policy: a Party's code, where the policy follows from the directory.
    pub name: String,
    /// How it is reached: a Party's code, or a URL.
    pub path: String,
    /// The size of the newest head that it has cosigned.
    pub size: u64,
    /// When it last cosigned.
    pub cosigned_at: Option<Timestamp>,
    /// What was wrong when it was last asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}

/// A proof about a ledger that is kept. `ohrid-verify fork` checks it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LedgerFork {
    /// Whose ledger.
    pub party: String,
    /// What it shows: `fork` or `rollback`.
    pub shows: String,
    /// The size of the smaller tree in it.
    pub size: u64,
    /// The file, on the node's machine. The alarm stands until it is moved elsewhere.
    pub proof: String,
}
