//! What must hold between the parts of a `bundle.json`, whatever the files say.

use std::collections::BTreeSet;

use super::{Attachments, Bundle, BundlePath, Direction, Leaf, LeafKind, LeftOut, Message, Part, names};
use crate::limits::{BUNDLE_FILES_MAX, BUNDLE_TEXT_BYTES_MAX, SECRETARIAT_SIGNATURES_MAX};

/// Parts of a `bundle.json` that contradict each other. Whoever wrote it is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("bundle.json, {place}: {what}")]
pub struct Broken {
    /// Where, such as `leaves[3]`.
    pub place: String,
    /// What is wrong.
    pub what: &'static str,
}

/// The first thing that is wrong.
pub(super) fn check(bundle: &Bundle) -> Result<(), Broken> {
    heading(bundle)?;
    directories(bundle)?;
    logs(bundle)?;
    for (place, leaf) in bundle.leaves.iter().enumerate() {
        named("leaves", place, one_leaf(bundle, leaf))?;
    }
    let ordered = bundle
        .leaves
        .is_sorted_by(|one, next| (one.log, one.index) < (next.log, next.index));
    require(ordered, "leaves", "not ascending by log and index, each once")?;
    for (place, message) in bundle.messages.iter().enumerate() {
        named("messages", place, one_message(bundle, place, message))?;
    }
    let used: BTreeSet<u32> = bundle.leaves.iter().filter_map(|leaf| leaf.message).collect();
    let all_told = used.len() == bundle.messages.len();
    require(all_told, "messages", "a message that no leaf speaks of")?;
    left_out(bundle)?;
    let files = bundle.files().len();
    require(files <= BUNDLE_FILES_MAX, "files", "too many")
}

impl Bundle {
    /// Every file that `bundle.json` names, ascending; without [`names::ALWAYS`].
    #[must_use]
    pub fn files(&self) -> BTreeSet<&BundlePath> {
        let mut files: BTreeSet<&BundlePath> = self.directories.iter().map(|one| &one.file).collect();
        files.extend(self.logs.iter().map(|log| &log.checkpoint));
        for leaf in &self.leaves {
            files.extend([&leaf.file, &leaf.proof]);
            files.extend(&leaf.statement);
            if let Some(peer) = &leaf.peer {
                files.extend([&peer.leaf, &peer.proof]);
                files.extend(&peer.witnessed);
            }
        }
        for message in &self.messages {
            files.extend(&message.content);
            files.extend(&message.sealed);
            files.extend(&message.salt);
            files.extend(&message.session_key);
            if let Some(attachments) = &message.attachments {
                files.extend(&attachments.manifest);
                files.extend(&attachments.salt);
                files.extend(attachments.files.iter().map(|one| &one.file));
            }
        }
        files
    }
}

fn heading(bundle: &Bundle) -> Result<(), Broken> {
    let texts = [
        ("network", &bundle.network),
        ("made_by.node", &bundle.made_by.node),
        ("case.reference", &bundle.case.reference),
    ];
    for (place, text) in texts {
        require(is_line(text), place, "not one short line")?;
    }
    let keys = &bundle.secretariat.keys;
    let count = keys.len();
    require(
        (1..=SECRETARIAT_SIGNATURES_MAX).contains(&count),
        "secretariat",
        "no keys, or too many",
    )?;
    let differ = keys
        .iter()
        .enumerate()
        .all(|(place, key)| !keys[..place].contains(key));
    require(differ, "secretariat", "a key that stands twice")?;
    let threshold = bundle.secretariat.threshold as usize;
    require(
        (1..=count).contains(&threshold),
        "secretariat",
        "a threshold that the keys cannot reach",
    )?;
    let times = bundle.leaves.iter().map(|leaf| leaf.at_ms);
    let newest = times.chain(bundle.logs.iter().map(|log| log.dated_at_ms)).max();
    let newest = newest.unwrap_or_default();
    require(
        bundle.state_at_ms == newest,
        "state_at_ms",
        "not the greatest of the times",
    )
}

fn directories(bundle: &Bundle) -> Result<(), Broken> {
    let all = &bundle.directories;
    require(!all.is_empty(), "directories", "none")?;
    let ordered = all.is_sorted_by(|one, next| one.version < next.version);
    require(ordered, "directories", "not ascending by version, each once")?;
    let right = all.iter().all(|one| one.file == names::directory(one.version));
    require(right, "directories", "a file with another name")
}

fn logs(bundle: &Bundle) -> Result<(), Broken> {
    let logs = &bundle.logs;
    require(!logs.is_empty(), "logs", "none")?;
    for (place, log) in logs.iter().enumerate() {
        let broken = |what| named("logs", place, Err(what));
        if !is_line(&log.origin) || logs[..place].iter().any(|other| other.origin == log.origin) {
            return broken("an origin that is not one short line, or stands twice");
        }
        if log.checkpoint != names::checkpoint(number(place)) {
            return broken("a file with another name");
        }
        if !has_directory(bundle, log.directory) {
            return broken("a directory that is not in the bundle");
        }
        if !bundle.leaves.iter().any(|leaf| leaf.log == number(place)) {
            return broken("a log without a leaf");
        }
    }
    Ok(())
}

fn one_leaf(bundle: &Bundle, leaf: &Leaf) -> Result<(), &'static str> {
    let log = (leaf.log as usize)
        .checked_sub(1)
        .and_then(|place| bundle.logs.get(place));
    let log = log.ok_or("a log that is not in the bundle")?;
    if leaf.index >= log.size {
        return Err("an index that the log does not have");
    }
    if leaf.file != names::leaf(leaf.log, leaf.index) || leaf.proof != names::proof(leaf.log, leaf.index) {
        return Err("a file with another name");
    }
    if !has_directory(bundle, leaf.directory) {
        return Err("a directory that is not in the bundle");
    }
    let Some(message) = leaf.message else {
        let is_bare = leaf.kind == LeafKind::ErasureNotice && leaf.statement.is_none() && leaf.peer.is_none();
        return if is_bare {
            Ok(())
        } else {
            Err("a leaf that speaks of no message")
        };
    };
    if message == 0 || message as usize > bundle.messages.len() || leaf.kind == LeafKind::ErasureNotice {
        return Err("a message that it cannot speak of");
    }
    if leaf.statement != names::statement(message, leaf.kind, leaf.log, leaf.index) {
        return Err("a statement with another name, or where there is none");
    }
    match &leaf.peer {
        None if leaf.kind == LeafKind::Delivered => Err("a receipt without the other node's leaf"),
        None => Ok(()),
        Some(_) if leaf.kind != LeafKind::Delivered => Err("another node's leaf without a receipt"),
        Some(peer) => {
            let witnessed = names::peer_witnessed(message, leaf.log, leaf.index);
            let right = peer.leaf == names::peer_leaf(message, leaf.log, leaf.index)
                && peer.proof == names::peer_proof(message, leaf.log, leaf.index)
                && peer.witnessed.as_ref().is_none_or(|file| *file == witnessed);
            right.then_some(()).ok_or("a file with another name")
        }
    }
}

fn one_message(bundle: &Bundle, place: usize, message: &Message) -> Result<(), &'static str> {
    let number = number(place);
    if message.to.is_empty() {
        return Err("nobody whom it was for");
    }
    let is_sent = message.from.party() == bundle.made_by.party;
    if is_sent != (message.direction == Direction::Sent) {
        return Err("a direction that the sender does not have");
    }
    let is = |file: &Option<BundlePath>, name: BundlePath| file.as_ref().is_none_or(|file| *file == name);
    let right = is(&message.content, names::content(number))
        && is(&message.sealed, names::sealed(number))
        && is(&message.salt, names::salt(number))
        && is(&message.session_key, names::session_key(number));
    if !right {
        return Err("a file with another name");
    }
    if message.sealed.is_some() != message.salt.is_some() {
        return Err("a sealed original without its salt, or the other way round");
    }
    if message.session_key.is_some() && message.sealed.is_none() {
        return Err("a session key without a sealed original");
    }
    message
        .attachments
        .as_ref()
        .map_or(Ok(()), |one| attachments(number, one))
}

fn attachments(message: u32, attachments: &Attachments) -> Result<(), &'static str> {
    let manifest = attachments
        .manifest
        .as_ref()
        .map(|file| *file == names::manifest(message));
    let salt = attachments
        .salt
        .as_ref()
        .map(|file| *file == names::manifest_salt(message));
    match (manifest, salt) {
        (Some(true), Some(true)) => {}
        (None, None) if attachments.files.is_empty() => {}
        _ => return Err("a list of attachments with another name, without its salt, or none with files"),
    }
    let files = &attachments.files;
    if !files.is_sorted_by(|one, next| one.number < next.number) {
        return Err("attachments that are not ascending, each once");
    }
    for one in files {
        let prefix = names::attachment_prefix(message, one.number);
        let rest = one.file.as_str().strip_prefix(&prefix);
        if one.number == 0 || rest.is_none_or(|rest| rest.is_empty() || rest.contains('/')) {
            return Err("a file with another name");
        }
    }
    Ok(())
}

/// Every part is either there or said to be left out.
fn left_out(bundle: &Bundle) -> Result<(), Broken> {
    let said = &bundle.left_out;
    let ordered = said.is_sorted_by(|one, next| (one.message, one.part) < (next.message, next.part));
    require(
        ordered,
        "left_out",
        "not ascending by message and part, each once",
    )?;
    let is_said = |message: u32, part: Part| {
        let is = |one: &LeftOut| one.message == message && one.part == part;
        said.iter().any(is)
    };
    let mut expected = 0;
    for (place, message) in bundle.messages.iter().enumerate() {
        let number = number(place);
        let list = message.attachments.as_ref().map(|one| one.manifest.is_none());
        let missing = [
            (Part::Content, message.content.is_none()),
            (Part::Sealed, message.sealed.is_none()),
            (Part::SessionKey, message.session_key.is_none()),
            (Part::AttachmentList, list == Some(true)),
        ];
        for (part, is_missing) in missing {
            require(
                is_said(number, part) == is_missing,
                "left_out",
                "not exactly what is missing",
            )?;
            expected += usize::from(is_missing);
        }
        // Whether all files of the list are there, only the list says.
        let files = is_said(number, Part::AttachmentFiles);
        require(
            !files || list == Some(false),
            "left_out",
            "attachments that no list names",
        )?;
        expected += usize::from(files);
    }
    require(said.len() == expected, "left_out", "a message that there is not")
}

fn has_directory(bundle: &Bundle, version: u64) -> bool {
    bundle.directories.iter().any(|one| one.version == version)
}

/// Numbers begin with 1.
fn number(place: usize) -> u32 {
    u32::try_from(place + 1).unwrap_or(u32::MAX)
}

fn is_line(text: &str) -> bool {
    (1..=BUNDLE_TEXT_BYTES_MAX).contains(&text.len()) && !text.chars().any(char::is_control)
}

fn require(holds: bool, place: &str, what: &'static str) -> Result<(), Broken> {
    if holds {
        Ok(())
    } else {
        let place = place.to_owned();
        Err(Broken { place, what })
    }
}

fn named(list: &str, place: usize, checked: Result<(), &'static str>) -> Result<(), Broken> {
    checked.map_err(|what| Broken {
        place: format!("{list}[{place}]"),
        what,
    })
}

#[cfg(test)]
mod tests;
