//! The files in which proofs of forks and rollbacks are kept.

use std::fmt;

use super::{ForkProof, Prefix, Rollback, TwoHeadsDecodeError as Error};
use crate::encoding;
use crate::hash::Hash;
use crate::limits::{MAX_PROOF_HASHES, MAX_TWO_HEADS_BYTES};
use crate::note::Note;
use crate::proof::ConsistencyProof;

/// The first line of a fork's file.
const FORK_HEADER: &str = "ohrid/fork-proof@v1\n";
/// The first line of a rollback's file.
const ROLLBACK_HEADER: &str = "ohrid/rollback-proof@v1\n";

impl ForkProof {
    /// Reads a proof file, strictly, and checks nothing of what it claims.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let rest = after_header(bytes, FORK_HEADER)?;
        let (prefix, rest) = parse_prefix(rest)?;
        let (smaller, rest) = parse_head(rest)?;
        let (greater, rest) = parse_head(rest)?;
        let proof = Self {
            smaller,
            greater,
            prefix,
        };
        rest.is_empty().then_some(proof).ok_or(Error::BadLength)
    }
}

impl Rollback {
    /// Reads a proof file, strictly, and checks nothing of what it claims.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let rest = after_header(bytes, ROLLBACK_HEADER)?;
        let (has, rest) = parse_head(rest)?;
        let (had, rest) = parse_head(rest)?;
        let rollback = Self { has, had };
        rest.is_empty().then_some(rollback).ok_or(Error::BadLength)
    }
}

impl fmt::Display for ForkProof {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(FORK_HEADER)?;
        if let Some(prefix) = &self.prefix {
            writeln!(formatter, "prefix {}", prefix.root.to_base64())?;
            for hash in &prefix.proof.hashes {
                writeln!(formatter, "{}", hash.to_base64())?;
            }
        }
        print_head(&self.smaller, formatter)?;
        print_head(&self.greater, formatter)
    }
}

impl fmt::Display for Rollback {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(ROLLBACK_HEADER)?;
        print_head(&self.has, formatter)?;
        print_head(&self.had, formatter)
    }
}

fn print_head(note: &Note, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let text = note.to_string();
    write!(formatter, "head {}\n{text}", text.len())
}

fn after_header<'text>(bytes: &'text [u8], header: &str) -> Result<&'text str, Error> {
    if bytes.len() > MAX_TWO_HEADS_BYTES {
        return Err(Error::TooLong);
    }
    let text = str::from_utf8(bytes).map_err(|_| Error::NotUtf8)?;
    text.strip_prefix(header).ok_or(Error::BadHeader)
}

fn parse_prefix(text: &str) -> Result<(Option<Prefix>, &str), Error> {
    let Some(rest) = text.strip_prefix("prefix ") else {
        return Ok((None, text));
    };
    let (root, mut rest) = rest.split_once('\n').ok_or(Error::BadPrefix)?;
    let root = Hash::from_base64(root).map_err(|_| Error::BadPrefix)?;
    let mut hashes = Vec::new();
    while !rest.starts_with("head ") {
        let (line, after) = rest.split_once('\n').ok_or(Error::BadPrefix)?;
        if hashes.len() == MAX_PROOF_HASHES {
            return Err(Error::BadPrefix);
        }
        hashes.push(Hash::from_base64(line).map_err(|_| Error::BadPrefix)?);
        rest = after;
    }
    let proof = ConsistencyProof { hashes };
    Ok((Some(Prefix { root, proof }), rest))
}

fn parse_head(text: &str) -> Result<(Note, &str), Error> {
    let announced = text.strip_prefix("head ").and_then(|rest| rest.split_once('\n'));
    let (length, rest) = announced.ok_or(Error::BadLength)?;
    let length = encoding::parse_decimal(length).and_then(|length| usize::try_from(length).ok());
    let parted = length.and_then(|length| rest.split_at_checked(length));
    let (note, rest) = parted.ok_or(Error::BadLength)?;
    let note = Note::parse(note.as_bytes()).map_err(Error::BadHead)?;
    Ok((note, rest))
}
