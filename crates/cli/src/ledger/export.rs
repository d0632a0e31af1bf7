//! `ohrid ledger export`: the ledger of one checkpoint, or what of it belongs to a period, while the node
//! goes on.
//!
//! The checkpoint is asked for first; everything that is written belongs to the tree of its size, which never
//! changes again. The folder appears when it is complete, and not before.
//!
//! ```text
//! FOLDER/checkpoint
//! FOLDER/excerpt         of a period only: which entries there are
//! FOLDER/tile/0/000.p/7  FOLDER/tile/entries/000.p/7  …
//! FOLDER.vkey            the ledger's verifier key, one line
//! directory.cose         beside FOLDER: for the keys of the signatures in the leaves
//! FOLDER.stamps/         DAY.checkpoint and DAY.tsr: the time stamps (RFC 3161), where there are any
//! ```

use std::path::{Path, PathBuf};

use control::client::{Client, ClientError};
use jiff::Timestamp;
use serde::Serialize;

use super::{ExportArguments, layout, logs};
use crate::failure::Failure;
use crate::files::{self, Secrecy, Staging};
use crate::session::Session;
use crate::terminal::Terminal;
use crate::{table, when};

/// What was exported.
#[derive(Debug, Serialize)]
pub(crate) struct Exported {
    /// The folder with the checkpoint and the tiles.
    pub(crate) folder: PathBuf,
    /// The file with the verifier key.
    pub(crate) vkey: PathBuf,
    /// The signed directory, where the node has one.
    pub(crate) directory: Option<PathBuf>,
    /// The ledger's origin.
    pub(crate) origin: String,
    /// The folder with time stamps, where the node has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stamps: Option<PathBuf>,
    /// Leaves.
    pub(crate) size: u64,
    /// The root hash, base64 as in the checkpoint.
    pub(crate) root: String,
    /// Tiles and bundles written.
    pub(crate) files: usize,
    /// The first entry, and the one after the last, where it is not all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) range: Option<(u64, u64)>,
}

/// What is to be exported.
#[derive(Debug, Clone)]
pub(crate) enum Wanted {
    /// All of the newest log.
    All,
    /// As far as its witnesses have cosigned it.
    Witnessed,
    /// All of another one, by its year or its origin.
    Log(String),
    /// The entries of a period, and what they refer to.
    Period {
        /// The first instant.
        from: Timestamp,
        /// The instant after the last.
        until: Timestamp,
    },
}

/// What the export consists of.
struct Plan {
    /// Where its log begins, and the key that signed the checkpoint.
    log: u64,
    vkey: String,
    checkpoint: String,
    size: u64,
    /// The content of `excerpt`, and the range.
    excerpt: Option<(String, (u64, u64))>,
    /// Paths below `tile/`.
    tiles: Vec<String>,
}

pub(super) async fn run(session: &Session, arguments: &ExportArguments) -> Result<(), Failure> {
    let client = session.client().await?;
    let wanted = match (arguments.from, arguments.to, &arguments.log) {
        (Some(from), Some(until), _) => Wanted::Period { from, until },
        (_, _, Some(log)) => Wanted::Log(log.clone()),
        _ if arguments.witnessed => Wanted::Witnessed,
        _ => Wanted::All,
    };
    let exported = export(&client, &arguments.output, wanted.clone(), &session.terminal).await?;
    session.terminal.result(&exported, |exported| {
        let mut lines = vec![
            ("Ledger", exported.origin.clone()),
            ("Entries", exported.size.to_string()),
            ("Root", exported.root.clone()),
            ("Folder", exported.folder.display().to_string()),
            ("Key", exported.vkey.display().to_string()),
        ];
        if let Some(stamps) = &exported.stamps {
            lines.push(("Time stamps", stamps.display().to_string()));
        }
        if let Some((first, end)) = exported.range {
            lines[1].1 = format!("{first} to {} of {}", end - 1, exported.size);
        }
        table::properties(&lines)
    });
    let has_key = files::folder_of(&exported.folder)
        .join("secretariat.pub")
        .exists();
    let key = if has_key { "" } else { " --secretariat KEY" };
    let folder = exported.folder.display();
    match wanted {
        Wanted::All | Wanted::Witnessed | Wanted::Log(_) => session
            .terminal
            .next(format_args!("ohrid-verify ledger {folder}{key}")),
        Wanted::Period { from, until } => session.terminal.next(format_args!(
            "ohrid-verify period {folder} --from {} --until {}{key}",
            when::instant(from),
            when::instant(until)
        )),
    }
    Ok(())
}

/// Exports the ledger of the latest checkpoint, or a part of it, into `folder`, which must not be there yet.
pub(crate) async fn export(
    client: &Client,
    folder: &Path,
    wanted: Wanted,
    terminal: &Terminal,
) -> Result<Exported, Failure> {
    let staging = Staging::begin(folder, Secrecy::Public)?;
    let plan = plan(client, wanted).await?;
    {
        let waiting = terminal.counting("exporting", plan.tiles.len() as u64);
        for path in &plan.tiles {
            if !layout::is_below_tile(path) {
                return Err(Failure::failed(format!(
                    "the node names a tile {path:?}, which is none"
                )));
            }
            let bytes = client.ledger_log_tile(plan.log, path).await?;
            let target = staging.path().join("tile").join(path);
            files::make_folder(files::folder_of(&target))?;
            files::write_new(&target, &bytes, Secrecy::Public)?;
            waiting.step();
        }
    }
    let write = |name: &str, text: &str| {
        files::write_new(&staging.path().join(name), text.as_bytes(), Secrecy::Public)
    };
    write("checkpoint", &plan.checkpoint)?;
    if let Some((text, _)) = &plan.excerpt {
        write("excerpt", text)?;
    }
    staging.publish()?;
    let key_path = beside(folder, "vkey");
    files::replace(&key_path, format!("{}\n", plan.vkey).as_bytes(), Secrecy::Public)?;
    let directory = export_directory(client, folder).await?;
    let mut lines = plan.checkpoint.lines();
    let origin = lines.next().ok_or_else(not_one)?.to_owned();
    let stamps = export_stamps(client, folder, &origin, plan.size).await?;
    Ok(Exported {
        folder: folder.to_owned(),
        vkey: key_path,
        directory,
        stamps,
        origin,
        size: plan.size,
        root: lines.nth(1).ok_or_else(not_one)?.to_owned(),
        files: plan.tiles.len(),
        range: plan.excerpt.map(|(_, range)| range),
    })
}

async fn plan(client: &Client, wanted: Wanted) -> Result<Plan, Failure> {
    let empty = || Failure::failed("the ledger is empty");
    let (log, checkpoint, part) = match &wanted {
        Wanted::All | Wanted::Log(_) => {
            let named = match &wanted {
                Wanted::Log(named) => Some(named.as_str()),
                _ => None,
            };
            let mut log = logs::find(client, named).await?;
            let checkpoint = log.checkpoint.take().ok_or_else(empty)?;
            (log, checkpoint, None)
        }
        Wanted::Witnessed => {
            let checkpoint = client.witnessed_checkpoint().await?;
            let log = logs::find(client, checkpoint.lines().next()).await?;
            (log, checkpoint, None)
        }
        Wanted::Period { from, until } => {
            let range = client.ledger_range(*from, *until).await?;
            let excerpt = (range.excerpt, (range.first, range.end));
            // Its tiles are those of its own log, also if another begins meanwhile.
            let log = logs::find(client, range.checkpoint.lines().next()).await?;
            (log, range.checkpoint, Some((excerpt, range.tiles)))
        }
    };
    let checkpoint = with_cosignatures(client, checkpoint).await?;
    let size = layout::size_of(&checkpoint).ok_or_else(not_one)?;
    let (excerpt, tiles) = match part {
        None => (None, layout::paths(size)),
        Some((excerpt, tiles)) => (Some(excerpt), tiles),
    };
    Ok(Plan {
        log: log.first,
        vkey: log.key,
        checkpoint,
        size,
        excerpt,
        tiles,
    })
}

/// The same head with the cosignatures of its witnesses, if they have seen it by now.
async fn with_cosignatures(client: &Client, checkpoint: String) -> Result<String, Failure> {
    fn text(note: &str) -> Option<&str> {
        note.rsplit_once("\n\n").map(|(text, _)| text)
    }
    match client.witnessed_checkpoint().await {
        Ok(witnessed) if text(&witnessed) == text(&checkpoint) => Ok(witnessed),
        Ok(_) | Err(ClientError::Refused { status: 404, .. }) => Ok(checkpoint),
        Err(error) => Err(error.into()),
    }
}

/// The signed directory, beside the export, where the node has one.
async fn export_directory(client: &Client, folder: &Path) -> Result<Option<PathBuf>, Failure> {
    match client.directory_document().await {
        Ok(bytes) => {
            let path = files::folder_of(folder).join("directory.cose");
            files::replace(&path, &bytes, Secrecy::Public)?;
            Ok(Some(path))
        }
        Err(ClientError::Refused { status: 404, .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The time stamps of this ledger's checkpoints up to the exported one.
async fn export_stamps(
    client: &Client,
    folder: &Path,
    origin: &str,
    size: u64,
) -> Result<Option<PathBuf>, Failure> {
    let mut stamps = client.time_stamps().await?;
    stamps.retain(|stamp| stamp.origin == origin && stamp.size <= size);
    if stamps.is_empty() {
        return Ok(None);
    }
    let target = beside(folder, "stamps");
    files::make_folder(&target)?;
    for stamp in stamps {
        let day: jiff::civil::Date = stamp
            .day
            .parse()
            .map_err(|_| Failure::failed(format!("the node names a day {:?}, which is none", stamp.day)))?;
        let checkpoint = client.time_stamp_checkpoint(&stamp.day).await?;
        let response = client.time_stamp_response(&stamp.day).await?;
        let write = |suffix, bytes: &[u8]| {
            files::replace(&target.join(format!("{day}.{suffix}")), bytes, Secrecy::Public)
        };
        write("checkpoint", checkpoint.as_bytes())?;
        write("tsr", &response)?;
    }
    Ok(Some(target))
}

fn not_one() -> Failure {
    Failure::failed("the node's checkpoint is not one")
}

/// `FOLDER.ending`, whatever dots the folder's own name has.
fn beside(folder: &Path, ending: &str) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(ending);
    folder.with_file_name(name)
}
