#![allow(clippy::unwrap_used, clippy::expect_used)]
//! What reading a peer's stream, and a node's own files, must never do, whoever cuts the one where it hurts
//! and has changed the others, or has written what he did not mean: said as functions that take any bytes and
//! panic where it does not hold. The fuzz targets of `fuzz/` call them; so does a test here. Compiled for
//! these two only.

use std::fmt::{Debug, Display};
use std::path::Path;
use std::str::FromStr;

use control::types::Sent;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::attachments::{AttachmentName, manifests};
use crate::config::Config;
use crate::directory::{digits, floor, forks};
use crate::drafts::Kept;
use crate::durable;
use crate::erasure::AskedOrder;
use crate::export::Redaction;
use crate::export::pin::Pin;
use crate::keys::files::parse_seed;
use crate::officers::file;
use crate::outbound::HttpUrl;
use crate::quic::in_pieces;
use crate::reviews::Written;
use crate::witness::forks::KeptProof;

/// Every kind of frame that there is.
const FRAME_KINDS: [u8; 24] = [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 32, 33, 40, 41, 42, 43, 44, 45, 48, 49, 50, 51, 52, 53,
];

/// The bytes as the configuration of a node: understood, or the fault named with its file, and with a line
/// that there is.
pub fn configuration(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let folder = Path::new("/etc/ohrid");
    match Config::parse(text, "node.toml", folder) {
        Ok(config) => drop(format!("{config:?}")),
        Err(error) => {
            let said = error.to_string();
            let line = said.strip_prefix("node.toml:").expect("an error names its file");
            let line: usize = line.split(':').next().unwrap().parse().expect("and its line");
            assert!((1..=text.lines().count() + 1).contains(&line), "{said}");
        }
    }
}

/// The bytes as a stream that arrives in pieces, as they are and as the body of a frame whose length fits.
/// How many of the two begin with a frame.
pub fn stream(bytes: &[u8]) -> usize {
    let mut framed = bytes.to_vec();
    if let (Some((number, body)), Ok(length)) = (bytes.split_first(), u32::try_from(bytes.len())) {
        let number = FRAME_KINDS[usize::from(*number) % FRAME_KINDS.len()];
        framed = [&[number], &(length - 1).to_be_bytes()[..], body].concat();
    }
    [bytes, &framed]
        .into_iter()
        .filter(|bytes| in_pieces::first_frame(bytes))
        .count()
}

/// The bytes as each of the small files beside the ledger, and as the names that files have. How many of
/// these they are.
pub fn private_files(bytes: &[u8]) -> usize {
    summed(bytes);
    let mut taken = vec![
        again::<Kept>(bytes),
        again::<Sent>(bytes),
        again::<AskedOrder>(bytes),
        again::<Written>(bytes),
        parse_seed(bytes).is_some(),
    ];
    if let Ok(officers) = file::parse(bytes) {
        let written = file::print(&officers).expect("what was read can be written");
        let again = file::parse(&written).expect("and read again");
        assert_eq!(file::print(&again).unwrap(), written);
        taken.push(true);
    }
    let text = String::from_utf8_lossy(bytes);
    if let Some(in_use) = floor::parse(&text) {
        // `007` is read as 7.
        assert_eq!(floor::parse(&floor::print(&in_use)), Some(in_use));
        taken.push(true);
    }
    if let Some(digest) = digits::parse(&text) {
        assert_eq!(digest.to_string(), text);
        taken.push(true);
    }
    if let Some(pin) = Pin::parse(&text) {
        assert_eq!(pin.text(), text);
        assert!(pin.head().is_some());
        taken.push(true);
    }
    taken.into_iter().filter(|taken| *taken).count() + names(&text)
}

/// What was written with its sum is read without it, and not under another name; and nothing else is cut off.
fn summed(bytes: &[u8]) {
    let (file, other) = (Path::new("draft.json"), Path::new("officers.json"));
    let written = durable::with_sum(file, bytes);
    assert_eq!(durable::without_sum(file, &written), Ok(bytes));
    assert!(durable::without_sum(other, &written).is_err());
    if let Ok(read) = durable::without_sum(file, bytes) {
        assert!(read == bytes || durable::with_sum(file, read) == bytes);
    }
}

fn names(text: &str) -> usize {
    let mut taken = vec![one_meaning::<AttachmentName>(text), one_meaning::<HttpUrl>(text)];
    if let Ok(redaction) = text.parse::<Redaction>() {
        assert!(
            text.starts_with(|first: char| first.is_ascii_lowercase()),
            "{redaction:?}"
        );
        taken.push(true);
    }
    if let Some(commitment) = manifests::parse(text) {
        assert_eq!(commitment.to_string(), text);
        taken.push(true);
    }
    let path = Path::new("/var/lib/ohrid").join(text);
    if let Some(proof) = KeptProof::parse(&path) {
        assert!(!proof.file_name().contains('/'));
        taken.push(true);
    }
    if let Some(proof) = forks::parse(&path) {
        assert_eq!(proof.file, path);
        taken.push(true);
    }
    taken.into_iter().filter(|taken| *taken).count()
}

fn again<T: DeserializeOwned + Serialize>(bytes: &[u8]) -> bool {
    let Ok(read) = serde_json::from_slice::<T>(bytes) else {
        return false;
    };
    let written = serde_json::to_vec(&read).expect("what was read can be written");
    let again: T = serde_json::from_slice(&written).expect("and read again");
    assert_eq!(serde_json::to_vec(&again).expect("and written"), written);
    true
}

fn one_meaning<T>(text: &str) -> bool
where
    T: FromStr<Err: Display> + Display + Debug,
{
    let Ok(read) = text.parse::<T>() else {
        return false;
    };
    let printed = read.to_string();
    let again = printed
        .parse::<T>()
        .unwrap_or_else(|error| panic!("{printed:?}: {error}"));
    assert_eq!(again.to_string(), printed);
    true
}

#[cfg(test)]
mod tests;
