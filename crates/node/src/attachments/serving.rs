//! Answering who asks for a manifest or a chunk.
//!
//! A manifest, and what it names, is for a Party to see to which we have sent a message that commits to it:
//! the ledger says so, each time. Everybody else is told `absent`, as for what does not exist, so that nobody
//! learns from the answer what there is.
//!
//! Files are read and hashed on threads that may block, and a chunk takes a share of memory until the peer
//! has it: a peer that asks for much and reads slowly has its own few shares to wait for (fault 8 of
//! security.md).

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use protocol::attachment::{Attachment, AttachmentId, Chunk, ChunkRequest, ManifestAnswer, ManifestRequest};
use protocol::frame::Frame;
use protocol::ids::PartyCode;
use store::{AttachmentError, ReadError};
use tokio::time::timeout;

use super::manifests::ManifestError;
use super::shares::Share;
use super::transfers::Transfers;
use crate::limits::{MANIFEST_CHUNKS_CACHED_MAX, SHARE_WAIT_MAX};

/// When to ask again who could not be served now.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// An answer, and the memory that it takes until the peer has it.
#[derive(Debug)]
pub struct Answer {
    /// The frame.
    pub frame: Frame,
    /// To be kept until it is sent.
    pub share: Option<Share>,
}

/// Which attachments peers have asked for last, found and allowed.
#[derive(Debug, Default)]
pub(super) struct Served(VecDeque<(PartyCode, Arc<Attachment>)>);

/// Why somebody gets nothing.
#[derive(Debug, thiserror::Error)]
enum Withheld {
    /// There is no such thing, or it is not for this peer: it is not told which.
    #[error("there is no such thing for this peer")]
    NotForThem,
    /// It is for this peer, and not here: erased, or lost.
    #[error("it is not here any more")]
    Gone,
    #[error(transparent)]
    Index(#[from] ReadError),
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error(transparent)]
    File(#[from] AttachmentError),
}

impl Transfers {
    /// Answers a request for a manifest or a chunk. Anything else is none.
    pub async fn answer(self: &Arc<Self>, peer: PartyCode, request: Frame) -> Answer {
        let busy = || Answer {
            frame: Frame::Busy {
                retry_after_ms: u32::try_from(ASK_AGAIN_AFTER.as_millis()).unwrap_or(u32::MAX),
            },
            share: None,
        };
        let Ok(Ok(share)) = timeout(SHARE_WAIT_MAX, self.served.request(peer)).await else {
            return busy();
        };
        let Ok(worker) = Arc::clone(&self.workers).acquire_owned().await else {
            return busy();
        };
        let this = Arc::clone(self);
        let found = tokio::task::spawn_blocking(move || {
            let _worker = worker;
            this.look_up(peer, request)
        })
        .await;
        match found {
            Ok(Ok(frame)) => Answer {
                frame,
                share: Some(share),
            },
            Ok(Err(withheld)) => {
                self.note_withheld(peer, &withheld);
                Answer {
                    frame: Frame::Absent,
                    share: None,
                }
            }
            Err(_) => {
                tracing::error!(%peer, "reading a chunk panicked");
                busy()
            }
        }
    }

    /// Blocks.
    fn look_up(&self, peer: PartyCode, request: Frame) -> Result<Frame, Withheld> {
        match request {
            Frame::ManifestRequest(ManifestRequest(manifest)) => {
                self.parts
                    .reader
                    .shared(&manifest, peer)?
                    .ok_or(Withheld::NotForThem)?;
                let kept = self.parts.kept.manifests.get(&manifest)?;
                let kept = kept.ok_or(Withheld::Gone)?;
                Ok(Frame::Manifest(ManifestAnswer {
                    salt: kept.salt,
                    bytes: kept.bytes,
                }))
            }
            Frame::ChunkRequest(ChunkRequest { attachment, index }) => {
                let attachment = self.allowed(peer, attachment)?;
                let stored = self.parts.kept.files.find(attachment)?.ok_or(Withheld::Gone)?;
                let bytes = match stored.read_to_serve(index) {
                    Ok(bytes) => bytes,
                    Err(AttachmentError::NoSuchChunk(_)) => return Err(Withheld::NotForThem),
                    Err(error) => return Err(error.into()),
                };
                self.parts.metrics.transfers.served(bytes.len());
                Ok(Frame::Chunk(Chunk { index, bytes }))
            }
            _ => Err(Withheld::NotForThem),
        }
    }

    /// The attachment, if a message of ours to this peer has it.
    fn allowed(&self, peer: PartyCode, id: AttachmentId) -> Result<Arc<Attachment>, Withheld> {
        let cached = {
            let cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
            cache.find(peer, id)
        };
        if let Some(attachment) = cached {
            return Ok(attachment);
        }
        for manifest in self.parts.kept.manifests.with_attachment(id)? {
            if self.parts.reader.shared(&manifest, peer)?.is_none() {
                continue;
            }
            let manifest = self.parts.kept.manifests.manifest(&manifest)?;
            if let Some(attachment) = manifest.and_then(|manifest| manifest.find(id).cloned()) {
                let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
                cache.remember(peer, &attachment);
                return Ok(attachment);
            }
        }
        Err(Withheld::NotForThem)
    }

    fn note_withheld(&self, peer: PartyCode, withheld: &Withheld) {
        let reason = match withheld {
            Withheld::NotForThem => "not_shared",
            Withheld::Gone => "gone",
            Withheld::Index(_) | Withheld::Manifest(_) | Withheld::File(_) => "damaged",
        };
        self.parts.metrics.transfers.withheld(reason);
        match withheld {
            Withheld::NotForThem => {
                tracing::info!(%peer, "asked for an attachment that it has no message with")
            }
            Withheld::Gone => tracing::warn!(%peer, "asked for an attachment that is not here any more"),
            Withheld::Index(_) | Withheld::Manifest(_) | Withheld::File(_) => {
                tracing::error!(%peer, error = %withheld, "an attachment cannot be served");
            }
        }
    }
}

impl Served {
    fn find(&self, peer: PartyCode, id: AttachmentId) -> Option<Arc<Attachment>> {
        let mut known = self.0.iter();
        let (_, attachment) = known.find(|(party, attachment)| *party == peer && attachment.id() == id)?;
        Some(Arc::clone(attachment))
    }

    fn remember(&mut self, peer: PartyCode, attachment: &Arc<Attachment>) {
        self.0.push_front((peer, Arc::clone(attachment)));
        let mut chunks = 0;
        let mut place = 0;
        self.0.retain(|(_, attachment)| {
            chunks += usize::try_from(attachment.chunk_count()).unwrap_or(usize::MAX);
            place += 1;
            place == 1 || chunks <= MANIFEST_CHUNKS_CACHED_MAX
        });
    }
}
