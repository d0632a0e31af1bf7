//! What a peer asks of us as its witness, and for the witnessed receipt of an envelope of its own.

use std::sync::atomic::Ordering;

use protocol::frame::Frame;
use quinn::SendStream;

use super::{Streams, stream_priority};
use crate::limits::FORKED_RETRY_AFTER;
use crate::session::Urgency;

impl Streams {
    /// Whether the frame is one of these requests.
    pub(super) fn is_for_witness(frame: &Frame) -> bool {
        matches!(
            frame,
            Frame::AddCheckpoint(_) | Frame::HeadRequest(_) | Frame::WitnessedReceiptRequest { .. }
        )
    }

    /// Answers one of them.
    pub(super) async fn give_witness(&self, send: SendStream, request: Frame) {
        let now = self.context.clock.now();
        self.last_seen.fetch_max(now.0, Ordering::Relaxed);
        // Below the answers to messages: nobody waits for it.
        let _ = send.set_priority(stream_priority(Urgency::Routine));
        let witnessing = self.context.witnessing.clone();
        let answer = match request {
            Frame::AddCheckpoint(body) => {
                let reply = witnessing.add_checkpoint(&body).await;
                Some(Frame::WitnessAnswer {
                    status: reply.status().code(),
                    body: reply.body().as_bytes().to_vec(),
                })
            }
            Frame::HeadRequest(origin) => {
                let found = tokio::task::spawn_blocking(move || witnessing.cosigned(&origin)).await;
                // Whoever cannot look must not say that there is none.
                found
                    .ok()
                    .map(|note| Frame::Head(note.map(|note| note.to_string().into_bytes())))
            }
            Frame::WitnessedReceiptRequest {
                envelope,
                message,
                to,
            } => {
                let (receipts, peer) = (self.context.receipts.clone(), self.peer);
                let found =
                    tokio::task::spawn_blocking(move || receipts.for_peer(peer, envelope, message, to));
                found.await.ok().map(Frame::WitnessedReceipt)
            }
            _ => None,
        };
        if let Some(answer) = answer {
            self.answer(send, answer).await;
        }
    }

    /// Whether nothing but that is exchanged with the peer, since its ledger has forked `[ROLLBACK]`.
    pub(super) fn is_shunned(&self) -> bool {
        self.context.witnessing.has_forked(self.peer)
    }

    /// Tells a peer whose ledger has forked to wait: until people have settled it.
    pub(super) async fn shun(&self, send: SendStream) {
        self.context.metrics.put_off(self.peer, "forked");
        let retry_after_ms = u32::try_from(FORKED_RETRY_AFTER.as_millis()).unwrap_or(u32::MAX);
        self.answer(send, Frame::Busy { retry_after_ms }).await;
    }
}
