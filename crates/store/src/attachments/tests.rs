#![allow(clippy::unwrap_used, clippy::expect_used)]
//! `[TRANSFER]` `[DURABLE]`: files that arrive in any order, are cut off at any time, and are whole or not.

mod damage;
mod power;
mod sealing;

use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};

use protocol::attachment::{AttachmentParts, ChunkIndex, VerifiedChunk};
use protocol::digest::Digest;
use protocol::limits::CHUNK_BYTES;
use std::sync::LazyLock;
use tempfile::TempDir;

use super::*;
use crate::disk::faults::{Faults, directory_in_memory};

const CHUNKS: u32 = 5;

fn settings() -> AttachmentSettings {
    AttachmentSettings {
        free_space_floor_bytes: 0,
        sync_interval_bytes: 2 * CHUNK_BYTES as u64,
    }
}

/// A sealed file of four whole chunks and a short one. No chunk looks like another, or like zeros.
fn sealed(seed: u8) -> Vec<u8> {
    let length = (CHUNKS as usize - 1) * CHUNK_BYTES + 1_234;
    (0..length)
        .map(|at| (at / 1_000 % 251) as u8 ^ seed | 1)
        .collect()
}

fn attachment_of(sealed: &[u8]) -> Arc<Attachment> {
    let parts = AttachmentParts {
        name: "log.csv".parse().unwrap(),
        media_type: "text/csv".parse().unwrap(),
        plaintext_length_bytes: 100,
        plaintext: Digest::from_bytes([1; 32]),
        sealed_length_bytes: sealed.len() as u64,
        chunks: sealed.chunks(CHUNK_BYTES).map(Digest::of).collect(),
    };
    Arc::new(Attachment::new(parts).unwrap())
}

fn chunk(attachment: &Attachment, sealed: &[u8], index: u32) -> VerifiedChunk {
    let range = attachment.chunk_range(ChunkIndex(index)).unwrap();
    let bytes = &sealed[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()];
    attachment.check_chunk(ChunkIndex(index), bytes.to_vec()).unwrap()
}

/// A directory, a disk that can be made to fail, and a file.
struct Scene {
    directory: TempDir,
    faults: Faults,
    sealed: &'static [u8],
    attachment: Arc<Attachment>,
}

impl Scene {
    fn new() -> Self {
        static FILE: LazyLock<(Vec<u8>, Arc<Attachment>)> = LazyLock::new(|| {
            let sealed = sealed(0x55);
            let attachment = attachment_of(&sealed);
            (sealed, attachment)
        });
        let (sealed, attachment) = &*FILE;
        Self {
            directory: directory_in_memory(),
            faults: Faults::default(),
            sealed,
            attachment: Arc::clone(attachment),
        }
    }

    fn disk(&self) -> Disk {
        Disk::with_faults(self.directory.path(), self.faults.clone())
    }

    fn open(&self) -> Attachments {
        Attachments::open(&self.disk(), settings()).unwrap()
    }

    fn receive(&self) -> Receiving {
        self.open().receive(Arc::clone(&self.attachment)).unwrap()
    }

    fn chunk(&self, index: u32) -> VerifiedChunk {
        chunk(&self.attachment, self.sealed, index)
    }

    fn write(&self, receiving: &mut Receiving, indices: &[u32]) {
        for index in indices {
            assert_eq!(receiving.write(&self.chunk(*index)).unwrap(), Written::New);
        }
    }

    fn store_whole(&self) -> StoredFile {
        let mut receiving = self.receive();
        self.write(&mut receiving, &[0, 1, 2, 3, 4]);
        receiving.finish().unwrap()
    }

    /// What is there of files that are not whole, after a start.
    fn names(&self) -> Vec<String> {
        self.open();
        self.left()
    }

    /// The same as it was left.
    fn left(&self) -> Vec<String> {
        let directory = self.directory.path().join(ATTACHMENT_DIRECTORY);
        disk::list(&directory.join(INCOMING_DIRECTORY)).unwrap()
    }
}

fn present(receiving: &Receiving) -> Vec<u32> {
    (0..CHUNKS)
        .filter(|index| receiving.have().contains(ChunkIndex(*index)))
        .collect()
}

#[test]
fn chunks_in_any_order_make_the_file() {
    let scene = Scene::new();
    let mut receiving = scene.receive();
    scene.write(&mut receiving, &[4, 0, 3]);
    assert_eq!(receiving.write(&scene.chunk(3)).unwrap(), Written::Again);
    assert_eq!(receiving.read_chunk(ChunkIndex(4)).unwrap(), scene.chunk(4));
    let absent = receiving.read_chunk(ChunkIndex(1)).unwrap_err();
    assert!(
        matches!(absent, AttachmentError::NoSuchChunk(ChunkIndex(1))),
        "{absent}"
    );
    scene.write(&mut receiving, &[2, 1]);
    let stored = receiving.finish().unwrap();
    let mut read = Vec::new();
    stored.reader().read_to_end(&mut read).unwrap();
    assert!(read == scene.sealed);
    let found = scene.open().find(Arc::clone(&scene.attachment)).unwrap().unwrap();
    assert_eq!(found.read_chunk(ChunkIndex(4)).unwrap(), scene.chunk(4));
    assert_eq!(scene.names(), [""; 0]);
}

#[test]
fn a_file_is_complete_when_all_of_it_is_there_and_not_before() {
    let scene = Scene::new();
    let mut receiving = scene.receive();
    scene.write(&mut receiving, &[0, 1, 2, 3]);
    let error = receiving.finish().unwrap_err();
    assert!(
        matches!(
            error,
            AttachmentError::Incomplete {
                present: 4,
                chunk_count: CHUNKS
            }
        ),
        "{error}"
    );
    assert!(
        scene
            .open()
            .find(Arc::clone(&scene.attachment))
            .unwrap()
            .is_none()
    );
    let mut receiving = scene.receive();
    assert_eq!(present(&receiving), [0, 1, 2, 3]);
    scene.write(&mut receiving, &[4]);
    receiving.finish().unwrap();
    let again = scene.open().receive(Arc::clone(&scene.attachment)).unwrap_err();
    assert!(matches!(again, AttachmentError::Stored), "{again}");
}

/// After kill -9 nothing of what was written is lost, synced or not: what is in doubt is read and hashed.
#[test]
fn a_killed_node_goes_on_with_all_chunks_it_wrote() {
    let scene = Scene::new();
    let mut receiving = scene.receive();
    scene.write(&mut receiving, &[3, 1, 0]);
    drop(receiving);
    assert_eq!(scene.open().incoming().unwrap(), [scene.attachment.id()]);
    assert_eq!(present(&scene.receive()), [0, 1, 3]);
    // And again, from the list that was written anew.
    assert_eq!(present(&scene.receive()), [0, 1, 3]);
}

/// The sync that gives a line its rate: data first, then the list that speaks of it, not for each chunk.
#[test]
fn data_is_synced_before_the_list_and_not_for_each_chunk() {
    let scene = Scene::new();
    let mut receiving = scene.receive();
    scene.faults.take_log();
    scene.write(&mut receiving, &[0, 1, 2]);
    let log = scene.faults.take_log();
    let (data, list) = (receiving.data_path.clone(), receiving.list_path.clone());
    let expected = [
        ("write", data.clone()),
        ("write", list.clone()),
        ("write", data.clone()),
        ("write", list.clone()),
        ("fdatasync", data.clone()),
        ("write", list.clone()),
        ("fdatasync", list.clone()),
        ("write", data.clone()),
        ("write", list.clone()),
    ];
    assert_eq!(log, expected);
    receiving.sync().unwrap();
    assert_eq!(scene.faults.take_log().len(), 3);
    receiving.sync().unwrap();
    assert_eq!(scene.faults.take_log(), []);
}

#[test]
fn room_is_looked_for_before_anything_is_written() {
    let scene = Scene::new();
    let length = scene.sealed.len() as u64;
    let settings = AttachmentSettings {
        free_space_floor_bytes: 1_000,
        ..settings()
    };
    let attachments = Attachments::open(&scene.disk(), settings).unwrap();
    scene.faults.set_free_bytes(length + 999);
    scene.faults.take_log();
    let error = attachments.receive(Arc::clone(&scene.attachment)).unwrap_err();
    let is_full = matches!(error, AttachmentError::DiskFull { free_bytes, needed_bytes }
        if free_bytes == length + 999 && needed_bytes == length + 1_000);
    assert!(is_full && error.is_disk_full(), "{error}");
    let message = "01939c5e-7b1a-7cc3-8f00-0102030405aa".parse().unwrap();
    let error = attachments
        .begin_sealed(message, "1".parse().unwrap(), length)
        .unwrap_err();
    assert!(error.is_disk_full());
    assert_eq!(scene.faults.take_log(), []);
    // What was begun has its room.
    scene.faults.set_free_bytes(length + 1_000);
    drop(attachments.receive(Arc::clone(&scene.attachment)).unwrap());
    scene.faults.set_free_bytes(0);
    assert!(attachments.receive(Arc::clone(&scene.attachment)).is_ok());
}

#[test]
fn a_disk_that_is_full_after_all_leaves_nothing_behind() {
    let scene = Scene::new();
    scene.faults.fail("fallocate", ErrorKind::StorageFull);
    let error = scene.open().receive(Arc::clone(&scene.attachment)).unwrap_err();
    assert!(error.is_disk_full(), "{error}");
    assert_eq!(scene.left(), [""; 0]);
    // Of a disk that fails nothing more is asked.
    let attachments = scene.open();
    scene.faults.fail("fallocate", ErrorKind::Other);
    scene.faults.take_log();
    let error = attachments.receive(Arc::clone(&scene.attachment)).unwrap_err();
    assert!(!error.is_disk_full(), "{error}");
    let data = attachments.data_path(scene.attachment.id());
    assert_eq!(scene.faults.take_log(), [("create", data)]);
    scene.faults.mend();
    assert_eq!(present(&scene.receive()), [0; 0]);
}

/// An error of `fsync` is final: nobody tries again and believes a success.
#[test]
fn after_a_failed_sync_nothing_is_believed_until_the_file_is_taken_up_anew() {
    let scene = Scene::new();
    let mut receiving = scene.receive();
    scene.write(&mut receiving, &[0]);
    scene.faults.fail("fdatasync", ErrorKind::Other);
    assert!(matches!(
        receiving.write(&scene.chunk(1)),
        Err(AttachmentError::Disk(_))
    ));
    scene.faults.mend();
    assert!(matches!(
        receiving.write(&scene.chunk(2)),
        Err(AttachmentError::Stopped)
    ));
    assert!(matches!(receiving.sync(), Err(AttachmentError::Stopped)));
    assert!(matches!(receiving.finish(), Err(AttachmentError::Stopped)));
    assert_eq!(present(&scene.receive()), [0, 1]);
}

#[test]
fn a_file_has_one_writer_and_takes_its_own_chunks_only() {
    let scene = Scene::new();
    let attachments = scene.open();
    let mut receiving = attachments.receive(Arc::clone(&scene.attachment)).unwrap();
    for error in [
        attachments.receive(Arc::clone(&scene.attachment)).unwrap_err(),
        attachments.remove(scene.attachment.id()).unwrap_err(),
    ] {
        assert!(matches!(error, AttachmentError::InUse), "{error}");
    }
    let other = sealed(0x77);
    let foreign = chunk(&attachment_of(&other), &other, 0);
    assert!(matches!(receiving.write(&foreign), Err(AttachmentError::Foreign)));
    scene.write(&mut receiving, &[0]);
    drop(receiving);
    assert!(attachments.receive(Arc::clone(&scene.attachment)).is_ok());
}

#[test]
fn a_removed_file_is_gone_whole_or_not() {
    let scene = Scene::new();
    drop(scene.store_whole());
    let attachments = scene.open();
    attachments.remove(scene.attachment.id()).unwrap();
    scene.faults.cut_power(0);
    assert!(attachments.find(Arc::clone(&scene.attachment)).unwrap().is_none());
    let mut receiving = scene.receive();
    scene.write(&mut receiving, &[0, 1]);
    drop(receiving);
    attachments.remove(scene.attachment.id()).unwrap();
    assert_eq!((scene.names(), attachments.incoming().unwrap()), (vec![], vec![]));
    attachments.remove(scene.attachment.id()).unwrap();
}

#[test]
fn halves_that_a_crash_left_are_removed() {
    let scene = Scene::new();
    drop(scene.receive());
    let directory = scene.open().incoming_directory();
    let id = scene.attachment.id().to_string();
    fs::write(directory.join("ff.data"), b"x").unwrap();
    fs::write(directory.join("ee.have"), b"x").unwrap();
    fs::write(directory.join("sealing-x"), b"x").unwrap();
    fs::write(directory.join(format!("{id}.have.new")), b"x").unwrap();
    assert_eq!(scene.names(), [format!("{id}.data"), format!("{id}.have")]);
}

#[test]
fn a_file_that_is_sealed_here_is_found_by_what_it_is() {
    let scene = Scene::new();
    let attachments = scene.open();
    let message = "01939c5e-7b1a-7cc3-8f00-0102030405aa".parse().unwrap();
    let begin = || {
        attachments
            .begin_sealed(message, "1".parse().unwrap(), 100)
            .unwrap()
    };
    let finish = |file: SealedFile| {
        let expected = &scene.attachment;
        let (name, media_type) = (expected.name().clone(), expected.media_type().clone());
        file.finish(name, media_type, 100, expected.plaintext())
    };
    let mut file = begin();
    scene
        .sealed
        .chunks(300_001)
        .for_each(|piece| file.write_all(piece).unwrap());
    let stored = finish(file).unwrap();
    assert_eq!(stored.attachment(), &scene.attachment);
    scene.faults.cut_power(0);
    let found = attachments.find(Arc::clone(&scene.attachment)).unwrap().unwrap();
    assert_eq!(found.read_chunk(ChunkIndex(4)).unwrap(), scene.chunk(4));
    // Nothing at all cannot be an attachment; and what is not ended is removed.
    assert!(matches!(finish(begin()), Err(AttachmentError::Impossible(_))));
    let mut file = begin();
    file.write_all(b"abc").unwrap();
    drop(file);
    assert_eq!(scene.left(), [""; 0]);
    let mut file = begin();
    scene.faults.fail("write", ErrorKind::StorageFull);
    let chunk = vec![0; protocol::limits::CHUNK_BYTES];
    assert_eq!(file.write(&chunk).unwrap_err().kind(), ErrorKind::StorageFull);
    drop(file);
    // What is held back is written at the end at the latest.
    scene.faults.mend();
    let mut file = begin();
    file.write_all(&scene.sealed[..1000]).unwrap();
    scene.faults.fail("write", ErrorKind::StorageFull);
    assert!(finish(file).unwrap_err().is_disk_full());
    assert_eq!(scene.left(), [""; 0]);
}

/// What cannot be looked at may be there all the same: it is not received a second time.
#[test]
fn a_file_that_cannot_be_looked_at_is_not_taken_for_absent() {
    let scene = Scene::new();
    let attachments = scene.open();
    fs::write(parent_of(&attachments.whole_path(scene.attachment.id())), b"").unwrap();
    let found = attachments.find(Arc::clone(&scene.attachment)).map(|_| ());
    let received = attachments.receive(Arc::clone(&scene.attachment)).map(|_| ());
    for error in [found.unwrap_err(), received.unwrap_err()] {
        assert!(matches!(error, AttachmentError::Disk(_)), "{error}");
    }
}
