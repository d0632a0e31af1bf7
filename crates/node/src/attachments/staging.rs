//! Files that are sealed and wait for their message `[TRANSFER]`.
//!
//! A file is sealed while it is read, for the recipients that its message will have; no plaintext of it ever
//! lies on this node's disk. What names it stands under its signature, so the id of its message is settled
//! with the first file, before there is a message; further files join it, and the message takes that id when
//! it is sent. Until then nothing of it leaves the node: peers are given chunks of recorded messages only.
//!
//! [`Staging::begin`] → [`Upload::seal`] → [`Staged`] → [`Staging::claim`] → [`Claim`], which the sender
//! turns into a manifest, and ends with [`Claim::sent`] once the message is recorded.
//!
//! After a restart everything is as it was, but for files that were not sealed to their end: nothing is left
//! of those. What no draft names is removed some days later, when recipients would refuse it as too old.

mod claim;
mod error;
mod records;
mod sweep;
mod upload;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use protocol::attachment::{Attachment, AttachmentNumber};
use protocol::ids::{CaseId, ContactPoint, MessageId};
use protocol::time::UnixMillis;
use seal::limits::ATTACHED_BEFORE_MAX;
use zeroize::Zeroizing;

use super::AttachmentName;
use crate::durable::unreadable;
use crate::limits::{STAGED_ATTACHMENTS_MAX, STAGED_BYTES_MAX};

pub use claim::Claim;
pub use error::StagingError;
pub(crate) use sweep::look_through;
pub use upload::{ForMessage, Sealing, Upload, Wanted, WantedRoute};

use records::Records;

/// Where a message goes: the same for all its attachments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The case that it belongs to, or opens.
    pub case: CaseId,
    /// Our contact point that signs.
    pub from: ContactPoint,
    /// The contact points that can open it.
    pub to: Vec<ContactPoint>,
}

/// A file that is sealed and waits for its message.
#[derive(Debug, Clone)]
pub struct Staged {
    /// What it is called from now on.
    pub name: AttachmentName,
    /// Where its message goes.
    pub route: Route,
    /// What it is.
    pub attachment: Arc<Attachment>,
    /// When it was sealed.
    pub sealed_at: UnixMillis,
    /// The officer who handed it in.
    pub officer: String,
    /// The idempotency key of the upload.
    pub key: String,
}

/// All of them.
#[derive(Debug)]
pub struct Staging {
    files: Arc<store::Attachments>,
    records: Records,
    attachment_bytes_max: u64,
    parcels: Mutex<BTreeMap<MessageId, Parcel>>,
    /// Records that could not be read at the start.
    unreadable: Vec<PathBuf>,
}

/// The files of one message.
#[derive(Debug)]
struct Parcel {
    route: Route,
    files: BTreeMap<AttachmentNumber, Staged>,
    /// Those that are being sealed, and how long they are said to be.
    under_way: BTreeMap<AttachmentNumber, u64>,
    is_claimed: bool,
}

impl Route {
    /// Whether two routes lead to the same contact points, in whatever order they are named.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let set = |route: &Self| route.to.iter().cloned().collect::<BTreeSet<_>>();
        self.case == other.case && self.from == other.from && set(self) == set(other)
    }
}

impl Staged {
    /// Until when its message can be sent.
    #[must_use]
    pub fn usable_until(&self) -> UnixMillis {
        self.sealed_at.plus(ATTACHED_BEFORE_MAX)
    }
}

impl Staging {
    /// Opens the folder of records and forgets what is of no use any more: records whose file never got its
    /// name, and those of messages that are recorded. Blocks.
    ///
    /// # Errors
    /// What the disk says.
    pub fn open(
        files: Arc<store::Attachments>,
        folder: &Path,
        secrets: &[Zeroizing<[u8; 32]>],
        attachment_bytes_max: u64,
        is_recorded: impl Fn(MessageId) -> bool,
    ) -> Result<Arc<Self>, StagingError> {
        let records = Records::open(folder, secrets)?;
        let mut parcels = BTreeMap::<MessageId, Parcel>::new();
        let (all, damaged) = records.all()?;
        for staged in all {
            let is_there = files.find(Arc::clone(&staged.attachment))?.is_some();
            if is_recorded(staged.name.message) || !is_there {
                records.remove(staged.name)?;
                continue;
            }
            let parcel = parcels
                .entry(staged.name.message)
                .or_insert_with(|| Parcel::to(staged.route.clone()));
            parcel.files.insert(staged.name.number, staged);
        }
        Ok(Arc::new(Self {
            files,
            records,
            attachment_bytes_max,
            parcels: Mutex::new(parcels),
            unreadable: damaged,
        }))
    }

    /// Everything that waits, by message and number, of what could be read ([`Self::check_whole`]).
    #[must_use]
    pub fn list(&self) -> Vec<Staged> {
        let parcels = self.lock();
        parcels
            .values()
            .flat_map(|parcel| parcel.files.values().cloned())
            .collect()
    }

    /// Whether the list leaves nothing out.
    ///
    /// # Errors
    /// When a record was found damaged at the start, and is there still.
    pub fn check_whole(&self) -> io::Result<()> {
        match self.unreadable.iter().find(|file| file.exists()) {
            None => Ok(()),
            Some(file) => {
                let damaged = io::Error::new(io::ErrorKind::InvalidData, "the record was damaged");
                Err(unreadable(file, &damaged))
            }
        }
    }

    /// One that waits.
    #[must_use]
    pub fn find(&self, name: AttachmentName) -> Option<Staged> {
        let parcels = self.lock();
        parcels.get(&name.message)?.files.get(&name.number).cloned()
    }

    /// Where the files of a message go.
    #[must_use]
    pub fn route_of(&self, message: MessageId) -> Option<Route> {
        Some(self.lock().get(&message)?.route.clone())
    }

    /// The upload that came under this idempotency key before, if it did.
    #[must_use]
    pub fn uploaded_before(&self, key: &str) -> Option<Staged> {
        self.list().into_iter().find(|staged| staged.key == key)
    }

    /// Throws a file away, durably; says whether it was there. Blocks.
    ///
    /// # Errors
    /// [`StagingError::Claimed`] while its message is being sent, and what the disk says.
    pub fn discard(&self, name: AttachmentName) -> Result<bool, StagingError> {
        let mut parcels = self.lock();
        let Some(parcel) = parcels.get_mut(&name.message) else {
            return Ok(false);
        };
        if parcel.is_claimed {
            return Err(StagingError::Claimed);
        }
        let Some(staged) = parcel.files.get(&name.number) else {
            return Ok(false);
        };
        // The file first: a record without its file is forgotten at the next start.
        self.files.remove(staged.attachment.id())?;
        self.records.remove(name)?;
        parcel.files.remove(&name.number);
        if parcel.is_empty() {
            parcels.remove(&name.message);
        }
        Ok(true)
    }

    /// Removes what can be sent no more and no draft names. Blocks.
    ///
    /// # Errors
    /// What the disk says.
    pub fn sweep(&self, now: UnixMillis, in_drafts: &BTreeSet<MessageId>) -> Result<(), StagingError> {
        let is_over = |staged: &Staged| staged.usable_until() < now;
        let old: Vec<AttachmentName> = {
            let parcels = self.lock();
            let over = parcels.iter().filter(|(message, parcel)| {
                let is_idle = !parcel.is_claimed && parcel.under_way.is_empty();
                is_idle && !in_drafts.contains(message) && parcel.files.values().all(is_over)
            });
            over.flat_map(|(_, parcel)| parcel.files.values().map(|staged| staged.name))
                .collect()
        };
        for name in old {
            tracing::info!(attachment = %name, "an attachment that was never sent is removed");
            self.discard(name)?;
        }
        Ok(self.records.forget_sending(2 * ATTACHED_BEFORE_MAX)?)
    }

    /// Forgets under which key a message was sent, whose content was erased `[ERASE]`. Blocks.
    ///
    /// # Errors
    /// What the disk says.
    pub fn erase(&self, message: MessageId) -> Result<(), StagingError> {
        Ok(self.records.erase_sending(message)?)
    }

    /// Which message with attachments was sent under a key, or was to be. Blocks.
    ///
    /// # Errors
    /// What the disk says.
    pub fn sent_under(&self, key: &str) -> Result<Option<MessageId>, StagingError> {
        Ok(self.records.sent_under(key)?)
    }

    /// Whether there is room in number and in bytes for one more.
    fn check_total(
        &self,
        parcels: &BTreeMap<MessageId, Parcel>,
        expected_bytes: u64,
    ) -> Result<(), StagingError> {
        let count: usize = parcels.values().map(Parcel::count).sum();
        if count >= STAGED_ATTACHMENTS_MAX {
            return Err(StagingError::TooMany(STAGED_ATTACHMENTS_MAX));
        }
        let bytes: u64 = parcels.values().map(Parcel::bytes).sum();
        if bytes.saturating_add(expected_bytes) > STAGED_BYTES_MAX {
            return Err(StagingError::TooMuch(STAGED_BYTES_MAX));
        }
        if expected_bytes > self.attachment_bytes_max {
            return Err(StagingError::TooLarge(self.attachment_bytes_max));
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<MessageId, Parcel>> {
        self.parcels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Parcel {
    fn to(route: Route) -> Self {
        Self {
            route,
            files: BTreeMap::new(),
            under_way: BTreeMap::new(),
            is_claimed: false,
        }
    }

    fn is_empty(&self) -> bool {
        self.count() == 0
    }

    fn count(&self) -> usize {
        self.files.len() + self.under_way.len()
    }

    fn bytes(&self) -> u64 {
        let sealed = self
            .files
            .values()
            .map(|staged| staged.attachment.sealed_length_bytes());
        sealed.chain(self.under_way.values().copied()).sum()
    }

    /// The first number that is free.
    fn next_number(&self) -> Option<AttachmentNumber> {
        (0..)
            .map_while(AttachmentNumber::at_place)
            .find(|number| !self.files.contains_key(number) && !self.under_way.contains_key(number))
    }

    fn has_name(&self, name: &str) -> bool {
        let mut files = self.files.values();
        files.any(|staged| staged.attachment.name().as_str() == name)
    }
}

#[cfg(test)]
mod tests;
