//! Looking for bytes in everything that lies below a folder, as programs may have written them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use protocol::digest::{Commitment, Salt};
use protocol::payload::SealedPayload;

/// So many bytes of a needle are looked up at once.
const FIRST: usize = 8;

/// So many bytes are passed over at once where they are zeros.
const BLOCK: usize = 4096;

/// What is looked for, by what it is.
pub type Needles = BTreeMap<String, Vec<u8>>;

/// The same bytes as programs may write them.
#[must_use]
pub fn encodings(bytes: &[u8]) -> Vec<Vec<u8>> {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let wide = |text: &[u8]| text.iter().flat_map(|byte| [*byte, 0]).collect::<Vec<u8>>();
    let mut all = vec![
        bytes.to_vec(),
        bytes.iter().rev().copied().collect(),
        wide(bytes),
        hex.to_uppercase().into_bytes(),
        hex.into_bytes(),
    ];
    // Base64 looks another way at each of three places; without the characters that depend on neighbours.
    for skipped in 0..3 {
        let inner = &bytes[skipped..skipped + (bytes.len() - skipped) / 3 * 3];
        all.push(base64(inner));
    }
    all
}

fn base64(bytes: &[u8]) -> Vec<u8> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let groups = bytes.chunks_exact(3).flat_map(|group| {
        let all = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        [18, 12, 6, 0].map(|shift| LETTERS[(all >> shift & 63) as usize])
    });
    groups.collect()
}

/// Where `part` begins in `bytes`.
#[must_use]
pub fn places(bytes: &[u8], part: &[u8]) -> Vec<usize> {
    let mut places = Vec::new();
    let mut from = 0;
    while let Some(step) = bytes[from..].iter().position(|byte| *byte == part[0]) {
        from += step;
        if bytes[from..].starts_with(part) {
            places.push(from);
        }
        from += 1;
    }
    places
}

/// All files below, but sockets.
///
/// # Errors
/// When a folder cannot be read.
pub fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            files.extend(files_below(&entry.path())?);
        } else if entry.file_type()?.is_file() {
            files.push(entry.path());
        }
    }
    Ok(files)
}

/// Where each of the needles is, in whichever encoding, in any file or any file's name below a folder.
///
/// # Errors
/// When something cannot be read.
pub fn found(folder: &Path, needles: &Needles) -> Result<BTreeMap<String, Vec<PathBuf>>> {
    let mut wanted = BTreeMap::<[u8; FIRST], Vec<(&str, Vec<u8>)>>::new();
    for (what, needle) in needles {
        for encoded in encodings(needle) {
            let first = encoded.first_chunk().context("a needle is longer than this")?;
            wanted.entry(*first).or_default().push((what, encoded));
        }
    }
    let mut found = BTreeMap::<String, Vec<PathBuf>>::new();
    for file in files_below(folder)? {
        let name = file.to_string_lossy().into_owned().into_bytes();
        let bytes = [name, fs::read(&file)?].concat();
        for (number, block) in bytes.chunks(BLOCK).enumerate() {
            // Most of a journal was never written.
            if block == &[0; BLOCK][..block.len()] {
                continue;
            }
            for place in number * BLOCK..number * BLOCK + block.len() {
                let Some(first) = bytes[place..].first_chunk() else {
                    break;
                };
                for (what, encoded) in wanted.get(first).into_iter().flatten() {
                    if bytes[place..].starts_with(encoded) {
                        found.entry((*what).to_owned()).or_default().push(file.clone());
                    }
                }
            }
        }
    }
    Ok(found)
}

/// A sealed payload as it lies in a store's journal, behind its commitment.
///
/// # Errors
/// When it is not there, or something cannot be read.
pub fn sealed(store: &Path, commitment: &Commitment) -> Result<SealedPayload> {
    for file in files_below(&store.join("journal"))? {
        let bytes = fs::read(&file)?;
        for place in places(&bytes, commitment.as_bytes()) {
            let behind = &bytes[place + 32..];
            let Some((salt, behind)) = behind.split_first_chunk::<32>() else {
                continue;
            };
            let Some((length, behind)) = behind.split_first_chunk::<4>() else {
                continue;
            };
            let length = u32::from_be_bytes(*length) as usize;
            let Some(bytes) = behind.get(..length) else {
                continue;
            };
            let payload = SealedPayload {
                salt: Salt::from_bytes(*salt),
                bytes: bytes.into(),
            };
            if payload.commitment() == *commitment {
                return Ok(payload);
            }
        }
    }
    bail!("the payload is not in the journal")
}
