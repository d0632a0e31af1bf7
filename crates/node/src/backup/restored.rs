//! After a restore: what was signed since the backup was made, only others know. So a node that was restored
//! signs nothing before so many witnesses were reached that one of them must have cosigned the newest head
//! that was ever published, and none of them knows more `[ROLLBACK]`.
//!
//! A file in the store's folder says that it was restored. It goes when the witnesses have agreed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::config::Witness;
use crate::durable;

/// The file's name, in the store's folder.
pub const MARK_FILE: &str = "restored";

/// What says that the loss of a log's end is accepted: one line with the log's origin, in the store's folder.
pub const ACCEPTED_FILE: &str = "loss-accepted";

/// A store that was restored, until its witnesses have agreed.
#[derive(Debug, Clone)]
pub struct Mark(PathBuf);

impl Mark {
    /// Notes that the store in this folder was restored from a set.
    ///
    /// # Errors
    /// What the system says.
    pub fn set(data: &Path, set: &str) -> io::Result<()> {
        let text = format!("restored from the backup {set}; goes when the witnesses have agreed\n");
        durable::write_private(&data.join(MARK_FILE), text.as_bytes())
    }

    /// The mark of the store in this folder, if it has one.
    #[must_use]
    pub fn of(data: &Path) -> Option<Self> {
        let file = data.join(MARK_FILE);
        file.exists().then_some(Self(file))
    }

    /// The witnesses agree: from now on it is a store like any other.
    ///
    /// # Errors
    /// What the system says.
    pub fn clear(self) -> io::Result<()> {
        durable::remove(&self.0.with_file_name(ACCEPTED_FILE))?;
        durable::remove(&self.0)
    }
}

/// Why the loss of a log's end is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum NotAccepted {
    /// Nothing was restored here.
    #[error(
        "{}: this store was not restored from a backup, or its witnesses have agreed: nothing is lost",
        .0.display()
    )]
    NotRestored(PathBuf),
    /// That cannot be a log of it.
    #[error("{0:?} is no log's origin; `ohrid node status` shows it")]
    NoOrigin(String),
    /// The system.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// The operator accepts that whatever the log of this origin had beyond the backup is lost. From then on the
/// node may go on in another log, which the secretariat has named in the directory; never in this one.
///
/// # Errors
/// [`NotAccepted`]; then nothing has changed.
pub fn accept_loss(data: &Path, origin: &str) -> Result<(), NotAccepted> {
    if Mark::of(data).is_none() {
        return Err(NotAccepted::NotRestored(data.to_owned()));
    }
    if !origin.contains('/') || origin.chars().any(|character| character.is_whitespace()) {
        return Err(NotAccepted::NoOrigin(origin.to_owned()));
    }
    Ok(durable::write_private(
        &data.join(ACCEPTED_FILE),
        format!("{origin}\n").as_bytes(),
    )?)
}

/// The log about which witnesses are asked before the first signature: the one that the ledger ends with;
/// after a restore, where the loss of that one's end was accepted and the directory names another log for
/// now, that one, since nothing is signed in the old one any more but what it ended with in the backup.
#[must_use]
pub fn log_to_be_checked<'a>(data: &Path, ends_with: &'a str, goes_on_in: &'a str) -> &'a str {
    let accepted = fs::read_to_string(data.join(ACCEPTED_FILE)).unwrap_or_default();
    let is_accepted = accepted.strip_suffix('\n') == Some(ends_with);
    if Mark::of(data).is_some() && is_accepted && ends_with != goes_on_in {
        return goes_on_in;
    }
    ends_with
}

/// How many of so many witnesses must agree before a restored node signs: so many that they cannot all be
/// among those who have not cosigned the newest published head.
#[must_use]
pub fn needed(settings: &Witness, witnesses: usize) -> usize {
    let quorum = match settings.policy {
        // Who a quorum is there, counts alone do not say.
        Some(_) => witnesses,
        None => settings.quorum.of(witnesses),
    };
    let needed = match quorum {
        // Nobody was asked for cosignatures: whoever has seen a head may know.
        0 => 1,
        quorum => witnesses.saturating_sub(quorum) + 1,
    };
    // With nobody to ask, there is nothing to wait for.
    needed.min(witnesses).max(settings.needed_at_start)
}

#[cfg(test)]
mod tests;
