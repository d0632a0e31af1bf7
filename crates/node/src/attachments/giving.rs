//! Giving people the files that came with a message, or that went with one of ours.
//!
//! The signature over a file stands at its end, so nobody knows who wrote it before all of it was read. So it
//! is read twice `[SEAL]`: first into nothing, to check everything that there is to check, and only then to
//! whoever wants it. Both times each chunk is held against the manifest as it comes from the disk, so that
//! both times it is the same file. That costs the time of a second decryption, and needs neither plaintext on
//! this node's disk nor a client that throws away what it got: any program that speaks HTTP can use it.

use std::io::{self, Write};
use std::sync::{Arc, OnceLock};

use control::types::{AttachmentState, AttachmentStatus};
use protocol::attachment::{Attachment, Label, Manifest};
use protocol::envelope::Header;
use protocol::ids::{ContactPoint, PartyCode};
use protocol::time::UnixMillis;
use seal::attachment::{OpenAttachmentError, open_attachment};
use seal::{Binding, OpenContext, OpenError, UnlockedKey, Window};
use store::AttachmentError;
use store::attachments::StoredFile;

use super::{AttachmentName, Kept, ManifestError, MessageProgress, TransferState, Transfers, Waits};
use crate::directory::CurrentDirectory;
use crate::keys::{Keystore, Refreshed};
use crate::messages::system_time;

/// What files are given from.
pub struct Giving {
    /// Our Party.
    pub own: PartyCode,
    /// Our keys.
    pub keys: Arc<Keystore>,
    /// The directory in use.
    pub directory: Arc<CurrentDirectory>,
    /// Where attachments are kept.
    pub kept: Kept,
    /// How those of peers get here.
    pub transfers: Arc<Transfers>,
}

/// A whole file of a message, sealed.
pub struct Given {
    giving: Arc<Giving>,
    header: Header,
    recorded_at: UnixMillis,
    label: Label,
    stored: StoredFile,
    /// The key of ours that opens it, once it was verified with that.
    key: OnceLock<Arc<UnlockedKey>>,
}

/// Why a file is not given.
#[derive(Debug, thiserror::Error)]
pub enum GivingError {
    /// The message has none, or not so many.
    #[error("there is no attachment {0}")]
    Unknown(AttachmentName),
    /// Which files there are is not known yet.
    #[error("the list of this message's attachments has not arrived yet")]
    NotListed,
    /// It is not whole.
    #[error("attachment {0} has not arrived yet")]
    NotWhole(AttachmentName),
    /// It is not what the message says, or not authentic. The sender is at fault.
    #[error("the attachment is not authentic: {0}")]
    Refused(#[from] OpenAttachmentError),
    /// What is stored cannot be read. The machine's fault.
    #[error(transparent)]
    Store(#[from] AttachmentError),
    /// The same.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

impl Giving {
    /// Files of a node, given from there.
    #[must_use]
    pub fn new(
        own: PartyCode,
        keys: &Arc<Keystore>,
        directory: &Arc<CurrentDirectory>,
        transfers: &Arc<Transfers>,
    ) -> Arc<Self> {
        Arc::new(Self {
            own,
            keys: Arc::clone(keys),
            directory: Arc::clone(directory),
            kept: transfers.parts.kept.clone(),
            transfers: Arc::clone(transfers),
        })
    }

    /// The manifest that a message commits to; `None` while it has not arrived.
    ///
    /// # Errors
    /// What the disk says.
    pub fn manifest(&self, header: &Header) -> Result<Option<Arc<Manifest>>, ManifestError> {
        match &header.attachments {
            Some(commitment) => self.kept.manifests.manifest(commitment),
            None => Ok(None),
        }
    }

    /// What there is to say of each attachment of a message; empty while nobody knows. Blocks.
    ///
    /// # Errors
    /// What the disk says.
    pub fn list(&self, header: &Header) -> Result<Vec<AttachmentStatus>, GivingError> {
        let Some(manifest) = self.manifest(header)? else {
            return Ok(Vec::new());
        };
        let progress = match header.from.party() == self.own {
            true => None,
            false => self.transfers.progress(header.message),
        };
        let each = manifest.attachments();
        each.map(|(label, attachment)| self.status(header, &label, attachment, progress.as_ref()))
            .collect()
    }

    fn status(
        &self,
        header: &Header,
        label: &Label,
        attachment: &Arc<Attachment>,
        progress: Option<&MessageProgress>,
    ) -> Result<AttachmentStatus, GivingError> {
        let name = AttachmentName {
            message: header.message,
            number: label.number,
        };
        let sealed_size_bytes = attachment.sealed_length_bytes();
        let is_whole = self.kept.files.find(Arc::clone(attachment))?.is_some();
        let waits = match progress.map(|progress| progress.state) {
            Some(TransferState::Waiting(waits)) if !is_whole => Some(waits),
            _ => None,
        };
        let state = match (header.from.party() == self.own, is_whole) {
            (true, _) => AttachmentState::Sent,
            (false, true) => AttachmentState::Complete,
            (false, false) if waits.is_some_and(Waits::is_alarming) => AttachmentState::Refused,
            (false, false) => AttachmentState::Arriving,
        };
        let files = progress.iter().flat_map(|progress| &progress.files);
        let mut known = files.filter(|file| file.attachment == attachment.id());
        let present_bytes = match is_whole {
            true => sealed_size_bytes,
            false => known.next().map_or(0, |file| file.present_bytes),
        };
        Ok(AttachmentStatus {
            attachment: name.to_string(),
            number: u8::try_from(label.number.place() + 1).unwrap_or(u8::MAX),
            name: label.name.to_string(),
            media_type: label.media_type.to_string(),
            size_bytes: attachment.plaintext_length_bytes(),
            sha256: attachment.plaintext().to_string(),
            state,
            sealed_size_bytes,
            present_bytes,
            why: waits.map(|waits| waits.sentence().to_owned()),
        })
    }

    /// A whole file of a message, recorded at that time. Nothing of it is opened yet. Blocks.
    ///
    /// # Errors
    /// [`GivingError::Unknown`], [`GivingError::NotListed`], [`GivingError::NotWhole`], and what the disk
    /// says.
    pub fn find(
        self: &Arc<Self>,
        name: AttachmentName,
        header: &Header,
        recorded_at: UnixMillis,
    ) -> Result<Given, GivingError> {
        if header.attachments.is_none() {
            return Err(GivingError::Unknown(name));
        }
        let manifest = self.manifest(header)?.ok_or(GivingError::NotListed)?;
        let found = manifest
            .attachments()
            .find(|(label, _)| label.number == name.number);
        let (label, attachment) = found.ok_or(GivingError::Unknown(name))?;
        let stored = self.kept.files.find(Arc::clone(attachment))?;
        Ok(Given {
            giving: Arc::clone(self),
            header: header.clone(),
            recorded_at,
            label,
            stored: stored.ok_or(GivingError::NotWhole(name))?,
            key: OnceLock::new(),
        })
    }
}

impl Given {
    /// How long the file is, in bytes.
    #[must_use]
    pub fn length_bytes(&self) -> u64 {
        self.stored.attachment().plaintext_length_bytes()
    }

    /// Checks everything: that it is whole, signed by a certificate of the sender, meant for us, and the file
    /// that the manifest names. Blocks for as long as it takes to decrypt all of it.
    ///
    /// # Errors
    /// The first check that failed.
    pub fn verify(&self) -> Result<(), GivingError> {
        match self.verify_with_each_key() {
            // Sealed to a key that was made since the files were read.
            Err(GivingError::Refused(OpenAttachmentError::Refused(OpenError::NotForUs)))
                if self
                    .giving
                    .keys
                    .refresh()
                    .is_ok_and(|read| read == Refreshed::More) =>
            {
                self.verify_with_each_key()
            }
            verified => verified,
        }
    }

    fn verify_with_each_key(&self) -> Result<(), GivingError> {
        for key in self.giving.keys.openpgp_keys(self.office()) {
            match self.open(&key, io::sink()) {
                Err(GivingError::Refused(OpenAttachmentError::Refused(OpenError::NotForUs))) => {}
                Ok(()) => {
                    // Whoever was first has found the same one.
                    let _ = self.key.set(key);
                    return Ok(());
                }
                refused => return refused,
            }
        }
        Err(OpenAttachmentError::Refused(OpenError::NotForUs).into())
    }

    /// The office of ours that has the file.
    fn office(&self) -> &ContactPoint {
        match self.header.from.party() == self.giving.own {
            true => &self.header.from,
            false => &self.header.to,
        }
    }

    /// Writes the file to `sink`. For a file that was verified; all is checked once more all the same, so a
    /// `sink` whose other end must know the difference is broken off on an error.
    ///
    /// # Errors
    /// As [`Given::verify`], and what `sink` says. One that was not verified is refused as not for us.
    pub fn give(&self, sink: impl Write + Send + 'static) -> Result<(), GivingError> {
        let key = self.key.get();
        let key = key.ok_or(OpenAttachmentError::Refused(OpenError::NotForUs))?;
        self.open(key, sink)
    }

    fn open(&self, key: &UnlockedKey, sink: impl Write + Send + 'static) -> Result<(), GivingError> {
        let header = &self.header;
        let accepted = self.giving.directory.current();
        let binding = Binding {
            message: header.message,
            case: header.case,
            from: header.from.clone(),
            to: vec![header.to.clone()],
        };
        // It may be sealed to keys of ours that our directory does not name yet.
        let mut others = accepted.all_certificates().to_vec();
        others.extend(self.giving.keys.own_certificates());
        let received_at = system_time(self.recorded_at);
        let context = OpenContext {
            recipient: key,
            senders: accepted.certificates(&header.from),
            co_recipients: &others,
            binding: &binding,
            received_at,
            window: Window::for_attachment(system_time(header.sent_at), received_at),
        };
        let attachment = self.stored.attachment();
        open_attachment(self.stored.reader(), sink, &self.label, attachment, &context)?;
        Ok(())
    }
}
