//! `ohrid directory rotate`: the secretariat's next key set. Old members hand over, new ones show that they
//! hold their keys; then the old keys count for nothing more.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use protocol::directory::{KeySet, SignedKeySet};
use protocol::key::PublicKey;
use serde::Serialize;

use super::found::key_set_pairs;
use super::key_sets::{self, KeySetSummary, KeySets, NEXT_KEYS_NAME, Progress, cannot};
use super::sign::Pending;
use super::{RotateArguments, draft, member};
use crate::failure::Failure;
use crate::session::Session;
use crate::{table, when};

/// The next key set.
#[derive(Debug, Serialize)]
pub(super) struct Rotated {
    pub(super) file: PathBuf,
    pub(super) key_set: KeySetSummary,
    pub(super) signatures: Vec<Progress>,
    /// Whether it is in force.
    pub(super) is_complete: bool,
}

/// How the next key set differs.
#[derive(Debug, Default)]
pub(super) struct Turnover {
    pub(super) add: Vec<PublicKey>,
    pub(super) remove: Vec<PublicKey>,
    pub(super) threshold: Option<usize>,
}

pub(super) fn run(session: &Session, arguments: &RotateArguments) -> Result<(), Failure> {
    let folder = session.folder("the secretariat's")?;
    let turnover = Turnover {
        add: member::public_keys(&arguments.add)?,
        remove: member::public_keys(&arguments.remove)?,
        threshold: arguments.threshold,
    };
    let pending = if arguments.anew {
        Pending::Dropped
    } else {
        Pending::Kept
    };
    let rotated = rotate(folder, &turnover, pending, when::now())?;
    session.terminal.result(&rotated, |rotated| {
        let mut pairs = key_set_pairs(&rotated.key_set);
        let progress = rotated.signatures.iter();
        pairs.extend(progress.map(|progress| ("Signatures", progress.to_string())));
        table::properties(&pairs)
    });
    if rotated.is_complete {
        session.next("ohrid directory sign --expires-in 30d");
    } else {
        session.terminal.next(format_args!(
            "send {} to old and new members; there:\n  ohrid directory sign FILE --dir MEMBER\nand with what \
             they send back:\n  ohrid directory merge FILE... --dir {}",
            rotated.file.display(),
            folder.display()
        ));
    }
    Ok(())
}

/// Makes the next key set, and signs it with the key in the folder, if there is one.
pub(super) fn rotate(
    folder: &Path,
    turnover: &Turnover,
    pending: Pending,
    now: Timestamp,
) -> Result<Rotated, Failure> {
    let network = draft::network(folder)?;
    let waiting = folder.join(NEXT_KEYS_NAME);
    if waiting.exists() && pending == Pending::Kept {
        let what = format!("{} waits for signatures", waiting.display());
        let mend = "merge what members have signed; or, to make another: --anew";
        return Err(Failure::failed(what).mended_by(mend));
    }
    let mut sets = key_sets::load(folder)?;
    if sets.in_force.is_none() {
        sets = begin(folder, &network, now)?;
    }
    let old = sets
        .in_force
        .as_ref()
        .ok_or_else(|| Failure::failed("there is no key set"))?;
    let next = next(old, turnover, now)?;
    let draft = SignedKeySet::draft(&next).map_err(|error| cannot(&error))?;
    let mut copies = vec![draft];
    if let Some(key) = member::key_if_any(folder)? {
        let copy = copies.iter().map(|draft| draft.countersign(&key));
        let copy = copy
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| cannot(&error.into()))?;
        copies.extend(copy);
    }
    let merged = sets.merge(&copies)?;
    let signatures = sets.progress(&merged)?;
    let file = key_sets::keep(folder, &sets, &merged)?;
    Ok(Rotated {
        is_complete: file != waiting,
        file,
        key_set: KeySetSummary::from(&next),
        signatures,
    })
}

fn next(old: &KeySet, turnover: &Turnover, now: Timestamp) -> Result<KeySet, Failure> {
    let mend = "look at the keys in force: ohrid directory show FILE";
    let mut keys = old.keys().to_vec();
    for key in &turnover.remove {
        if !keys.contains(key) {
            return Err(Failure::usage(
                format!("{key} is not one of the keys in force"),
                mend,
            ));
        }
        keys.retain(|other| other != key);
    }
    for key in &turnover.add {
        if keys.contains(key) {
            return Err(Failure::usage(format!("{key} is one of the keys already"), mend));
        }
        keys.push(*key);
    }
    let threshold = turnover.threshold.unwrap_or(old.threshold());
    if threshold == old.threshold() && turnover.add.is_empty() && turnover.remove.is_empty() {
        let what = "nothing would change";
        return Err(Failure::usage(what, "name --add, --remove or --threshold"));
    }
    old.next(threshold, &keys, when::unix_millis(now))
        .map_err(|error| Failure::usage(error.to_string(), "name other keys, or another --threshold"))
}

/// The first key set of a network that began with one key: that key, which every operator has configured.
fn begin(folder: &Path, network: &str, now: Timestamp) -> Result<KeySets, Failure> {
    let key = member::key(folder)?;
    let first = KeySet::first(network, 1, &[key.public()], when::unix_millis(now));
    let first = first.map_err(|error| cannot(&error))?;
    let draft = SignedKeySet::draft(&first).map_err(|error| cannot(&error))?;
    let signed = draft.countersign(&key).map_err(|error| cannot(&error.into()))?;
    key_sets::keep(folder, &KeySets::default(), &signed)?;
    key_sets::load(folder)
}
