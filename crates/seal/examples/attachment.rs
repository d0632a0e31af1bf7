//! How fast files are sealed and opened, beside what the same library's hash and ciphers do alone:
//! `cargo run --release -p seal --example attachment -- MEBIBYTES`; 1024 if none are named.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a tool for developers")]

use std::io::{Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use protocol::attachment::{Attachment, AttachmentParts, ChunkDigests, Label};
use protocol::digest::Digest;
use seal::attachment::{AttachmentBinding, open_attachment, seal_attachment};
use seal::{Binding, LockedKey, OpenContext, Password, Profile, UnlockedKey, Window};
use sequoia_openpgp::crypto::SessionKey;
use sequoia_openpgp::types::{AEADAlgorithm, HashAlgorithm, SymmetricAlgorithm};

const MEBIBYTE: usize = 1024 * 1024;
const BLOCK_BYTES: usize = seal::limits::ATTACHMENT_AEAD_CHUNK_BYTES;

/// Gives the same block again and again.
struct Repeated {
    block: Vec<u8>,
    left: usize,
}

impl Read for Repeated {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        let count = bytes.len().min(self.left).min(self.block.len());
        bytes[..count].copy_from_slice(&self.block[..count]);
        self.left -= count;
        Ok(count)
    }
}

/// Hashes chunks as the sender's node does, and keeps what is to be opened.
struct Sink {
    digests: ChunkDigests,
    kept: Vec<u8>,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.digests.update(bytes).map_err(std::io::Error::other)?;
        self.kept.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn main() {
    let length = std::env::args().nth(1).map_or(1024, |text| text.parse().unwrap()) * MEBIBYTE;
    println!("{} MiB; a rate is in MB/s of plaintext", length / MEBIBYTE);
    for _ in 0..3 {
        floors(length);
    }
    let before = resident_kib_max();
    seal_to_nothing(length);
    println!(
        "sealing to nowhere: {} KiB more memory, at {before} KiB",
        resident_kib_max() - before
    );
    for profile in [
        Profile::Default,
        Profile::Default,
        Profile::Default,
        Profile::PostQuantum,
    ] {
        measure(profile, length);
    }
}

fn floors(length: usize) {
    let block = vec![0x5a; BLOCK_BYTES];
    let rounds = length / BLOCK_BYTES;
    for algorithm in [HashAlgorithm::SHA256, HashAlgorithm::SHA512] {
        let mut hash = algorithm.context().unwrap().for_digest();
        let start = Instant::now();
        (0..rounds).for_each(|_| hash.update(&block));
        hash.into_digest().unwrap();
        println!("  {algorithm:>12} alone: {:>6.0}", rate(length, start.elapsed()));
    }
    for mode in [AEADAlgorithm::OCB, AEADAlgorithm::GCM] {
        let key = SessionKey::new(32).unwrap();
        let mut sealed = vec![0; BLOCK_BYTES + 16];
        let start = Instant::now();
        for round in 0..rounds {
            let mut nonce = vec![0; mode.nonce_size().unwrap()];
            nonce[..4].copy_from_slice(&u32::try_from(round).unwrap().to_be_bytes());
            let context = mode.context(SymmetricAlgorithm::AES256, &key, b"data", &nonce);
            context
                .unwrap()
                .for_encryption()
                .unwrap()
                .encrypt_seal(&mut sealed, &block)
                .unwrap();
        }
        println!("  AES-256-{mode:?} alone: {:>6.0}", rate(length, start.elapsed()));
    }
}

/// What sealing needs in memory, whatever the file.
fn seal_to_nothing(length: usize) {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
    let sender = key(Profile::Default, now);
    let source = Repeated {
        block: vec![0x5a; BLOCK_BYTES],
        left: length,
    };
    let recipients = [sender.certificate().clone()];
    seal_attachment(&sender, &recipients, &binding(), source, std::io::sink(), now).unwrap();
}

fn measure(profile: Profile, length: usize) {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
    let (sender, recipient) = (key(profile, now), key(profile, now));
    let binding = binding();
    let block: Vec<u8> = (0..BLOCK_BYTES).map(|at| (at * 31 % 251) as u8).collect();
    let source = Repeated { block, left: length };
    // Touched before, so that it is not the kernel's work on new memory that is measured.
    let mut kept = vec![1; length + length / 1000 + MEBIBYTE];
    kept.clear();
    let mut sink = Sink {
        digests: ChunkDigests::new(),
        kept,
    };
    let recipients = [recipient.certificate().clone()];
    let start = Instant::now();
    let sealed = seal_attachment(&sender, &recipients, &binding, source, &mut sink, now).unwrap();
    let sealing = start.elapsed();
    let attachment = attachment_of(
        &binding.label,
        sink.digests,
        sealed.plaintext_length_bytes,
        sealed.plaintext,
    );
    let senders = [sender.certificate().clone()];
    let context = OpenContext {
        recipient: &recipient,
        senders: &senders,
        co_recipients: &[],
        binding: &binding.message,
        received_at: now,
        window: Window::between(now, now),
    };
    let start = Instant::now();
    open_attachment(
        &*sink.kept,
        std::io::sink(),
        &binding.label,
        &attachment,
        &context,
    )
    .unwrap();
    let opening = start.elapsed();
    let (sealing, opening) = (rate(length, sealing), rate(length, opening));
    println!("{profile:>12}: seal {sealing:>6.0} (with the digests of chunks), open {opening:>6.0}");
}

fn binding() -> AttachmentBinding {
    let message = "01939c5e-7b1a-7cc3-8f00-0102030405aa".parse().unwrap();
    AttachmentBinding {
        label: Label {
            number: "1".parse().unwrap(),
            name: "file".parse().unwrap(),
            media_type: "application/octet-stream".parse().unwrap(),
        },
        message: Binding {
            message,
            case: protocol::ids::CaseId::opened_by(message),
            from: "XA/police".parse().unwrap(),
            to: vec!["XB/police".parse().unwrap()],
        },
    }
}

fn attachment_of(label: &Label, digests: ChunkDigests, length: u64, plaintext: Digest) -> Arc<Attachment> {
    let (sealed_length_bytes, chunks) = digests.finish();
    let parts = AttachmentParts {
        name: label.name.clone(),
        media_type: label.media_type.clone(),
        plaintext_length_bytes: length,
        plaintext,
        sealed_length_bytes,
        chunks,
    };
    Arc::new(Attachment::new(parts).unwrap())
}

fn key(profile: Profile, now: SystemTime) -> UnlockedKey {
    let password = Password::from("measuring".to_owned());
    let key = LockedKey::generate(profile, "Measure", now, &password).unwrap();
    key.unlock(&password).unwrap()
}

fn rate(length: usize, time: Duration) -> f64 {
    length as f64 / 1e6 / time.as_secs_f64()
}

fn resident_kib_max() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok())
        .unwrap_or(0)
}
