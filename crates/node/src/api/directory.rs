//! The directory in use, to look things up in, and as it was signed.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use control::types::{ContactPointSummary, DirectorySummary, PartySummary};
use protocol::directory::{ContactPointRecord, PartyRecord};
use protocol::ids::PartyCode;
use serde_json::Value;

use super::{Shared, plain};
use crate::directory::Accepted;
use crate::news::timestamp;

pub(super) async fn summary(State(parts): State<Shared>) -> Json<DirectorySummary> {
    let accepted = parts.directory.current();
    let directory = &accepted.directory;
    Json(DirectorySummary {
        network: directory.network.clone(),
        version: directory.version,
        issued_at: timestamp(directory.issued_at),
        expires_at: timestamp(directory.expires_at),
        parties: directory
            .parties
            .iter()
            .map(|(party, record)| party_summary(&accepted, *party, record))
            .collect(),
    })
}

pub(super) async fn document(State(parts): State<Shared>) -> Response {
    let accepted = parts.directory.current();
    plain("application/cose", accepted.signed.as_bytes().to_vec())
}

fn party_summary(accepted: &Accepted, party: PartyCode, record: &PartyRecord) -> PartySummary {
    let points = record.contact_points.iter();
    PartySummary {
        party: party.to_string(),
        name: record.name.clone(),
        node_name: record.node.name.clone(),
        addresses: record.node.addresses.clone(),
        contact_points: points.map(|point| point_summary(accepted, point)).collect(),
    }
}

fn point_summary(accepted: &Accepted, point: &ContactPointRecord) -> ContactPointSummary {
    let certificates = accepted.certificates(&point.office).iter();
    ContactPointSummary {
        office: point.office.to_string(),
        certificates: certificates.map(|one| one.fingerprint().to_string()).collect(),
        profile: serde_json::from_str(&point.profile).unwrap_or(Value::Null),
    }
}
