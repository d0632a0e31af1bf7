//! `ohrid key revoke`: a key that others may have ends now.
//!
//! What it signed before stays good. What is dated from now on counts for nothing, whoever signed it, as soon
//! as the directory says so. Where no other key of the kind is left, one is made.
//!
//! The envelope key signs change requests: a thief could ask as well as we. So its end is asked for with a
//! join request by another key, which the secretariat takes after a call.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use protocol::directory::{PartyRecord, Period};
use protocol::ids::ContactPoint;
use protocol::key::EnvelopeKey;
use protocol::time::UnixMillis;
use protocol::verifier;
use seal::Certificate;
use serde::Serialize;

use super::folder::{self, KeyFiles};
use super::next::{Days, Made, Maker};
use super::rotate::office;
use super::{Kind, RevokeArguments};
use crate::directory::{Standing, Wanted};
use crate::failure::Failure;
use crate::session::Session;
use crate::{table, when};

/// What was made.
#[derive(Debug, Serialize)]
pub(super) struct Revoked {
    /// The key that ends, as `ohrid key list` names it.
    pub(super) ended: String,
    /// The key that was made in its place, if none was left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) new_key: Option<String>,
    /// The files that hold it.
    pub(super) files: Vec<PathBuf>,
    /// The request.
    pub(super) request: PathBuf,
    /// Whether the secretariat takes it as a join request, after a call.
    pub(super) is_join_request: bool,
    /// What it changes.
    pub(super) changes: Vec<String>,
}

/// A record in which the key has ended.
struct Ended {
    record: PartyRecord,
    id: String,
    /// Whether another key of the kind is held and valid.
    is_another_left: bool,
}

pub(super) fn run(session: &Session, arguments: &RevokeArguments) -> Result<(), Failure> {
    let folder = session.folder("the node's")?;
    let revoked = revoke(folder, arguments, when::now())?;
    session.terminal.result(&revoked, |revoked| {
        let mut pairs = vec![("Ends", revoked.ended.clone())];
        pairs.extend(revoked.new_key.iter().map(|key| ("New key", key.clone())));
        pairs.extend(
            revoked
                .files
                .iter()
                .map(|file| ("File", file.display().to_string())),
        );
        pairs.push(("Changes", table::printable(&revoked.changes.join("\n"))));
        pairs.push(("Request", revoked.request.display().to_string()));
        table::properties(&pairs)
    });
    session.terminal.explain(
        "Call the secretariat now: the key counts until a directory that says otherwise is installed \
         everywhere. What this node signs with it from this moment until it has that directory will not be \
         believed by others, so stop the node if you can wait, and send again what is not confirmed. The \
         key's file stays: what it signed before is good, and made again with it.",
    );
    let verb = if revoked.is_join_request {
        "add --replace"
    } else {
        "merge"
    };
    session.terminal.next(format_args!(
        "send {} to the secretariat; there, after a call:\n  ohrid directory {verb} FILE --dir DIR",
        revoked.request.display()
    ));
    Ok(())
}

/// Makes the request, and a new key if it takes one.
pub(super) fn revoke(folder: &Path, arguments: &RevokeArguments, now: Timestamp) -> Result<Revoked, Failure> {
    let at = when::unix_millis(now);
    let standing = Standing::of(folder, at)?;
    let files = KeyFiles::of(folder)?;
    let office = office(&standing, arguments.kind, arguments.office.as_deref())?;
    let ended = end(&standing, &files, arguments, office.as_ref(), at)?;
    let mut record = ended.record;
    let maker = Maker {
        files: &files,
        standing: &standing,
        arguments: &arguments.making,
        next_log: None,
        now,
    };
    let days = Days {
        begins_in: Duration::ZERO,
        overlap: None,
    };
    let made = if ended.is_another_left {
        None
    } else {
        Some(maker.make(arguments.kind, office.as_ref(), days, &mut record)?)
    };
    let asked = if arguments.kind == Kind::Envelope {
        let key = remaining(&files, &record, made.as_ref(), at)?;
        standing.rejoin(&record, &key, at)?
    } else {
        let wanted = Wanted {
            record,
            new_keys: &[],
        };
        standing.request(wanted, at)?
    };
    let written = made.as_ref().map(Made::write).transpose()?;
    Ok(Revoked {
        ended: ended.id,
        new_key: made.map(|made| made.id),
        files: written.unwrap_or_default(),
        request: asked.write(folder, arguments.making.output.as_deref())?,
        is_join_request: arguments.kind == Kind::Envelope,
        changes: asked.changes,
    })
}

/// Ends the key in a copy of the record.
fn end(
    standing: &Standing,
    files: &KeyFiles,
    arguments: &RevokeArguments,
    office: Option<&ContactPoint>,
    at: UnixMillis,
) -> Result<Ended, Failure> {
    let mut record = standing.record().clone();
    let wanted = arguments.key.as_deref();
    let (id, is_another_left) = match arguments.kind {
        Kind::Tls => end_tls(&mut record, files, wanted)?,
        Kind::Envelope => {
            let seeds = folder::seeds(&files.envelope)?;
            let held: Vec<_> = seeds
                .iter()
                .map(|seed| EnvelopeKey::from_seed(seed).public())
                .collect();
            end_period(
                &mut record.envelope_keys,
                at,
                wanted,
                |key| key.id().to_string(),
                |key| held.contains(key),
            )?
        }
        Kind::Ledger => {
            let seeds = folder::seeds(&files.ledger)?;
            end_period(&mut record.ledger_keys, at, wanted, ToString::to_string, |key| {
                let mut held = seeds
                    .iter()
                    .filter_map(|seed| verifier::ledger_key(key.name(), seed).ok());
                held.any(|held| held == *key)
            })?
        }
        Kind::Witness => {
            let seeds = folder::seeds(&files.witness)?;
            end_period(&mut record.witness_keys, at, wanted, ToString::to_string, |key| {
                let mut held = seeds
                    .iter()
                    .filter_map(|seed| verifier::witness_key(key.name(), seed).ok());
                held.any(|held| held == *key)
            })?
        }
        Kind::Openpgp => end_certificate(&mut record, office, wanted)?,
    };
    Ok(Ended {
        record,
        id,
        is_another_left,
    })
}

/// Ends one of these keys now: the named one, or the newest that is valid. Gives its name, and whether
/// another one that is valid is held.
fn end_period<T>(
    periods: &mut [Period<T>],
    at: UnixMillis,
    wanted: Option<&str>,
    id: impl Fn(&T) -> String,
    is_held: impl Fn(&T) -> bool,
) -> Result<(String, bool), Failure> {
    let valid = periods
        .iter()
        .enumerate()
        .filter(|(_, period)| period.valid_until.is_none_or(|until| at < until));
    let found = match wanted {
        Some(name) => valid.clone().find(|(_, period)| id(&period.value) == name),
        None => valid
            .clone()
            .filter(|(_, period)| period.covers(at))
            .max_by_key(|(_, period)| period.valid_from),
    };
    let place = found.map(|(place, _)| place);
    let place = place.ok_or_else(|| unknown(wanted))?;
    let is_another_left = valid
        .clone()
        .any(|(other, period)| other != place && period.covers(at) && is_held(&period.value));
    let period = &mut periods[place];
    // A key that has not begun is ended before anybody uses it: as early as an end can be.
    period.valid_until = Some(at.max(period.valid_from.plus(Duration::from_millis(1))));
    Ok((id(&period.value), is_another_left))
}

fn end_tls(
    record: &mut PartyRecord,
    files: &KeyFiles,
    wanted: Option<&str>,
) -> Result<(String, bool), Failure> {
    let pairs = files.tls_pairs()?;
    let pins = &mut record.node.tls_pins;
    let held: Vec<_> = pairs.iter().map(|pair| pair.facts.pin).collect();
    let found = match wanted {
        Some(name) => pins.iter().copied().find(|pin| pin.to_string() == name),
        None => held.iter().rev().copied().find(|pin| pins.contains(pin)),
    };
    let gone = found.ok_or_else(|| unknown(wanted))?;
    pins.retain(|pin| *pin != gone);
    // A pin alone is of no use: only where the certificate is here as well.
    pins.retain(|pin| held.contains(pin));
    Ok((gone.to_string(), !pins.is_empty()))
}

fn end_certificate(
    record: &mut PartyRecord,
    office: Option<&ContactPoint>,
    wanted: Option<&str>,
) -> Result<(String, bool), Failure> {
    let mut points = record.contact_points.iter_mut();
    let point = points.find(|point| Some(&point.office) == office);
    let point = point.ok_or_else(|| Failure::failed("the directory has no such contact point"))?;
    let mut named = Vec::new();
    for bytes in &point.certificates {
        let certificate = Certificate::from_bytes(bytes)
            .map_err(|error| Failure::invalid(format!("a certificate of the directory: {error}")))?;
        named.push(certificate.fingerprint().to_string());
    }
    let place = match wanted {
        Some(name) => named.iter().position(|fingerprint| fingerprint == name),
        None => named.len().checked_sub(1),
    };
    let place = place.ok_or_else(|| unknown(wanted))?;
    point.certificates.remove(place);
    Ok((named.swap_remove(place), !point.certificates.is_empty()))
}

/// The envelope key that signs the join request: the new one, or one that is left.
fn remaining(
    files: &KeyFiles,
    record: &PartyRecord,
    made: Option<&Made>,
    at: UnixMillis,
) -> Result<EnvelopeKey, Failure> {
    if let Some(key) = made.and_then(Made::envelope_key) {
        return Ok(key);
    }
    let seeds = folder::seeds(&files.envelope)?;
    let is_valid = |key: &EnvelopeKey| {
        let mut periods = record.envelope_keys.iter();
        periods.any(|period| period.value == key.public() && period.covers(at))
    };
    let mut keys = seeds.iter().map(|seed| EnvelopeKey::from_seed(seed));
    keys.find(is_valid).ok_or_else(|| unknown(None))
}

fn unknown(wanted: Option<&str>) -> Failure {
    let what = match wanted {
        Some(name) => format!("the directory names no such key of this node that is still good: {name}"),
        None => "the directory names no key of this kind that is held here and good".to_owned(),
    };
    Failure::usage(what, "ohrid key list --json names them in full")
}
