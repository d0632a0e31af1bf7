//! What a Party's first entry in the directory says, from its new keys.

use convention::profile::PartyProfile;
use protocol::directory::{ContactPointRecord, JoinRequest, NodeRecord, PartyRecord, Period};
use protocol::ids::{ContactPoint, PartyCode};
use protocol::key::EnvelopeKey;
use protocol::time::UnixMillis;
use protocol::verifier;

use super::tls::Tls;
use crate::failure::Failure;

/// The seeds of a node's three Ed25519 keys. One key is never used for two purposes.
pub(super) struct Seeds<'a> {
    pub(super) envelope: &'a [u8; 32],
    pub(super) ledger: &'a [u8; 32],
    pub(super) witness: &'a [u8; 32],
}

/// A new Party, as its operator describes it.
pub(super) struct Newcomer<'a> {
    pub(super) party: PartyCode,
    /// The Party's name, for people.
    pub(super) title: &'a str,
    pub(super) node_name: &'a str,
    pub(super) addresses: Vec<String>,
    /// Each contact point with its OpenPGP certificate.
    pub(super) contact_points: Vec<(ContactPoint, Vec<u8>)>,
    pub(super) profile: &'a PartyProfile,
    /// The ledger's origin.
    pub(super) origin: &'a str,
    pub(super) at: UnixMillis,
}

/// The request to join, signed by the new envelope key.
pub(super) fn join_request(
    newcomer: Newcomer<'_>,
    seeds: &Seeds<'_>,
    tls: &Tls,
) -> Result<JoinRequest, Failure> {
    let envelope = EnvelopeKey::from_seed(seeds.envelope);
    let (party, at) = (newcomer.party, newcomer.at);
    let record = party_record(newcomer, seeds, tls, &envelope)?;
    JoinRequest::sign(party, &record, at, &envelope)
        .map_err(|error| Failure::failed(format!("cannot make the join request: {error}")))
}

/// The origin of a node's ledger in a year. A new year begins a new log.
pub(crate) fn origin(node_name: &str, year: i16) -> String {
    format!("{node_name}/ledger/{year}")
}

fn party_record(
    newcomer: Newcomer<'_>,
    seeds: &Seeds<'_>,
    tls: &Tls,
    envelope: &EnvelopeKey,
) -> Result<PartyRecord, Failure> {
    let name = |error| Failure::failed(format!("{} cannot be a ledger's name: {error}", newcomer.origin));
    let ledger = verifier::ledger_key(newcomer.origin, seeds.ledger).map_err(name)?;
    let witness =
        verifier::witness_key(&format!("{}/witness", newcomer.node_name), seeds.witness).map_err(name)?;
    let profile = serde_json::to_string(newcomer.profile)
        .map_err(|error| Failure::failed(format!("cannot write the profile: {error}")))?;
    let contact_points =
        newcomer
            .contact_points
            .into_iter()
            .map(|(office, certificate)| ContactPointRecord {
                office,
                certificates: vec![certificate],
                profile: profile.clone(),
            });
    Ok(PartyRecord {
        name: newcomer.title.to_owned(),
        node: NodeRecord {
            name: newcomer.node_name.to_owned(),
            addresses: newcomer.addresses,
            ca_certificates: vec![tls.ca_certificate.clone()],
            tls_pins: vec![tls.pin],
        },
        envelope_keys: vec![since(envelope.public(), newcomer.at)],
        ledger_keys: vec![since(ledger, newcomer.at)],
        witness_keys: vec![since(witness, newcomer.at)],
        contact_points: contact_points.collect(),
        profile: profile.clone(),
    })
}

fn since<T>(value: T, valid_from: UnixMillis) -> Period<T> {
    Period {
        value,
        valid_from,
        valid_until: None,
    }
}
