//! Sums behind a file that was sealed here: CRC32C of each chunk, four bytes each, little-endian.
//!
//! A chunk that is served is held against its sum: a disk that forgets must not make a liar of us. That
//! costs a tenth of the SHA-256 in the manifest, against which whoever gets it holds it anyway. A sum that
//! was damaged itself does no harm: the manifest decides then.

use std::os::unix::fs::FileExt as _;

use protocol::attachment::{Attachment, ChunkIndex};

use crate::disk::bulk::Bulk;

const SUM_BYTES: u64 = 4;

/// Adds the sum of the next chunk.
pub(super) fn add(sums: &mut Vec<u8>, chunk: &[u8]) {
    sums.extend_from_slice(&crc32c::crc32c(chunk).to_le_bytes());
}

/// How long the file of an attachment is with its sums.
pub(super) fn length_with_sums(attachment: &Attachment) -> u64 {
    attachment.sealed_length_bytes() + u64::from(attachment.chunk_count()) * SUM_BYTES
}

/// Whether a chunk has the sum that stands behind the file; also `false` where that cannot be read.
pub(super) fn holds(file: &Bulk, attachment: &Attachment, index: ChunkIndex, chunk: &[u8]) -> bool {
    let mut sum = [0; SUM_BYTES as usize];
    let place = attachment.sealed_length_bytes() + u64::from(index.0) * SUM_BYTES;
    let read = file.file().read_exact_at(&mut sum, place);
    read.is_ok() && u32::from_le_bytes(sum) == crc32c::crc32c(chunk)
}
