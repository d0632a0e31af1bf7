//! Giving a peer a manifest or a chunk: below everything else on the line, and for as long as it takes on a
//! slow one `[TRANSFER]`.

use std::sync::atomic::Ordering;

use protocol::frame::Frame;
use quinn::{SendStream, VarInt};
use tokio::time::timeout;

use super::{Streams, stream_priority};
use crate::limits::CHUNK_SENT_WITHIN;
use crate::quic::frames;
use crate::session::Urgency;

impl Streams {
    /// Answers a request for a manifest or a chunk.
    pub(super) async fn give_attachment(&self, mut send: SendStream, request: Frame) {
        let now = self.context.clock.now();
        self.last_seen.fetch_max(now.0, Ordering::Relaxed);
        let _ = send.set_priority(stream_priority(Urgency::Bulk));
        let answer = tokio::select! {
            answer = self.context.transfers.answer(self.peer, request) => answer,
            // The peer has given it up.
            _ = send.stopped() => return,
        };
        let sent = async {
            let written = frames::write(&mut send, answer.frame).await;
            // The memory is taken until the peer has it.
            let _ = send.stopped().await;
            written
        };
        if timeout(CHUNK_SENT_WITHIN, sent).await.is_err() {
            let _ = send.reset(VarInt::from_u32(0));
        }
        drop(answer.share);
    }
}
