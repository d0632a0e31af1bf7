//! The entries of an exported ledger, read back one by one.

use std::path::Path;

use anyhow::{Context, Result};
use protocol::entry::Entry;

/// All entries of an export (C2SP tlog-tiles: bundles of `u16 length || bytes`, the last of them partial).
///
/// # Errors
/// When a bundle is cut, or holds what is no entry.
pub fn entries(export: &Path) -> Result<Vec<Entry>> {
    let bundles = export.join("tile/entries");
    let mut entries = Vec::new();
    for number in 0.. {
        let whole = bundles.join(format!("{number:03}"));
        let partial = bundles.join(format!("{number:03}.p"));
        let bundle = if whole.is_file() {
            std::fs::read(&whole)?
        } else if let Ok(mut folder) = std::fs::read_dir(&partial) {
            let file = folder.next().context("a partial bundle")??;
            std::fs::read(file.path())?
        } else {
            return Ok(entries);
        };
        let mut rest = bundle.as_slice();
        while let Some((length, after)) = rest.split_first_chunk::<2>() {
            let length = usize::from(u16::from_be_bytes(*length));
            let (leaf, after) = after.split_at_checked(length).context("a cut bundle")?;
            entries.push(Entry::decode(leaf)?);
            rest = after;
        }
    }
    Ok(entries)
}
