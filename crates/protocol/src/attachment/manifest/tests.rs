#![allow(clippy::unwrap_used, clippy::expect_used)]
//! `[TRANSFER]`: a manifest has one form, agrees with itself, and gives nothing away.

use super::*;
use crate::example::*;

fn parts() -> AttachmentParts {
    AttachmentParts {
        name: "subscribers.csv".parse().unwrap(),
        media_type: "text/csv".parse().unwrap(),
        plaintext_length_bytes: 2_000_000,
        plaintext: Digest::from_bytes([0x11; 32]),
        sealed_length_bytes: 2_000_500,
        chunks: vec![Digest::from_bytes([0xa0; 32]), Digest::from_bytes([0xa1; 32])],
    }
}

fn manifest() -> Manifest {
    Manifest::new(vec![Arc::new(Attachment::new(parts()).unwrap())]).unwrap()
}

fn named(number: usize) -> Arc<Attachment> {
    let name = format!("{number}").parse().unwrap();
    Arc::new(Attachment::new(AttachmentParts { name, ..parts() }).unwrap())
}

#[test]
fn a_manifest_is_as_on_the_first_day() {
    assert_golden!("attachment-manifest.cbor", &manifest().encode());
    let id = Attachment::new(parts()).unwrap().id().to_string();
    assert_eq!(
        id,
        "424b56a29998ed0adf4940323b28a5aaa7033cf7ad62c29ad5b895c983f010d2"
    );
    let commitment = Manifest::commitment(&Salt::from_bytes([7; 32]), &manifest().encode());
    assert_eq!(
        commitment.to_string(),
        "1471d3c9a9596022be5906023985bcc3a61d259f05866fe32be61794f63b7c9d"
    );
}

#[test]
fn a_manifest_survives_must_be_whole_and_has_one_form() {
    let two = Manifest::new(vec![named(1), named(2)]).unwrap();
    for manifest in [manifest(), two] {
        let bytes = manifest.encode();
        assert_eq!(Manifest::decode(&bytes), Ok(manifest));
        assert_only_the_whole(&bytes, |bytes| Manifest::decode(bytes).is_ok());
        assert_canonical_when_flipped(&bytes, |bytes| {
            Manifest::decode(bytes).ok().map(|manifest| manifest.encode())
        });
    }
}

#[test]
fn figures_that_contradict_each_other_are_refused() {
    let refused = |change: &dyn Fn(&mut AttachmentParts)| {
        let mut parts = parts();
        change(&mut parts);
        Attachment::new(parts).unwrap_err()
    };
    use ImpossibleAttachment as Impossible;
    assert_eq!(refused(&|parts| parts.chunks.clear()), Impossible::ChunkCount);
    assert_eq!(refused(&|parts| parts.chunks.truncate(1)), Impossible::ChunkCount);
    assert_eq!(
        refused(&|parts| parts.sealed_length_bytes = 2 * CHUNK_BYTES as u64 + 1),
        Impossible::ChunkCount
    );
    assert_eq!(
        refused(&|parts| parts.sealed_length_bytes = CHUNK_BYTES as u64),
        Impossible::ChunkCount
    );
    assert_eq!(
        refused(&|parts| parts.sealed_length_bytes = u64::MAX),
        Impossible::ChunkCount
    );
    assert_eq!(
        refused(&|parts| parts.plaintext_length_bytes = 2_000_500),
        Impossible::SealedLength
    );
    let many = vec![Digest::from_bytes([0; 32]); ATTACHMENT_CHUNKS_MAX + 1];
    assert_eq!(
        refused(&move |parts| parts.chunks = many.clone()),
        Impossible::TooLarge
    );
}

#[test]
fn a_manifest_has_a_bounded_number_of_different_attachments() {
    let all: Vec<_> = (0..ATTACHMENTS_PER_MESSAGE_MAX).map(named).collect();
    let full = Manifest::new(all.clone()).unwrap();
    assert_eq!(full.attachments().count(), ATTACHMENTS_PER_MESSAGE_MAX);
    assert_eq!(full.sealed_length_bytes(), 64 * 2_000_500);
    assert_eq!(full.find(all[7].id()), Some(&all[7]));
    let (label, _) = full.attachments().nth(7).unwrap();
    assert_eq!(
        (label.number.to_string().as_str(), label.name.as_str()),
        ("8", "7")
    );
    let more = [all, vec![named(1_000)]].concat();
    assert_eq!(Manifest::new(more), Err(ImpossibleAttachment::Count));
    assert_eq!(Manifest::new(vec![]), Err(ImpossibleAttachment::Count));
    assert_eq!(
        Manifest::new(vec![named(1), named(1)]),
        Err(ImpossibleAttachment::NameTwice)
    );
}

#[test]
fn the_largest_manifest_fits_its_limit_and_one_chunk_more_is_refused() {
    let of = |number: usize, chunks: usize| {
        Arc::new(
            Attachment::new(AttachmentParts {
                name: format!("{number}{}", "x".repeat(250)).parse().unwrap(),
                plaintext_length_bytes: 1,
                sealed_length_bytes: (chunks * CHUNK_BYTES) as u64,
                chunks: vec![Digest::from_bytes([0; 32]); chunks],
                ..parts()
            })
            .unwrap(),
        )
    };
    let half = MESSAGE_CHUNKS_MAX / 2 - 31;
    let mut all: Vec<_> = (0..62).map(|number| of(number + 10, 1)).collect();
    all.extend([of(80, half), of(81, half)]);
    let full = Manifest::new(all.clone()).unwrap();
    let bytes = full.encode();
    assert!(bytes.len() <= MANIFEST_BYTES_MAX);
    assert_eq!(Manifest::decode(&bytes).unwrap(), full);
    all[0] = of(10, 2);
    assert_eq!(Manifest::new(all), Err(ImpossibleAttachment::TooManyChunks));
    let long = vec![0; MANIFEST_BYTES_MAX + 1];
    assert_eq!(
        Manifest::decode(&long).unwrap_err().fault,
        Fault::TooLong(MANIFEST_BYTES_MAX)
    );
}

#[test]
fn chunks_of_another_length_are_refused() {
    let mut bytes = manifest().encode();
    let place = bytes
        .windows(5)
        .position(|five| five == [0x1a, 0x00, 0x10, 0x00, 0x00])
        .unwrap();
    bytes[place + 1] = 0x01;
    assert_eq!(
        Manifest::decode(&bytes).unwrap_err().fault,
        Fault::BadValue("chunks have another length")
    );
}

/// `[LEAF-PRIVACY]`: what a header says of a manifest depends on the salt, and is no commitment to a payload.
#[test]
fn a_commitment_depends_on_salt_and_bytes_and_is_for_manifests_only() {
    let bytes = manifest().encode();
    let salt = Salt::from_bytes([7; 32]);
    let commitment = Manifest::commitment(&salt, &bytes);
    assert_ne!(
        commitment,
        Manifest::commitment(&Salt::from_bytes([8; 32]), &bytes)
    );
    assert_ne!(commitment, Manifest::commitment(&salt, &bytes[1..]));
    assert_ne!(commitment, Commitment::to(&salt, &bytes));
}

#[test]
fn an_id_covers_everything_that_is_said_of_an_attachment() {
    let changes: [&dyn Fn(&mut AttachmentParts); 6] = [
        &|parts| parts.name = "other".parse().unwrap(),
        &|parts| parts.media_type = "text/plain".parse().unwrap(),
        &|parts| parts.plaintext_length_bytes -= 1,
        &|parts| parts.plaintext = Digest::from_bytes([0x12; 32]),
        &|parts| parts.sealed_length_bytes += 1,
        &|parts| parts.chunks.swap(0, 1),
    ];
    let mut ids = vec![Attachment::new(parts()).unwrap().id()];
    for change in changes {
        let mut parts = parts();
        change(&mut parts);
        ids.push(Attachment::new(parts).unwrap().id());
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 7);
}

#[test]
fn names_and_digests_are_not_shown() {
    let shown = format!("{:?}", manifest());
    assert!(
        !shown.contains("subscribers") && !shown.contains("1111"),
        "{shown}"
    );
}

#[test]
fn figures_are_told_and_names_and_digests_are_not() {
    let attachment = Attachment::new(parts()).unwrap();
    assert_eq!(attachment.plaintext_length_bytes(), 2_000_000);
    assert_eq!(attachment.sealed_length_bytes(), 2_000_500);
    let id = attachment.id();
    assert_eq!(
        format!("{attachment:?}"),
        format!("Attachment({id:?}, 2000500 bytes)")
    );
    assert_eq!(format!("{id:?}"), id.to_string());
}

/// What is announced must be possible, and the error says why it is not.
#[test]
fn an_impossible_attachment_is_refused_with_its_reason() {
    let bytes = |chunks: usize| {
        let chunks = vec![Digest::from_bytes([0xa0; 32]); chunks];
        Attachment::new(AttachmentParts { chunks, ..parts() })
            .map(|_| ())
            .unwrap_err()
    };
    assert_eq!(
        bytes(1).reason(),
        "the number of chunks does not fit the sealed length"
    );
    assert_eq!(
        bytes(ATTACHMENT_CHUNKS_MAX + 1).reason(),
        "an attachment has too many chunks"
    );
}

#[test]
fn each_reason_is_said_in_its_own_words() {
    use ImpossibleAttachment as Impossible;
    let reasons = [
        (Impossible::TooLarge, "an attachment has too many chunks"),
        (
            Impossible::ChunkCount,
            "the number of chunks does not fit the sealed length",
        ),
        (
            Impossible::SealedLength,
            "the sealed file is shorter than the plaintext",
        ),
        (Impossible::Count, "a manifest has no attachment, or too many"),
        (Impossible::NameTwice, "two attachments have the same name"),
        (
            Impossible::TooManyChunks,
            "the attachments have too many chunks together",
        ),
    ];
    for (impossible, reason) in reasons {
        assert_eq!(impossible.reason(), reason);
    }
}

/// The longest name and the longest media type that there can be are read back.
#[test]
fn the_longest_names_fit_into_a_manifest() {
    let part = "a".repeat(MEDIA_TYPE_PART_BYTES_MAX);
    let longest = AttachmentParts {
        name: "n".repeat(FILE_NAME_BYTES_MAX).parse().unwrap(),
        media_type: format!("{part}/{part}").parse().unwrap(),
        ..parts()
    };
    let manifest = Manifest::new(vec![Arc::new(Attachment::new(longest).unwrap())]).unwrap();
    assert_eq!(Manifest::decode(&manifest.encode()), Ok(manifest));
}

/// Garbage of the longest length is looked at; what is longer is not.
#[test]
fn a_manifest_is_of_at_most_so_many_bytes() {
    let fault = |bytes: usize| Manifest::decode(&vec![0xff; bytes]).unwrap_err().fault;
    assert_ne!(fault(MANIFEST_BYTES_MAX), Fault::TooLong(MANIFEST_BYTES_MAX));
    assert_eq!(fault(MANIFEST_BYTES_MAX + 1), Fault::TooLong(MANIFEST_BYTES_MAX));
}
