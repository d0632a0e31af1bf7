//! Directories, Parties' records and join requests as CBOR.
//!
//! Parties stand in ascending order of their codes; a Party's record is a map of its own, so that a later
//! version can add to it.

use std::collections::BTreeMap;

use ledger::limits::MAX_VERIFIER_KEY_BYTES;
use ledger::note::VerifierKey;

use super::{ContactPointRecord, Directory, NodeRecord, PartyRecord, Period, SignedKeySet};
use crate::cbor::{Labels, Reader, Writer};
use crate::decode::{DecodeError, Fault};
use crate::digest::Digest;
use crate::ids::PartyCode;
use crate::key::PublicKey;
use crate::limits::{
    ADDRESS_BYTES_MAX, CA_CERTIFICATE_BYTES_MAX, CA_CERTIFICATES_MAX, CONTACT_POINTS_MAX, DNS_NAME_BYTES_MAX,
    KEY_SET_BYTES_MAX, KEY_SETS_MAX, KEYS_PER_ROLE_MAX, NODE_ADDRESSES_MAX, OFFICE_CERTIFICATES_MAX,
    OPENPGP_CERTIFICATE_BYTES_MAX, PARTIES_MAX, PARTY_NAME_BYTES_MAX, PROFILE_BYTES_MAX, TLS_PINS_MAX,
};
use crate::time::UnixMillis;

/// The version of both formats.
const VERSION: u64 = 1;

/// The directory's labels.
mod label {
    pub(super) const VERSION: u64 = 0;
    pub(super) const NETWORK: u64 = 1;
    pub(super) const DIRECTORY_VERSION: u64 = 2;
    pub(super) const ISSUED_AT: u64 = 3;
    pub(super) const EXPIRES_AT: u64 = 4;
    pub(super) const PARTIES: u64 = 5;
    pub(super) const KEY_SETS: u64 = 6;
}

/// The labels of a Party's record.
mod party_label {
    pub(super) const CODE: u64 = 1;
    pub(super) const NAME: u64 = 2;
    pub(super) const NODE: u64 = 3;
    pub(super) const ENVELOPE_KEYS: u64 = 4;
    pub(super) const LEDGER_KEYS: u64 = 5;
    pub(super) const WITNESS_KEYS: u64 = 6;
    pub(super) const CONTACT_POINTS: u64 = 7;
    pub(super) const PROFILE: u64 = 8;
}

/// The labels of a node, a contact point, and a join request.
mod part_label {
    pub(super) const NODE_NAME: u64 = 1;
    pub(super) const NODE_ADDRESSES: u64 = 2;
    pub(super) const NODE_CA_CERTIFICATES: u64 = 3;
    pub(super) const NODE_TLS_PINS: u64 = 4;
    pub(super) const OFFICE: u64 = 1;
    pub(super) const OFFICE_CERTIFICATES: u64 = 2;
    pub(super) const OFFICE_PROFILE: u64 = 3;
    pub(super) const JOIN_AT: u64 = 1;
    pub(super) const JOIN_RECORD: u64 = 2;
}

/// A directory, and the key sets that it brings along. Without any it is what it was before there were key
/// sets, byte for byte.
pub(super) fn encode_directory(directory: &Directory, key_sets: &[SignedKeySet]) -> Vec<u8> {
    let mut out = Writer::with_capacity(4096 * (1 + directory.parties.len()));
    out.map(6 + u64::from(!key_sets.is_empty()));
    out.uint(label::VERSION).uint(VERSION);
    out.uint(label::NETWORK).text(&directory.network);
    out.uint(label::DIRECTORY_VERSION).uint(directory.version);
    out.uint(label::ISSUED_AT).uint(directory.issued_at.0);
    out.uint(label::EXPIRES_AT).uint(directory.expires_at.0);
    out.uint(label::PARTIES).array(directory.parties.len());
    for (code, record) in &directory.parties {
        encode_record(&mut out, *code, record);
    }
    if !key_sets.is_empty() {
        out.uint(label::KEY_SETS).array(key_sets.len());
        for key_set in key_sets {
            out.bytes(key_set.as_bytes());
        }
    }
    out.finish()
}

pub(super) fn decode_directory(bytes: &[u8]) -> Result<(Directory, Vec<SignedKeySet>), DecodeError> {
    let reader = &mut Reader::new("directory", bytes);
    let mut labels = reader.map()?;
    labels.version(reader, VERSION)?;
    labels.required(reader, label::NETWORK)?;
    let network = reader.text(DNS_NAME_BYTES_MAX)?.to_owned();
    labels.required(reader, label::DIRECTORY_VERSION)?;
    let version = reader.uint()?;
    labels.required(reader, label::ISSUED_AT)?;
    let issued_at = reader.time()?;
    labels.required(reader, label::EXPIRES_AT)?;
    let expires_at = reader.time()?;
    labels.required(reader, label::PARTIES)?;
    let mut parties = BTreeMap::new();
    for _ in 0..reader.array(PARTIES_MAX)? {
        let (code, record) = decode_record(reader)?;
        if parties.last_key_value().is_some_and(|(last, _)| code <= *last) {
            return Err(reader.bad("Parties stand in ascending order, each once"));
        }
        parties.insert(code, record);
    }
    let mut key_sets = Vec::new();
    if labels.optional(reader, label::KEY_SETS)? {
        for _ in 0..reader.array(KEY_SETS_MAX)? {
            key_sets.push(SignedKeySet::from_bytes(reader.bytes(KEY_SET_BYTES_MAX)?)?);
        }
        if key_sets.is_empty() {
            return Err(reader.bad("a list of key sets that has none is left out"));
        }
    }
    labels.end_of_statement(reader)?;
    reader.end()?;
    let directory = Directory {
        network,
        version,
        issued_at,
        expires_at,
        parties,
    };
    Ok((directory, key_sets))
}

/// The digest of a Party's record alone: how a change request speaks of what it changes.
pub(super) fn record_digest(party: PartyCode, record: &PartyRecord) -> Digest {
    let mut out = Writer::with_capacity(8192);
    encode_record(&mut out, party, record);
    Digest::of(&out.finish())
}

pub(super) fn encode_join(party: PartyCode, record: &PartyRecord, at: UnixMillis) -> Vec<u8> {
    let mut out = Writer::with_capacity(8192);
    out.map(3).uint(label::VERSION).uint(VERSION);
    out.uint(part_label::JOIN_AT).uint(at.0);
    encode_record(out.uint(part_label::JOIN_RECORD), party, record);
    out.finish()
}

pub(super) fn decode_join(bytes: &[u8]) -> Result<(PartyCode, PartyRecord, UnixMillis), DecodeError> {
    let reader = &mut Reader::new("join request", bytes);
    let mut labels = reader.map()?;
    labels.version(reader, VERSION)?;
    labels.required(reader, part_label::JOIN_AT)?;
    let at = reader.time()?;
    labels.required(reader, part_label::JOIN_RECORD)?;
    let (party, record) = decode_record(reader)?;
    labels.end_of_statement(reader)?;
    reader.end()?;
    Ok((party, record, at))
}

pub(super) fn encode_record(out: &mut Writer, code: PartyCode, record: &PartyRecord) {
    out.map(8).uint(party_label::CODE).text(code.as_str());
    out.uint(party_label::NAME).text(&record.name);
    encode_node(out.uint(party_label::NODE), &record.node);
    encode_keys(
        out.uint(party_label::ENVELOPE_KEYS),
        &record.envelope_keys,
        |out, key| {
            out.bytes(key.as_bytes());
        },
    );
    for (label, keys) in [
        (party_label::LEDGER_KEYS, &record.ledger_keys),
        (party_label::WITNESS_KEYS, &record.witness_keys),
    ] {
        encode_keys(out.uint(label), keys, |out, key| {
            out.text(&key.to_string());
        });
    }
    out.uint(party_label::CONTACT_POINTS)
        .array(record.contact_points.len());
    for contact_point in &record.contact_points {
        out.map(3)
            .uint(part_label::OFFICE)
            .text(&contact_point.office.to_string());
        encode_strings(
            out.uint(part_label::OFFICE_CERTIFICATES),
            &contact_point.certificates,
        );
        out.uint(part_label::OFFICE_PROFILE).text(&contact_point.profile);
    }
    out.uint(party_label::PROFILE).text(&record.profile);
}

pub(super) fn decode_record(reader: &mut Reader<'_>) -> Result<(PartyCode, PartyRecord), DecodeError> {
    let mut labels = reader.map()?;
    labels.required(reader, party_label::CODE)?;
    let code = reader.party()?;
    labels.required(reader, party_label::NAME)?;
    let name = reader.text(PARTY_NAME_BYTES_MAX)?.to_owned();
    labels.required(reader, party_label::NODE)?;
    let node = decode_node(reader)?;
    labels.required(reader, party_label::ENVELOPE_KEYS)?;
    let envelope_keys = decode_keys(reader, |reader| {
        let bytes = reader.exactly()?;
        PublicKey::from_bytes(&bytes).map_err(|_| reader.bad("an envelope key is a strong Ed25519 key"))
    })?;
    let ledger_keys = decode_note_keys(reader, &mut labels, party_label::LEDGER_KEYS)?;
    let witness_keys = decode_note_keys(reader, &mut labels, party_label::WITNESS_KEYS)?;
    labels.required(reader, party_label::CONTACT_POINTS)?;
    let mut contact_points = Vec::new();
    for _ in 0..reader.array(CONTACT_POINTS_MAX)? {
        contact_points.push(decode_contact_point(reader)?);
    }
    labels.required(reader, party_label::PROFILE)?;
    let profile = reader.text(PROFILE_BYTES_MAX)?.to_owned();
    labels.end_of_statement(reader)?;
    let record = PartyRecord {
        name,
        node,
        envelope_keys,
        ledger_keys,
        witness_keys,
        contact_points,
        profile,
    };
    Ok((code, record))
}

fn encode_node(out: &mut Writer, node: &NodeRecord) {
    out.map(4).uint(part_label::NODE_NAME).text(&node.name);
    out.uint(part_label::NODE_ADDRESSES).array(node.addresses.len());
    for address in &node.addresses {
        out.text(address);
    }
    encode_strings(out.uint(part_label::NODE_CA_CERTIFICATES), &node.ca_certificates);
    out.uint(part_label::NODE_TLS_PINS).array(node.tls_pins.len());
    for pin in &node.tls_pins {
        out.bytes(pin.as_bytes());
    }
}

fn decode_node(reader: &mut Reader<'_>) -> Result<NodeRecord, DecodeError> {
    let mut labels = reader.map()?;
    labels.required(reader, part_label::NODE_NAME)?;
    let name = reader.text(DNS_NAME_BYTES_MAX)?.to_owned();
    labels.required(reader, part_label::NODE_ADDRESSES)?;
    let mut addresses = Vec::new();
    for _ in 0..reader.array(NODE_ADDRESSES_MAX)? {
        addresses.push(reader.text(ADDRESS_BYTES_MAX)?.to_owned());
    }
    labels.required(reader, part_label::NODE_CA_CERTIFICATES)?;
    let ca_certificates = decode_strings(reader, CA_CERTIFICATES_MAX, CA_CERTIFICATE_BYTES_MAX)?;
    labels.required(reader, part_label::NODE_TLS_PINS)?;
    let mut tls_pins = Vec::new();
    for _ in 0..reader.array(TLS_PINS_MAX)? {
        tls_pins.push(reader.digest()?);
    }
    labels.end_of_statement(reader)?;
    Ok(NodeRecord {
        name,
        addresses,
        ca_certificates,
        tls_pins,
    })
}

fn decode_contact_point(reader: &mut Reader<'_>) -> Result<ContactPointRecord, DecodeError> {
    let mut labels = reader.map()?;
    labels.required(reader, part_label::OFFICE)?;
    let office = reader.contact_point()?;
    labels.required(reader, part_label::OFFICE_CERTIFICATES)?;
    let certificates = decode_strings(reader, OFFICE_CERTIFICATES_MAX, OPENPGP_CERTIFICATE_BYTES_MAX)?;
    labels.required(reader, part_label::OFFICE_PROFILE)?;
    let profile = reader.text(PROFILE_BYTES_MAX)?.to_owned();
    labels.end_of_statement(reader)?;
    Ok(ContactPointRecord {
        office,
        certificates,
        profile,
    })
}

fn encode_strings(out: &mut Writer, strings: &[Vec<u8>]) {
    out.array(strings.len());
    for bytes in strings {
        out.bytes(bytes);
    }
}

fn decode_strings(
    reader: &mut Reader<'_>,
    limit: usize,
    limit_bytes: usize,
) -> Result<Vec<Vec<u8>>, DecodeError> {
    let count = reader.array(limit)?;
    (0..count)
        .map(|_| reader.bytes(limit_bytes).map(<[u8]>::to_vec))
        .collect()
}

fn encode_keys<T>(out: &mut Writer, keys: &[Period<T>], write: impl Fn(&mut Writer, &T)) {
    out.array(keys.len());
    for period in keys {
        out.array(2 + usize::from(period.valid_until.is_some()));
        write(out, &period.value);
        out.uint(period.valid_from.0);
        if let Some(until) = period.valid_until {
            out.uint(until.0);
        }
    }
}

fn decode_keys<T>(
    reader: &mut Reader<'_>,
    read: impl Fn(&mut Reader<'_>) -> Result<T, DecodeError>,
) -> Result<Vec<Period<T>>, DecodeError> {
    let mut keys = Vec::new();
    for _ in 0..reader.array(KEYS_PER_ROLE_MAX)? {
        let elements = reader.array(3)?;
        if elements < 2 {
            return Err(reader.fault(Fault::WrongLength(2)));
        }
        let (value, valid_from) = (read(reader)?, reader.time()?);
        let valid_until = if elements == 3 { Some(reader.time()?) } else { None };
        keys.push(Period {
            value,
            valid_from,
            valid_until,
        });
    }
    Ok(keys)
}

fn decode_note_keys(
    reader: &mut Reader<'_>,
    labels: &mut Labels,
    label: u64,
) -> Result<Vec<Period<VerifierKey>>, DecodeError> {
    labels.required(reader, label)?;
    decode_keys(reader, |reader| {
        reader.parsed(MAX_VERIFIER_KEY_BYTES, "not a C2SP verifier key")
    })
}
