//! Restoring a node into an empty folder: all of it is checked before the folder gets its name.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use ::ledger::head::SignedHead;
use ::ledger::note::{Note, VerifierKey};
use seal::UnlockedKey;
use serde::Serialize;
use store::copying;
use store::{Embedded, Reader, Store};

use super::checking::read_packs;
use super::folder::{self, Set, SetSummary};
use super::format::{MAC_FILE, mac};
use super::list::Listed;
use super::opened::List;
use super::restored::Mark;
use super::{BackupError, Progress, at, damaged, paths};
use crate::config::Config;
use crate::keys::{self, Keystore};
use crate::limits::{CONFIG_BYTES_MAX, PUBLISHED_FILE_BYTES_MAX};
use crate::secret::read_public;

const CONFIG_FILE: &str = "node.toml";

/// What is to be restored, and where.
pub struct RestoreOptions<'a> {
    /// The folder of sets.
    pub from: PathBuf,
    /// Which one; the newest, where nothing is said.
    pub set: Option<String>,
    /// A folder that is empty, or not there.
    pub to: PathBuf,
    /// What opens the set.
    pub key: &'a UnlockedKey,
    /// Logs that are in cold storage, by year or origin, and the folders that they were moved to.
    pub cold: Vec<(String, PathBuf)>,
    /// Whether the folder is to be there afterwards.
    pub purpose: Purpose,
}

/// What for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To start a node in it.
    Use,
    /// To see whether it could be: all is done, and then removed.
    Try,
}

/// What was restored.
#[derive(Debug, Clone, Serialize)]
pub struct Restored {
    /// The set.
    #[serde(flatten)]
    pub summary: SetSummary,
    /// The node's folder; where it was only tried, there is none.
    pub folder: Option<PathBuf>,
    /// The envelope key's id: the secretariat and peers know the node by it.
    pub envelope_key: String,
    /// Published heads of its ledger, signed by its keys, that the restored ledger was found to have.
    pub heads_agree: u64,
    /// How long reading and opening took, in milliseconds.
    pub unpacked_ms: u64,
    /// How long checking took, every entry of the ledger among it.
    pub verified_ms: u64,
}

/// Restores a node.
///
/// # Errors
/// [`BackupError`]; then there is no folder.
pub fn restore(options: &RestoreOptions<'_>, progress: Progress<'_>) -> Result<Restored, BackupError> {
    let began = Instant::now();
    check_empty(&options.to)?;
    let all = folder::sets(&options.from)?;
    let set = match &options.set {
        Some(name) => all.iter().find(|set| set.document.set == *name),
        None => all.last(),
    };
    let set = set.ok_or_else(|| BackupError::NoSet {
        path: options.from.clone(),
        what: match &options.set {
            Some(name) => format!("there is no set {name} here"),
            None => "there is no set here".to_owned(),
        },
    })?;
    let stage = Stage::begin(&options.to)?;
    unpack(&all, set, options.key, &stage.folder, progress)?;
    let unpacked_ms = elapsed_ms(began);
    progress("checking the ledger", 0, set.document.ledger.position);
    let checking = Instant::now();
    let (envelope_key, heads_agree) = verify(&stage.folder, set, &options.cold)?;
    let verified_ms = elapsed_ms(checking);
    let folder = match options.purpose {
        Purpose::Use => Some(stage.publish(&options.to)?),
        Purpose::Try => None,
    };
    Ok(Restored {
        summary: set.summary(),
        folder,
        envelope_key,
        heads_agree,
        unpacked_ms,
        verified_ms,
    })
}

fn check_empty(to: &Path) -> Result<(), BackupError> {
    match fs::read_dir(to) {
        Ok(mut inside) => match inside.next() {
            Some(_) => Err(BackupError::NotEmpty(to.to_owned())),
            None => Ok(()),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(at(to)(error)),
    }
}

/// Writes every file of the set below `stage`.
fn unpack(
    all: &[Set],
    set: &Set,
    key: &UnlockedKey,
    stage: &Path,
    progress: Progress<'_>,
) -> Result<(), BackupError> {
    let list = List::open(set, key)?;
    let mut counted = (0, 0);
    for part in folder::chain(all, set)? {
        read_packs(&part, key, &list, &mut |listed: &Listed| {
            counted = (counted.0 + 1, counted.1 + listed.bytes);
            progress("restored", counted.0, counted.1);
            let path = stage.join(&listed.path);
            make_folder(path.parent().unwrap_or(stage))?;
            let mut options = File::options();
            let file = options.write(true).create_new(true).mode(0o600).open(&path);
            file.map(Some).map_err(at(&path))
        })?;
    }
    if counted.0 != set.document.files {
        return Err(damaged(
            &set.folder,
            "its list has another number of files than it should have",
        ));
    }
    Ok(())
}

/// The node in the stage is whole: its configuration, its keys, its ledger up to the last entry.
fn verify(stage: &Path, set: &Set, cold: &[(String, PathBuf)]) -> Result<(String, u64), BackupError> {
    let config = configure(stage)?;
    let path = set.folder.join(MAC_FILE);
    let expected = mac(&*keys::backup_secret(&config.keys)?, &set.bytes);
    if read_public(&path, 1024)? != expected.as_bytes() {
        return Err(damaged(
            &path,
            "the set was not made by this node, or its description was changed",
        ));
    }
    let keystore = Keystore::load(config.node.party, &config.keys)?;
    let data = &config.node.data;
    copying::complete_segments(data)?;
    for (log, folder) in cold {
        Embedded::put_log_back(data, log, folder).map_err(|source| BackupError::Cold {
            log: log.clone(),
            source,
        })?;
    }
    // There is no index: so it is made, from every leaf, each of which is hashed and compared.
    let (store, report) = Embedded::open(data, &store::Settings::default())?;
    let head = &set.document.ledger;
    if (report.size, report.root.to_string()) != (head.position, head.root.clone()) {
        return Err(damaged(
            &set.folder,
            "the restored ledger is not the one that was copied",
        ));
    }
    let agree = check_heads(&config, &keystore, &*store.reader())?;
    Box::new(store)
        .close()
        .map_err(|error| damaged(data, error.to_string()))?;
    Mark::set(data, &set.document.set).map_err(at(data))?;
    Ok((keystore.first_envelope_key()?.id().to_string(), agree))
}

/// The configuration with the paths of the restored folder.
fn configure(stage: &Path) -> Result<Config, BackupError> {
    let file = stage.join(CONFIG_FILE);
    let before = Config::load(&file)?;
    let text = read_public(&file, CONFIG_BYTES_MAX)?;
    let text = paths::in_one_folder(&String::from_utf8_lossy(&text), &before);
    let written = File::create(&file).and_then(|mut out| out.write_all(text.as_bytes()));
    written.map_err(at(&file))?;
    Ok(Config::load(&file)?)
}

/// Each head that the node has published is one that its ledger has.
fn check_heads(config: &Config, keys: &Keystore, reader: &dyn Reader) -> Result<u64, BackupError> {
    let folder = &config.node.published;
    let mut agree = 0;
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.map_err(at(folder))?.path();
        let bytes = read_public(&path, PUBLISHED_FILE_BYTES_MAX)?;
        let Ok(note) = Note::parse(&bytes) else { continue };
        let origin = note.text().as_str().lines().next().unwrap_or_default().to_owned();
        let verifiers = keys.ledger_verifiers(&origin);
        let verifiers: Vec<&VerifierKey> = verifiers.iter().collect();
        let head = SignedHead::verify(&note, &verifiers);
        let head = head.map_err(|_| damaged(&path, "it is not signed by a key of this node's ledger"))?;
        let (size, root) = (head.checkpoint().size, head.checkpoint().root);
        let logs = reader.logs().into_iter().filter(|log| size <= log.size);
        let mut has_it = false;
        for log in logs {
            has_it |= reader.root_at(log.position_of(size))? == root;
        }
        if !has_it {
            return Err(damaged(
                &path,
                "the restored ledger does not have this published head",
            ));
        }
        agree += 1;
    }
    Ok(agree)
}

/// The folder that will be the node's, beside it, under another name. It goes when this is dropped.
struct Stage {
    folder: PathBuf,
    is_published: bool,
}

impl Stage {
    fn begin(to: &Path) -> Result<Self, BackupError> {
        let name = to.file_name().unwrap_or_default().to_string_lossy();
        let parent = match to.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(parent).map_err(at(parent))?;
        let folder = parent.join(format!(".restoring-{name}-{}", std::process::id()));
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&folder)
            .map_err(at(&folder))?;
        Ok(Self {
            folder,
            is_published: false,
        })
    }

    fn publish(mut self, to: &Path) -> Result<PathBuf, BackupError> {
        let folder = File::open(&self.folder).map_err(at(&self.folder))?;
        rustix::fs::syncfs(&folder).map_err(|errno| at(&self.folder)(errno.into()))?;
        fs::rename(&self.folder, to).map_err(at(to))?;
        self.is_published = true;
        crate::durable::sync_folder_of(to).map_err(at(to))?;
        Ok(to.to_owned())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if !self.is_published {
            // What is left behind is our own folder, and is said by its name.
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

fn make_folder(folder: &Path) -> Result<(), BackupError> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(at(folder))
}

fn elapsed_ms(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)
}
