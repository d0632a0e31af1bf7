//! What a pull is told, and what it tells.

use std::time::Duration;

use crate::attachment::chunk::{ChunkIndex, WrongChunk};
use crate::limits::{
    CHUNK_TIMEOUT, CHUNKS_IN_FLIGHT_MAX, CHUNKS_IN_FLIGHT_PER_SOURCE_FIRST, CHUNKS_IN_FLIGHT_PER_SOURCE_MAX,
};

/// A connection to somebody who may have the file; the driver numbers them, and uses no number twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u64);

/// How a pull is to work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PullSettings {
    /// Chunks that are out, over all sources.
    pub in_flight_max: usize,
    /// Chunks that are out at one source.
    pub in_flight_per_source_max: usize,
    /// The same at first, before any came.
    pub in_flight_per_source_first: usize,
    /// How long a chunk may take.
    pub timeout: Duration,
}

/// What a verified chunk came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// It is new: write it to disk.
    New,
    /// It is there already: drop it.
    Again,
    /// It belongs to another attachment: the driver is at fault.
    Foreign,
}

/// What the driver must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PullEvent {
    /// The source sent bytes that are not the chunk that it was asked for: a breach of the protocol.
    Misbehaved {
        /// Who.
        source: SourceId,
        /// What was wrong.
        wrong: WrongChunk,
    },
    /// The chunk was asked for too long ago: the stream on which it was asked for is to be reset, so that
    /// the line is free for what is asked for next.
    Late {
        /// Whom.
        source: SourceId,
        /// Which one.
        index: ChunkIndex,
    },
    /// The source says that it does not have the file, or not for us.
    Lacking {
        /// Who.
        source: SourceId,
    },
    /// All chunks are there.
    Complete,
}

impl Default for PullSettings {
    fn default() -> Self {
        Self {
            in_flight_max: CHUNKS_IN_FLIGHT_MAX,
            in_flight_per_source_max: CHUNKS_IN_FLIGHT_PER_SOURCE_MAX,
            in_flight_per_source_first: CHUNKS_IN_FLIGHT_PER_SOURCE_FIRST,
            timeout: CHUNK_TIMEOUT,
        }
    }
}
