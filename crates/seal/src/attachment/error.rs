//! Why a file was not sealed, or not opened.

use std::io;

use super::LabelField;
use crate::{BindingError, OpenError, SealError};

/// Why a file was not sealed. What the sink holds by then cannot be opened by anybody.
#[derive(Debug, thiserror::Error)]
pub enum SealAttachmentError {
    /// The keys, or the library; see [`SealError`].
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The file could not be read.
    #[error("the file could not be read: {0}")]
    Source(#[source] io::Error),
    /// The sealed file could not be written.
    #[error("the sealed file could not be written: {0}")]
    Sink(#[source] io::Error),
}

/// Why a file was not opened. Holds nothing of the file: it may be shown, logged, and told to the sender,
/// but for the machine's own errors.
#[derive(Debug, thiserror::Error)]
pub enum OpenAttachmentError {
    /// The message is at fault: see [`OpenError`].
    #[error(transparent)]
    Refused(#[from] OpenError),
    /// The signed text belongs to another attachment or message.
    #[error("the signed text names another {field} than manifest and envelope")]
    Label {
        /// The first field that differs.
        field: LabelField,
    },
    /// Signed and whole, but not the file that the manifest speaks of.
    #[error("the file is not the one that the manifest names")]
    NotAsInManifest,
    /// The sealed file could not be read: this machine is at fault.
    #[error("the sealed file could not be read: {0}")]
    Source(#[source] io::Error),
    /// The plaintext could not be put down: this machine is at fault.
    #[error("the opened file could not be written: {0}")]
    Staging(#[source] io::Error),
}

impl OpenAttachmentError {
    /// A short, stable code for consignment reports, logs and metrics. `None` when the message is not at
    /// fault: then there is nothing to report, and it is to be opened again later.
    #[must_use]
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::Refused(error) => Some(error.code()),
            Self::Label { .. } => Some("attachment-label"),
            Self::NotAsInManifest => Some("attachment-not-as-in-manifest"),
            Self::Source(_) | Self::Staging(_) => None,
        }
    }
}

impl From<BindingError> for SealAttachmentError {
    fn from(error: BindingError) -> Self {
        Self::Seal(SealError::Binding(error))
    }
}
