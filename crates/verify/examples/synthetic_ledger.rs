//! Writes an export of any length, to measure `ohrid-verify` with: entries as a node records them for
//! received envelopes, all with the same signed header, in a correct tree.
//!
//! ```text
//! cargo run --release -p ohrid-verify --example synthetic_ledger -- /tmp/ledger 10000000
//! time ohrid-verify ledger /tmp/ledger
//! ```
//!
//! No directory is written: what can be checked is the tree, the form of each entry, and the checkpoint, and
//! the verdict is *could not check*. Ten million entries take four gigabytes.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use ledger::SigningKey;
use ledger::checkpoint::Checkpoint;
use ledger::hash::{Hash, leaf_hash};
use ledger::limits::{MAX_TILE_LEVEL, TILE_WIDTH};
use ledger::note::NoteSigner;
use ledger::tile::{TileKind, TilePath, encode_bundle, encode_tile, parent_hash};
use ledger::tree::Edge;
use protocol::digest::Commitment;
use protocol::entry::Entry;
use protocol::envelope::{Header, Priority, SignedHeader};
use protocol::ids::{CaseId, MessageId};
use protocol::key::EnvelopeKey;
use protocol::time::UnixMillis;

/// 2026-11-22T00:00:00Z.
const START: u64 = 1_795_305_600_000;

/// Writes tiles from left to right, with no more in memory than one tile of each level.
struct Writer {
    folder: PathBuf,
    /// For each level, the hashes since its last full tile.
    rows: Vec<Vec<Hash>>,
    /// For each level, the tiles that were written.
    written: Vec<u64>,
    edge: Edge,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(folder), Some(count), None) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err("usage: synthetic_ledger DIR COUNT".into());
    };
    let folder = PathBuf::from(folder);
    let count: u64 = count.to_str().ok_or("COUNT is a number")?.parse()?;
    let signer = NoteSigner::new("node.xa.example/ledger/2026", SigningKey::from_bytes(&[11; 32]))?;
    let header = header()?;
    let levels = usize::from(MAX_TILE_LEVEL) + 1;
    let mut writer = Writer {
        folder: folder.clone(),
        rows: vec![Vec::new(); levels],
        written: vec![0; levels],
        edge: Edge::new(),
    };
    let width = u64::from(TILE_WIDTH);
    for first in (0..count).step_by(usize::from(TILE_WIDTH)) {
        let entries: Vec<Vec<u8>> = (first..count.min(first + width))
            .map(|index| entry(index, &header))
            .collect();
        writer.push_bundle(first / width, &entries)?;
    }
    writer.finish()?;
    let checkpoint = Checkpoint::of_edge(signer.name(), &writer.edge)?;
    write(&folder.join("checkpoint"), checkpoint.sign(&signer)?.as_bytes())?;
    let mut key_file = folder.into_os_string();
    key_file.push(".vkey");
    fs::write(key_file, format!("{}\n", signer.verifier_key()))?;
    println!("{count} entries, root {}", writer.edge.root());
    Ok(())
}

fn header() -> Result<SignedHeader, Box<dyn Error>> {
    let message = MessageId::from_parts(START, [1; 10]);
    let header = Header {
        message,
        case: CaseId::opened_by(message),
        in_reply_to: None,
        from: "XB/police".parse()?,
        to: "XA/police".parse()?,
        sent_at: UnixMillis(START),
        expires_at: UnixMillis(START + 1_000_000),
        priority: Priority::Routine,
        payload: Commitment::from_bytes([1; 32]),
        payload_length_bytes: 2048,
        attachments: None,
        sender_checkpoint: None,
    };
    Ok(SignedHeader::sign(&header, &EnvelopeKey::from_seed(&[20; 32])))
}

fn entry(index: u64, header: &SignedHeader) -> Vec<u8> {
    let (at, commit_size) = (UnixMillis(START + index), index + 1);
    let header = header.clone();
    Entry::Received {
        at,
        header,
        commit_size,
    }
    .encode()
}

impl Writer {
    fn push_bundle(&mut self, index: u64, entries: &[Vec<u8>]) -> Result<(), Box<dyn Error>> {
        let bundle = encode_bundle(entries.iter().map(Vec::as_slice))?;
        self.write_tile(TileKind::Entries, index, entries.len(), &bundle)?;
        for entry in entries {
            let hash = leaf_hash(entry);
            self.edge.append(hash);
            self.push(0, hash)?;
        }
        Ok(())
    }

    fn push(&mut self, level: u8, hash: Hash) -> Result<(), Box<dyn Error>> {
        let row = &mut self.rows[usize::from(level)];
        row.push(hash);
        let Some(parent) = parent_hash(row) else {
            return Ok(());
        };
        self.write_row(level)?;
        self.push(level + 1, parent)
    }

    /// Writes the partial tiles.
    fn finish(&mut self) -> Result<(), Box<dyn Error>> {
        (0..=MAX_TILE_LEVEL).try_for_each(|level| self.write_row(level))
    }

    fn write_row(&mut self, level: u8) -> Result<(), Box<dyn Error>> {
        let row = std::mem::take(&mut self.rows[usize::from(level)]);
        if row.is_empty() {
            return Ok(());
        }
        let index = self.written[usize::from(level)];
        self.written[usize::from(level)] += 1;
        self.write_tile(TileKind::Hashes(level), index, row.len(), &encode_tile(&row))
    }

    fn write_tile(
        &self,
        kind: TileKind,
        index: u64,
        width: usize,
        bytes: &[u8],
    ) -> Result<(), Box<dyn Error>> {
        let path = TilePath::new(kind, index, u16::try_from(width)?)?;
        write(&self.folder.join(path.to_string()), bytes)
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    Ok(fs::write(path, bytes)?)
}
