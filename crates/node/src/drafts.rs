//! Drafts that are kept until they are sent: one small private file each, outside the ledger.
//!
//! A draft's name is the idempotency key that it was stored under, and the key of the message that it
//! becomes: one draft is never two messages. What it was sent as is kept for two days beside it, for whoever
//! lost the answer.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use control::headers::IdempotencyKey;
use control::types::{SendRequest, Sent, StoredDraft};
use jiff::Timestamp;
use protocol::ids::MessageId;
use serde::{Deserialize, Serialize};

use crate::attachments::AttachmentName;
use crate::durable::{erase, make_private_folder, unreadable, without_sum, write_summed};
use crate::limits::{CONTROL_BODY_BYTES_MAX, DRAFTS_MAX, SENT_DRAFTS_REMEMBERED_FOR};
use crate::secret::read_public;

/// What a draft's file is called.
const DRAFT: &str = "json";

/// What the note of what a draft was sent as is called.
const SENT: &str = "sent";

/// The folder of drafts. Cheap to make.
#[derive(Debug, Clone)]
pub(crate) struct Drafts(PathBuf);

/// What a draft's file holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) about: StoredDraft,
    pub(crate) request: SendRequest,
    /// The number that stands for its author in the ledger; absent where an earlier release stored it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) author_actor: Option<String>,
}

/// Why a draft was not kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeepError {
    /// The key came before, with something else.
    #[error("this idempotency key was used for another draft")]
    KeyReused,
    /// [`DRAFTS_MAX`] are kept.
    #[error("there are {DRAFTS_MAX} drafts already: send or discard some")]
    Full,
    /// The machine's fault.
    #[error(transparent)]
    Machine(#[from] io::Error),
}

impl Drafts {
    pub(crate) fn new(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    /// Keeps a draft, durably; the same one again is the same one. Blocks.
    pub(crate) fn keep(&self, kept: Kept) -> Result<StoredDraft, KeepError> {
        make_private_folder(&self.0)?;
        let file = self.0.join(format!("{}.{DRAFT}", kept.about.draft));
        if let Some(before) = read(&file)? {
            return if before.request == kept.request && before.author_actor == kept.author_actor {
                Ok(before.about)
            } else {
                Err(KeepError::KeyReused)
            };
        }
        if self.files(DRAFT)?.len() >= DRAFTS_MAX {
            return Err(KeepError::Full);
        }
        write_summed(&file, &serde_json::to_vec(&kept).map_err(io::Error::from)?)?;
        Ok(kept.about)
    }

    /// The draft of that name. Blocks.
    pub(crate) fn find(&self, draft: &IdempotencyKey) -> io::Result<Option<Kept>> {
        read(&self.file_of(draft, DRAFT))
    }

    /// All drafts, the oldest first. One that cannot be read is among them and says so, since nobody would
    /// miss it otherwise; the others can be sent all the same. Blocks.
    pub(crate) fn list(&self) -> io::Result<Vec<StoredDraft>> {
        let mut drafts: Vec<StoredDraft> = Vec::new();
        for file in self.files(DRAFT)?.iter().take(DRAFTS_MAX) {
            match read(file) {
                Ok(kept) => drafts.extend(kept.map(|kept| kept.about)),
                Err(error) => drafts.push(damaged(file, &error)),
            }
        }
        drafts.sort_by_key(|draft| draft.stored_at);
        Ok(drafts)
    }

    /// The messages whose attachments drafts name; a draft that cannot be read is an error, since nobody
    /// knows what it names. Blocks.
    pub(crate) fn attached_to(&self) -> io::Result<BTreeSet<MessageId>> {
        let mut messages = BTreeSet::new();
        for file in self.files(DRAFT)? {
            let names = read(&file)?
                .map(|kept| kept.request.attachments)
                .unwrap_or_default();
            let parsed = names
                .iter()
                .filter_map(|name| name.parse::<AttachmentName>().ok());
            messages.extend(parsed.map(|name| name.message));
        }
        Ok(messages)
    }

    /// The draft's message is durable: notes what it was sent as, and removes it. Blocks.
    ///
    /// What fails here loses nothing: a draft that stays can be sent again only as the same message.
    pub(crate) fn note_sent(&self, draft: &IdempotencyKey, sent: &Sent) {
        let noted = serde_json::to_vec(sent)
            .map_err(io::Error::from)
            .and_then(|text| write_summed(&self.file_of(draft, SENT), &text))
            .and_then(|()| erase(&self.file_of(draft, DRAFT)));
        if let Err(error) = noted {
            tracing::warn!(%error, "a draft that was sent could not be removed");
        }
        self.forget_old();
    }

    /// What a draft was sent as, if that was of late. Blocks.
    pub(crate) fn sent_before(&self, draft: &IdempotencyKey) -> Option<Sent> {
        let limit_bytes = CONTROL_BODY_BYTES_MAX as u64;
        let file = self.file_of(draft, SENT);
        let text = read_public(&file, limit_bytes).ok()?;
        serde_json::from_slice(without_sum(&file, &text).ok()?).ok()
    }

    /// Throws a draft away; says whether there was one. Blocks.
    pub(crate) fn discard(&self, draft: &IdempotencyKey) -> io::Result<bool> {
        let file = self.file_of(draft, DRAFT);
        let was_there = file.exists();
        erase(&file)?;
        Ok(was_there)
    }

    /// The drafts that belong to a case, as `is_of` says of each request. One that cannot be read is none of
    /// them. Blocks.
    pub(crate) fn of_case(&self, is_of: impl Fn(&SendRequest) -> bool) -> io::Result<Vec<Kept>> {
        let mut found = Vec::new();
        for file in self.files(DRAFT)? {
            match read(&file) {
                Ok(kept) => found.extend(kept.filter(|kept| is_of(&kept.request))),
                Err(error) => tracing::warn!(file = %file.display(), %error, "a draft cannot be read"),
            }
        }
        Ok(found)
    }

    /// Erases the notes of what drafts were sent as that `is_of` says; those that cannot be read as well
    /// `[ERASE]`. Blocks.
    pub(crate) fn erase_sent(&self, is_of: impl Fn(&Sent) -> bool) -> io::Result<()> {
        let limit_bytes = CONTROL_BODY_BYTES_MAX as u64;
        for file in self.files(SENT)? {
            let text = read_public(&file, limit_bytes).ok();
            let sent = text.and_then(|text| serde_json::from_slice(without_sum(&file, &text).ok()?).ok());
            if sent.is_none_or(|sent| is_of(&sent)) {
                erase(&file)?;
            }
        }
        Ok(())
    }

    fn forget_old(&self) {
        let now = SystemTime::now();
        for file in self.files(SENT).unwrap_or_default() {
            let written = fs::metadata(&file).and_then(|data| data.modified());
            let age = written.ok().and_then(|written| now.duration_since(written).ok());
            if age.is_some_and(|age| age > SENT_DRAFTS_REMEMBERED_FOR) {
                // What is left is tried again.
                let _ = erase(&file);
            }
        }
    }

    fn files(&self, extension: &str) -> io::Result<Vec<PathBuf>> {
        let folder = match fs::read_dir(&self.0) {
            Ok(folder) => folder,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let paths = folder.filter_map(|file| Some(file.ok()?.path()));
        Ok(paths
            .filter(|path| path.extension().is_some_and(|found| found == extension))
            .collect())
    }

    fn file_of(&self, draft: &IdempotencyKey, extension: &str) -> PathBuf {
        self.0.join(format!("{draft}.{extension}"))
    }
}

/// What is known of a draft that cannot be read.
fn damaged(file: &Path, error: &io::Error) -> StoredDraft {
    let name = file.file_stem().unwrap_or_default();
    StoredDraft {
        draft: name.to_string_lossy().into_owned(),
        kind: String::new(),
        to: Vec::new(),
        // A file's own time is not the draft's: it may have come from a backup.
        stored_at: Timestamp::UNIX_EPOCH,
        advice: Vec::new(),
        author: String::new(),
        case: None,
        needs_approval: false,
        damaged: Some(unreadable(file, error).to_string()),
    }
}

fn read(file: &Path) -> io::Result<Option<Kept>> {
    if !file.exists() {
        return Ok(None);
    }
    let limit_bytes = 2 * CONTROL_BODY_BYTES_MAX as u64;
    let bytes = read_public(file, limit_bytes).map_err(io::Error::other)?;
    Ok(Some(serde_json::from_slice(without_sum(file, &bytes)?)?))
}

#[cfg(test)]
mod tests;
