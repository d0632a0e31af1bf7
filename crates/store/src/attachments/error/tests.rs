use std::io::ErrorKind;

use super::*;

#[test]
fn a_full_disk_is_told_from_what_room_would_not_help() {
    let of = |kind: ErrorKind| AttachmentError::from(crate::disk::error("write", "x".as_ref())(kind.into()));
    let full = AttachmentError::DiskFull {
        free_bytes: 1,
        needed_bytes: 2,
    };
    assert!(full.is_disk_full());
    assert!(of(ErrorKind::StorageFull).is_disk_full());
    for error in [
        of(ErrorKind::Other),
        AttachmentError::InUse,
        AttachmentError::Stopped,
    ] {
        assert!(!error.is_disk_full(), "{error}");
    }
}

#[test]
fn damage_is_said_with_its_file_and_its_chunk_where_it_is_in_one() {
    let of = |index| AttachmentError::Damaged {
        file: "a/b".into(),
        index,
    };
    assert_eq!(of(None).to_string(), "a/b is damaged");
    assert_eq!(of(Some(ChunkIndex(3))).to_string(), "a/b is damaged at chunk 3");
}
