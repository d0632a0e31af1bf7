//! Files and lists that a disk, or somebody, has changed.

use std::io;

use super::*;

#[test]
fn a_chunk_in_doubt_that_was_damaged_is_asked_for_again() {
    let scene = Scene::new();
    let mut receiving = scene.receive();
    scene.write(&mut receiving, &[0, 1, 2]);
    let path = receiving.data_path.clone();
    drop(receiving);
    let mut bytes = fs::read(&path).unwrap();
    bytes[2 * CHUNK_BYTES + 5] ^= 1;
    fs::write(&path, bytes).unwrap();
    assert_eq!(present(&scene.receive()), [0, 1]);
}

/// A disk that forgets makes no liar of us, and no file that opens in one way now and in another then.
#[test]
fn a_damaged_file_is_not_served() {
    let scene = Scene::new();
    let stored = scene.store_whole();
    let path = scene.open().whole_path(scene.attachment.id());
    let mut bytes = fs::read(&path).unwrap();
    bytes[CHUNK_BYTES + 7] ^= 0x20;
    fs::write(&path, &bytes).unwrap();
    assert!(stored.read_chunk(ChunkIndex(0)).is_ok());
    match stored.read_chunk(ChunkIndex(1)) {
        Err(AttachmentError::Damaged { file, index }) => {
            assert_eq!((file, index), (path.clone(), Some(ChunkIndex(1))))
        }
        other => panic!("{other:?}"),
    }
    assert!(io::copy(&mut stored.reader(), &mut io::sink()).is_err());
    fs::write(&path, &bytes[1..]).unwrap();
    let error = scene.open().find(Arc::clone(&scene.attachment)).unwrap_err();
    assert!(
        matches!(error, AttachmentError::Damaged { index: None, .. }),
        "{error}"
    );
}

/// A file that somebody shortened while it is open is damaged: the disk is not at fault.
#[test]
fn a_chunk_behind_the_end_of_its_file_is_damaged() {
    let scene = Scene::new();
    let stored = scene.store_whole();
    let path = scene.open().whole_path(scene.attachment.id());
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_len(CHUNK_BYTES as u64 + 10).unwrap();
    assert!(stored.read_chunk(ChunkIndex(0)).is_ok());
    for index in [1, 2].map(ChunkIndex) {
        let error = stored.read_chunk(index).unwrap_err();
        let is_damaged =
            matches!(error, AttachmentError::Damaged { index: Some(damaged), .. } if damaged == index);
        assert!(is_damaged, "{error}");
    }
}

/// A chunk of a file that was sealed here is held against its sum before it is served, and where they differ,
/// against the manifest.
#[test]
fn a_damaged_sealed_file_is_not_served_and_a_damaged_sum_does_no_harm() {
    let scene = Scene::new();
    let message = MessageId::from_parts(1_795_305_600_000, [0x22; 10]);
    let files = scene.open();
    let mut file = files.begin_sealed(message, "1".parse().unwrap(), 100).unwrap();
    file.write_all(scene.sealed).unwrap();
    let (name, media_type) = (
        scene.attachment.name().clone(),
        scene.attachment.media_type().clone(),
    );
    file.finish(
        name,
        media_type,
        scene.attachment.plaintext_length_bytes(),
        scene.attachment.plaintext(),
    )
    .unwrap();
    let path = files.whole_path(scene.attachment.id());
    let whole = fs::read(&path).unwrap();
    let sealed = scene.sealed.len();
    assert_eq!(whole.len(), sealed + 4 * CHUNKS as usize);
    let served = || {
        files
            .find(Arc::clone(&scene.attachment))
            .unwrap()
            .unwrap()
            .read_to_serve(ChunkIndex(1))
    };
    for place in [sealed + 4, sealed + 7] {
        let mut bytes = whole.clone();
        bytes[place] ^= 1;
        fs::write(&path, bytes).unwrap();
        assert_eq!(served().unwrap(), scene.chunk(1).into_bytes());
    }
    let mut bytes = whole.clone();
    bytes[2 * CHUNK_BYTES - 1] ^= 1;
    fs::write(&path, bytes).unwrap();
    assert!(matches!(
        served(),
        Err(AttachmentError::Damaged {
            index: Some(ChunkIndex(1)),
            ..
        })
    ));
    fs::write(&path, &whole[..sealed + 4]).unwrap();
    assert!(files.find(Arc::clone(&scene.attachment)).is_err());
}

/// A list that was changed says less, never something else.
#[test]
fn a_list_with_any_bit_flipped_or_cut_says_nothing_wrong() {
    let scene = Scene::new();
    let mut receiving = scene.receive();
    scene.write(&mut receiving, &[2, 0, 4]);
    let bytes = fs::read(&receiving.list_path).unwrap();
    let whole = have::read(&bytes, &scene.attachment);
    assert_eq!(
        (whole.synced.present(), whole.in_doubt.as_slice()),
        (2, &[ChunkIndex(4)][..])
    );
    let says_no_more = |bytes: &[u8]| {
        let listed = have::read(bytes, &scene.attachment);
        for index in scene.attachment.chunks() {
            assert!(!listed.synced.contains(index) || whole.synced.contains(index));
        }
    };
    for length in 0..bytes.len() {
        says_no_more(&bytes[..length]);
    }
    for bit in 0..8 * bytes.len() {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        says_no_more(&flipped);
    }
    let other = attachment_of(&sealed(0x77));
    assert_eq!(have::read(&bytes, &other).synced.present(), 0);
}
