//! Time stamps (RFC 3161) of our published checkpoints, one for each day: that they were there at that time,
//! by the word of somebody who has nothing to do with the network.
//!
//! ```text
//! stamps/2026-11-22.checkpoint   what was stamped: the checkpoint with its cosignatures, byte for byte
//! stamps/2026-11-22.tsr          the service's answer, as it came
//! ```
//!
//! The day is that of UTC by our clock. Both files are for `openssl ts -verify -data … -in … -CAfile …`. A
//! stamp counts once both are there; the answer is written last.

mod asking;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::ledger::checkpoint::Checkpoint;
use ::ledger::note::Note;
use protocol::digest::Digest;
use protocol::limits::TIME_STAMP_BYTES_MAX;
use protocol::time::UnixMillis;
use protocol::time_stamp::TimeStamp;

use crate::durable;
use crate::limits::STAMPED_CHECKPOINT_BYTES_MAX;
use crate::secret;

pub(crate) use asking::Asking;
pub use asking::Failing;

/// The stamps that are kept. Cheap to clone; what is in it lies in files.
#[derive(Debug, Clone)]
pub struct Stamps {
    folder: PathBuf,
    failing: Arc<Failing>,
}

/// A checkpoint, and the stamp of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// The day in UTC: `2026-11-22`.
    pub day: String,
    /// When the checkpoint existed, by the service's clock.
    pub at: UnixMillis,
    /// The stamped bytes: a signed note.
    pub note: String,
    /// What they say.
    pub checkpoint: Checkpoint,
    /// The service's answer: a TimeStampResp in DER.
    pub response: Vec<u8>,
}

impl Stamps {
    /// Those in a folder, which need not be there yet.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            failing: Arc::default(),
        }
    }

    /// Whether asking for the day's stamp fails.
    #[must_use]
    pub fn failing(&self) -> &Failing {
        &self.failing
    }

    /// The days of which there is a stamp, ascending. Blocks.
    #[must_use]
    pub fn days(&self) -> Vec<String> {
        let files = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut days: Vec<String> = files
            .filter_map(|file| {
                let name = file.file_name().into_string().ok()?;
                let day = name.strip_suffix(".tsr")?;
                is_day(day).then(|| day.to_owned())
            })
            .collect();
        days.sort_unstable();
        days
    }

    /// The stamp of a day; `None` where there is none, or where what lies there is none, which is logged.
    /// Blocks.
    #[must_use]
    pub fn of_day(&self, day: &str) -> Option<Stamp> {
        if !is_day(day) {
            return None;
        }
        let note = secret::read_public(&self.file(day, "checkpoint"), STAMPED_CHECKPOINT_BYTES_MAX).ok()?;
        let response = secret::read_public(&self.file(day, "tsr"), TIME_STAMP_BYTES_MAX as u64).ok()?;
        let stamp = Stamp::of(day, note, response);
        if stamp.is_none() {
            tracing::error!(day, folder = %self.folder.display(), "a time stamp is not one: passed over");
        }
        stamp
    }

    /// The newest stamp. Blocks.
    #[must_use]
    pub fn newest(&self) -> Option<Stamp> {
        self.days().iter().rev().find_map(|day| self.of_day(day))
    }

    /// The first stamp of a ledger, given by its origin, that covers so many entries: it says the most of the
    /// last of them. Blocks.
    #[must_use]
    pub fn covering(&self, origin: &str, size: u64) -> Option<Stamp> {
        let covers = |stamp: &Stamp| stamp.checkpoint.origin == origin && stamp.checkpoint.size >= size;
        self.days().iter().filter_map(|day| self.of_day(day)).find(covers)
    }

    /// Keeps a stamp, durably. Blocks.
    ///
    /// # Errors
    /// What the disk says; the day has no stamp then.
    pub(crate) fn keep(&self, stamp: &Stamp) -> io::Result<()> {
        durable::make_private_folder(&self.folder)?;
        durable::write_private(&self.file(&stamp.day, "checkpoint"), stamp.note.as_bytes())?;
        durable::write_private(&self.file(&stamp.day, "tsr"), &stamp.response)
    }

    fn file(&self, day: &str, suffix: &str) -> PathBuf {
        self.folder.join(format!("{day}.{suffix}"))
    }
}

impl Stamp {
    /// Puts a stamp together from its two files; `None` where they do not belong together.
    fn of(day: &str, note: Vec<u8>, response: Vec<u8>) -> Option<Self> {
        let at = TimeStamp::of_kept(&response, &Digest::of(&note)).ok()?.at;
        let note = String::from_utf8(note).ok()?;
        let parsed = Note::parse(note.as_bytes()).ok()?;
        Some(Self {
            day: day.to_owned(),
            at,
            checkpoint: Checkpoint::parse(parsed.text().as_str()).ok()?,
            note,
            response,
        })
    }
}

/// `2026-11-22`, and nothing that would lead out of the folder.
fn is_day(text: &str) -> bool {
    text.len() == 10
        && text
            .parse::<jiff::civil::Date>()
            .is_ok_and(|day| day.to_string() == text)
}

/// The day of an instant, in UTC.
fn day_of(at: UnixMillis) -> String {
    crate::news::timestamp(at).strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests;
