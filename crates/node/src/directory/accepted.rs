//! What everything else needs of a version of the directory, worked out once: OpenPGP certificates, profiles,
//! TLS pins.

use std::collections::HashMap;

use convention::profile::PartyProfile;
use protocol::digest::Digest;
use protocol::directory::{Directory, InUse, KeySetMark, Opened, SignedDirectory};
use protocol::ids::{ContactPoint, PartyCode};
use seal::Certificate;

use super::LoadError;
use crate::tls::Pins;
use crate::tls::pins::BadEntry;

/// A version of the directory that was accepted.
#[derive(Debug)]
pub struct Accepted {
    /// What it says.
    pub directory: Directory,
    /// As it was signed.
    pub signed: SignedDirectory,
    /// The digest of what was signed.
    pub digest: Digest,
    /// The key set in force; none where the keys of the configuration sign.
    pub key_set: Option<KeySetMark>,
    certificates: HashMap<ContactPoint, Vec<Certificate>>,
    all_certificates: Vec<Certificate>,
    profiles: HashMap<ContactPoint, PartyProfile>,
}

impl Accepted {
    /// Works out what is needed of a directory that is believed.
    ///
    /// # Errors
    /// When what it says of a Party cannot be used.
    pub(super) fn of(opened: Opened) -> Result<Self, LoadError> {
        let Opened {
            directory,
            signed,
            digest,
            key_set,
            ..
        } = opened;
        let certificates = certificates(&directory)?;
        Ok(Self {
            all_certificates: certificates.values().flatten().cloned().collect(),
            certificates,
            profiles: profiles(&directory),
            key_set: key_set.map(|key_set| key_set.mark()),
            directory,
            signed,
            digest,
        })
    }

    /// What an offered directory is held against.
    #[must_use]
    pub fn in_use(&self) -> InUse {
        InUse {
            version: self.directory.version,
            digest: self.digest,
            key_set: self.key_set,
            signed: Some(self.signed.clone()),
        }
    }

    /// The OpenPGP certificates of a contact point; empty when it has none, or is not in the directory.
    #[must_use]
    pub fn certificates(&self, office: &ContactPoint) -> &[Certificate] {
        self.certificates.get(office).map_or(&[], Vec::as_slice)
    }

    /// Every OpenPGP certificate of the network.
    #[must_use]
    pub fn all_certificates(&self) -> &[Certificate] {
        &self.all_certificates
    }

    /// What a contact point's Party has declared, and what the office needs.
    #[must_use]
    pub fn profile(&self, office: &ContactPoint) -> Option<&PartyProfile> {
        self.profiles.get(office)
    }

    /// The contact points of a Party.
    pub fn offices(&self, party: PartyCode) -> impl Iterator<Item = &ContactPoint> {
        let record = self.directory.party(party);
        record
            .into_iter()
            .flat_map(|record| record.contact_points.iter().map(|point| &point.office))
    }

    /// The TLS pins that follow from it.
    ///
    /// # Errors
    /// When what it says of a node cannot be used.
    pub(super) fn pins(&self) -> Result<Pins, BadEntry> {
        let mut pins = Pins::default();
        for (party, record) in &self.directory.parties {
            let authorities = record.node.ca_certificates.iter().map(Vec::as_slice);
            let keys = record.node.tls_pins.iter().map(|pin| *pin.as_bytes());
            pins.add(*party, &record.node.name, authorities, keys)?;
        }
        Ok(pins)
    }
}

fn certificates(directory: &Directory) -> Result<HashMap<ContactPoint, Vec<Certificate>>, LoadError> {
    let points = directory
        .parties
        .values()
        .flat_map(|record| &record.contact_points);
    points
        .map(|point| {
            let parsed: Result<Vec<_>, _> = point
                .certificates
                .iter()
                .map(|bytes| Certificate::from_bytes(bytes))
                .collect();
            let parsed = parsed.map_err(|source| LoadError::Certificate {
                office: point.office.clone(),
                source,
            })?;
            Ok((point.office.clone(), parsed))
        })
        .collect()
}

/// What the Party says, with what the contact point says laid over it.
fn profiles(directory: &Directory) -> HashMap<ContactPoint, PartyProfile> {
    let mut profiles = HashMap::new();
    for (party, record) in &directory.parties {
        for point in &record.contact_points {
            let mut fields = object(&record.profile);
            fields.extend(object(&point.profile));
            fields.insert("party".to_owned(), party.as_str().into());
            match serde_json::from_value(fields.into()) {
                Ok(profile) => {
                    profiles.insert(point.office.clone(), profile);
                }
                Err(error) => {
                    tracing::warn!(office = %point.office, %error, "the directory's profile cannot be read");
                }
            }
        }
    }
    profiles
}

fn object(text: &str) -> serde_json::Map<String, serde_json::Value> {
    serde_json::from_str(text).unwrap_or_default()
}
