//! Making a set, while the node runs or not.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use seal::Certificate;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use store::copying::{self, CopyError, JournalCopy};

use super::folder::{self, Making, SetSummary};
use super::format::{FORMAT, LIST_FILE, LedgerHead, MAC_FILE, SET_FILE, SetDocument, hex, mac};
use super::known::{self, Known, Last};
use super::list::LIST_VERSION;
use super::sources::Walk;
use super::{BackupError, Progress, at};
use crate::config::Config;
use crate::keys;
use crate::limits::backup::{COPIES_TRIED, COPY_TRIED_AFTER_MS};

mod before;
mod packing;

use packing::Next;

/// What is to be made.
#[derive(Debug, Clone)]
pub struct MakeOptions {
    /// The folder of sets.
    pub to: PathBuf,
    /// The certificates of those who may restore it.
    pub certificates: Vec<PathBuf>,
    /// Whether it goes on from the newest set where it can.
    pub kind: Kind,
    /// How many chains are kept, this one included; all, where nothing is said.
    pub keep_chains: Option<usize>,
    /// Now.
    pub now: Timestamp,
}

/// What a set has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Everything: it begins a chain.
    Full,
    /// What the sets before do not have, if they are there.
    Incremental,
}

/// What was made.
#[derive(Debug, Clone, Serialize)]
pub struct Made {
    /// The set.
    #[serde(flatten)]
    pub summary: SetSummary,
    /// Its folder.
    pub folder: PathBuf,
    /// What is in it and was in no set before.
    pub new_files: u64,
    /// How long that is.
    pub new_bytes: u64,
    /// Sets that were removed.
    pub removed: Vec<String>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// Why a copy is begun anew.
enum Ended {
    Changed,
    Failed(BackupError),
}

impl From<BackupError> for Ended {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Copy(CopyError::NotWhole { .. }) => Self::Changed,
            error => Self::Failed(error),
        }
    }
}

/// Makes a set of the node with this configuration.
///
/// # Errors
/// [`BackupError`]; then there is no set.
pub fn make(
    config: &Config,
    config_file: &Path,
    options: &MakeOptions,
    progress: Progress<'_>,
) -> Result<Made, BackupError> {
    let began = Instant::now();
    let certificates = before::certificates(&options.certificates)?;
    let secret = keys::backup_secret(&config.keys)?;
    let making = Making::begin(&options.to)?;
    let mut tried = 0;
    let (document, list) = loop {
        making.clear()?;
        let mut attempt = Attempt::begin(config, options, &making, &certificates)?;
        match attempt.copy(config, config_file, progress) {
            Ok(()) => break attempt.end()?,
            Err(Ended::Failed(error)) => return Err(error),
            Err(Ended::Changed) => {}
        }
        tried += 1;
        if tried == COPIES_TRIED {
            // Where it is the store that is damaged, that is said.
            JournalCopy::open(&config.node.data)?;
            return Err(BackupError::Restless(tried));
        }
        thread::sleep(Duration::from_millis(COPY_TRIED_AFTER_MS));
    };
    let bytes = document.to_bytes();
    let stage = making.stage.clone();
    for (name, bytes) in [(MAC_FILE, mac(&secret, &bytes).as_bytes()), (SET_FILE, &bytes)] {
        let mut file = making.create(name)?;
        file.write_all(bytes).map_err(at(&stage))?;
        making.sum(name, file)?;
    }
    let folder = making.publish(&document.set)?;
    let last = Last {
        set: document.set.clone(),
        sha256: hex(&Sha256::digest(&bytes)),
        at: document.ended_at,
        folder: std::path::absolute(&options.to).unwrap_or_else(|_| options.to.clone()),
        position: document.ledger.position,
    };
    known::keep(config, &list, &last)?;
    let removed = match options.keep_chains {
        Some(keep) => folder::prune(&options.to, keep)?,
        None => Vec::new(),
    };
    Ok(Made {
        summary: folder::set(&options.to, &document.set)?.summary(),
        folder,
        new_files: document.new_files,
        new_bytes: document.new_bytes,
        removed,
        took_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

/// One copy, from the first file to the last.
struct Attempt<'a> {
    making: &'a Making,
    certificates: &'a [Certificate],
    known: Known,
    list_path: PathBuf,
    list: BufWriter<File>,
    document: SetDocument,
    pack: u32,
}

impl<'a> Attempt<'a> {
    fn begin(
        config: &Config,
        options: &MakeOptions,
        making: &'a Making,
        certificates: &'a [Certificate],
    ) -> Result<Self, BackupError> {
        let set = before::name(&options.to, options.now);
        let before = match options.kind {
            Kind::Full => None,
            Kind::Incremental => before::newest(config, &options.to, certificates)?,
        };
        let (known, previous, chain) = match before {
            Some((known, previous, chain)) => (known, Some(previous), chain),
            None => (Known::nothing(), None, set.clone()),
        };
        let (list_path, mut list) = known::begin(config)?;
        writeln!(list, "{LIST_VERSION}").map_err(at(&list_path))?;
        Ok(Self {
            making,
            certificates,
            known,
            list_path,
            list,
            document: SetDocument {
                format: FORMAT.to_owned(),
                set,
                chain,
                previous,
                node: config.node.name.clone(),
                party: config.node.party.to_string(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                begun_at: options.now,
                ended_at: options.now,
                ledger: LedgerHead {
                    position: 0,
                    root: String::new(),
                },
                certificates: certificates
                    .iter()
                    .map(|certificate| certificate.fingerprint().to_string())
                    .collect(),
                files: 0,
                bytes: 0,
                new_files: 0,
                new_bytes: 0,
                sums: Vec::new(),
            },
            pack: 0,
        })
    }

    /// In the order that makes it consistent: see the module.
    fn copy(&mut self, config: &Config, config_file: &Path, progress: Progress<'_>) -> Result<(), Ended> {
        let data = &config.node.data;
        let released = copying::released(data).map_err(BackupError::from)?;
        let mut before = Walk::before(config);
        self.pack_all(progress, |_| Ok(before.next()?.map(Next::File)))?;
        let journal = JournalCopy::open(data).map_err(BackupError::from)?;
        if journal.size() < released.size {
            return Err(Ended::Changed);
        }
        self.document.ledger = LedgerHead {
            position: journal.size(),
            root: journal.root().to_string(),
        };
        let mut segments = journal.segments().iter();
        self.pack_all(progress, |_| Ok(segments.next().map(Next::Segment)))?;
        let mut after = Walk::after(config, config_file)?;
        self.pack_all(progress, |_| Ok(after.next()?.map(Next::File)))?;
        let is_whole = journal.is_still_whole().map_err(BackupError::from)?;
        if !is_whole || copying::erased_since(data, journal.size()).map_err(BackupError::from)? {
            return Err(Ended::Changed);
        }
        Ok(())
    }

    /// Encrypts the list, and gives what is said of the set, and where the list lies.
    fn end(mut self) -> Result<(SetDocument, PathBuf), BackupError> {
        let path = self.list_path.clone();
        self.list.flush().map_err(at(&path))?;
        self.list.get_ref().sync_all().map_err(at(&path))?;
        let mut file = self.making.create(LIST_FILE)?;
        seal::backup::encrypt(self.certificates, &mut file, SystemTime::now(), |out| {
            let mut list = File::open(&path).map_err(at(&path))?;
            io::copy(&mut list, out).map_err(at(&path)).map(drop)
        })?;
        let sum = self.making.sum(LIST_FILE, file)?;
        self.document.sums.push(sum);
        self.document.ended_at = Timestamp::now();
        Ok((self.document, path))
    }
}
