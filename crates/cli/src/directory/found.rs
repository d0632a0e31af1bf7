//! `ohrid directory init`: a network begins, with one key or with several.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use protocol::directory::{KeySet, SignedKeySet};
use protocol::key::{PublicKey, SecretariatKey};
use protocol::limits::SECRETARIAT_SIGNATURES_MAX;
use serde::Serialize;

use super::draft::{self, PUBLIC_KEY_NAME};
use super::key_sets::{KEY_SETS_NAME, KeySetSummary, NEXT_KEYS_NAME, cannot};
use super::{InitArguments, member};
use crate::failure::Failure;
use crate::files::{self, Secrecy, Staging};
use crate::session::Session;
use crate::{table, when};

/// The folder of members' folders, where `init` makes them.
const MEMBERS_NAME: &str = "members";

/// Whose keys the first key set names.
#[derive(Debug)]
pub(super) enum Founders {
    /// So many new ones, each in a folder of its own; they sign the first key set here.
    New(usize),
    /// Those of members who have made them elsewhere, and sign the first key set there.
    Elsewhere(Vec<PublicKey>),
}

/// What was made.
#[derive(Debug, Serialize)]
pub(super) struct Founded {
    dir: PathBuf,
    network: String,
    pub(super) key_set: KeySetSummary,
    /// The members' folders, if they were made here.
    pub(super) members: Vec<PathBuf>,
    /// The key set, to be signed by the members; `None` when it is.
    pub(super) to_sign: Option<PathBuf>,
}

pub(super) fn run(session: &Session, arguments: &InitArguments) -> Result<(), Failure> {
    let Some(threshold) = arguments.threshold else {
        return draft::run(session, &arguments.network);
    };
    let founders = match arguments.keys {
        Some(count) => Founders::New(count),
        None => Founders::Elsewhere(member::public_keys(&arguments.member)?),
    };
    let folder = session.folder("the secretariat's")?;
    let founded = found(folder, &arguments.network, threshold, &founders, when::now())?;
    session.terminal.result(&founded, text);
    match &founded.to_sign {
        None => {
            session.terminal.explain(
                "Give each member one of these folders, on a medium that is never connected, and keep none \
                 of them here: whoever holds enough of them signs for the whole network.",
            );
            session.next("ohrid directory add JOIN_REQUEST...");
        }
        Some(file) => {
            let file = file.display();
            session.terminal.next(format_args!(
                "send {file} to every member; there:\n  ohrid directory sign FILE --dir MEMBER"
            ));
        }
    }
    Ok(())
}

/// Makes the folder that the members have in common.
pub(super) fn found(
    folder: &Path,
    network: &str,
    threshold: usize,
    founders: &Founders,
    now: Timestamp,
) -> Result<Founded, Failure> {
    draft::check_name(network)?;
    let staging = Staging::begin(folder, Secrecy::Secret)?;
    draft::write_common(&staging, network)?;
    let (keys, names) = match founders {
        Founders::New(count) => new_members(&staging, *count)?,
        Founders::Elsewhere(_) => Default::default(),
    };
    let public = match founders {
        Founders::New(_) => keys.iter().map(SecretariatKey::public).collect(),
        Founders::Elsewhere(keys) => keys.clone(),
    };
    let key_set = KeySet::first(network, threshold, &public, when::unix_millis(now)).map_err(|error| {
        let mend =
            format!("name 1 to {SECRETARIAT_SIGNATURES_MAX} keys, and a --threshold of at most as many");
        Failure::usage(error.to_string(), mend)
    })?;
    let draft = SignedKeySet::draft(&key_set).map_err(|error| cannot(&error))?;
    let name = if keys.is_empty() {
        files::write_new(
            &staging.path().join(NEXT_KEYS_NAME),
            draft.as_bytes(),
            Secrecy::Public,
        )?;
        Some(NEXT_KEYS_NAME)
    } else {
        let signed = signed_by_all(&draft, &keys, key_set.keys())?;
        let first = staging.folder(KEY_SETS_NAME)?.join("1.cose");
        files::write_new(&first, signed.as_bytes(), Secrecy::Public)?;
        None
    };
    let lines: String = key_set.keys().iter().map(|key| format!("{key}\n")).collect();
    let public_file = staging.path().join(PUBLIC_KEY_NAME);
    files::write_new(&public_file, lines.as_bytes(), Secrecy::Public)?;
    staging.publish()?;
    Ok(Founded {
        dir: folder.to_owned(),
        network: network.to_owned(),
        key_set: KeySetSummary::from(&key_set),
        members: names.iter().map(|name| folder.join(name)).collect(),
        to_sign: name.map(|name| folder.join(name)),
    })
}

/// Members' folders with new keys, and their names below the common folder.
fn new_members(staging: &Staging, count: usize) -> Result<(Vec<SecretariatKey>, Vec<String>), Failure> {
    if count == 0 || count > SECRETARIAT_SIGNATURES_MAX {
        let what = format!("a secretariat has 1 to {SECRETARIAT_SIGNATURES_MAX} keys, and not {count}");
        return Err(Failure::usage(what, "name another number with --keys"));
    }
    staging.folder(MEMBERS_NAME)?;
    let names: Vec<String> = (1..=count)
        .map(|number| format!("{MEMBERS_NAME}/{number}"))
        .collect();
    let keys = names.iter().map(|name| member::write_key(&staging.folder(name)?));
    Ok((keys.collect::<Result<_, Failure>>()?, names))
}

fn signed_by_all(
    draft: &SignedKeySet,
    keys: &[SecretariatKey],
    public: &[PublicKey],
) -> Result<SignedKeySet, Failure> {
    let copies: Result<Vec<_>, _> = keys.iter().map(|key| draft.countersign(key)).collect();
    let copies = copies.map_err(|error| cannot(&error.into()))?;
    SignedKeySet::merge(&copies, public).map_err(|error| Failure::failed(error.to_string()))
}

fn text(founded: &Founded) -> String {
    let mut pairs = vec![
        ("Network", founded.network.clone()),
        ("Folder", founded.dir.display().to_string()),
    ];
    pairs.extend(key_set_pairs(&founded.key_set));
    let members = founded.members.iter();
    pairs.extend(members.map(|folder| ("Member's folder", folder.display().to_string())));
    table::properties(&pairs)
}

/// A key set, line by line.
pub(super) fn key_set_pairs(key_set: &KeySetSummary) -> Vec<(&'static str, String)> {
    let needed = format!(
        "{}: {} of {} keys must sign",
        key_set.number,
        key_set.threshold,
        key_set.keys.len()
    );
    let mut pairs = vec![("Key set", needed)];
    pairs.extend(
        key_set
            .keys
            .iter()
            .map(|key| ("Secretariat's key", key.0.to_string())),
    );
    pairs.push(("Its digest", key_set.digest.clone()));
    pairs
}
