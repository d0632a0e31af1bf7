//! `.have`: which chunks of an arriving file are there.
//!
//! ```text
//! header   "ohrid-have/1\n\0\0\0"  attachment's id [32]  number of chunks u32  CRC32C u32
//! records  kind u32 (1 written, 2 synced)  chunk's index, or number of records before, u32
//!          CRC32C of the header's, the record's number and these two, u32
//! ```
//!
//! A `written` record follows each chunk, without a sync; a `synced` one says that the data of all records
//! before it is durable, and is written and synced after that data was. So the records up to the last
//! `synced` one can be believed. Those after it are hints: their chunks are hashed before they count. What
//! follows the first record that is not whole is nothing. Nothing is ever overwritten: whoever takes a file
//! up writes a new list, and gives it the old one's name.

use protocol::attachment::{Attachment, AttachmentId, ChunkIndex, ChunkSet};

const MAGIC: &[u8; 16] = b"ohrid-have/1\n\0\0\0";
const HEADER_BYTES: usize = 16 + 32 + 4 + 4;
const RECORD_BYTES: usize = 12;
const WRITTEN: u32 = 1;
const SYNCED: u32 = 2;

/// The longest list that is read: each chunk written and synced on its own, twice over.
pub(crate) const HAVE_BYTES_MAX: usize =
    HEADER_BYTES + 4 * RECORD_BYTES * protocol::limits::ATTACHMENT_CHUNKS_MAX;

/// What a list says.
#[derive(Debug)]
pub(crate) struct Listed {
    /// Verified, and durable.
    pub(crate) synced: ChunkSet,
    /// Perhaps there.
    pub(crate) in_doubt: Vec<ChunkIndex>,
}

/// Makes the bytes of a list, to be appended to its file.
#[derive(Debug)]
pub(crate) struct Writer {
    seed: u32,
    records: u32,
    length_bytes: u64,
}

impl Writer {
    /// A new list that says that these chunks are durable, and its bytes.
    pub(crate) fn begin(attachment: &Attachment, have: &ChunkSet) -> (Self, Vec<u8>) {
        let mut bytes = header(attachment.id(), attachment.chunk_count());
        let mut writer = Self {
            seed: crc32c::crc32c(&bytes),
            records: 0,
            length_bytes: 0,
        };
        for index in attachment.chunks().filter(|index| have.contains(*index)) {
            bytes.extend_from_slice(&writer.written(index));
        }
        bytes.extend_from_slice(&writer.synced());
        writer.length_bytes = bytes.len() as u64;
        (writer, bytes)
    }

    /// Where the next record goes.
    pub(crate) fn length_bytes(&self) -> u64 {
        self.length_bytes
    }

    /// The record of a chunk.
    pub(crate) fn written(&mut self, index: ChunkIndex) -> [u8; RECORD_BYTES] {
        self.record(WRITTEN, index.0)
    }

    /// The record of a sync.
    pub(crate) fn synced(&mut self) -> [u8; RECORD_BYTES] {
        self.record(SYNCED, self.records)
    }

    fn record(&mut self, kind: u32, number: u32) -> [u8; RECORD_BYTES] {
        let record = encode(self.seed, self.records, kind, number);
        self.records += 1;
        self.length_bytes += RECORD_BYTES as u64;
        record
    }
}

/// Reads a list. One that is not of this attachment, or whose header is not whole, says nothing.
pub(crate) fn read(bytes: &[u8], attachment: &Attachment) -> Listed {
    let mut listed = Listed {
        synced: ChunkSet::none_of(attachment),
        in_doubt: Vec::new(),
    };
    let header = header(attachment.id(), attachment.chunk_count());
    let Some(records) = bytes.strip_prefix(header.as_slice()) else {
        return listed;
    };
    let seed = crc32c::crc32c(&header);
    let (records, _) = records.as_chunks::<RECORD_BYTES>();
    for (position, record) in (0..).zip(records) {
        let [a, b, c, d, e, f, g, h, ..] = *record;
        let (kind, number) = (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]));
        if *record != encode(seed, position, kind, number) {
            break;
        }
        match kind {
            WRITTEN => listed.in_doubt.push(ChunkIndex(number)),
            SYNCED if number == position => {
                for index in listed.in_doubt.drain(..) {
                    listed.synced.insert(index);
                }
            }
            _ => break,
        }
    }
    listed
}

fn header(id: AttachmentId, chunk_count: u32) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(id.as_bytes());
    bytes.extend_from_slice(&chunk_count.to_be_bytes());
    bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_be_bytes());
    bytes
}

fn encode(seed: u32, position: u32, kind: u32, number: u32) -> [u8; RECORD_BYTES] {
    let mut record = [0; RECORD_BYTES];
    record[..4].copy_from_slice(&kind.to_be_bytes());
    record[4..8].copy_from_slice(&number.to_be_bytes());
    let checksum = crc32c::crc32c_append(crc32c::crc32c_append(seed, &position.to_be_bytes()), &record[..8]);
    record[8..].copy_from_slice(&checksum.to_be_bytes());
    record
}

#[cfg(test)]
mod tests;
