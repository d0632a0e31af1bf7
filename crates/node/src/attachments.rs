//! Attachments: what the node does for files that are too large for a message `[TRANSFER]`.
//!
//! The sealed files themselves lie in the store ([`store::Attachments`]); which message has which, the ledger
//! says; how they travel, [`protocol::attachment`].
//!
//! * [`manifests`]: what exactly a message's attachments are, kept under a key of this node.

use std::sync::Arc;

pub mod manifests;

pub use manifests::{KeptManifest, ManifestError, Manifests};

/// Where attachments are kept. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The sealed files, whole ones and such as are still arriving.
    pub files: Arc<store::Attachments>,
    /// What they are.
    pub manifests: Arc<Manifests>,
}
