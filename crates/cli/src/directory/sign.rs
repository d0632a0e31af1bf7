//! `ohrid directory sign`: the draft becomes the next version of the directory; or a member signs a copy of
//! what another has made.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use protocol::directory::{Directory, SignedDirectory};
use protocol::key::SecretariatKey;
use serde::Serialize;

use super::document::{self, Document};
use super::draft::{self, DIRECTORY_NAME, PublicKeyText};
use super::key_sets::{self, KeySets, Progress};
use super::{SignArguments, member, show};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files::{self, Secrecy};
use crate::limits::SIGNED_DOCUMENT_BYTES_MAX;
use crate::session::Session;
use crate::{table, when};

/// The next directory, while signatures are collected.
pub(super) const NEXT_NAME: &str = "next.cose";

/// What was signed.
#[derive(Debug, Serialize)]
pub(crate) struct Signed {
    pub(crate) file: PathBuf,
    pub(crate) network: String,
    pub(crate) version: u64,
    pub(crate) expires_at: Timestamp,
    pub(crate) parties: Vec<String>,
    /// The key that has signed it here, if there is one in the folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<PublicKeyText>,
    /// What members compare by telephone.
    pub(crate) digest: String,
    /// How many signatures there are; absent where one key signs alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) signatures: Option<Progress>,
}

/// A copy that a member has signed.
#[derive(Debug, Serialize)]
pub(super) struct SignedCopy {
    pub(super) file: PathBuf,
    what: String,
    digest: String,
    key: PublicKeyText,
}

/// How the next version is to be made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    pub(super) expires_in: Duration,
    /// A version to be above.
    pub(super) above: u64,
    pub(super) pending: Pending,
}

/// What becomes of a version for which signatures are being collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pending {
    /// It stays: to make another is an error.
    Kept,
    /// It gives way.
    Dropped,
}

pub(super) fn run(session: &Session, arguments: &SignArguments) -> Result<(), Failure> {
    if let Some(file) = &arguments.file {
        return run_copy(session, file, arguments.output.as_deref());
    }
    let folder = session.folder("the secretariat's")?;
    let terms = Terms {
        expires_in: arguments.expires_in,
        above: arguments.above,
        pending: if arguments.anew {
            Pending::Dropped
        } else {
            Pending::Kept
        },
    };
    let signed = sign_on(folder, terms, when::now())?;
    session.terminal.result(&signed, text);
    let file = signed.file.display();
    if signed.signatures.as_ref().is_none_or(Progress::is_enough) {
        let sets = key_sets::load(folder)?;
        let trust = trust_options(&sets, signed.key);
        session.terminal.next(format_args!(
            "send {file} to every Party; there:\n  ohrid directory install FILE --dir NODE \\\n    {trust}"
        ));
    } else {
        session.terminal.next(format_args!(
            "send {file} to other members; there:\n  ohrid directory sign FILE --dir MEMBER\nand with what \
             they send back:\n  ohrid directory merge FILE... --dir {}",
            folder.display()
        ));
    }
    Ok(())
}

/// Signs the draft, as the one key of a secretariat does, or one of its members. The version is one more than
/// that of the directory which lies in the folder.
pub(crate) fn sign(folder: &Path, expires_in: Duration, now: Timestamp) -> Result<Signed, Failure> {
    let terms = Terms {
        expires_in,
        above: 0,
        pending: Pending::Kept,
    };
    sign_on(folder, terms, now)
}

/// The same on these terms.
pub(super) fn sign_on(folder: &Path, terms: Terms, now: Timestamp) -> Result<Signed, Failure> {
    let network = draft::network(folder)?;
    let sets = key_sets::load(folder)?;
    let next = folder.join(NEXT_NAME);
    if next.exists() && terms.pending == Pending::Kept {
        let what = format!("{} waits for signatures of other members", next.display());
        let mend = "merge what they have signed; or, if the draft has changed since: --anew";
        return Err(Failure::failed(what).mended_by(mend));
    }
    check_founded(folder, &sets)?;
    let parties = draft::parties(folder)?;
    if parties.is_empty() {
        let mend = format!("ohrid directory add JOIN_REQUEST... --dir {}", folder.display());
        return Err(Failure::failed("the draft has no Party").mended_by(mend));
    }
    let issued_at = when::unix_millis(now);
    let previous = previous_version(&folder.join(DIRECTORY_NAME))?.max(terms.above);
    let directory = Directory {
        network,
        version: previous.saturating_add(1),
        issued_at,
        expires_at: issued_at.plus(terms.expires_in),
        parties,
    };
    let cannot = |error| Failure::invalid(format!("the draft cannot be signed: {error}"));
    if sets.in_force.is_none() {
        let key = member::key(folder)?;
        let signed = SignedDirectory::sign(&directory, &key).map_err(cannot)?;
        let file = folder.join(DIRECTORY_NAME);
        files::replace(&file, signed.as_bytes(), Secrecy::Public)?;
        return report(file, &signed, &directory, Some(&key), None);
    }
    let draft = SignedDirectory::draft(&directory, sets.to_bring()).map_err(cannot)?;
    let key = member::key_if_any(folder)?;
    let copies = match &key {
        Some(key) => vec![draft.countersign(key).map_err(|error| cannot(error.into()))?],
        None => vec![draft],
    };
    let signed = merge_copies(&sets, &copies)?;
    let (file, progress) = keep(folder, &sets, &signed)?;
    report(file, &signed, &directory, key.as_ref(), Some(progress))
}

/// Puts copies of one directory together.
pub(super) fn merge_copies(sets: &KeySets, copies: &[SignedDirectory]) -> Result<SignedDirectory, Failure> {
    let keys = sets
        .in_force
        .as_ref()
        .map(|key_set| key_set.keys())
        .unwrap_or_default();
    SignedDirectory::merge(copies, keys)
        .map_err(|error| Failure::invalid(format!("the directories cannot be merged: {error}")))
}

/// Takes a directory into the folder: as the one in force if it is signed enough, otherwise to collect
/// signatures.
pub(super) fn keep(
    folder: &Path,
    sets: &KeySets,
    signed: &SignedDirectory,
) -> Result<(PathBuf, Progress), Failure> {
    let next = folder.join(NEXT_NAME);
    let key_set = sets.in_force.as_ref();
    let signers = signed.signers(key_set.map(|key_set| key_set.keys()).unwrap_or_default());
    let progress = Progress {
        by: "members",
        valid: signers
            .map_err(|error| Failure::invalid(error.to_string()))?
            .len(),
        needed: key_set.map_or(1, |key_set| key_set.threshold()),
    };
    if !progress.is_enough() {
        files::replace(&next, signed.as_bytes(), Secrecy::Public)?;
        return Ok((next, progress));
    }
    let file = folder.join(DIRECTORY_NAME);
    files::replace(&file, signed.as_bytes(), Secrecy::Public)?;
    files::remove_if_there(&next)?;
    Ok((file, progress))
}

/// Signs a copy of a directory or key set: nobody's signature is in it but this member's.
pub(super) fn sign_copy(member: &Path, file: &Path, output: Option<&Path>) -> Result<SignedCopy, Failure> {
    let key = member::key(member)?;
    let failed = |error: protocol::decode::DecodeError| Failure::invalid(error.to_string());
    let (bytes, digest, what) = match document::read(file)? {
        Document::Directory(signed, directory) => {
            check_member(&signed, &key)?;
            let copy = signed.countersign(&key).map_err(failed)?;
            let what = format!("{} version {}", directory.network, directory.version);
            (copy.as_bytes().to_vec(), copy.digest().map_err(failed)?, what)
        }
        Document::KeySet(signed, key_set) => {
            let copy = signed.countersign(&key).map_err(failed)?;
            let what = format!("{} key set {}", key_set.network(), key_set.number());
            (copy.as_bytes().to_vec(), copy.digest().map_err(failed)?, what)
        }
        Document::Change(..) | Document::Join(..) => {
            let what = format!(
                "{} is a request of a Party: the secretariat does not sign it",
                file.display()
            );
            return Err(Failure::usage(
                what,
                "take it into the draft: `directory add` or `directory merge`",
            ));
        }
    };
    let beside = || {
        let id: String = key.id().to_string().chars().take(8).collect();
        file.with_extension(format!("{id}.cose"))
    };
    let target = output.map_or_else(beside, Path::to_owned);
    files::replace(&target, &bytes, Secrecy::Public)?;
    Ok(SignedCopy {
        file: target,
        what,
        digest: digest.to_string(),
        key: PublicKeyText(key.public()),
    })
}

/// Whether the key's signature would count. On a key set that cannot be told: the members before sign it too.
fn check_member(signed: &SignedDirectory, key: &SecretariatKey) -> Result<(), Failure> {
    let Some(key_set) = show::last_key_set(signed)? else {
        return Ok(());
    };
    if key_set.keys().contains(&key.public()) {
        return Ok(());
    }
    let what = format!(
        "{} is not in key set {}, which signs this directory",
        key.public(),
        key_set.number()
    );
    let mend = "if it was withdrawn, it is of no use any more; otherwise look for the folder of a member";
    Err(Failure::new(Exit::Refused, "refused_by_rule", what).mended_by(mend))
}

/// What `verify` and `install` need to be told.
pub(super) fn trust_options(sets: &KeySets, alone: Option<PublicKeyText>) -> String {
    let Some(key_set) = &sets.in_force else {
        return alone.map(|key| format!("--key {}", key.0)).unwrap_or_default();
    };
    let keys: Vec<String> = key_set.keys().iter().map(|key| format!("--key {key}")).collect();
    let keys = keys.join(" \\\n    ");
    format!("{keys} \\\n    --threshold {}", key_set.threshold())
}

fn run_copy(session: &Session, file: &Path, output: Option<&Path>) -> Result<(), Failure> {
    let copy = sign_copy(session.folder("the member's")?, file, output)?;
    session.terminal.result(&copy, |copy| {
        table::properties(&[
            ("Signed", copy.what.clone()),
            ("Its digest", copy.digest.clone()),
            ("By", copy.key.0.to_string()),
            ("Signed copy", copy.file.display().to_string()),
        ])
    });
    session.terminal.explain(
        "Compare the digest with the other members by telephone: what you have signed is what you have \
         looked at with `directory show` and `directory diff`, and nothing that came in its place.",
    );
    session.terminal.next(format_args!(
        "send {0} back; there:\n  ohrid directory merge {0} --dir DIR",
        copy.file.display()
    ));
    Ok(())
}

fn check_founded(folder: &Path, sets: &KeySets) -> Result<(), Failure> {
    let waits = folder.join(key_sets::NEXT_KEYS_NAME);
    if sets.in_force.is_none() && waits.exists() && !folder.join(draft::SEED_NAME).exists() {
        let what = format!(
            "the secretariat's first key set is not yet signed: {}",
            waits.display()
        );
        let mend = "let the members sign it (`directory sign FILE`), and merge what they send back";
        return Err(Failure::failed(what).mended_by(mend));
    }
    Ok(())
}

fn report(
    file: PathBuf,
    signed: &SignedDirectory,
    directory: &Directory,
    key: Option<&SecretariatKey>,
    signatures: Option<Progress>,
) -> Result<Signed, Failure> {
    let digest = signed
        .digest()
        .map_err(|error| Failure::invalid(error.to_string()))?;
    Ok(Signed {
        file,
        network: directory.network.clone(),
        version: directory.version,
        expires_at: when::timestamp(directory.expires_at),
        parties: directory.parties.keys().map(ToString::to_string).collect(),
        key: key.map(|key| PublicKeyText(key.public())),
        digest: digest.to_string(),
        signatures,
    })
}

fn text(signed: &Signed) -> String {
    let mut pairs = vec![
        ("Directory", signed.file.display().to_string()),
        (
            "Network",
            format!("{} version {}", signed.network, signed.version),
        ),
        ("Valid until", when::both(signed.expires_at, &when::local_zone())),
        ("Parties", signed.parties.join(" ")),
    ];
    pairs.extend(signed.key.iter().map(|key| ("Signed by", key.0.to_string())));
    if let Some(progress) = &signed.signatures {
        pairs.push(("Signatures", progress.to_string()));
        pairs.push(("Its digest", signed.digest.clone()));
    }
    table::properties(&pairs)
}

fn previous_version(file: &Path) -> Result<u64, Failure> {
    if !file.exists() {
        return Ok(0);
    }
    let bytes = files::read(file, SIGNED_DOCUMENT_BYTES_MAX)?;
    Ok(show::peek(file, &bytes)?.1.version)
}
