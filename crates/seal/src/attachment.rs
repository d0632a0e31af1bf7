//! Attachments: sign, then encrypt, and open again, without holding the file in memory `[TRANSFER]`.
//!
//! The message is the one that [`crate::seal`] makes, `[SEAL]`, with the same keys, policy, intended
//! recipients and order of packets, but in larger steps, and with a binding of its own (see
//! [`AttachmentBinding`]), so that no attachment is ever taken for a message or the other way round:
//!
//! ```text
//! PKESK version 6, 1 to SESSION_KEYS_MAX
//! SEIPD version 2, AES-256 with OCB, in chunks of 256 KiB, as partial bodies
//!     One-Pass Signature
//!     Literal Data, binary, no name, no date: the binding and the file, as partial bodies
//!     Signature
//!     Padding, optionally (never made here)
//! ```
//!
//! # When plaintext may be believed
//!
//! The signature stands at the end, so a file of tens of gigabytes must be put somewhere before anybody
//! knows who wrote it. Here it goes to a *staging* place that [`open_attachment`] takes by value and gives
//! back in [`OpenedAttachment`], after the last check. On any failure, and at the first chunk that does not
//! authenticate, it is dropped: whatever a caller hands in should remove what was written when it is
//! dropped. A caller that wants no plaintext on its disk at all opens the file twice, first into
//! [`std::io::sink`], then to where it is wanted; both must read chunks that were held against the manifest.
//!
//! # How it is fast
//!
//! Sealing and opening are each three threads that hand a few buffers around: reading and the file's own
//! digest, the signature's digest, encryption, and writing overlap. Memory is bounded by the number of these
//! buffers ([`crate::limits::PIPELINE_BLOCKS`]) and by the length of a chunk, whatever the file. The three
//! end with the call; it blocks, and is for a thread that may.
//!
//! Sequoia's streams would do the same work with chunks of 4 KiB and several copies; what is used of sequoia
//! here are its packets, its signatures and its ciphers.

mod binding;
mod error;
mod framing;
mod opening;
mod pipeline;
mod sealing;

pub use binding::{AttachmentBinding, LabelField};
pub use error::{OpenAttachmentError, SealAttachmentError};
pub use opening::{OpenedAttachment, open_attachment};
pub use sealing::{SealedAttachment, seal_attachment};

use sequoia_openpgp::crypto::hash::Context;
use sequoia_openpgp::types::HashAlgorithm;

/// Begins the digest that a manifest has of a file.
fn sha256() -> Result<Context, crate::OpenError> {
    let context = HashAlgorithm::SHA256.context();
    Ok(context
        .map_err(|_| crate::OpenError::AlgorithmRefused)?
        .for_digest())
}

#[cfg(test)]
mod tests;
