//! Under which checkpoint a state of a case is shown, so that it is the same one the next time.
//!
//! ```text
//! exports/01939c5e-....@XA-4711        the case, the Party that opened it, its last leaf's position
//!     ohrid-export-pin 1
//!     dated_at_ms 1795305600900
//!     directory 7
//!
//!     node.xa.example.org/ledger/2026
//!     4720
//!     ...
//! ```
//!
//! Where witnesses have not cosigned it yet, the log signs the tree that ends with the last leaf, and that
//! is kept as well: what was shown once stays as it is. A file that cannot be read is as good as none.

use std::fs;
use std::path::{Path, PathBuf};

use ledger::checkpoint::Checkpoint;
use protocol::limits::CHECKPOINT_NOTE_BYTES_MAX;
use protocol::time::UnixMillis;

use crate::durable;
use crate::publishing::Published;

const FIRST_LINE: &str = "ohrid-export-pin 1";

/// The newest checkpoint of our log with this origin that witnesses have cosigned, with the cosignatures,
/// if it has so many leaves at least. A head that was published without any, since the policy asks for
/// none, is none.
pub(super) fn cosigned(published: &Published, origin: &str, size: u64) -> Option<String> {
    let witnessed = published.covering(origin, size)?;
    let is_cosigned = witnessed.note().signatures().len() > 1;
    is_cosigned.then(|| witnessed.note().to_string())
}

/// A checkpoint, and when it was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pin {
    /// The signed note.
    pub(super) note: String,
    /// When it was looked at.
    pub(super) dated_at: UnixMillis,
    /// The directory that was in use then.
    pub(super) directory: u64,
}

impl Pin {
    /// The size and the origin that the note claims.
    pub(crate) fn head(&self) -> Option<Checkpoint> {
        let text = self.note.split_once("\n\n")?.0;
        Checkpoint::parse(&format!("{text}\n")).ok()
    }

    pub(crate) fn text(&self) -> String {
        let Self {
            note,
            dated_at,
            directory,
        } = self;
        format!(
            "{FIRST_LINE}\ndated_at_ms {}\ndirectory {directory}\n\n{note}",
            dated_at.0
        )
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (head, note) = text.split_once("\n\n")?;
        let mut lines = head.lines();
        if lines.next()? != FIRST_LINE {
            return None;
        }
        let dated_at = lines.next()?.strip_prefix("dated_at_ms ")?.parse().ok()?;
        let directory = lines.next()?.strip_prefix("directory ")?.parse().ok()?;
        let pin = Self {
            note: note.to_owned(),
            dated_at: UnixMillis(dated_at),
            directory,
        };
        (lines.next().is_none() && pin.text() == text && pin.head().is_some()).then_some(pin)
    }
}

/// Where the pin of a state is.
pub(super) fn file(folder: &Path, case: &str, origin: &str, last: u64) -> PathBuf {
    let letter = |letter: char| {
        if letter.is_ascii_alphanumeric() {
            letter
        } else {
            '-'
        }
    };
    let origin: String = origin.chars().map(letter).collect();
    folder.join(format!("{case}-{last}-{origin}"))
}

/// The pin that was kept.
pub(super) fn read(file: &Path) -> Option<Pin> {
    let longest = CHECKPOINT_NOTE_BYTES_MAX as u64 + 256;
    if fs::metadata(file).ok()?.len() > longest {
        return None;
    }
    Pin::parse(&fs::read_to_string(file).ok()?)
}

/// Keeps a pin, durably.
pub(super) fn keep(file: &Path, pin: &Pin) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        durable::make_private_folder(folder)?;
    }
    durable::write_private(file, pin.text().as_bytes())
}

#[cfg(test)]
mod tests;
