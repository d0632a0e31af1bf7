//! Making a key, and naming it in the Party's record. Nothing is written before all of it is known to be
//! good.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use ledger_name::origin_of;
use protocol::directory::{PartyRecord, Period};
use protocol::ids::ContactPoint;
use protocol::key::EnvelopeKey;
use protocol::time::UnixMillis;
use protocol::verifier;
use seal::{LockedKey, Password};
use zeroize::Zeroizing;

use super::folder::{self, KeyFiles};
use super::{Kind, MakingArguments};
use crate::directory::Standing;
use crate::failure::Failure;
use crate::files::{self, Secrecy};
use crate::limits::{SECRET_BYTES_MAX, TLS_PINS};
use crate::node::{record, tls};
use crate::{random, when};

/// From when on a key is used, and until when the one before is good.
#[derive(Debug, Clone, Copy)]
pub(super) struct Days {
    pub(super) begins_in: Duration,
    /// From the beginning of the new one on; none ends it at once.
    pub(super) overlap: Option<Duration>,
}

/// A key that was made, and is not written yet.
pub(super) struct Made {
    /// As `ohrid key list` will name it.
    pub(super) id: String,
    /// The seed of an envelope key, which proves in the request that it is held.
    envelope: Option<Zeroizing<[u8; 32]>>,
    writes: Vec<Write>,
}

struct Write {
    path: PathBuf,
    bytes: Zeroizing<Vec<u8>>,
    secrecy: Secrecy,
}

/// What a key is made for and with.
pub(super) struct Maker<'a> {
    pub(super) files: &'a KeyFiles,
    pub(super) standing: &'a Standing,
    pub(super) arguments: &'a MakingArguments,
    /// A ledger key is that of this year's log, which begins with it.
    pub(super) next_log: Option<i16>,
    pub(super) now: Timestamp,
}

impl Made {
    /// The envelope key, if it is one.
    pub(super) fn envelope_key(&self) -> Option<EnvelopeKey> {
        self.envelope.as_ref().map(|seed| EnvelopeKey::from_seed(seed))
    }

    /// Writes the secret, and what belongs to it; gives the files.
    pub(super) fn write(&self) -> Result<Vec<PathBuf>, Failure> {
        for write in &self.writes {
            files::write_new(&write.path, &write.bytes, write.secrecy)?;
        }
        Ok(self.writes.iter().map(|write| write.path.clone()).collect())
    }
}

impl Maker<'_> {
    /// Makes the next key of a kind, and names it in `record`.
    pub(super) fn make(
        &self,
        kind: Kind,
        office: Option<&ContactPoint>,
        days: Days,
        record: &mut PartyRecord,
    ) -> Result<Made, Failure> {
        match kind {
            Kind::Tls => self.tls(days, record),
            Kind::Envelope => self.envelope(days, record),
            Kind::Ledger => {
                let origin = self.origin(record)?;
                let (seed, write) = self.seed(&self.files.ledger)?;
                let key = verifier::ledger_key(&origin, &seed).map_err(|error| unnamed(&error))?;
                let id = key.to_string();
                let begins_log = self.next_log.is_some();
                // A key that waits for its year is not followed by one of this year.
                self.follow(&mut record.ledger_keys, key, days, |other| {
                    begins_log || other.name() == origin
                });
                Ok(made(id, write))
            }
            Kind::Witness => {
                let origin = origin_of(&record.witness_keys)?;
                let (seed, write) = self.seed(&self.files.witness)?;
                let key = verifier::witness_key(&origin, &seed).map_err(|error| unnamed(&error))?;
                let id = key.to_string();
                self.follow(&mut record.witness_keys, key, days, |_| true);
                Ok(made(id, write))
            }
            Kind::Openpgp => match office {
                Some(office) => self.openpgp(office, days, record),
                None => Err(Failure::usage(
                    "which office?",
                    "name it: ohrid key rotate openpgp OFFICE",
                )),
            },
        }
    }

    /// The log that the next ledger key is for: the one before, or that of another year.
    fn origin(&self, record: &PartyRecord) -> Result<String, Failure> {
        let Some(year) = self.next_log else {
            // One that waits for its year is not the log in use.
            let begun = record
                .ledger_keys
                .iter()
                .filter(|key| key.valid_from <= self.at());
            let begun: Vec<_> = begun.cloned().collect();
            return origin_of(if begun.is_empty() {
                &record.ledger_keys
            } else {
                &begun
            });
        };
        let origin = record::origin(&record.node.name, year);
        if record.ledger_keys.iter().any(|key| key.value.name() == origin) {
            let what = format!("the directory names the log {origin} already");
            return Err(Failure::usage(what, "leave --next-log out for another key of it"));
        }
        Ok(origin)
    }

    fn envelope(&self, days: Days, record: &mut PartyRecord) -> Result<Made, Failure> {
        let (seed, write) = self.seed(&self.files.envelope)?;
        let key = EnvelopeKey::from_seed(&seed);
        self.follow(&mut record.envelope_keys, key.public(), days, |_| true);
        Ok(Made {
            envelope: Some(seed),
            ..made(key.id().to_string(), write)
        })
    }

    /// A key that begins in a while; those that have no end get one, an overlap later.
    fn follow<T>(
        &self,
        periods: &mut Vec<Period<T>>,
        value: T,
        days: Days,
        is_followed: impl Fn(&T) -> bool,
    ) {
        let valid_from = self.at().plus(days.begins_in);
        let end = days.overlap.map_or(self.at(), |overlap| valid_from.plus(overlap));
        for period in periods.iter_mut() {
            let is_open = period.valid_until.is_none_or(|until| until > end);
            if is_open && period.valid_from < end && is_followed(&period.value) {
                period.valid_until = Some(end);
            }
        }
        periods.push(Period {
            value,
            valid_from,
            valid_until: None,
        });
    }

    /// The pin of the next key beside that of the current one: two are live.
    fn tls(&self, days: Days, record: &mut PartyRecord) -> Result<Made, Failure> {
        let word = folder::new_word(self.now);
        let pairs = self.files.tls_pairs()?;
        let pinned = pairs.iter().map(|pair| pair.facts.pin);
        let current: Vec<_> = pinned.filter(|pin| record.node.tls_pins.contains(pin)).collect();
        let issued = tls::next(&tls::Next {
            party: self.standing.party.as_str(),
            name: &record.node.name,
            ca_key: &self.ca_key_path(),
            authorities: &record.node.ca_certificates,
            key_pem: None,
            begins_at: when::system_time(self.now) + days.begins_in,
            answer: if self.arguments.csr {
                tls::Answer::Request
            } else {
                tls::Answer::Certificate
            },
        })?;
        if days.overlap.is_some() {
            let kept = current.len().saturating_sub(TLS_PINS - 1);
            record.node.tls_pins = current.into_iter().skip(kept).collect();
        } else {
            record.node.tls_pins.clear();
        }
        record.node.tls_pins.push(issued.pin);
        let certificate = folder::later(&self.files.tls_certificate, &word);
        let certificate = if self.arguments.csr {
            certificate.with_extension("csr")
        } else {
            certificate
        };
        Ok(Made {
            id: issued.pin.to_string(),
            envelope: None,
            writes: vec![
                Write {
                    path: folder::later(&self.files.tls_key, &word),
                    bytes: Zeroizing::new(issued.key_pem.as_bytes().to_vec()),
                    secrecy: Secrecy::Secret,
                },
                Write {
                    path: certificate,
                    bytes: Zeroizing::new(issued.answer_pem.into_bytes()),
                    secrecy: Secrecy::Public,
                },
            ],
        })
    }

    fn openpgp(&self, office: &ContactPoint, days: Days, record: &mut PartyRecord) -> Result<Made, Failure> {
        let mut points = record.contact_points.iter_mut();
        let point = points.find(|point| point.office == *office);
        let point = point.ok_or_else(|| {
            let what = format!("the directory has no contact point {office}");
            Failure::usage(what, "ohrid directory show directory.cose names them")
        })?;
        let text = files::read_secret(&self.files.openpgp_password, SECRET_BYTES_MAX)?;
        let password = text.strip_suffix(b"\n").unwrap_or(&text);
        let begins_at = when::system_time(self.now) + days.begins_in;
        let key = LockedKey::generate(
            self.arguments.profile,
            &office.to_string(),
            begins_at,
            &Password::from(password.to_vec()),
        )
        .map_err(|error| Failure::failed(format!("cannot make the OpenPGP key of {office}: {error}")))?;
        let certificate = key.certificate();
        point.certificates.push(certificate.to_bytes());
        let name = format!("{}.{}.key.asc", office.office(), folder::new_word(self.now));
        let write = Write {
            path: self.files.openpgp.join(name),
            bytes: Zeroizing::new(key.to_bytes()),
            secrecy: Secrecy::Secret,
        };
        Ok(made(certificate.fingerprint().to_string(), write))
    }

    fn seed(&self, configured: &Path) -> Result<(Zeroizing<[u8; 32]>, Write), Failure> {
        let seed = random::seed()?;
        let mut text = random::hex(seed.as_slice());
        text.push('\n');
        let write = Write {
            path: folder::later(configured, &folder::new_word(self.now)),
            bytes: Zeroizing::new(text.as_bytes().to_vec()),
            secrecy: Secrecy::Secret,
        };
        Ok((seed, write))
    }

    fn ca_key_path(&self) -> PathBuf {
        let beside = self.files.tls_key.with_file_name(tls::CA_KEY_NAME);
        self.arguments.ca_key.clone().unwrap_or(beside)
    }

    fn at(&self) -> UnixMillis {
        when::unix_millis(self.now)
    }
}

fn made(id: String, write: Write) -> Made {
    Made {
        id,
        envelope: None,
        writes: vec![write],
    }
}

fn unnamed(error: &impl std::fmt::Display) -> Failure {
    Failure::failed(format!(
        "the directory's name for the key cannot be used: {error}"
    ))
}

/// The names of note keys.
mod ledger_name {
    use std::fmt::Display;

    use protocol::directory::Period;

    use crate::failure::Failure;

    /// The name that the directory gives these keys: the next one has the same.
    ///
    /// A C2SP vkey is written `name+hash+key`.
    pub(super) fn origin_of<T: Display>(periods: &[Period<T>]) -> Result<String, Failure> {
        let newest = periods.iter().max_by_key(|period| period.valid_from);
        let written = newest.map(|period| period.value.to_string());
        let name = written.as_deref().and_then(|vkey| vkey.split('+').next());
        let missing = || Failure::failed("the directory names no such key of this node");
        name.map(str::to_owned).ok_or_else(missing)
    }
}
