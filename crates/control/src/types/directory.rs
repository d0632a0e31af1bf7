//! The directory, as people and programs look things up in it. The signed bytes are served beside it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// The directory in use, without its keys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DirectorySummary {
    /// The network's name.
    pub network: String,
    /// Its version, which only grows.
    pub version: u64,
    /// When the secretariat signed it.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The Parties, by code.
    pub parties: Vec<PartySummary>,
}

/// One Party.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PartySummary {
    /// Its code: `XA`.
    pub party: String,
    /// Its name, for people.
    pub name: String,
    /// Its node's DNS name.
    pub node_name: String,
    /// Where the node can be reached, `host:port`; empty when it only dials out `[NAT]`.
    pub addresses: Vec<String>,
    /// Its contact points.
    pub contact_points: Vec<ContactPointSummary>,
}

/// One contact point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ContactPointSummary {
    /// `XA/police`.
    pub office: String,
    /// Fingerprints of its OpenPGP certificates, upper-case hexadecimal.
    pub certificates: Vec<String>,
    /// Its profile, as the Party wrote it (the `convention` crate reads it).
    #[schema(value_type = Object)]
    pub profile: Value,
}
