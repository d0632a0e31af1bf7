//! One file on its way in.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use protocol::attachment::{FileName, Label, MediaType};
use protocol::ids::{CaseId, MessageId};
use protocol::time::UnixMillis;
use seal::attachment::{AttachmentBinding, seal_attachment};
use seal::{Binding, Certificate, UnlockedKey};
use store::attachments::{SealedFile, WholeFile};

use super::{AttachmentName, Parcel, Route, Staged, Staging, StagingError};
use crate::limits::ROOM_LOOKED_FOR_EVERY_BYTES;
use crate::messages::system_time;

/// What is to be sealed.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The message that an earlier file was sealed for; or a fresh id.
    pub message: ForMessage,
    /// Where it goes. The case counts for a fresh id only where there is one already.
    pub route: WantedRoute,
    /// The file's name.
    pub name: FileName,
    /// Its media type.
    pub media_type: MediaType,
    /// How long it is said to be, in bytes; 0 where nobody says.
    pub expected_bytes: u64,
    /// The officer who hands it in.
    pub officer: String,
    /// The idempotency key.
    pub key: String,
}

/// Which message a file belongs to.
#[derive(Debug, Clone, Copy)]
pub enum ForMessage {
    /// The first file of a message, which gets this id.
    New(MessageId),
    /// One more.
    Known(MessageId),
}

/// Where a file goes, as far as it was said.
#[derive(Debug, Clone)]
pub struct WantedRoute {
    /// The case; `None` for what opens one.
    pub case: Option<CaseId>,
    /// Our contact point.
    pub from: protocol::ids::ContactPoint,
    /// The recipients.
    pub to: Vec<protocol::ids::ContactPoint>,
}

/// With which keys it is sealed.
#[derive(Debug)]
pub struct Sealing<'a> {
    /// Ours.
    pub key: &'a UnlockedKey,
    /// The recipients'.
    pub recipients: &'a [Certificate],
    /// When.
    pub at: UnixMillis,
}

/// A number in a message that is kept for a file until it is sealed, or this is dropped.
#[derive(Debug)]
pub struct Upload {
    staging: Arc<Staging>,
    name: AttachmentName,
    route: Route,
    wanted: Wanted,
}

impl Staging {
    /// Keeps a place for a file. Nothing is written yet.
    ///
    /// # Errors
    /// When it does not fit to the other files of its message, is too large, or there are too many.
    pub fn begin(self: &Arc<Self>, wanted: Wanted) -> Result<Upload, StagingError> {
        let mut parcels = self.lock();
        self.check_total(&parcels, wanted.expected_bytes)?;
        let (ForMessage::New(message) | ForMessage::Known(message)) = wanted.message;
        let route = Route {
            case: wanted.route.case.unwrap_or_else(|| CaseId::opened_by(message)),
            from: wanted.route.from.clone(),
            to: wanted.route.to.clone(),
        };
        let parcel = match wanted.message {
            ForMessage::New(_) => parcels
                .entry(message)
                .or_insert_with(|| Parcel::to(route.clone())),
            ForMessage::Known(_) => parcels
                .get_mut(&message)
                .ok_or(StagingError::UnknownMessage(message))?,
        };
        if parcel.is_claimed {
            return Err(StagingError::Claimed);
        }
        if !parcel.route.is_same(&route) {
            return Err(StagingError::OtherRoute {
                sealed_for: parcel.route.to_string(),
                wanted: route.to_string(),
            });
        }
        if parcel.has_name(wanted.name.as_str()) {
            return Err(StagingError::NameTwice);
        }
        let number = parcel.next_number().ok_or(StagingError::MessageFull)?;
        parcel.under_way.insert(number, wanted.expected_bytes);
        let route = parcel.route.clone();
        Ok(Upload {
            staging: Arc::clone(self),
            name: AttachmentName { message, number },
            route,
            wanted,
        })
    }
}

impl Upload {
    /// What it will be called.
    #[must_use]
    pub fn name(&self) -> AttachmentName {
        self.name
    }

    #[cfg(test)]
    pub(super) fn called(&self) -> (FileName, MediaType) {
        (self.wanted.name.clone(), self.wanted.media_type.clone())
    }

    /// Where it goes.
    #[must_use]
    pub fn route(&self) -> &Route {
        &self.route
    }

    /// Seals all that `source` gives, to its end; the file waits for its message then, also after a restart.
    /// Needs a few megabytes of memory, and blocks.
    ///
    /// # Errors
    /// [`StagingError::BrokenOff`] when the source does not come to its end, and what keys, room and disk
    /// say. Nothing is left of the file then.
    pub fn seal(self, sealing: &Sealing<'_>, source: impl Read + Send) -> Result<Staged, StagingError> {
        let files = &self.staging.files;
        let name = self.name;
        let mut file = files.begin_sealed(name.message, name.number, self.wanted.expected_bytes)?;
        let binding = AttachmentBinding {
            label: Label {
                number: name.number,
                name: self.wanted.name.clone(),
                media_type: self.wanted.media_type.clone(),
            },
            message: Binding {
                message: name.message,
                case: self.route.case,
                from: self.route.from.clone(),
                to: self.route.to.clone(),
            },
        };
        let is_too_large = AtomicBool::new(false);
        let source = Bounded {
            source,
            left_bytes: self.staging.attachment_bytes_max,
            is_too_large: &is_too_large,
        };
        let sink = WithRoom {
            file: &mut file,
            files,
            unchecked_bytes: 0,
        };
        let at = system_time(sealing.at);
        let sealed = seal_attachment(sealing.key, sealing.recipients, &binding, source, sink, at);
        let sealed = sealed.map_err(|error| match is_too_large.load(Ordering::Relaxed) {
            true => StagingError::TooLarge(self.staging.attachment_bytes_max),
            false => error.into(),
        })?;
        let whole = file.whole(
            self.wanted.name.clone(),
            self.wanted.media_type.clone(),
            sealed.plaintext_length_bytes,
            sealed.plaintext,
        )?;
        self.keep(whole, sealing.at)
    }

    /// Notes the whole file, and gives it its name.
    pub(super) fn keep(&self, whole: WholeFile, sealed_at: UnixMillis) -> Result<Staged, StagingError> {
        let name = self.name;
        let staged = Staged {
            name,
            route: self.route.clone(),
            attachment: Arc::clone(whole.attachment()),
            sealed_at,
            officer: self.wanted.officer.clone(),
            key: self.wanted.key.clone(),
        };
        // In this order: a record without its file is forgotten, a file without its record would stay.
        self.staging.records.write(&staged)?;
        if let Err(error) = whole.publish() {
            self.staging.records.remove(name)?;
            return Err(error.into());
        }
        let mut parcels = self.staging.lock();
        if let Some(parcel) = parcels.get_mut(&name.message) {
            parcel.files.insert(name.number, staged.clone());
        }
        Ok(staged)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let mut parcels = self.staging.lock();
        if let Some(parcel) = parcels.get_mut(&self.name.message) {
            parcel.under_way.remove(&self.name.number);
            if parcel.is_empty() {
                parcels.remove(&self.name.message);
            }
        }
    }
}

impl std::fmt::Display for Route {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let to: Vec<String> = self.to.iter().map(ToString::to_string).collect();
        write!(out, "{} from {} in case {}", to.join(" "), self.from, self.case)
    }
}

/// What is read, up to a limit.
struct Bounded<'a, R> {
    source: R,
    left_bytes: u64,
    is_too_large: &'a AtomicBool,
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        let Some(left) = self.left_bytes.checked_sub(count as u64) else {
            self.is_too_large.store(true, Ordering::Relaxed);
            return Err(io::ErrorKind::FileTooLarge.into());
        };
        self.left_bytes = left;
        Ok(count)
    }
}

/// What is written, as long as enough room is left beside it: nobody may have said how long it will be.
struct WithRoom<'a> {
    file: &'a mut SealedFile,
    files: &'a store::Attachments,
    unchecked_bytes: u64,
}

impl Write for WithRoom<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.unchecked_bytes += written as u64;
        if self.unchecked_bytes >= ROOM_LOOKED_FOR_EVERY_BYTES {
            self.unchecked_bytes = 0;
            self.files.check_room(0).map_err(io::Error::other)?;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
