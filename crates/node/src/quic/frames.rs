//! Reading and writing one frame on a stream: bounded in memory before anything is allocated, and in time.
//!
//! Slow is not broken: a frame may take as long as it needs while it moves on at a least rate, which is
//! measured over a short window. So who stands still is found out within seconds, however large the frame.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use protocol::decode::{DecodeError, Fault};
use protocol::frame::{FRAME_HEAD_BYTES, Frame, FrameBody, FrameHead, FrameKind};
use quinn::{RecvStream, SendStream};
use tokio::time::timeout;

use super::budget::{Account, Share};
use crate::limits;

#[cfg(any(test, fuzzing))]
pub(crate) mod in_pieces;

/// What must come, or go, within [`limits::FRAME_PROGRESS_WINDOW`].
const STEP_BYTES: usize =
    (limits::FRAME_RATE_BYTES_PER_SECOND_MIN * limits::FRAME_PROGRESS_WINDOW.as_secs()) as usize;

/// What is handed to a stream at once.
const PIECE_BYTES: usize = 8 * STEP_BYTES;

/// What a frame may take in memory before its bytes are there.
const ALLOCATED_AHEAD_BYTES_MAX: usize = 64 * 1024;

/// A frame, and its share of the memory for frames: keep it for as long as the frame.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) frame: Frame,
    pub(super) length_bytes: usize,
    pub(super) share: Share,
}

/// Why no frame was read, or written.
#[derive(Debug, thiserror::Error)]
pub(super) enum FrameError {
    /// The stream, or the connection, ended first.
    #[error("the stream ended before the frame did")]
    Broken,
    /// Too slow.
    #[error("the frame came too slowly, or was taken too slowly")]
    TooSlow,
    /// Frames of this peer, or of all, take all the memory that they may.
    #[error("there is no room for the frame")]
    NoRoom,
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

/// Where frames come from: a stream of a connection, or bytes that a test cuts where it likes.
pub(super) trait Incoming {
    /// The next bytes, at most so many; none where the stream, or the connection, has ended.
    fn piece(&mut self, bytes_max: usize) -> impl Future<Output = Option<Bytes>> + Send;
}

impl Incoming for RecvStream {
    async fn piece(&mut self, bytes_max: usize) -> Option<Bytes> {
        let chunk = self.read_chunk(bytes_max, true).await;
        chunk.ok().flatten().map(|chunk| chunk.bytes)
    }
}

/// Reads a request, whose first byte must come within `patience`. Of anything else only the head is read: a
/// whole directory is an answer, and nobody can fill our memory with one that was not asked for.
pub(super) async fn read_request(
    stream: &mut impl Incoming,
    room: &Arc<Account>,
    patience: Duration,
) -> Result<Received, FrameError> {
    let head = read_head(stream, patience).await?;
    if !head.kind.is_request() {
        return Err(FrameError::NoRequest(head.kind));
    }
    read_rest(stream, room, head).await
}

/// Reads a frame, whose first byte must come within `patience`.
pub(super) async fn read(
    stream: &mut impl Incoming,
    room: &Arc<Account>,
    patience: Duration,
) -> Result<Received, FrameError> {
    let head = read_head(stream, patience).await?;
    read_rest(stream, room, head).await
}

async fn read_head(stream: &mut impl Incoming, patience: Duration) -> Result<FrameHead, FrameError> {
    let mut head = [0; FRAME_HEAD_BYTES];
    let whole = async {
        let mut there = 0;
        while there < head.len() {
            let piece = stream.piece(head.len() - there).await.ok_or(FrameError::Broken)?;
            head[there..there + piece.len()].copy_from_slice(&piece);
            there += piece.len();
        }
        Ok::<(), FrameError>(())
    };
    timeout(patience, whole)
        .await
        .map_err(|_| FrameError::TooSlow)??;
    FrameHead::parse(&head).map_err(|error| match error.fault {
        Fault::UnknownKind(_) => FrameError::UnknownKind,
        _ => FrameError::Malformed(error),
    })
}

async fn read_rest(
    stream: &mut impl Incoming,
    room: &Arc<Account>,
    head: FrameHead,
) -> Result<Received, FrameError> {
    let share = take(room, FRAME_HEAD_BYTES + head.length_bytes).await?;
    let bytes = read_body(stream, head.length_bytes).await?;
    Ok(Received {
        frame: Frame::decode_owned(head, bytes)?,
        length_bytes: head.length_bytes,
        share,
    })
}

/// Waits for room, for a while.
pub(super) async fn take(room: &Arc<Account>, length_bytes: usize) -> Result<Share, FrameError> {
    timeout(limits::FRAME_ROOM_WITHIN, room.take(length_bytes))
        .await
        .map_err(|_| FrameError::NoRoom)
}

/// Memory grows with what comes: a length alone takes none. But it grows once only: a mebibyte is not copied
/// again and again.
async fn read_body(stream: &mut impl Incoming, length_bytes: usize) -> Result<Vec<u8>, FrameError> {
    let mut bytes = Vec::with_capacity(length_bytes.min(ALLOCATED_AHEAD_BYTES_MAX));
    while bytes.len() < length_bytes {
        let until = length_bytes.min(bytes.len() + STEP_BYTES);
        let step = async {
            while bytes.len() < until {
                let piece = stream.piece(length_bytes - bytes.len()).await;
                let piece = piece.ok_or(FrameError::Broken)?;
                if bytes.len() + piece.len() > bytes.capacity() {
                    // The peer has sent enough to be believed, and the budget has counted all of it.
                    bytes.reserve_exact(length_bytes - bytes.len());
                }
                bytes.extend_from_slice(&piece);
            }
            Ok::<(), FrameError>(())
        };
        timeout(limits::FRAME_PROGRESS_WINDOW, step)
            .await
            .map_err(|_| FrameError::TooSlow)??;
    }
    Ok(bytes)
}

/// Writes a frame and ends the stream. What is long in it is not copied. A stream that is not read is reset.
pub(super) async fn write(stream: &mut SendStream, frame: Frame) -> Result<(), FrameError> {
    let (head, body) = frame.into_parts();
    let body = body.map(|body| match body {
        FrameBody::Shared(bytes) => Bytes::from_owner(bytes),
        FrameBody::Owned(bytes) => Bytes::from(bytes),
    });
    for mut part in [Some(Bytes::from(head)), body].into_iter().flatten() {
        while !part.is_empty() {
            let piece = part.split_to(part.len().min(PIECE_BYTES));
            write_piece(stream, piece).await?;
        }
    }
    stream.finish().map_err(|_| FrameError::Broken)
}

async fn write_piece(stream: &mut SendStream, piece: Bytes) -> Result<(), FrameError> {
    match timeout(patience_for(piece.len()), stream.write_chunk(piece)).await {
        Ok(written) => written.map_err(|_| FrameError::Broken),
        Err(_) => {
            // What is buffered of it must not wait for a peer that does not read.
            let _ = stream.reset(quinn::VarInt::from_u32(0));
            Err(FrameError::TooSlow)
        }
    }
}

/// How long so many bytes may take to go.
fn patience_for(length_bytes: usize) -> Duration {
    let seconds = length_bytes as u64 / limits::FRAME_RATE_BYTES_PER_SECOND_MIN;
    limits::FRAME_PROGRESS_WINDOW.saturating_add(Duration::from_secs(seconds))
}
