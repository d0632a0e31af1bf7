//! What was sent without the approval that it needs, and waits for a second officer's review `[FOUR-EYES]`.
//!
//! That a message was sent alone, and that it was approved later, stand in the ledger. Why it could not wait
//! is content: it is in no leaf `[LEAF-PRIVACY]`, but in one small private file per message, which goes when
//! the review is recorded. The file is written before the message is recorded, so that no crash loses the
//! reason; one whose message never got into the ledger is removed at the next start.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use control::types::Review;
use protocol::entry::Entry;
use protocol::ids::MessageId;
use serde::{Deserialize, Serialize};
use store::{ReadError, Reader};

use crate::durable::{erase, make_private_folder, without_sum, write_summed};
use crate::limits::REVIEW_FILE_BYTES_MAX;
use crate::secret::read_secret;

/// The version that is written, and the only one that is read.
const VERSION: u32 = 1;

/// The reviews that are outstanding.
#[derive(Debug)]
pub struct Reviews {
    folder: PathBuf,
    waiting: Mutex<BTreeMap<MessageId, Review>>,
}

/// Why the reviews cannot be read. The machine's fault, or the operator's.
#[derive(Debug, thiserror::Error)]
pub enum ReviewsError {
    /// A file or the folder.
    #[error("{}: {what}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        what: String,
    },
    /// What is stored cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    version: u32,
    review: Review,
}

impl Reviews {
    /// Reads what waits; what is reviewed by now, or was never sent, goes. Blocks.
    ///
    /// # Errors
    /// [`ReviewsError`].
    pub fn load(folder: &Path, reader: &dyn Reader) -> Result<Self, ReviewsError> {
        let failed = |path: &Path, what: &dyn std::fmt::Display| ReviewsError::File {
            path: path.to_owned(),
            what: what.to_string(),
        };
        let mut waiting = BTreeMap::new();
        let files = match fs::read_dir(folder) {
            Ok(files) => files.collect::<Result<Vec<_>, _>>(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        };
        for file in files.map_err(|error| failed(folder, &error))? {
            let path = file.path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let text = read_secret(&path, None, REVIEW_FILE_BYTES_MAX);
            let text = text.map_err(|error| failed(&path, &error))?;
            let text = without_sum(&path, &text).map_err(|error| failed(&path, &error))?;
            let written: Written = serde_json::from_slice(text).map_err(|error| failed(&path, &error))?;
            let message = written.review.message.parse::<MessageId>();
            let message = message.map_err(|error| failed(&path, &error))?;
            if written.version != VERSION {
                return Err(failed(&path, &format!("of version {}", written.version)));
            }
            if is_outstanding(reader, message)? {
                waiting.insert(message, written.review);
            } else {
                erase(&path).map_err(|error| failed(&path, &error))?;
            }
        }
        Ok(Self {
            folder: folder.to_owned(),
            waiting: Mutex::new(waiting),
        })
    }

    /// Keeps the reason, durably; before the message is recorded. Blocks.
    ///
    /// # Errors
    /// What the system says; then the message must not be sent.
    pub(crate) fn open(&self, message: MessageId, review: Review) -> io::Result<()> {
        make_private_folder(&self.folder)?;
        let written = Written {
            version: VERSION,
            review,
        };
        write_summed(&self.file_of(message), &serde_json::to_vec(&written)?)?;
        self.lock().insert(message, written.review);
        Ok(())
    }

    /// The review is recorded, or the message was not sent after all: the reason goes. Blocks.
    pub(crate) fn close(&self, message: MessageId) {
        self.lock().remove(&message);
        if let Err(error) = erase(&self.file_of(message)) {
            // The next start tries again.
            tracing::warn!(%error, "what was kept for a review could not be removed");
        }
    }

    /// The message was erased, and with it why it was sent alone: nobody reviews it any more `[ERASE]`.
    /// Blocks.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn erase(&self, message: MessageId) -> io::Result<()> {
        self.lock().remove(&message);
        erase(&self.file_of(message))
    }

    /// Those that wait, the oldest first.
    #[must_use]
    pub fn list(&self) -> Vec<Review> {
        let mut all: Vec<_> = self.lock().values().cloned().collect();
        all.sort_by_key(|review| review.sent_at);
        all
    }

    /// How many wait.
    #[must_use]
    pub fn outstanding(&self) -> usize {
        self.lock().len()
    }

    fn file_of(&self, message: MessageId) -> PathBuf {
        self.folder.join(format!("{message}.json"))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<MessageId, Review>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the ledger says that it was sent alone, and nothing of an approval.
fn is_outstanding(reader: &dyn Reader, message: MessageId) -> Result<bool, ReviewsError> {
    let mut is_alone = false;
    for index in reader.message_entries(message)? {
        match Entry::decode(&reader.leaf(index)?) {
            Ok(Entry::SentAlone { .. }) => is_alone = true,
            Ok(Entry::Approved { .. }) => return Ok(false),
            _ => {}
        }
    }
    Ok(is_alone)
}

#[cfg(test)]
mod tests;
