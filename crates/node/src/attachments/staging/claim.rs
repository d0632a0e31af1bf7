//! The files of a message that is being sent.

use std::collections::BTreeSet;
use std::sync::Arc;

use protocol::attachment::{AttachmentNumber, ImpossibleAttachment, Manifest};
use protocol::ids::MessageId;
use protocol::time::UnixMillis;

use super::{AttachmentName, Route, Staged, Staging, StagingError};

/// All files that were sealed for a message. Nobody else can send or discard them until this is dropped.
#[derive(Debug)]
pub struct Claim {
    staging: Arc<Staging>,
    message: MessageId,
    route: Route,
    files: Vec<Staged>,
}

impl Staging {
    /// Takes all files of a message, named one by one, to send them.
    ///
    /// # Errors
    /// When they are not all files of one message, in whatever order, or cannot be sent now.
    pub fn claim(
        self: &Arc<Self>,
        names: &[AttachmentName],
        now: UnixMillis,
    ) -> Result<Option<Claim>, StagingError> {
        let Some(first) = names.first() else {
            return Ok(None);
        };
        let message = first.message;
        if let Some(other) = names.iter().find(|name| name.message != message) {
            return Err(StagingError::SeveralMessages(message, other.message));
        }
        let mut parcels = self.lock();
        let parcel = parcels
            .get_mut(&message)
            .ok_or(StagingError::UnknownMessage(message))?;
        if parcel.is_claimed {
            return Err(StagingError::Claimed);
        }
        if !parcel.under_way.is_empty() {
            return Err(StagingError::UnderWay);
        }
        let mut named = BTreeSet::new();
        for name in names {
            if !parcel.files.contains_key(&name.number) {
                return Err(StagingError::Unknown(*name));
            }
            if !named.insert(name.number) {
                return Err(StagingError::NamedTwice(*name));
            }
        }
        for (place, (number, staged)) in parcel.files.iter().enumerate() {
            let expected = AttachmentNumber::at_place(place).ok_or(StagingError::MessageFull)?;
            if *number != expected {
                let number = expected;
                return Err(StagingError::Gap(AttachmentName { message, number }));
            }
            if !named.contains(number) {
                return Err(StagingError::NotNamed(staged.name));
            }
            if staged.usable_until() < now {
                return Err(StagingError::TooOld(staged.name));
            }
        }
        parcel.is_claimed = true;
        Ok(Some(Claim {
            staging: Arc::clone(self),
            message,
            route: parcel.route.clone(),
            files: parcel.files.values().cloned().collect(),
        }))
    }
}

impl Claim {
    /// The id that the message must have: it stands in its files.
    #[must_use]
    pub fn message(&self) -> MessageId {
        self.message
    }

    /// Where the message must go.
    #[must_use]
    pub fn route(&self) -> &Route {
        &self.route
    }

    /// The files, in the message's order.
    #[must_use]
    pub fn files(&self) -> &[Staged] {
        &self.files
    }

    /// What the message commits to.
    ///
    /// # Errors
    /// When the files are too large together.
    pub fn manifest(&self) -> Result<Manifest, ImpossibleAttachment> {
        let files = self.files.iter();
        Manifest::new(files.map(|staged| Arc::clone(&staged.attachment)).collect())
    }

    /// Notes under which idempotency key the message is sent, durably, so that whoever lost the answer gets
    /// it again after a restart `[IDEMPOTENT]`. Blocks.
    ///
    /// # Errors
    /// What the disk says.
    pub fn note_sending(&self, key: &str) -> Result<(), StagingError> {
        Ok(self.staging.records.note_sending(self.message, key)?)
    }

    /// The message is recorded: its files do not wait any more. Blocks.
    pub fn sent(self) {
        for staged in &self.files {
            // What stays is forgotten at the next start, since the message is recorded.
            if let Err(error) = self.staging.records.remove(staged.name) {
                tracing::warn!(attachment = %staged.name, %error, "a record stays");
            }
        }
        self.staging.lock().remove(&self.message);
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Some(parcel) = self.staging.lock().get_mut(&self.message) {
            parcel.is_claimed = false;
        }
    }
}
