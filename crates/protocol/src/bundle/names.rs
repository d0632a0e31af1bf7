//! Which file lies where in a bundle. Every name follows from the place, so none is invented twice.

use super::path::is_plain;
use super::{BundlePath, LeafKind};
use crate::limits::BUNDLE_PATH_PART_BYTES_MAX;

/// The files of a bag that are no payload, ascending.
pub const TAG_FILES: [&str; 7] = [
    VERIFY_TEXT,
    BAG_INFO,
    BAG_DECLARATION,
    MANIFEST,
    SIGNATURE,
    TAG_MANIFEST,
    VERIFY_PROGRAM,
];

/// How to check the bundle, for people.
pub const VERIFY_TEXT: &str = "VERIFY.md";
/// The same as a program.
pub const VERIFY_PROGRAM: &str = "verify.py";
/// What RFC 8493 section 2.1.1 asks for.
pub const BAG_DECLARATION: &str = "bagit.txt";
/// The whole content of it.
pub const BAG_DECLARATION_TEXT: &str = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
/// What is said of the bag.
pub const BAG_INFO: &str = "bag-info.txt";
/// The sums of all files below `data/`.
pub const MANIFEST: &str = "manifest-sha512.txt";
/// The sums of the tag files, save itself and the signature.
pub const TAG_MANIFEST: &str = "tagmanifest-sha512.txt";
/// The node's signature over the tag manifest.
pub const SIGNATURE: &str = "signature.cose";
/// The table of contents.
pub const CONTENTS: &str = "data/bundle.json";
/// The page for reading.
pub const PAGE: &str = "data/case.html";
/// The timeline as a table.
pub const TIMELINE_CSV: &str = "data/timeline.csv";
/// The timeline for programs.
pub const TIMELINE_JSONL: &str = "data/timeline.jsonl";

/// The payload files that are always there, beside what `bundle.json` names.
pub const ALWAYS: [&str; 4] = [CONTENTS, PAGE, TIMELINE_CSV, TIMELINE_JSONL];

/// The folder at the top of the zip file, for a case that people call so.
#[must_use]
pub fn folder(reference: &str) -> String {
    plain(reference, "case")
}

/// The signed directory of that version.
#[must_use]
pub fn directory(version: u64) -> BundlePath {
    path(format!("data/directory/{version}.cose"))
}

/// The checkpoint of log number `log`.
#[must_use]
pub fn checkpoint(log: u32) -> BundlePath {
    path(format!("data/ledger/{log}/checkpoint"))
}

/// A leaf.
#[must_use]
pub fn leaf(log: u32, index: u64) -> BundlePath {
    path(format!("data/ledger/{log}/{index}.leaf"))
}

/// Its proof.
#[must_use]
pub fn proof(log: u32, index: u64) -> BundlePath {
    path(format!("data/ledger/{log}/{index}.tlog-proof"))
}

/// What message number `message` says.
#[must_use]
pub fn content(message: u32) -> BundlePath {
    path(format!("data/messages/{message}/message.json"))
}

/// Its sealed original.
#[must_use]
pub fn sealed(message: u32) -> BundlePath {
    path(format!("data/messages/{message}/sealed.pgp"))
}

/// The salt of the commitment to that.
#[must_use]
pub fn salt(message: u32) -> BundlePath {
    path(format!("data/messages/{message}/salt"))
}

/// What opens it.
#[must_use]
pub fn session_key(message: u32) -> BundlePath {
    path(format!("data/messages/{message}/session-key.txt"))
}

/// The signed statement in a leaf; none for kinds that have none.
#[must_use]
pub fn statement(message: u32, kind: LeafKind, log: u32, index: u64) -> Option<BundlePath> {
    let word = kind.statement_word()?;
    Some(path(format!("data/messages/{message}/{word}-{log}-{index}.cose")))
}

/// The other node's leaf, of a receipt.
#[must_use]
pub fn peer_leaf(message: u32, log: u32, index: u64) -> BundlePath {
    path(format!("data/messages/{message}/receipt-{log}-{index}.leaf"))
}

/// Its proof, as the receipt has it.
#[must_use]
pub fn peer_proof(message: u32, log: u32, index: u64) -> BundlePath {
    path(format!(
        "data/messages/{message}/receipt-{log}-{index}.tlog-proof"
    ))
}

/// Its proof under a checkpoint with cosignatures.
#[must_use]
pub fn peer_witnessed(message: u32, log: u32, index: u64) -> BundlePath {
    path(format!(
        "data/messages/{message}/witnessed-{log}-{index}.tlog-proof"
    ))
}

/// The list of what is attached to a message.
#[must_use]
pub fn manifest(message: u32) -> BundlePath {
    path(format!("data/messages/{message}/attachments.cbor"))
}

/// The salt of the commitment to that.
#[must_use]
pub fn manifest_salt(message: u32) -> BundlePath {
    path(format!("data/messages/{message}/attachments.salt"))
}

/// An attachment, which people know by `name`.
#[must_use]
pub fn attachment(message: u32, number: u32, name: &str) -> BundlePath {
    let name = plain(name, "file");
    path(format!("{}{name}", attachment_prefix(message, number)))
}

/// What the path of that attachment begins with.
#[must_use]
pub fn attachment_prefix(message: u32, number: u32) -> String {
    format!("data/messages/{message}/attachments/{number}-")
}

/// A name that a path can have: what cannot stand in one is `_`, and the end of a long one is kept, since it
/// says what kind of file it is.
fn plain(name: &str, instead: &str) -> String {
    let letter = |letter: char| match u8::try_from(letter) {
        Ok(byte) if is_plain(byte) => letter,
        _ => '_',
    };
    let letters: Vec<char> = name.chars().map(letter).collect();
    // Room for the number in front of an attachment's name.
    let cut = letters.len().saturating_sub(BUNDLE_PATH_PART_BYTES_MAX - 12);
    let kept: String = letters[cut..].iter().collect();
    let kept = kept.trim_start_matches(['.', '-']);
    if kept.is_empty() { instead } else { kept }.to_owned()
}

/// A path that is made of numbers and of [`plain`] names here.
fn path(text: String) -> BundlePath {
    #[expect(
        clippy::expect_used,
        reason = "numbers and plain names make a path; names/tests.rs tries the longest"
    )]
    text.parse().expect("a path")
}

#[cfg(test)]
mod tests;
