//! What must hold in a directory beyond its form.
//!
//! One key is never used for two purposes, and never by two: each Ed25519 key stands in the directory
//! once, whatever its role; a TLS key that is also one of them is found by the digest that it is pinned by.

use core::net::{Ipv4Addr, Ipv6Addr};
use std::collections::{BTreeMap, BTreeSet};

use ledger::note::{KeyKind, VerifierKey};

use super::{Directory, DirectoryError, NodeRecord, PartyRecord, Period, SignedKeySet};
use crate::digest::Digest;
use crate::ids::PartyCode;
use crate::key::PublicKey;
use crate::limits::DNS_NAME_BYTES_MAX;

/// What comes before the 32 bytes of an Ed25519 key in its subject public key info (RFC 8410 section 4).
const ED25519_INFO_PREFIX: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// What may stand in a directory once only.
#[derive(Default)]
struct Seen {
    /// Digests of subject public key infos: of TLS keys and of all others.
    keys: BTreeSet<Digest>,
    node_names: BTreeSet<String>,
    /// Names of ledger and witness keys, and the Party that each is of.
    note_names: BTreeMap<String, PartyCode>,
}

/// Holds a directory against the rules. No key of a Party may be one of the secretariat's.
pub(super) fn check_directory(
    directory: &Directory,
    secretariat: &[PublicKey],
) -> Result<(), DirectoryError> {
    let about_all = |what| Err(DirectoryError::Invalid { party: None, what });
    if !is_dns_name(&directory.network) {
        return about_all("the network's name has the form of a DNS name");
    }
    if directory.version == 0 {
        return about_all("versions begin with 1");
    }
    if directory.expires_at <= directory.issued_at {
        return about_all("it expires before it was issued");
    }
    let mut seen = Seen::default();
    seen.keys
        .extend(secretariat.iter().map(|key| key_digest(key.as_bytes())));
    for (code, record) in &directory.parties {
        seen.check(*code, record)
            .map_err(|what| DirectoryError::Invalid {
                party: Some(*code),
                what,
            })?;
    }
    Ok(())
}

/// The same for a directory and the key sets that it brings along: they are of its network, and none of their
/// keys, the old ones included, is a Party's.
pub(super) fn check_document(
    directory: &Directory,
    key_sets: &[SignedKeySet],
    secretariat: &[PublicKey],
) -> Result<(), DirectoryError> {
    let mut keys = secretariat.to_vec();
    for key_set in key_sets {
        let key_set = key_set.peek()?;
        if key_set.network() != directory.network {
            return Err(DirectoryError::OtherNetwork);
        }
        keys.extend_from_slice(key_set.keys());
    }
    check_directory(directory, &keys)
}

/// Holds one Party's record against the rules.
pub(super) fn check_record(party: PartyCode, record: &PartyRecord) -> Result<(), DirectoryError> {
    Seen::default()
        .check(party, record)
        .map_err(|what| DirectoryError::Invalid {
            party: Some(party),
            what,
        })
}

impl Seen {
    fn check(&mut self, party: PartyCode, record: &PartyRecord) -> Result<(), &'static str> {
        if record.name.is_empty() || record.name.chars().any(char::is_control) {
            return Err("a Party has a name, without control characters");
        }
        check_node(&record.node)?;
        if !self.node_names.insert(record.node.name.clone()) {
            return Err("another node has the same name");
        }
        if record.envelope_keys.is_empty() || record.ledger_keys.is_empty() {
            return Err("a Party has an envelope key and a ledger key");
        }
        self.check_keys(party, record)?;
        let mut offices = BTreeSet::new();
        for contact_point in &record.contact_points {
            if contact_point.office.party() != party {
                return Err("a contact point of another Party");
            }
            if !offices.insert(contact_point.office.office()) {
                return Err("a contact point stands there twice");
            }
        }
        Ok(())
    }

    fn check_keys(&mut self, party: PartyCode, record: &PartyRecord) -> Result<(), &'static str> {
        for period in &record.envelope_keys {
            check_period(period)?;
            self.use_once(key_digest(period.value.as_bytes()))?;
        }
        for period in &record.ledger_keys {
            check_period(period)?;
            if period.value.kind() != KeyKind::Ed25519 {
                return Err("a ledger key is of C2SP type 0x01");
            }
            self.check_note_key(party, &period.value)?;
        }
        for period in &record.witness_keys {
            check_period(period)?;
            if period.value.kind() != KeyKind::CosignatureV1 {
                return Err("a witness key is of C2SP type 0x04");
            }
            self.check_note_key(party, &period.value)?;
        }
        record
            .node
            .tls_pins
            .iter()
            .try_for_each(|pin| self.use_once(*pin))
    }

    /// A note key's name may stand there again when the key changes, but not for another Party: an origin is
    /// one ledger.
    fn check_note_key(&mut self, party: PartyCode, key: &VerifierKey) -> Result<(), &'static str> {
        self.use_once(key_digest(key.verifying_key().as_bytes()))?;
        let owner = *self.note_names.entry(key.name().to_owned()).or_insert(party);
        if owner == party {
            Ok(())
        } else {
            Err("another Party has a ledger or witness of the same name")
        }
    }

    fn use_once(&mut self, key: Digest) -> Result<(), &'static str> {
        if self.keys.insert(key) {
            Ok(())
        } else {
            Err("a key is used for two purposes, or by two")
        }
    }
}

fn check_period<T>(period: &Period<T>) -> Result<(), &'static str> {
    match period.valid_until {
        Some(until) if until <= period.valid_from => Err("a key's validity ends before it begins"),
        _ => Ok(()),
    }
}

fn check_node(node: &NodeRecord) -> Result<(), &'static str> {
    if !is_dns_name(&node.name) {
        return Err("a node's name is a DNS name in lower case");
    }
    if !node.addresses.iter().all(|address| is_address(address)) {
        return Err("an address is host:port, the host a DNS name, an IPv4 address or an [IPv6] address");
    }
    Ok(())
}

/// Lower-case letters, digits and hyphens in labels of 1 to 63 (RFC 1123 section 2.1), not an IPv4
/// address.
fn is_dns_name(name: &str) -> bool {
    let is_label = |label: &str| {
        let letters_fit = label
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        letters_fit && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    name.len() <= DNS_NAME_BYTES_MAX && name.split('.').all(is_label) && name.parse::<Ipv4Addr>().is_err()
}

fn is_address(address: &str) -> bool {
    let Some((host, port)) = address.rsplit_once(':') else {
        return false;
    };
    let port_fits = port
        .parse::<u16>()
        .is_ok_and(|number| number != 0 && number.to_string() == port);
    let bracketed = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let host_fits = match bracketed {
        Some(inner) => inner.parse::<Ipv6Addr>().is_ok(),
        None => host.parse::<Ipv4Addr>().is_ok() || is_dns_name(host),
    };
    port_fits && host_fits
}

/// What a TLS key with these bytes would be pinned by.
fn key_digest(key: &[u8; 32]) -> Digest {
    Digest::of(&[ED25519_INFO_PREFIX.as_slice(), key].concat())
}
