//! Reading one frame off a stream: bounded in bytes before anything is allocated, and in time.

use std::time::Duration;

use bytes::Bytes;
use protocol::decode::{DecodeError, Fault};
use protocol::frame::{FRAME_HEAD_BYTES, Frame, FrameBody, FrameHead, FrameKind};
use quinn::{ReadExactError, RecvStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::limits;

/// Bytes of frames that one connection may have under way in memory.
const BUDGET_KIB: u32 = 64 * 1024;

/// What one connection's frames may take in memory.
#[derive(Debug)]
pub(super) struct Budget(Semaphore);

/// Why no frame was read.
#[derive(Debug, thiserror::Error)]
pub(super) enum FrameError {
    /// The stream, or the connection, ended first.
    #[error("the stream ended before the frame did")]
    Broken,
    /// Too slow.
    #[error("the frame came too slowly")]
    TooSlow,
    /// A kind that this version does not know: no breach of the protocol.
    #[error("a kind of frame that is not known here")]
    UnknownKind,
    /// An answer, where only a request has a place. None of it was read.
    #[error("a frame of kind {0:?} where only a request has a place")]
    NoRequest(FrameKind),
    /// Not a frame.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
}

impl Budget {
    pub(super) fn new() -> Self {
        Self(Semaphore::new(BUDGET_KIB as usize))
    }
}

/// Reads a request, whose first byte must come within `patience`. Of anything else only the head is read: a
/// whole directory is an answer, and nobody can fill our memory with one that was not asked for.
pub(super) async fn read_request(
    stream: &mut RecvStream,
    budget: &Budget,
    patience: Duration,
) -> Result<Frame, FrameError> {
    let head = read_head(stream, patience).await?;
    if !head.kind.is_request() {
        return Err(FrameError::NoRequest(head.kind));
    }
    read_rest(stream, budget, head).await
}

/// Reads a frame, whose first byte must come within `patience`.
pub(super) async fn read(
    stream: &mut RecvStream,
    budget: &Budget,
    patience: Duration,
) -> Result<Frame, FrameError> {
    let head = read_head(stream, patience).await?;
    read_rest(stream, budget, head).await
}

async fn read_head(stream: &mut RecvStream, patience: Duration) -> Result<FrameHead, FrameError> {
    let mut head = [0; FRAME_HEAD_BYTES];
    timeout(patience, stream.read_exact(&mut head))
        .await
        .map_err(|_| FrameError::TooSlow)?
        .map_err(|_: ReadExactError| FrameError::Broken)?;
    FrameHead::parse(&head).map_err(|error| match error.fault {
        Fault::UnknownKind(_) => FrameError::UnknownKind,
        _ => FrameError::Malformed(error),
    })
}

async fn read_rest(stream: &mut RecvStream, budget: &Budget, head: FrameHead) -> Result<Frame, FrameError> {
    let share_kib = u32::try_from(head.length_bytes / 1024 + 1).unwrap_or(BUDGET_KIB);
    let _share = budget
        .0
        .acquire_many(share_kib.min(BUDGET_KIB))
        .await
        .map_err(|_| FrameError::Broken)?;
    let mut bytes = vec![0; head.length_bytes];
    timeout(patience_for(head.length_bytes), stream.read_exact(&mut bytes))
        .await
        .map_err(|_| FrameError::TooSlow)?
        .map_err(|_: ReadExactError| FrameError::Broken)?;
    Ok(Frame::decode_owned(head, bytes)?)
}

/// How long a frame of so many bytes may take once it has begun.
fn patience_for(length_bytes: usize) -> Duration {
    let seconds = u64::try_from(length_bytes).unwrap_or(u64::MAX) / limits::FRAME_RATE_BYTES_PER_SECOND_MIN;
    limits::FIRST_FRAME_TIMEOUT.saturating_add(Duration::from_secs(seconds))
}

/// Writes a frame and ends the stream. What is long in it is not copied.
pub(super) async fn write(stream: &mut quinn::SendStream, frame: Frame) -> Result<(), FrameError> {
    let (bytes, body) = frame.into_parts();
    stream.write_all(&bytes).await.map_err(|_| FrameError::Broken)?;
    if let Some(body) = body {
        let body = match body {
            FrameBody::Shared(bytes) => Bytes::from_owner(bytes),
            FrameBody::Owned(bytes) => Bytes::from(bytes),
        };
        stream.write_chunk(body).await.map_err(|_| FrameError::Broken)?;
    }
    stream.finish().map_err(|_| FrameError::Broken)
}
