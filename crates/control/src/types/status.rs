//! How the node is.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{KeyTerm, OfficersState, TimeStampState, WitnessState};

/// How the node is: what `ohrid node status` shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NodeStatus {
    /// The Party that this node serves: `XA`.
    pub party: String,
    /// The node's DNS name, as in the directory and in its TLS certificate.
    pub node_name: String,
    /// The program's version.
    pub version: String,
    /// Whether it can serve.
    pub state: NodeState,
    /// Its ledger.
    pub ledger: LedgerState,
    /// How that stands with its witnesses.
    #[serde(default)]
    pub witness: WitnessState,
    /// Its directory; absent while it has none.
    pub directory: Option<DirectoryState>,
    /// The other Parties' nodes.
    pub peers: Vec<PeerStatus>,
    /// Messages and reports that no peer has confirmed yet.
    pub outbox_pending: u64,
    /// Received messages that were not opened yet.
    pub unopened: u64,
    /// Who may write, and what waits for a second officer.
    #[serde(default)]
    pub officers: OfficersState,
    /// The keys in use and their days, the certificate authority's among them.
    #[serde(default)]
    pub keys: Vec<KeyTerm>,
    /// How asking for time stamps goes; absent where no service is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_stamp: Option<TimeStampState>,
    /// The UDP address it really listens on: `192.0.2.1:4433`.
    pub listen: String,
    /// When this process started.
    pub started_at: Timestamp,
    /// The node's clock now.
    pub clock: Timestamp,
}

/// Whether the node can serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NodeState {
    /// Reading its store, when requests get 503; or asking its witnesses, when writes wait.
    Starting,
    /// Serving.
    Ready,
    /// Showing what it has, and recording and signing nothing: witnesses know more of its ledger than it does
    /// (`witness`). Writes get 503.
    ReadOnly,
    /// Finishing what is under way; requests get 503.
    Stopping,
}

/// The ledger as of the last durable commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LedgerState {
    /// The log's origin: its name in checkpoints.
    pub origin: String,
    /// Leaves.
    pub size: u64,
    /// The root hash, base64 as in a checkpoint.
    pub root: String,
    /// When the last checkpoint was signed; absent while the ledger is empty.
    pub last_checkpoint_at: Option<Timestamp>,
}

/// The directory in use `[DIRECTORY]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DirectoryState {
    /// The network's name.
    pub network: String,
    /// Its version, which only grows.
    pub version: u64,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Whether it has not ended yet. After the end the node goes on for a grace period, with alarms.
    pub in_date: bool,
    /// The number of the secretariat's key set in force; absent where single keys sign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_set: Option<u64>,
    /// Alarms: documents of which there are two of one number, both signed by the secretariat.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forks: Vec<DirectoryFork>,
}

/// Two documents of the secretariat with one number: somebody is told something else, or holds its keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DirectoryFork {
    /// What there are two of.
    pub of: ForkedDocument,
    /// The directory's version, or the key set's number.
    pub number: u64,
    /// The file with the other one, on the node's machine. The alarm stands until it is moved elsewhere.
    pub proof: String,
}

/// What there can be two of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ForkedDocument {
    /// Directories.
    Directory,
    /// Key sets.
    KeySet,
}

/// The connection to one other Party's node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PeerStatus {
    /// The Party.
    pub party: String,
    /// The node's DNS name there.
    pub name: String,
    /// Whether a connection stands, with the peer's signed hello.
    pub connected: bool,
    /// Since when it is as it is.
    pub since: Option<Timestamp>,
    /// When anything last came from it, in this process's life.
    pub last_seen: Option<Timestamp>,
    /// What waits to be sent to it.
    pub pending_messages: u64,
    /// The address at which it was last reached.
    pub reachable_address: Option<String>,
    /// Since when it has been over what it may have this node record in an hour, if that has been for long:
    /// what it sends waits, and somebody should find out why.
    #[serde(default)]
    pub over_quota_since: Option<Timestamp>,
}

/// The query of a ledger proof.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofQuery {
    /// The tree's size; the latest checkpoint's when absent.
    #[serde(default)]
    pub size: Option<u64>,
    /// The position in the ledger at which the leaf's log begins; the newest log's when absent. Index and
    /// size
    /// count within it.
    #[serde(default)]
    pub log: Option<u64>,
}
