//! How fast chunks are checked, written with their syncs, and read back, beside what the disk does alone:
//! `cargo run --release -p store --example attachment_files -- FOLDER MEBIBYTES`; 1024 if none are named.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a tool for developers")]

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use protocol::attachment::{Attachment, AttachmentParts, ChunkIndex};
use protocol::digest::Digest;
use protocol::limits::CHUNK_BYTES;
use store::{AttachmentSettings, Embedded, Settings};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| ".".to_owned())).join("attachment-measure");
    let chunk_count: u32 = arguments.next().map_or(1024, |text| text.parse().unwrap());
    std::fs::create_dir(&folder).unwrap();
    let length = chunk_count as usize * CHUNK_BYTES;
    println!("{chunk_count} chunks of 1 MiB; rates in MB/s");
    for round in 0..3 {
        alone(&folder, length);
        measure(&folder.join(format!("store-{round}")), chunk_count);
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

/// The same bytes in one file, with one sync at the end.
fn alone(folder: &std::path::Path, length: usize) {
    let path = folder.join("alone");
    let start = Instant::now();
    let mut file = File::create(&path).unwrap();
    let chunk = chunk(0);
    (0..length / CHUNK_BYTES).for_each(|_| file.write_all(&chunk).unwrap());
    file.sync_data().unwrap();
    println!("{:>14}: {:>6.0}", "disk alone", rate(length, start.elapsed()));
    std::fs::remove_file(path).unwrap();
}

fn measure(folder: &std::path::Path, chunk_count: u32) {
    let (store, _) = Embedded::open(folder, &Settings::default()).unwrap();
    let attachments = store.attachments(AttachmentSettings::default()).unwrap();
    let attachment = Arc::new(attachment(chunk_count));
    let length = chunk_count as usize * CHUNK_BYTES;
    let mut receiving = attachments.receive(Arc::clone(&attachment)).unwrap();
    let (mut checking, mut writing) = (Duration::ZERO, Duration::ZERO);
    for index in 0..chunk_count {
        let bytes = chunk(index);
        let start = Instant::now();
        let chunk = attachment.check_chunk(ChunkIndex(index), bytes).unwrap();
        checking += start.elapsed();
        let start = Instant::now();
        receiving.write(&chunk).unwrap();
        writing += start.elapsed();
    }
    let start = Instant::now();
    let stored = receiving.finish().unwrap();
    writing += start.elapsed();
    let start = Instant::now();
    std::io::copy(&mut stored.reader(), &mut std::io::sink()).unwrap();
    let reading = start.elapsed();
    for (what, time) in [
        ("check", checking),
        ("write and sync", writing),
        ("read verified", reading),
    ] {
        println!("{what:>14}: {:>6.0}", rate(length, time));
    }
    attachments.remove(attachment.id()).unwrap();
}

fn chunk(index: u32) -> Vec<u8> {
    let mut bytes = vec![0x5a; CHUNK_BYTES];
    bytes[..4].copy_from_slice(&index.to_be_bytes());
    bytes
}

fn attachment(chunk_count: u32) -> Attachment {
    Attachment::new(AttachmentParts {
        name: "file".parse().unwrap(),
        media_type: "application/octet-stream".parse().unwrap(),
        plaintext_length_bytes: 1,
        plaintext: Digest::from_bytes([0; 32]),
        sealed_length_bytes: u64::from(chunk_count) * CHUNK_BYTES as u64,
        chunks: (0..chunk_count).map(|index| Digest::of(&chunk(index))).collect(),
    })
    .unwrap()
}

fn rate(length: usize, time: Duration) -> f64 {
    length as f64 / 1e6 / time.as_secs_f64()
}
