#![allow(clippy::unwrap_used)]

use protocol::attachment::AttachmentParts;
use protocol::digest::Digest;
use protocol::limits::CHUNK_BYTES;

use super::*;

fn attachment() -> Attachment {
    Attachment::new(AttachmentParts {
        name: "log.csv".parse().unwrap(),
        media_type: "text/csv".parse().unwrap(),
        plaintext_length_bytes: 100,
        plaintext: Digest::from_bytes([1; 32]),
        sealed_length_bytes: 3 * CHUNK_BYTES as u64,
        chunks: vec![Digest::from_bytes([2; 32]); 3],
    })
    .unwrap()
}

/// `[DURABLE]` A sync says how many records were before it. One that says something else was not written
/// after them: neither it nor what follows is believed, be its checksum right.
#[test]
fn a_sync_of_another_number_of_records_says_nothing() {
    let attachment = attachment();
    for (told, synced) in [(1, 0), (2, 2), (3, 0)] {
        let (mut writer, mut bytes) = Writer::begin(&attachment, &ChunkSet::none_of(&attachment));
        assert_eq!(writer.records, 1);
        bytes.extend_from_slice(&writer.written(ChunkIndex(0)));
        // Two records are before it.
        bytes.extend_from_slice(&writer.record(SYNCED, told));
        bytes.extend_from_slice(&writer.written(ChunkIndex(2)));
        bytes.extend_from_slice(&writer.synced());
        let listed = read(&bytes, &attachment);
        assert_eq!(listed.synced.present(), synced, "{told}");
        assert_eq!(listed.in_doubt.len(), usize::from(synced == 0), "{told}");
    }
}
