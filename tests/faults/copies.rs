//! A stopped node's folder, copied, and one file in it made wrong.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use e2e::proxy::Random;

/// What a disk writes and loses as a whole.
const PAGE: usize = 4_096;

/// Files that a test leaves alone: they hold nothing, or are what an operator writes by hand.
const LEFT_ALONE: &[&str] = &[
    "node.toml",
    "control.sock",
    "lock",
    "reserve",
    "join-request.cose",
];

/// What is done to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// One bit is another one.
    Bit,
    /// 4 KiB are zeros.
    Page,
    /// The end is missing.
    Cut,
    /// It and another file of its folder have each other's content.
    Swap,
    /// It is as it was earlier.
    Old,
}

pub const CHANGES: [(Change, &str); 5] = [
    (Change::Bit, "rot: one bit flipped"),
    (Change::Page, "rot: 4 KiB of zeros"),
    (Change::Cut, "rot: truncated"),
    (Change::Swap, "rot: two files swapped"),
    (Change::Old, "rot: an old copy"),
];

/// Copies a folder with what is in it, holes as holes.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    fs::create_dir_all(to.parent().context("a folder above")?)?;
    let copied = Command::new("cp")
        .args(["-a", "--sparse=always"])
        .args([from, to])
        .output()?;
    ensure!(
        copied.status.success(),
        "{}",
        String::from_utf8_lossy(&copied.stderr)
    );
    Ok(())
}

/// All files below a folder that are tried, by their paths in it.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(here) = folders.pop() {
        for entry in fs::read_dir(&here)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() && !LEFT_ALONE.contains(&name.as_str()) && entry.metadata()?.len() > 0 {
                found.push(entry.path().strip_prefix(folder)?.to_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Which sort of file it is: its folder, since there may be a hundred of one sort and one of another.
fn sort_of(file: &Path) -> PathBuf {
    file.parent().map(Path::to_owned).unwrap_or_default()
}

/// A file that can be changed so, and those of its sort: first the sort is drawn, then the file.
fn choose(
    folder: &Path,
    old: &Path,
    change: Change,
    random: &mut Random,
) -> Result<Option<(PathBuf, Vec<PathBuf>)>> {
    let all = files(folder)?;
    let is_older = |file: &PathBuf| {
        let (old, new) = (fs::read(old.join(file)), fs::read(folder.join(file)));
        old.is_ok_and(|old| new.is_ok_and(|new| new != old))
    };
    let has_sibling = |file: &PathBuf| {
        let mut others = all.iter().filter(|other| *other != file);
        others.any(|other| sort_of(other) == sort_of(file))
    };
    let fitting: Vec<&PathBuf> = all
        .iter()
        .filter(|file| match change {
            Change::Old => is_older(file),
            Change::Swap => has_sibling(file),
            Change::Bit | Change::Page | Change::Cut => true,
        })
        .collect();
    let mut sorts: Vec<PathBuf> = fitting.iter().map(|file| sort_of(file)).collect();
    sorts.sort();
    sorts.dedup();
    let Some(sort) = pick(&sorts, random) else {
        return Ok(None);
    };
    let siblings = fitting.into_iter().filter(|file| sort_of(file) == *sort);
    let siblings: Vec<PathBuf> = siblings.cloned().collect();
    Ok(pick(&siblings, random).cloned().map(|file| (file, siblings)))
}

/// Makes one file below `folder` wrong, which has an `old` copy elsewhere. Says which, and how; `None` where
/// this cannot be done to any file.
pub fn damage(folder: &Path, old: &Path, change: Change, random: &mut Random) -> Result<Option<String>> {
    let Some((file, siblings)) = choose(folder, old, change, random)? else {
        return Ok(None);
    };
    let file = &file;
    let path = folder.join(file);
    let shown = file.display();
    let mut bytes = fs::read(&path)?;
    let said = match change {
        Change::Bit => {
            let at = somewhere(&bytes, random);
            let bit = random.below(8);
            bytes[at] ^= 1 << bit;
            format!("{shown}: bit {bit} of byte {at}")
        }
        Change::Page => {
            let at = somewhere(&bytes, random) / PAGE * PAGE;
            let end = bytes.len().min(at + PAGE);
            bytes[at..end].fill(0);
            format!("{shown}: zeros from {at} to {end}")
        }
        Change::Cut => {
            let length = if random.chance(0.1) {
                0
            } else {
                somewhere(&bytes, random)
            };
            bytes.truncate(length);
            format!("{shown}: cut at {length}")
        }
        Change::Swap => {
            let others: Vec<&PathBuf> = siblings.iter().filter(|other| *other != file).collect();
            let Some(other) = pick(&others, random) else {
                return Ok(None);
            };
            let theirs = fs::read(folder.join(other))?;
            overwrite(&folder.join(other), &bytes)?;
            bytes = theirs;
            format!("{shown}: swapped with {}", other.display())
        }
        Change::Old => {
            bytes = fs::read(old.join(file))?;
            format!("{shown}: as it was")
        }
    };
    overwrite(&path, &bytes)?;
    Ok(Some(said))
}

/// The same file, so that its mode stays.
fn overwrite(path: &Path, bytes: &[u8]) -> Result<()> {
    Ok(fs::write(path, bytes)?)
}

/// A place in a file: mostly where there is something, since preallocated files are long and empty.
fn somewhere(bytes: &[u8], random: &mut Random) -> usize {
    let used: Vec<usize> = (0..bytes.len())
        .step_by(PAGE)
        .filter(|at| {
            bytes[*at..bytes.len().min(at + PAGE)]
                .iter()
                .any(|byte| *byte != 0)
        })
        .collect();
    let page = if random.chance(0.1) {
        None
    } else {
        pick(&used, random).copied()
    };
    let (from, length) = match page {
        Some(at) => (at, PAGE.min(bytes.len() - at)),
        None => (0, bytes.len()),
    };
    from + usize::try_from(random.below(length as u64)).unwrap_or(0)
}

fn pick<'a, T>(from: &'a [T], random: &mut Random) -> Option<&'a T> {
    from.get(usize::try_from(random.below(from.len() as u64)).ok()?)
}
