//! The node's own keys, and reading them again.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A key of the node and its days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeyTerm {
    /// What it is for.
    pub kind: KeyKind,
    /// Whose, for an OpenPGP key: `XA/police`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub office: Option<String>,
    /// Its name: the pin of a TLS key, the id of an envelope key, the C2SP vkey of a ledger or witness key,
    /// the fingerprint of an OpenPGP certificate.
    pub id: String,
    /// How far it got.
    pub stage: KeyStage,
    /// Its first moment.
    pub valid_from: Option<Timestamp>,
    /// Its end; absent while that is open.
    pub valid_until: Option<Timestamp>,
    /// Seconds until its end; 0 once it is over, absent while that is open.
    pub seconds_left: Option<u64>,
    /// Whether the node holds its secret half. Never so for the certificate authority.
    pub held: bool,
    /// Whether the directory in use names it.
    pub in_directory: bool,
    /// Whether another key of the node takes its place when it ends.
    pub succeeded: bool,
    /// Whether it is in use, ends soon, and nothing takes its place: an alarm.
    pub ends_soon: bool,
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// The certificate of the Party's own authority for TLS.
    Authority,
    /// The node's TLS certificate.
    Tls,
    /// Signs what the node says to others.
    Envelope,
    /// Signs the ledger's checkpoints.
    Ledger,
    /// Signs cosignatures on others' checkpoints.
    Witness,
    /// A contact point's OpenPGP certificate.
    Openpgp,
}

/// How far a key got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyStage {
    /// Its first moment is to come, or the directory does not name it yet.
    Next,
    /// This one.
    InUse,
    /// Good still, and another one is in use.
    Overlap,
    /// It is over. It is kept: what it signed is made again with it.
    Former,
}

/// What is in use after everything was read again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reloaded {
    /// The version of the directory.
    pub directory_version: u64,
    /// The id of the envelope key.
    pub envelope_key: String,
    /// The C2SP vkey of the ledger key.
    pub ledger_key: String,
    /// The pin of the TLS key.
    pub tls_pin: String,
    /// What could not be used, and stays as it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}
