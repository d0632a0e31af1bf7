//! Buffers that go around between threads: filled by one, emptied by the next, and given back.
//!
//! There are as many as were made at the beginning. Whoever has none waits; so the fastest thread is never
//! further ahead than that, and memory does not grow with the file. Buffers of plaintext are wiped when
//! they are dropped.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use zeroize::Zeroizing;

use crate::limits::PIPELINE_BLOCKS;

/// A buffer. Its length is that of what is in it.
pub(super) type Block = Zeroizing<Vec<u8>>;

/// The end that fills buffers.
pub(super) struct Filling {
    empty: Receiver<Block>,
    full: SyncSender<Block>,
}

/// The end that empties them.
pub(super) struct Emptying {
    full: Receiver<Block>,
    empty: SyncSender<Block>,
}

/// [`PIPELINE_BLOCKS`] buffers between two threads, each of which may take `bytes` without moving.
pub(super) fn pipeline(bytes: usize) -> (Filling, Emptying) {
    let (full_in, full_out) = sync_channel(PIPELINE_BLOCKS);
    let (empty_in, empty_out) = sync_channel(PIPELINE_BLOCKS);
    for _ in 0..PIPELINE_BLOCKS {
        // There is room for all of them, and nobody has gone yet.
        let _ = empty_in.send(Zeroizing::new(Vec::with_capacity(bytes)));
    }
    (
        Filling {
            empty: empty_out,
            full: full_in,
        },
        Emptying {
            full: full_out,
            empty: empty_in,
        },
    )
}

impl Filling {
    /// A buffer to fill; `None` when the other end is gone.
    pub(super) fn empty_block(&self) -> Option<Block> {
        self.empty.recv().ok()
    }

    /// Hands a buffer on; `None` when the other end is gone.
    pub(super) fn hand_on(&self, block: Block) -> Option<()> {
        self.full.send(block).ok()
    }
}

impl Emptying {
    /// The next full buffer; `None` when the other end is done, or gone.
    pub(super) fn full_block(&self) -> Option<Block> {
        self.full.recv().ok()
    }

    /// Gives a buffer back.
    pub(super) fn give_back(&self, mut block: Block) {
        block.clear();
        // Whoever is gone needs no buffer.
        let _ = self.empty.send(block);
    }
}

/// What a thread came to; its panic goes on in ours.
pub(super) fn outcome<T>(thread: std::thread::ScopedJoinHandle<'_, T>) -> T {
    thread
        .join()
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
