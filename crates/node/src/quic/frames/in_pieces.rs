#![allow(clippy::unwrap_used, clippy::expect_used)]
//! The reader of frames, fed with bytes that arrive in arbitrary pieces, as on a stream. Compiled for tests
//! and fuzzing only; [`crate::hostile`] says what for.

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use protocol::decode::Fault;
use protocol::frame::{FRAME_HEAD_BYTES, Frame, FrameHead};
use tokio::runtime::{Builder, Runtime};

use super::{FrameError, Incoming, Received, read, read_request};
use crate::config::Limits;
use crate::limits::HELLO_TIMEOUT;
use crate::quic::budget::{Account, Memory};

/// Where the pieces end: the last bytes of what is read say it again and again.
const CUTS: usize = 8;

/// One room for all: a share that is not given back is missed by the frames that come later.
static ROOM: LazyLock<Arc<Account>> = LazyLock::new(|| Memory::new(&Limits::default()).budget().incoming);

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = Builder::new_current_thread();
    builder.enable_time().build().expect("a runtime of one thread")
});

/// A stream that ends where the bytes do.
struct Cut<'a> {
    left: &'a [u8],
    cuts: &'a [u8],
    turn: usize,
}

impl Incoming for Cut<'_> {
    async fn piece(&mut self, bytes_max: usize) -> Option<Bytes> {
        assert_ne!(bytes_max, 0, "asked for nothing");
        let cut = self.cuts.get(self.turn % self.cuts.len().max(1));
        self.turn += 1;
        let length = cut.map_or(1, |cut| 1 + usize::from(*cut) * usize::from(*cut) / 16);
        let length = length.min(bytes_max).min(self.left.len());
        let (piece, left) = self.left.split_at(length);
        self.left = left;
        (length != 0).then(|| Bytes::copy_from_slice(piece))
    }
}

/// However the bytes are cut, the first frame in them is the one that decoding them at once gives, or is
/// refused for the same reason; and nothing behind it is read. Whether it is a frame.
pub(crate) fn first_frame(bytes: &[u8]) -> bool {
    let cuts = &bytes[bytes.len().saturating_sub(CUTS)..];
    let stream = || Cut {
        left: bytes,
        cuts,
        turn: 0,
    };
    let (whole, used) = at_once(bytes);
    let mut cut = stream();
    let read = RUNTIME.block_on(read(&mut cut, &ROOM, HELLO_TIMEOUT));
    assert_eq!(bytes.len() - cut.left.len(), used);
    same(&read, &whole);
    let mut cut = stream();
    let asked = RUNTIME.block_on(read_request(&mut cut, &ROOM, HELLO_TIMEOUT));
    match &asked {
        Err(FrameError::NoRequest(kind)) => {
            assert!(!kind.is_request() && kind.number() == bytes[0]);
            assert_eq!(bytes.len() - cut.left.len(), FRAME_HEAD_BYTES);
        }
        asked => same(asked, &whole),
    }
    whole.is_ok()
}

/// The first frame of bytes that are all there, and how many of them are read.
fn at_once(bytes: &[u8]) -> (Result<Frame, FrameError>, usize) {
    let Some((head, rest)) = bytes.split_first_chunk::<FRAME_HEAD_BYTES>() else {
        return (Err(FrameError::Broken), bytes.len());
    };
    let head = match FrameHead::parse(head) {
        Ok(head) => head,
        Err(error) if matches!(error.fault, Fault::UnknownKind(_)) => {
            return (Err(FrameError::UnknownKind), FRAME_HEAD_BYTES);
        }
        Err(error) => return (Err(error.into()), FRAME_HEAD_BYTES),
    };
    let Some(body) = rest.get(..head.length_bytes) else {
        return (Err(FrameError::Broken), bytes.len());
    };
    let frame = Frame::decode(head, body).map_err(FrameError::from);
    (frame, FRAME_HEAD_BYTES + body.len())
}

fn same(read: &Result<Received, FrameError>, whole: &Result<Frame, FrameError>) {
    match (read, whole) {
        (Ok(read), Ok(whole)) => {
            assert_eq!(&read.frame, whole);
            assert_eq!(read.length_bytes + FRAME_HEAD_BYTES, whole.encode().len());
        }
        (Err(read), Err(whole)) => assert_eq!(format!("{read:?}"), format!("{whole:?}")),
        (read, whole) => panic!("{read:?} in pieces, {whole:?} at once"),
    }
}
