//! What can go wrong with files that wait, by who is at fault.

use std::io;

use protocol::attachment::ImpossibleAttachment;
use protocol::ids::MessageId;
use seal::SealError;
use seal::attachment::SealAttachmentError;
use store::AttachmentError;

use super::AttachmentName;

/// Why a file was not sealed, or cannot be sent. Nothing new is kept then.
#[derive(Debug, thiserror::Error)]
pub enum StagingError {
    /// No file waits for this message.
    #[error("no file waits for message {0}; it may have been sent, discarded or removed as too old")]
    UnknownMessage(MessageId),
    /// This file does not wait.
    #[error("attachment {0} does not wait for a message")]
    Unknown(AttachmentName),
    /// Files of one message go the same way.
    #[error(
        "the other files of this message are sealed for {sealed_for}, and this one would be for {wanted}"
    )]
    OtherRoute {
        /// Sender, recipients and case of those that wait.
        sealed_for: String,
        /// What was asked for.
        wanted: String,
    },
    /// Attachments of several messages were named together.
    #[error("these attachments belong to different messages: {0} and {1}")]
    SeveralMessages(MessageId, MessageId),
    /// A file waits that was not named.
    #[error("attachment {0} was sealed for the same message, and is not named")]
    NotNamed(AttachmentName),
    /// A number between those that are there is free.
    #[error("attachment {0} was thrown away: attach another file in its place first")]
    Gap(AttachmentName),
    /// One is named twice.
    #[error("attachment {0} is named twice")]
    NamedTwice(AttachmentName),
    /// A file of that name waits already.
    #[error("a file of this name is attached to the message already")]
    NameTwice,
    /// A file of the message is being sealed.
    #[error("a file of this message is still being sealed")]
    UnderWay,
    /// The message is being sent.
    #[error("the message of this attachment is being sent")]
    Claimed,
    /// Its message is recorded, under another idempotency key or long ago.
    #[error("the attachments of message {0} were sent already")]
    Sent(MessageId),
    /// It was sealed too long ago.
    #[error("attachment {0} was sealed too long ago: recipients would refuse it")]
    TooOld(AttachmentName),
    /// No number is free.
    #[error(
        "a message has at most {} attachments",
        protocol::limits::ATTACHMENTS_PER_MESSAGE_MAX
    )]
    MessageFull,
    /// So many wait already.
    #[error("{0} files wait for their messages already: send or discard some")]
    TooMany(usize),
    /// So much waits already.
    #[error("the files that wait for their messages take {0} bytes at most: send or discard some")]
    TooMuch(u64),
    /// It is too large for this node, or for any.
    #[error("an attachment has at most {0} bytes here")]
    TooLarge(u64),
    /// Whoever handed it in went away, or stopped in the middle.
    #[error("the file did not come to its end")]
    BrokenOff,
    /// A certificate cannot be sealed to.
    #[error(transparent)]
    Seal(SealError),
    /// The disk has no room for it.
    #[error("the disk has no room for the file")]
    DiskFull,
    /// A record is damaged, or lies under another key.
    #[error("the record of attachment {0} lies under another key, or is damaged")]
    Damaged(AttachmentName),
    /// There is no key for records.
    #[error("the key for staged attachments cannot be made")]
    NoKey,
    /// The machine's fault.
    #[error("the staged attachments: {0}")]
    Machine(#[from] io::Error),
    /// The machine's fault.
    #[error("the staged attachments: {0}")]
    Store(AttachmentError),
}

impl From<AttachmentError> for StagingError {
    fn from(error: AttachmentError) -> Self {
        match error {
            error if error.is_disk_full() => Self::DiskFull,
            AttachmentError::TooLong(_) | AttachmentError::Impossible(ImpossibleAttachment::TooLarge) => {
                Self::TooLarge(
                    protocol::limits::ATTACHMENT_CHUNKS_MAX as u64 * protocol::limits::CHUNK_BYTES as u64,
                )
            }
            error => Self::Store(error),
        }
    }
}

impl From<ImpossibleAttachment> for StagingError {
    fn from(error: ImpossibleAttachment) -> Self {
        Self::from(AttachmentError::Impossible(error))
    }
}

impl From<SealAttachmentError> for StagingError {
    fn from(error: SealAttachmentError) -> Self {
        match error {
            SealAttachmentError::Seal(error) => Self::Seal(error),
            SealAttachmentError::Source(_) => Self::BrokenOff,
            SealAttachmentError::Sink(error) => {
                // The store's own error, where it was one.
                let is_full = error.kind() == io::ErrorKind::StorageFull;
                match error.downcast::<AttachmentError>() {
                    Ok(error) => error.into(),
                    Err(_) if is_full => Self::DiskFull,
                    Err(error) => Self::Machine(error),
                }
            }
        }
    }
}
