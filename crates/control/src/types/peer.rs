//! Peers: who they are, how they are reached, and what a test of the way to one found.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::PeerStatus;

/// One other Party's node, as this node sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PeerDetail {
    /// Whether and since when it is connected, and what waits for it.
    #[serde(flatten)]
    pub status: PeerStatus,
    /// Where the directory says that it can be dialled; empty for a node that dials only.
    pub addresses: Vec<String>,
    /// Who dialled the connection that stands.
    pub dialled: Option<Dialled>,
    /// What it said in its hello; absent while it has not been connected in this process's life.
    pub greeting: Option<Greeting>,
    /// Why reaching it last failed, if that was after it was last connected.
    pub last_failure: Option<PeerFailure>,
}

/// Who dialled a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Dialled {
    /// This node.
    ByUs,
    /// The peer.
    ByPeer,
}

/// What a peer said in its signed hello.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Greeting {
    /// When.
    pub at: Timestamp,
    /// The versions of the protocol that it speaks.
    pub versions: Vec<u16>,
    /// The version of its directory.
    pub directory_version: u64,
    /// By how many milliseconds its clock was ahead of ours; negative when it was behind.
    pub clock_ahead_ms: i64,
}

/// A failed attempt to reach a peer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PeerFailure {
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub what: String,
}

/// What a test of the way to a peer found, step by step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PeerTest {
    /// The Party.
    pub party: String,
    /// When the test began.
    pub tested_at: Timestamp,
    /// The worst of the steps.
    pub outcome: StepOutcome,
    /// Whose it is to mend, if something is to be mended.
    pub blame: Option<Blame>,
    /// What was looked at, in this order. A step that depends on one that failed is skipped.
    pub steps: Vec<TestStep>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TestStep {
    /// Which.
    pub step: StepName,
    /// The address that it is about, where a node has several.
    pub address: Option<String>,
    /// How it is.
    pub outcome: StepOutcome,
    /// What was found.
    pub what: String,
    /// How long it took, in microseconds, where that says something.
    pub took_us: Option<u64>,
    /// Whose it is to mend.
    pub blame: Option<Blame>,
    /// What mends it.
    pub mend: Option<String>,
}

/// What a test looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepName {
    /// Whether the directory in use names the peer, and is in date.
    Directory,
    /// Whether its name resolves.
    Dns,
    /// Whether anything answers there over UDP.
    Udp,
    /// Whether both sides take each other's certificate `[MTLS]`.
    Tls,
    /// Whether a connection stands, and which version of the protocol is spoken.
    Protocol,
    /// Whether both have the same version of the directory.
    DirectoryVersion,
    /// Whether the clocks agree.
    Clock,
    /// Whether it answers over that connection now, and how fast.
    Echo,
    /// Whether it gives a receipt that can be verified. Only a real message shows that.
    Receipt,
}

/// How a step went. In the order of gravity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepOutcome {
    /// Could not be looked at, or was not asked for.
    Skipped,
    /// As it should be.
    Ok,
    /// Works, and is not as it should be.
    Warning,
    /// Does not work.
    Failed,
}

/// Whose it is to mend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Blame {
    /// This node's operator.
    Ours,
    /// The peer's operator.
    Theirs,
    /// Whoever runs the network between, firewalls on both sides included.
    Network,
    /// The secretariat, or whoever has an old directory.
    Directory,
}

impl StepName {
    /// The word of the wire and of people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::Dns => "dns",
            Self::Udp => "udp",
            Self::Tls => "tls",
            Self::Protocol => "protocol",
            Self::DirectoryVersion => "directory_version",
            Self::Clock => "clock",
            Self::Echo => "echo",
            Self::Receipt => "receipt",
        }
    }
}

impl PeerTest {
    /// Sums up the steps: the worst outcome, and the blame of the first step that has it.
    #[must_use]
    pub fn of(party: String, tested_at: Timestamp, steps: Vec<TestStep>) -> Self {
        let worst = steps.iter().map(|step| step.outcome).max();
        let outcome = worst.unwrap_or(StepOutcome::Skipped);
        let decisive = steps.iter().find(|step| step.outcome == outcome);
        Self {
            party,
            tested_at,
            outcome,
            blame: decisive.and_then(|step| step.blame),
            steps,
        }
    }
}
