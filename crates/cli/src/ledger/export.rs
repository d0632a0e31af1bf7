//! `ohrid ledger export`: the ledger of one checkpoint, complete, while the node goes on.
//!
//! The checkpoint is asked for first; everything that is written belongs to the tree of its size, which never
//! changes again. The folder appears when it is complete, and not before.
//!
//! ```text
//! FOLDER/checkpoint
//! FOLDER/tile/0/000.p/7  FOLDER/tile/entries/000.p/7  …
//! FOLDER.vkey            the ledger's verifier key, one line
//! directory.cose         beside FOLDER: for the keys of the signatures in the leaves
//! ```

use std::path::{Path, PathBuf};

use control::client::{Client, ClientError};
use serde::Serialize;

use super::{ExportArguments, layout};
use crate::failure::Failure;
use crate::files::{self, Secrecy, Staging};
use crate::session::Session;
use crate::table;
use crate::terminal::Terminal;

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
    /// Leaves.
    pub(crate) size: u64,
    /// The root hash, base64 as in the checkpoint.
    pub(crate) root: String,
    /// Tiles and bundles written.
    pub(crate) files: usize,
}

pub(super) async fn run(session: &Session, arguments: &ExportArguments) -> Result<(), Failure> {
    let client = session.client().await?;
    let exported = export(&client, &arguments.output, &session.terminal).await?;
    session.terminal.result(&exported, |exported| {
        table::properties(&[
            ("Ledger", exported.origin.clone()),
            ("Entries", exported.size.to_string()),
            ("Root", exported.root.clone()),
            ("Folder", exported.folder.display().to_string()),
            ("Key", exported.vkey.display().to_string()),
        ])
    });
    let has_key = files::folder_of(&exported.folder)
        .join("secretariat.pub")
        .exists();
    let key = if has_key { "" } else { " --secretariat KEY" };
    session.terminal.next(format_args!(
        "ohrid-verify ledger {}{key}",
        exported.folder.display()
    ));
    Ok(())
}

/// Exports the ledger of the latest checkpoint into `folder`, which must not be there yet.
pub(crate) async fn export(client: &Client, folder: &Path, terminal: &Terminal) -> Result<Exported, Failure> {
    let staging = Staging::begin(folder, Secrecy::Public)?;
    let vkey = client.ledger_key().await?;
    let checkpoint = client.ledger_checkpoint().await?;
    let not_one = || Failure::failed("the node's checkpoint is not one");
    let size = layout::size_of(&checkpoint).ok_or_else(not_one)?;
    let mut lines = checkpoint.lines();
    let (origin, root) = (
        lines.next().ok_or_else(not_one)?,
        lines.nth(1).ok_or_else(not_one)?,
    );
    let paths = layout::paths(size);
    {
        let waiting = terminal.counting("exporting", paths.len() as u64);
        for path in &paths {
            let bytes = client.ledger_tile(path).await?;
            let target = staging.path().join("tile").join(path);
            files::make_folder(files::folder_of(&target))?;
            files::write_new(&target, &bytes, Secrecy::Public)?;
            waiting.step();
        }
    }
    files::write_new(
        &staging.path().join("checkpoint"),
        checkpoint.as_bytes(),
        Secrecy::Public,
    )?;
    staging.publish()?;

    let key_path = beside(folder, "vkey");
    files::replace(
        &key_path,
        format!("{}\n", vkey.trim_end()).as_bytes(),
        Secrecy::Public,
    )?;
    let directory = match client.directory_document().await {
        Ok(bytes) => {
            let path = files::folder_of(folder).join("directory.cose");
            files::replace(&path, &bytes, Secrecy::Public)?;
            Some(path)
        }
        Err(ClientError::Refused { status: 404, .. }) => None,
        Err(error) => return Err(error.into()),
    };
    Ok(Exported {
        folder: folder.to_owned(),
        vkey: key_path,
        directory,
        origin: origin.to_owned(),
        size,
        root: root.to_owned(),
        files: paths.len(),
    })
}

/// `FOLDER.ending`, whatever dots the folder's own name has.
fn beside(folder: &Path, ending: &str) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(ending);
    folder.with_file_name(name)
}
