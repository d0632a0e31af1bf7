//! `ohrid key rotate`: the next key, and the request that has it named in the directory.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;
use protocol::ids::ContactPoint;
use serde::Serialize;

use super::folder::KeyFiles;
use super::next::{Days, Maker};
use super::{Kind, RotateArguments};
use crate::directory::{Standing, Wanted};
use crate::failure::Failure;
use crate::limits::KEY_BEGINS_IN;
use crate::session::Session;
use crate::{table, when};

/// What was made.
#[derive(Debug, Serialize)]
pub(super) struct Rotated {
    /// The new key, as `ohrid key list` names it.
    pub(super) key: String,
    /// The files that hold it.
    pub(super) files: Vec<PathBuf>,
    /// When the node begins to use it, if the directory names it by then.
    pub(super) begins_at: Timestamp,
    /// The change request.
    pub(super) request: PathBuf,
    /// What it changes.
    pub(super) changes: Vec<String>,
}

pub(super) fn run(session: &Session, arguments: &RotateArguments) -> Result<(), Failure> {
    let folder = session.folder("the node's")?;
    let rotated = {
        let _waiting = session.terminal.waiting("making a key");
        rotate(folder, arguments, when::now())?
    };
    session
        .terminal
        .result(&rotated, |rotated| text(rotated, &when::local_zone()));
    session.terminal.explain(
        "Keep the files with a backup of the keys, and leave the old ones where they are: what they signed \
         is made again with them. The node uses the new key by itself, once its time has come and the \
         directory in use names it. Nothing changes before.",
    );
    if arguments.making.csr {
        session.terminal.explain(
            "Have the Party's authority sign the request, and put the certificate beside the key, under the \
             request's name with .pem in place of .csr.",
        );
    }
    session.terminal.next(format_args!(
        "send {} to the secretariat; there:\n  ohrid directory merge FILE --dir DIR\nand with the next \
         directory:\n  ohrid node reload --dir {}",
        rotated.request.display(),
        folder.display()
    ));
    Ok(())
}

/// Makes the key and the request.
pub(super) fn rotate(folder: &Path, arguments: &RotateArguments, now: Timestamp) -> Result<Rotated, Failure> {
    let at = when::unix_millis(now);
    let standing = Standing::of(folder, at)?;
    let office = office(&standing, arguments.kind, arguments.office.as_deref())?;
    let files = KeyFiles::of(folder)?;
    let mut record = standing.record().clone();
    let begins_in = begins_in(arguments, now)?;
    let days = Days {
        begins_in,
        overlap: Some(arguments.overlap),
    };
    let maker = Maker {
        files: &files,
        standing: &standing,
        arguments: &arguments.making,
        next_log: arguments.next_log,
        now,
    };
    let made = maker.make(arguments.kind, office.as_ref(), days, &mut record)?;
    let new_key = made.envelope_key();
    let new_keys: Vec<_> = new_key.iter().collect();
    let wanted = Wanted {
        record,
        new_keys: &new_keys,
    };
    let request = standing.request(wanted, at)?;
    // Before the request: what it promises must be there.
    let written = made.write()?;
    let path = request.write(folder, arguments.making.output.as_deref())?;
    Ok(Rotated {
        key: made.id,
        files: written,
        begins_at: when::timestamp(at.plus(begins_in)),
        request: path,
        changes: request.changes,
    })
}

/// How long until the node begins to use the key. A year's log begins with the year.
fn begins_in(arguments: &RotateArguments, now: Timestamp) -> Result<Duration, Failure> {
    let Some(year) = arguments.next_log else {
        return Ok(arguments.begins_in.unwrap_or(KEY_BEGINS_IN));
    };
    if arguments.kind != Kind::Ledger {
        return Err(Failure::usage(
            "only a ledger key begins a log",
            "ohrid key rotate ledger --next-log YEAR",
        ));
    }
    if let Some(begins_in) = arguments.begins_in {
        return Ok(begins_in);
    }
    let first = date(year, 1, 1).to_zoned(TimeZone::UTC);
    let first =
        first.map_err(|error| Failure::usage(format!("the year {year}: {error}"), "name a later one"))?;
    // Where that was long ago, the node begins at once.
    Ok(Duration::try_from(first.timestamp().duration_since(now)).unwrap_or_default())
}

/// The contact point whose key it is: named for an OpenPGP key, and for no other.
pub(super) fn office(
    standing: &Standing,
    kind: Kind,
    named: Option<&str>,
) -> Result<Option<ContactPoint>, Failure> {
    match (kind, named) {
        (Kind::Openpgp, None) => Err(Failure::usage(
            "which office's OpenPGP key?",
            "name it: ohrid key rotate openpgp police",
        )),
        (Kind::Openpgp, Some(name)) => ContactPoint::new(standing.party, name)
            .map(Some)
            .map_err(|error| Failure::usage(format!("{name:?} cannot be an office"), error.to_string())),
        (_, Some(name)) => Err(Failure::usage(
            format!("{name:?}: only an OpenPGP key is an office's"),
            "leave the office out",
        )),
        (_, None) => Ok(None),
    }
}

fn text(rotated: &Rotated, zone: &TimeZone) -> String {
    let mut pairs = vec![
        ("New key", rotated.key.clone()),
        ("In use from", when::both(rotated.begins_at, zone)),
    ];
    pairs.extend(
        rotated
            .files
            .iter()
            .map(|file| ("File", file.display().to_string())),
    );
    pairs.push(("Changes", table::printable(&rotated.changes.join("\n"))));
    pairs.push(("Request", rotated.request.display().to_string()));
    table::properties(&pairs)
}
