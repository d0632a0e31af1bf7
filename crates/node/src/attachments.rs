//! Attachments: what the node does for files that are too large for a message `[TRANSFER]`.
//!
//! The sealed files themselves lie in the store ([`store::Attachments`]); which message has which, the ledger
//! says; how they travel, [`protocol::attachment`].
//!
//! * [`manifests`]: what exactly a message's attachments are, kept under a key of this node.
//! * [`usage`]: how much each Party's attachments take.
//! * [`transfers`], with `serving` (what peers ask for), `pulling` and `board` (which transfer is next),
//!   `fetching` and `file` (one transfer, one file), `shares` (memory): how files get here.
//! * [`state`]: how far a transfer is, and why it does not go on.
//! * [`staging`]: files that are sealed for a message before there is one.
//! * [`Giving`]: opens them for people.
//! * [`disagreements`]: whether they are those that the message lists.

use std::sync::Arc;

mod agreement;
mod board;
mod fetching;
mod file;
mod giving;
pub mod manifests;
mod name;
pub mod pulling;
pub mod serving;
mod shares;
pub mod staging;
pub mod state;
pub mod transfers;
pub mod usage;

pub use agreement::disagreements;
pub use giving::{Given, Giving, GivingError};
pub use manifests::{KeptManifest, ManifestError, Manifests};
pub use name::{AttachmentName, NotAnAttachmentName};
pub use staging::Staging;
pub use state::{FileProgress, MessageProgress, TransferState, Waits};
pub use transfers::{Parts, Transfers};
pub use usage::Usage;

/// Where attachments are kept. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The sealed files, whole ones and such as are still arriving.
    pub files: Arc<store::Attachments>,
    /// What they are.
    pub manifests: Arc<Manifests>,
    /// How much other Parties' take.
    pub usage: Arc<Usage>,
    /// Those that wait for their message.
    pub staging: Arc<Staging>,
}

/// How much is taken of peers, in bytes of sealed files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttachmentLimits {
    /// One attachment.
    pub attachment_bytes_max: u64,
    /// All attachments of one message.
    pub message_bytes_max: u64,
    /// All attachments of one Party that are kept here.
    pub peer_bytes_max: u64,
}

#[cfg(test)]
mod tests;
