//! Attachments: how a file that is too large for a message travels `[TRANSFER]`.
//!
//! A file is sealed into an OpenPGP message of its own and cut into chunks of
//! [`crate::limits::CHUNK_BYTES`] of ciphertext. The message that it belongs to commits to a [`Manifest`],
//! in its header; the manifest names the SHA-256 of each chunk. The recipient *pulls*: it asks whoever has
//! the file for one chunk after the other, over any connection, several at a time, whenever it has room.
//!
//! * [`FileName`], [`MediaType`], [`Label`]: what people call the file.
//! * [`Manifest`], [`Attachment`], [`AttachmentId`]: what exactly it is.
//! * [`ChunkIndex`], [`VerifiedChunk`], [`ChunkSet`]: its pieces. A [`VerifiedChunk`] is the only form in
//!   which a chunk goes on, and [`Attachment::check_chunk`] is the only way to one.
//! * [`ChunkDigests`]: what a sender computes for the manifest while it seals.
//! * [`ChunkRequest`], [`Chunk`], [`ManifestRequest`], [`ManifestAnswer`]: what travels for it, as the
//!   bodies of frames.
//! * [`Pull`]: which chunk to ask whom for next.
//!
//! Hashing a chunk costs more than everything else here, so it is done outside of [`Pull`], by whichever
//! task received the chunk, as `check` does for other frames.

mod chunk;
mod digests;
mod id;
mod manifest;
mod name;
mod pull;
mod request;

pub use chunk::{ChunkIndex, ChunkSet, VerifiedChunk, WrongChunk};
pub use digests::{ChunkDigests, FileTooLong};
pub use id::AttachmentId;
pub use manifest::{Attachment, AttachmentParts, ImpossibleAttachment, Manifest};
pub use name::{AttachmentNameError, AttachmentNumber, FileName, Label, MediaType};
pub use pull::{Arrival, Pull, PullEvent, PullSettings, SourceId};
pub use request::{CHUNK_REQUEST_BYTES, Chunk, ChunkRequest, ManifestAnswer, ManifestRequest};
