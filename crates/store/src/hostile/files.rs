//! The small files of a store, and the keys and values of its index.

use std::sync::LazyLock;

use ledger::hash::leaf_hash;
use ledger::tree::{Batch, Edge};
use protocol::attachment::{Attachment, ChunkIndex, ChunkSet, Manifest};
use protocol::digest::Digest;

use crate::attachments::have;
use crate::away;
use crate::contract::Kept;
use crate::head::{Released, parse_hex};
use crate::index::{block_decoded, block_encoded, found_in_block, inbox_key, queries::parse_inbox_key};
use crate::journal::segment;
use crate::limits::INDEX_VALUE_BYTES_MAX;
use crate::logs::{self, Ended};

/// Four chunks, as in the golden manifest.
static ATTACHMENT: LazyLock<Attachment> = LazyLock::new(|| {
    let manifest = include_bytes!("../../../protocol/golden/attachment-manifest.cbor");
    let manifest = Manifest::decode(manifest).unwrap();
    let longest = manifest
        .attachments()
        .max_by_key(|(_, attachment)| attachment.chunk_count());
    Attachment::clone(longest.unwrap().1)
});

/// The bytes as each of these files. What is read is what would be written; and what somebody has changed,
/// and given the right checksum, is still read without a panic.
pub fn files(bytes: &[u8]) {
    for text in [bytes.to_vec(), with_checksum(bytes)] {
        if let Some(released) = Released::decode(&text) {
            assert_eq!(released.encode(), text);
        }
        if let Some(ended) = logs::decode(&text) {
            assert_eq!(logs::encode(&ended), text);
            assert!(ended.iter().all(|log| log.size > 0));
            let follow = ended.windows(2).all(|pair| pair[1].first == pair[0].end());
            assert!(follow && ended.first().is_none_or(|log| log.first == 0));
        }
    }
    let text = String::from_utf8_lossy(bytes);
    if let Some(hash) = parse_hex(&text) {
        assert!(text.eq_ignore_ascii_case(&Digest::from_bytes(hash).to_string()));
    }
    if let Some(sequence) = segment::parse_file_name(&text) {
        assert_eq!(segment::file_name(sequence), text);
    }
    cold(bytes);
    arriving(bytes);
    index(bytes);
}

/// The last line made the checksum of the others.
fn with_checksum(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let body = text.trim_end_matches('\n');
    let body = body.rfind('\n').map_or("", |end| &body[..=end]);
    format!("{body}{}\n", Digest::of(body.as_bytes())).into_bytes()
}

/// What is kept of a log in cold storage: only leaves that are in it, where they are.
fn cold(bytes: &[u8]) {
    let leaves: [&[u8]; 3] = [b"one", b"two", b"three"];
    let batch = Batch::new(&Edge::new(), leaves.iter().map(|leaf| leaf_hash(leaf)).collect());
    for first in [0, 40, u64::MAX - 1] {
        let ended = Ended {
            first,
            size: 3,
            root: batch.root_after(),
            kept: Kept::Away,
        };
        for (position, leaf) in away::decode(bytes, &ended).into_iter().flatten() {
            let index = usize::try_from(position - first).unwrap();
            assert_eq!(leaf, leaves[index]);
        }
    }
}

/// The list of chunks of an arriving file: as it is, and with the checksums of records that may lie.
fn arriving(bytes: &[u8]) {
    let attachment = &*ATTACHMENT;
    let check = |bytes: &[u8]| {
        let listed = have::read(bytes, attachment);
        assert!(listed.synced.present() <= attachment.chunk_count());
        listed
    };
    check(bytes);
    let (mut writer, mut list) = have::Writer::begin(attachment, &ChunkSet::none_of(attachment));
    check(&list);
    let mut expected = ChunkSet::none_of(attachment);
    let mut doubtful = Vec::new();
    for byte in bytes.iter().take(64) {
        if byte % 5 == 0 {
            list.extend(writer.synced());
            for index in doubtful.drain(..) {
                expected.insert(index);
            }
        } else {
            let index = ChunkIndex(u32::from(byte % 11));
            list.extend(writer.written(index));
            doubtful.push(index);
        }
    }
    let listed = check(&list);
    assert_eq!(listed.synced.present(), expected.present());
    assert_eq!(listed.in_doubt, doubtful);
    // Cut anywhere it says less, and nothing else.
    let cut = list.len() - usize::from(bytes.first().copied().unwrap_or(0)) % list.len();
    assert!(check(&list[..cut]).synced.present() <= expected.present());
    if let (Some(place), Some(byte)) = (bytes.get(1), bytes.get(2)) {
        let at = usize::from(*place) * 4 % list.len();
        list[at] ^= byte;
        check(&list);
    }
}

fn index(bytes: &[u8]) {
    if let Some(key) = parse_inbox_key(bytes) {
        assert_eq!(inbox_key(bytes[0], &key), bytes, "a key has one form");
    }
    let (key, value) = bytes.split_at(bytes.len() / 3);
    let row = |key: &[u8], value: &[u8]| (key.to_vec(), value.to_vec());
    if key.len() + value.len() < INDEX_VALUE_BYTES_MAX / 2 - 64 {
        let rows = [row(key, value), row(&[key, &[0]].concat(), value)];
        let mut stored = block_encoded(&rows);
        assert_eq!(block_decoded(key, &stored).as_deref(), Some(&rows[..]));
        assert_eq!(
            found_in_block(key, &stored, &rows[1].0),
            Some(Some(value.to_vec()))
        );
        assert_eq!(block_decoded(b"another key", &stored), None);
        let at = bytes.len() % stored.len();
        stored[at] ^= 1;
        assert_eq!(block_decoded(key, &stored), None);
    }
    // The hash is no secret, and a fuzzer that is shown comparisons finds it: whatever is taken fits.
    if let Some(found) = block_decoded(key, value) {
        assert_eq!(block_encoded(&found), value);
    }
}
