//! What can go wrong with sealed files, by who is at fault.

use std::path::PathBuf;

use protocol::attachment::{ChunkIndex, FileTooLong, ImpossibleAttachment};

use crate::disk::DiskError;

/// Why a file was not stored, or not read.
#[derive(Debug, thiserror::Error)]
pub enum AttachmentError {
    /// Too little room. Nothing was written; try again when there is more.
    #[error("the disk is full: {free_bytes} bytes are free, {needed_bytes} are needed")]
    DiskFull {
        /// What is free, in bytes.
        free_bytes: u64,
        /// What must be free, in bytes: the file, and what the store keeps for itself.
        needed_bytes: u64,
    },
    /// Somebody writes this file already. The caller is at fault.
    #[error("this attachment is being written already")]
    InUse,
    /// The file is there, and whole. The caller is at fault.
    #[error("this attachment is stored already")]
    Stored,
    /// A chunk of another attachment. The caller is at fault; nothing was written.
    #[error("this chunk belongs to another attachment")]
    Foreign,
    /// The file is not whole yet. The caller is at fault.
    #[error("{present} of {chunk_count} chunks are there")]
    Incomplete {
        /// How many chunks are there.
        present: u32,
        /// How many there are.
        chunk_count: u32,
    },
    /// There is no such chunk, or it is not there yet. The caller is at fault.
    #[error("chunk {0} is not there")]
    NoSuchChunk(ChunkIndex),
    /// What was sealed cannot be an attachment. The caller is at fault.
    #[error(transparent)]
    Impossible(#[from] ImpossibleAttachment),
    /// What is sealed is too long. The caller is at fault.
    #[error(transparent)]
    TooLong(#[from] FileTooLong),
    /// What is stored is not what was stored. Nothing of it was returned.
    #[error("{} is damaged{}", file.display(), at(*.index))]
    Damaged {
        /// The file.
        file: PathBuf,
        /// The chunk, where one is.
        index: Option<ChunkIndex>,
    },
    /// The disk failed. Final for this file: it must be taken up anew.
    #[error("the disk failed: {0}")]
    Disk(#[from] DiskError),
    /// An earlier error was final: what is in memory is not to be believed any more.
    #[error("this attachment stopped after an earlier error")]
    Stopped,
}

impl AttachmentError {
    /// Whether room on the disk is what is missing.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        match self {
            Self::DiskFull { .. } => true,
            Self::Disk(error) => error.is_disk_full(),
            _ => false,
        }
    }
}

fn at(index: Option<ChunkIndex>) -> String {
    index.map_or_else(String::new, |index| format!(" at chunk {index}"))
}

#[cfg(test)]
mod tests;
