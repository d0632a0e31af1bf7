//! Files that are sealed here: synced while they are written, and gone where they are not ended.

use std::fs::File;

use protocol::limits::CHUNK_BYTES;

use super::*;

/// With a sync behind every two chunks.
fn open(scene: &Scene) -> Attachments {
    let settings = AttachmentSettings {
        sync_interval_bytes: 2 * CHUNK_BYTES as u64 / limits::SEALED_SYNC_STEPS,
        ..settings()
    };
    Attachments::open(&scene.disk(), settings).unwrap()
}

fn begin(attachments: &Attachments) -> SealedFile {
    let message = MessageId::from_parts(1_795_305_600_000, [0x22; 10]);
    attachments
        .begin_sealed(message, "1".parse().unwrap(), 100)
        .unwrap()
}

fn finish(scene: &Scene, file: SealedFile) -> Result<StoredFile, AttachmentError> {
    let expected = &scene.attachment;
    let (name, media_type) = (expected.name().clone(), expected.media_type().clone());
    file.finish(name, media_type, 100, expected.plaintext())
}

/// Whoever syncs the ledger meanwhile never waits for a whole file to be written.
#[test]
fn a_long_file_is_synced_in_steps_while_it_is_written() {
    let scene = Scene::new();
    let attachments = open(&scene);
    let mut file = begin(&attachments);
    file.write_all(scene.sealed).unwrap();
    finish(&scene, file).unwrap();
    let log = scene.faults.take_log();
    let synced = log.iter().filter(|(step, _)| *step == "fdatasync").count();
    assert_eq!(synced, CHUNKS as usize / 2);
}

/// `[DURABLE]` The sync at the end would succeed, and what the one before could not save be lost.
#[test]
fn a_step_that_could_not_be_synced_makes_no_file() {
    let scene = Scene::new();
    let attachments = open(&scene);
    let mut file = begin(&attachments);
    scene.faults.fail("fdatasync", ErrorKind::Other);
    file.write_all(&scene.sealed[..2 * CHUNK_BYTES + 10]).unwrap();
    match finish(&scene, file) {
        Err(AttachmentError::Disk(error)) => assert_eq!(error.operation, "fdatasync"),
        other => panic!("{other:?}"),
    }
    assert_eq!(scene.left(), [""; 0]);
}

/// Only a file that was sealed here has sums behind it, one for each chunk, against which it is held.
#[test]
fn a_file_that_was_sealed_here_is_known_by_its_sums() {
    for is_sealed_here in [true, false] {
        let scene = Scene::new();
        let attachments = open(&scene);
        let stored = if is_sealed_here {
            let mut file = begin(&attachments);
            file.write_all(scene.sealed).unwrap();
            finish(&scene, file).unwrap()
        } else {
            scene.store_whole()
        };
        let found = attachments.find(Arc::clone(&scene.attachment)).unwrap().unwrap();
        assert_eq!([stored.has_sums, found.has_sums], [is_sealed_here; 2]);
        let path = attachments.whole_path(scene.attachment.id());
        let file = Bulk::readable(File::open(&path).unwrap(), &path);
        let chunks: Vec<&[u8]> = scene.sealed.chunks(CHUNK_BYTES).collect();
        for index in scene.attachment.chunks() {
            let place = index.0 as usize;
            let holds = |chunk: &[u8]| sums::holds(&file, &scene.attachment, index, chunk);
            assert_eq!(holds(chunks[place]), is_sealed_here, "{index}");
            assert!(!holds(chunks[(place + 1) % chunks.len()]), "{index}");
        }
    }
}
