//! When the machine fails, and how much of it is used.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::*;
use crate::SealError;
use crate::limits::PIPELINE_BLOCKS;

/// Gives zeros, a few at a time, up to a length, and then fails if it is told to.
struct Zeros {
    left: u64,
    given: Arc<AtomicU64>,
    fails: bool,
}

impl Read for Zeros {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 && self.fails {
            return Err(io::Error::other("the disk failed"));
        }
        let count = bytes.len().min(usize::try_from(self.left).unwrap()).min(10_007);
        bytes[..count].fill(0);
        self.left -= count as u64;
        self.given.fetch_add(count as u64, Ordering::SeqCst);
        Ok(count)
    }
}

/// Takes what it gets, holds it against what the source has given, and fails at a length.
struct Watching {
    taken: u64,
    given: Arc<AtomicU64>,
    ahead_max: Arc<AtomicU64>,
    fails_at: u64,
    is_kept: Arc<AtomicBool>,
}

impl Watching {
    fn of(given: &Arc<AtomicU64>) -> Self {
        Self {
            taken: 0,
            given: Arc::clone(given),
            ahead_max: Arc::default(),
            fails_at: u64::MAX,
            is_kept: Arc::new(AtomicBool::new(true)),
        }
    }
}

impl Write for Watching {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let ahead = self.given.load(Ordering::SeqCst).saturating_sub(self.taken);
        self.ahead_max.fetch_max(ahead, Ordering::SeqCst);
        self.taken += bytes.len() as u64;
        if self.taken > self.fails_at {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.is_kept.store(false, Ordering::SeqCst);
    }
}

fn zeros(length: u64) -> (Zeros, Arc<AtomicU64>) {
    let given = Arc::<AtomicU64>::default();
    let zeros = Zeros {
        left: length,
        given: Arc::clone(&given),
        fails: false,
    };
    (zeros, given)
}

fn seal_to_xb<R: Read + Send, W: Write + Send>(
    source: R,
    sink: W,
) -> Result<SealedAttachment, SealAttachmentError> {
    let certificates = [POLICE_XB.certificate()];
    let binding = attached(&POLICE_XA, &[&POLICE_XB]);
    seal_attachment(&POLICE_XA.key, &certificates, &binding, source, sink, sealed_at())
}

/// The source is never further ahead of the sink than the buffers between them: so memory does not grow
/// with the file, however slow the sink.
#[test]
fn sealing_and_opening_hold_a_bounded_part_of_a_file() {
    const LENGTH: u64 = 64 * 1024 * 1024;
    // What the three threads have in hand, and what is between them.
    let bound = (2 * PIPELINE_BLOCKS as u64 + 4) * 2 * ATTACHMENT_AEAD_CHUNK_BYTES as u64;
    assert!(bound * 8 < LENGTH);
    let (source, given) = zeros(LENGTH);
    let mut sink = Watching::of(&given);
    seal_to_xb(source, &mut sink).unwrap();
    assert!(
        sink.ahead_max.load(Ordering::SeqCst) <= bound,
        "{:?}",
        sink.ahead_max
    );

    let plain = vec![0; usize::try_from(LENGTH).unwrap()];
    let sealed = sealed_by(&POLICE_XA, &[&POLICE_XB], &plain);
    let attachment = in_manifest(&plain, &sealed);
    let envelope = binding(&POLICE_XA, &[&POLICE_XB]);
    let senders = [POLICE_XA.certificate()];
    let context = context(&POLICE_XB, &senders, &envelope);
    let given = Arc::<AtomicU64>::default();
    let source = Counted {
        bytes: &sealed,
        given: Arc::clone(&given),
    };
    let opened = open_attachment(source, Watching::of(&given), &label(), &attachment, &context).unwrap();
    assert_eq!(opened.staging.taken, LENGTH);
    assert!(opened.staging.ahead_max.load(Ordering::SeqCst) <= bound);
}

/// Bytes that say how many were read.
struct Counted<'a> {
    bytes: &'a [u8],
    given: Arc<AtomicU64>,
}

impl Read for Counted<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.read(bytes)?;
        self.given.fetch_add(count as u64, Ordering::SeqCst);
        Ok(count)
    }
}

#[test]
fn a_source_or_sink_that_fails_ends_sealing_and_is_named() {
    for length in [
        0,
        1,
        5 * PARTIAL_BODY_BYTES as u64,
        40 * PARTIAL_BODY_BYTES as u64,
    ] {
        let (mut source, given) = zeros(length);
        source.fails = true;
        let mut sealed = Vec::new();
        let error = seal_to_xb(source, &mut sealed).unwrap_err();
        assert!(
            matches!(error, SealAttachmentError::Source(_)),
            "{length}: {error:?}"
        );
        assert_eq!(given.load(Ordering::SeqCst), length);
        // What is there by then opens for nobody, or is nothing at all.
        let plain = vec![0; usize::try_from(length).unwrap()];
        if !sealed.is_empty() {
            assert!(open_at_xb(&sealed, &in_manifest(&plain, &vec![0; plain.len() + 1])).is_err());
        }
    }
    for fails_at in [0, 1_000_000, 5_000_000] {
        let (source, given) = zeros(10_000_000);
        let mut sink = Watching::of(&given);
        sink.fails_at = fails_at;
        let error = seal_to_xb(source, sink).unwrap_err();
        assert!(
            matches!(error, SealAttachmentError::Sink(_)),
            "{fails_at}: {error:?}"
        );
    }
}

/// `[SEAL]`: whoever hands in a staging place has it back after the last check, or never.
#[test]
fn the_staging_place_is_dropped_on_every_failure() {
    let plain = file(2_000_000);
    let sealed = sealed_by(&POLICE_XA, &[&POLICE_XB], &plain);
    let attachment = in_manifest(&plain, &sealed);
    let envelope = binding(&POLICE_XA, &[&POLICE_XB]);
    let senders = [POLICE_XA.certificate()];
    let strangers = [STRANGER_XE.certificate()];
    let outcome = |bytes: &[u8], senders: &[crate::Certificate], fails_at: u64| {
        let mut staging = Watching::of(&Arc::default());
        staging.fails_at = fails_at;
        let is_kept = Arc::clone(&staging.is_kept);
        let context = context(&POLICE_XB, senders, &envelope);
        let result = open_attachment(bytes, staging, &label(), &attachment, &context);
        assert_eq!(is_kept.load(Ordering::SeqCst), result.is_ok());
        result.map(|opened| opened.staging.taken)
    };
    assert_eq!(outcome(&sealed, &senders, u64::MAX).unwrap(), 2_000_000);
    let mut damaged = sealed.clone();
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    let error = outcome(&damaged, &senders, u64::MAX).unwrap_err();
    assert!(
        matches!(error, OpenAttachmentError::Refused(OpenError::Damaged)),
        "{error:?}"
    );
    // The whole plaintext was written by then, and still nobody gets it.
    let error = outcome(&sealed, &strangers, u64::MAX).unwrap_err();
    assert!(
        matches!(error, OpenAttachmentError::Refused(OpenError::SignerUnknown)),
        "{error:?}"
    );
    for fails_at in [0, 1, 300_000, 1_999_999] {
        let error = outcome(&sealed, &senders, fails_at).unwrap_err();
        assert!(
            matches!(error, OpenAttachmentError::Staging(_)),
            "{fails_at}: {error:?}"
        );
        assert_eq!(error.code(), None, "the sender is not at fault");
    }
}

#[test]
fn a_source_that_fails_while_opening_is_named() {
    let plain = file(2_000_000);
    let sealed = sealed_by(&POLICE_XA, &[&POLICE_XB], &plain);
    let attachment = in_manifest(&plain, &sealed);
    let envelope = binding(&POLICE_XA, &[&POLICE_XB]);
    let senders = [POLICE_XA.certificate()];
    let context = context(&POLICE_XB, &senders, &envelope);
    for length in [0, 10, 5_000, 700_000, sealed.len()] {
        let (mut failing, _) = zeros(0);
        failing.fails = true;
        let source = sealed[..length].chain(failing);
        let error = open_attachment(source, Vec::new(), &label(), &attachment, &context).unwrap_err();
        assert!(
            matches!(error, OpenAttachmentError::Source(_)),
            "{length}: {error:?}"
        );
    }
}

/// A file that is longer than the manifest says is not written any further.
#[test]
fn a_file_that_never_ends_is_not_written_beyond_what_the_manifest_says() {
    let plain = file(6_000_000);
    let sealed = sealed_by(&POLICE_XA, &[&POLICE_XB], &plain);
    let attachment = in_manifest(&plain[..1_000], &sealed);
    let error = open_at_xb(&sealed, &attachment).unwrap_err();
    assert!(matches!(error, OpenAttachmentError::NotAsInManifest), "{error:?}");
}

#[test]
fn recipients_are_checked_before_anything_is_read() {
    let (source, given) = zeros(100);
    let binding = attached(&POLICE_XA, &[&POLICE_XB]);
    let error = seal_attachment(&POLICE_XA.key, &[], &binding, source, Vec::new(), sealed_at()).unwrap_err();
    assert!(
        matches!(error, SealAttachmentError::Seal(SealError::NoRecipient)),
        "{error:?}"
    );
    assert_eq!(given.load(Ordering::SeqCst), 0);
}
