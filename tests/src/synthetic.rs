//! An exported ledger of any length, to measure `ohrid-verify` with: entries as a node records them for
//! received envelopes, all with the same signed header, in a correct tree, under a correct checkpoint.
//!
//! Ten million entries take four gigabytes. Written from left to right, with no more in memory than one tile
//! of each level.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use ledger::SigningKey;
use ledger::checkpoint::Checkpoint;
use ledger::hash::{Hash, leaf_hash};
use ledger::limits::{MAX_TILE_LEVEL, TILE_WIDTH};
use ledger::note::NoteSigner;
use ledger::tile::{TileKind, TilePath, encode_bundle, encode_tile, parent_hash};
use ledger::tree::Edge;
use protocol::digest::Commitment;
use protocol::directory::{Directory, NodeRecord, PartyRecord, Period, SignedDirectory};
use protocol::entry::Entry;
use protocol::envelope::{Header, Priority, SignedHeader};
use protocol::ids::{CaseId, MessageId, PartyCode};
use protocol::key::{EnvelopeKey, SecretariatKey};
use protocol::time::UnixMillis;

/// 2026-11-22T00:00:00Z.
const START: u64 = 1_795_305_600_000;

/// The log's name.
const ORIGIN: &str = "node.xa.example/ledger/2026";

/// What to write.
#[derive(Debug, Clone)]
pub struct SyntheticLedger {
    /// The export's folder. Beside it lie the log's key (`FOLDER.vkey`), and the directory if there is one.
    pub folder: PathBuf,
    /// The number of entries.
    pub entries: u64,
    /// Whether an auditor can check the signatures.
    pub directory: DirectoryBeside,
}

/// Whether a directory, and the secretariat's key, are written beside the export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectoryBeside {
    /// The signature in each entry can be checked.
    Written,
    /// Only the tree, the form of each entry and the checkpoint can be checked.
    Absent,
}

struct Writer {
    folder: PathBuf,
    /// For each level, the hashes since its last full tile.
    rows: Vec<Vec<Hash>>,
    /// For each level, the tiles that were written.
    written: Vec<u64>,
    edge: Edge,
}

impl SyntheticLedger {
    /// Writes it.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn write(&self) -> Result<()> {
        let log = NoteSigner::new(ORIGIN, SigningKey::from_bytes(&[11; 32]))?;
        let header = header()?;
        let levels = usize::from(MAX_TILE_LEVEL) + 1;
        let mut writer = Writer {
            folder: self.folder.clone(),
            rows: vec![Vec::new(); levels],
            written: vec![0; levels],
            edge: Edge::new(),
        };
        let width = u64::from(TILE_WIDTH);
        for first in (0..self.entries).step_by(usize::from(TILE_WIDTH)) {
            let entries: Vec<Vec<u8>> = (first..self.entries.min(first + width))
                .map(|index| entry(index, &header))
                .collect();
            writer.push_bundle(first / width, &entries)?;
        }
        writer.finish()?;
        let checkpoint = Checkpoint::of_edge(log.name(), &writer.edge)?;
        write(&self.folder.join("checkpoint"), checkpoint.sign(&log)?.as_bytes())?;
        let mut key_file = self.folder.clone().into_os_string();
        key_file.push(".vkey");
        fs::write(key_file, format!("{}\n", log.verifier_key()))?;
        match self.directory {
            DirectoryBeside::Written => self.write_directory(&log),
            DirectoryBeside::Absent => Ok(()),
        }
    }

    fn write_directory(&self, log: &NoteSigner) -> Result<()> {
        let other_log = NoteSigner::new("node.xb.example/ledger/2026", SigningKey::from_bytes(&[21; 32]))?;
        let xa = record("node.xa.example", &EnvelopeKey::from_seed(&[10; 32]), log);
        let xb = record("node.xb.example", &sender(), &other_log);
        let directory = Directory {
            network: "exercise.example.org".to_owned(),
            version: 1,
            issued_at: UnixMillis(START),
            expires_at: UnixMillis(START + 10_000_000),
            parties: BTreeMap::<PartyCode, _>::from([("XA".parse()?, xa), ("XB".parse()?, xb)]),
        };
        let secretariat = SecretariatKey::from_seed(&[30; 32]);
        let signed = SignedDirectory::sign(&directory, &secretariat)?;
        let beside = self.folder.parent().context("a folder above the export")?;
        fs::write(beside.join("directory.cose"), signed.as_bytes())?;
        fs::write(
            beside.join("secretariat.pub"),
            format!("{}\n", secretariat.public()),
        )?;
        Ok(())
    }
}

/// An entry as the ledger holds it, of which there are as many as were asked for: what the floor hashes.
///
/// # Errors
/// Never, as long as the names in it are names.
pub fn example_entry(index: u64) -> Result<Vec<u8>> {
    Ok(entry(index, &header()?))
}

fn sender() -> EnvelopeKey {
    EnvelopeKey::from_seed(&[20; 32])
}

fn record(name: &str, envelope: &EnvelopeKey, log: &NoteSigner) -> PartyRecord {
    fn always<T>(value: T) -> Period<T> {
        Period {
            value,
            valid_from: UnixMillis(START - 1000),
            valid_until: None,
        }
    }
    PartyRecord {
        name: name.to_owned(),
        node: NodeRecord {
            name: name.to_owned(),
            addresses: Vec::new(),
            ca_certificates: Vec::new(),
            tls_pins: Vec::new(),
        },
        envelope_keys: vec![always(envelope.public())],
        ledger_keys: vec![always(log.verifier_key().clone())],
        witness_keys: Vec::new(),
        contact_points: Vec::new(),
        profile: "{}".to_owned(),
    }
}

fn header() -> Result<SignedHeader> {
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
    Ok(SignedHeader::sign(&header, &sender()))
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
    fn push_bundle(&mut self, index: u64, entries: &[Vec<u8>]) -> Result<()> {
        let bundle = encode_bundle(entries.iter().map(Vec::as_slice))?;
        self.write_tile(TileKind::Entries, index, entries.len(), &bundle)?;
        for entry in entries {
            let hash = leaf_hash(entry);
            self.edge.append(hash);
            self.push(0, hash)?;
        }
        Ok(())
    }

    fn push(&mut self, level: u8, hash: Hash) -> Result<()> {
        let row = &mut self.rows[usize::from(level)];
        row.push(hash);
        let Some(parent) = parent_hash(row) else {
            return Ok(());
        };
        self.write_row(level)?;
        self.push(level + 1, parent)
    }

    /// Writes the partial tiles.
    fn finish(&mut self) -> Result<()> {
        (0..=MAX_TILE_LEVEL).try_for_each(|level| self.write_row(level))
    }

    fn write_row(&mut self, level: u8) -> Result<()> {
        let row = std::mem::take(&mut self.rows[usize::from(level)]);
        if row.is_empty() {
            return Ok(());
        }
        let index = self.written[usize::from(level)];
        self.written[usize::from(level)] += 1;
        self.write_tile(TileKind::Hashes(level), index, row.len(), &encode_tile(&row))
    }

    fn write_tile(&self, kind: TileKind, index: u64, width: usize, bytes: &[u8]) -> Result<()> {
        let path = TilePath::new(kind, index, u16::try_from(width)?)?;
        write(&self.folder.join(path.to_string()), bytes)
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    Ok(fs::write(path, bytes)?)
}
