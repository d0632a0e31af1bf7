//! One attempt at a transfer: manifest, limits, room, and then file after file.
//!
//! The manifest comes first, and is held against what the message's header commits to; limits and room on the
//! disk are looked at before a byte of a file is asked for.

use std::io;
use std::sync::Arc;

use protocol::attachment::{Attachment, Manifest, ManifestRequest};
use protocol::check::PeerMisbehaved;
use protocol::frame::Frame;
use protocol::limits::CHUNK_TIMEOUT;
use store::AttachmentError;

use super::board::Transfer;
use super::file::fetch_file;
use super::manifests::ManifestError;
use super::state::{Ended, Waits};
use super::transfers::Transfers;
use crate::session::{Unanswered, Urgency};
use crate::wake::Wake;

impl Transfers {
    /// Goes on with a transfer until everything is here, or something keeps it.
    pub(super) async fn attempt(self: &Arc<Self>, transfer: Transfer) -> Ended {
        match self.fetch_all(&transfer).await {
            Ok(()) => Ended::Complete,
            Err(waits) => Ended::Waits(waits),
        }
    }

    async fn fetch_all(self: &Arc<Self>, transfer: &Transfer) -> Result<(), Waits> {
        let manifest = self.manifest_of(transfer).await?;
        self.board().listed(transfer, &manifest);
        let missing = self.admit(transfer, &manifest).await?;
        for attachment in missing {
            fetch_file(self, transfer, &attachment).await?;
        }
        Ok(())
    }

    /// The manifest, from the disk or from the peer.
    async fn manifest_of(self: &Arc<Self>, transfer: &Transfer) -> Result<Arc<Manifest>, Waits> {
        let (manifests, commitment) = (Arc::clone(&self.parts.kept.manifests), transfer.manifest);
        if let Some(manifest) = blocking(move || manifests.manifest(&commitment)).await? {
            return Ok(manifest);
        }
        let asker = self.parts.peers.asker(transfer.peer).ok_or(Waits::Connection)?;
        let request = Frame::ManifestRequest(ManifestRequest(commitment));
        let mut stop = self.parts.stop.clone();
        let answer = tokio::select! {
            answer = asker.ask(request, Urgency::Bulk, CHUNK_TIMEOUT) => answer,
            () = stop.stopping() => return Err(Waits::Turn),
        };
        let answer = match answer {
            Ok(Frame::Manifest(answer)) => answer,
            Ok(Frame::Absent) | Err(Unanswered::Unsupported) => return Err(Waits::Absent),
            Ok(other) => {
                let what = PeerMisbehaved::Unexpected(other.kind());
                return Err(self.blame(transfer, what).await);
            }
            Err(Unanswered::Gone) => return Err(Waits::Connection),
            Err(Unanswered::TooSlow | Unanswered::Busy(_) | Unanswered::Misbehaved) => {
                return Err(Waits::Sender);
            }
        };
        let manifests = Arc::clone(&self.parts.kept.manifests);
        let put = blocking(move || {
            match manifests.put(&commitment, &answer.salt, &answer.bytes) {
                Ok(manifest) => Ok(Some(manifest)),
                // What is no manifest is none, whoever committed to it.
                Err(ManifestError::OtherManifest | ManifestError::Malformed(_)) => Ok(None),
                Err(error) => Err(error),
            }
        });
        match put.await? {
            Some(manifest) => Ok(manifest),
            None => Err(self.blame(transfer, PeerMisbehaved::WrongManifest).await),
        }
    }

    /// Holds a transfer against the limits and the disk. Gives back what is not here yet.
    async fn admit(
        self: &Arc<Self>,
        transfer: &Transfer,
        manifest: &Arc<Manifest>,
    ) -> Result<Vec<Arc<Attachment>>, Waits> {
        let (this, transfer, manifest) = (Arc::clone(self), *transfer, Arc::clone(manifest));
        let admitted = tokio::task::spawn_blocking(move || this.admit_blocking(&transfer, &manifest));
        admitted.await.unwrap_or(Err(Waits::Disk))
    }

    fn admit_blocking(
        &self,
        transfer: &Transfer,
        manifest: &Manifest,
    ) -> Result<Vec<Arc<Attachment>>, Waits> {
        let (kept, limits) = (&self.parts.kept, &self.parts.limits);
        let attachments = || manifest.attachments().map(|(_, attachment)| attachment);
        if attachments().any(|one| one.sealed_length_bytes() > limits.attachment_bytes_max) {
            return Err(Waits::AttachmentLimit);
        }
        let total_bytes = manifest.sealed_length_bytes();
        if total_bytes > limits.message_bytes_max {
            return Err(Waits::MessageLimit);
        }
        let mut missing = Vec::new();
        let begun = kept.files.incoming().map_err(disk_failed)?;
        let mut to_come_bytes = 0;
        for attachment in attachments() {
            if kept
                .files
                .find(Arc::clone(attachment))
                .map_err(disk_failed)?
                .is_some()
            {
                let whole = attachment.sealed_length_bytes();
                self.board().progressed(transfer, attachment.id(), whole);
                continue;
            }
            // What was begun has taken its room.
            if !begun.contains(&attachment.id()) {
                to_come_bytes += attachment.sealed_length_bytes();
            }
            missing.push(Arc::clone(attachment));
        }
        if to_come_bytes > 0 {
            kept.files.check_room(to_come_bytes).map_err(disk_failed)?;
        }
        let counted = kept.usage.take(
            transfer.peer,
            &transfer.manifest,
            total_bytes,
            limits.peer_bytes_max,
        );
        match counted {
            Ok(true) => Ok(missing),
            Ok(false) => Err(Waits::PeerLimit),
            Err(error) if error.kind() == io::ErrorKind::StorageFull => Err(Waits::Room),
            Err(error) => {
                tracing::error!(%error, "what a Party's attachments take cannot be noted");
                Err(Waits::Disk)
            }
        }
    }

    /// The peer broke the protocol: the core closes its connection, and it is backed off from.
    pub(super) async fn blame(&self, transfer: &Transfer, what: PeerMisbehaved) -> Waits {
        let peer = transfer.peer;
        self.parts.metrics.transfers.wrong(peer);
        // The core lives; if not, the node ends.
        let _ = self.parts.wakes.send(Wake::Misbehaved { peer, what }).await;
        Waits::Sender
    }
}

/// What a failure of the disk means for a transfer.
pub(super) fn disk_failed(error: AttachmentError) -> Waits {
    if error.is_disk_full() {
        return Waits::Room;
    }
    match error {
        // Another message names the same file: it is its turn.
        AttachmentError::InUse => Waits::Turn,
        error => {
            tracing::error!(%error, "an attachment cannot be received");
            Waits::Disk
        }
    }
}

/// Runs what blocks on a thread that may.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ManifestError> + Send + 'static,
) -> Result<T, Waits> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => {
            tracing::error!(%error, "a manifest cannot be kept or read");
            Err(Waits::Disk)
        }
        Err(error) => {
            tracing::error!(%error, "keeping or reading a manifest panicked");
            Err(Waits::Disk)
        }
    }
}
