#![allow(clippy::unwrap_used, clippy::expect_used)]
//! A manifest is there tomorrow, says what was committed to, and shows nobody the names in it.

use protocol::attachment::{Attachment, AttachmentParts};
use protocol::digest::Digest;

use super::*;

const SALT: Salt = Salt::from_bytes([0x5a; 32]);

fn manifest(name: &str, chunks: u8) -> Manifest {
    let attachment = Attachment::new(AttachmentParts {
        name: name.parse().unwrap(),
        media_type: "text/csv".parse().unwrap(),
        plaintext_length_bytes: u64::from(chunks - 1) * (1 << 20) + 1,
        plaintext: Digest::of(name.as_bytes()),
        sealed_length_bytes: u64::from(chunks - 1) * (1 << 20) + 500,
        chunks: (0..chunks).map(|byte| Digest::from_bytes([byte; 32])).collect(),
    });
    Manifest::new(vec![Arc::new(attachment.unwrap())]).unwrap()
}

fn open(folder: &Path, secrets: &[u8]) -> Manifests {
    let secrets: Vec<_> = secrets
        .iter()
        .map(|secret| Zeroizing::new([*secret; 32]))
        .collect();
    Manifests::open(folder, &secrets).unwrap()
}

fn all_bytes(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        bytes.extend_from_slice(path.to_str().unwrap().as_bytes());
        if path.is_dir() {
            bytes.extend(all_bytes(&path));
        } else {
            bytes.extend(fs::read(&path).unwrap());
        }
    }
    bytes
}

#[test]
fn what_was_put_is_there_after_a_restart_and_names_nothing_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = manifest("suspects.csv", 3);
    let bytes = manifest.encode();
    let commitment = Manifest::commitment(&SALT, &bytes);
    let manifests = open(folder.path(), &[1]);
    assert_eq!(manifests.get(&commitment).unwrap(), None);
    manifests.put(&commitment, &SALT, &bytes).unwrap();
    manifests.put(&commitment, &SALT, &bytes).unwrap();
    let again = open(folder.path(), &[1]);
    let kept = again.get(&commitment).unwrap().unwrap();
    assert_eq!((kept.salt, &kept.bytes), (SALT, &bytes));
    assert_eq!(kept.read().unwrap(), manifest);
    assert_eq!(*again.manifest(&commitment).unwrap().unwrap(), manifest);
    let (_, attachment) = manifest.attachments().next().unwrap();
    assert_eq!(again.with_attachment(attachment.id()).unwrap(), [commitment]);
    let other = AttachmentId::from_bytes([7; 32]);
    assert_eq!(again.with_attachment(other).unwrap(), []);
    let disk = all_bytes(folder.path());
    assert!(!disk.windows(8).any(|window| window == b"suspects"));
}

#[test]
fn what_was_not_committed_to_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let manifests = open(folder.path(), &[1]);
    let bytes = manifest("a.csv", 1).encode();
    let other = Commitment::from_bytes([9; 32]);
    assert!(matches!(
        manifests.put(&other, &SALT, &bytes),
        Err(ManifestError::OtherManifest)
    ));
    let garbage = b"no manifest";
    let committed = Manifest::commitment(&SALT, garbage);
    assert!(matches!(
        manifests.put(&committed, &SALT, garbage),
        Err(ManifestError::Malformed(_))
    ));
    assert!(!manifests.path(&other).exists() && !manifests.path(&committed).exists());
}

#[test]
fn older_secrets_open_and_strangers_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = manifest("a.csv", 1).encode();
    let commitment = Manifest::commitment(&SALT, &bytes);
    open(folder.path(), &[1]).put(&commitment, &SALT, &bytes).unwrap();
    assert!(open(folder.path(), &[2, 1]).get(&commitment).unwrap().is_some());
    assert!(matches!(
        open(folder.path(), &[2]).get(&commitment),
        Err(ManifestError::Damaged(named)) if named == commitment
    ));
    assert!(matches!(
        Manifests::open(folder.path(), &[]),
        Err(ManifestError::NoKey)
    ));
}

#[test]
fn damage_is_found_and_no_file_can_take_anothers_place() {
    let folder = tempfile::tempdir().unwrap();
    let manifests = open(folder.path(), &[1]);
    let put = |name: &str| {
        let bytes = manifest(name, 1).encode();
        let commitment = Manifest::commitment(&SALT, &bytes);
        manifests.put(&commitment, &SALT, &bytes).unwrap();
        commitment
    };
    let (first, second) = (put("a.csv"), put("b.csv"));
    let stored = fs::read(manifests.path(&first)).unwrap();
    for place in 0..stored.len() {
        let mut flipped = stored.clone();
        flipped[place] ^= 1;
        assert!(manifests.unseal(&first, &flipped).is_err());
        assert!(manifests.unseal(&first, &stored[..place]).is_err());
    }
    fs::copy(manifests.path(&second), manifests.path(&first)).unwrap();
    assert!(matches!(manifests.get(&first), Err(ManifestError::Damaged(_))));
    assert!(manifests.get(&second).unwrap().is_some());
}

#[test]
fn what_is_removed_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let manifests = open(folder.path(), &[1]);
    let manifest = manifest("a.csv", 2);
    let bytes = manifest.encode();
    let commitment = Manifest::commitment(&SALT, &bytes);
    manifests.put(&commitment, &SALT, &bytes).unwrap();
    manifests.remove(&commitment).unwrap();
    manifests.remove(&commitment).unwrap();
    assert_eq!(manifests.manifest(&commitment).unwrap(), None);
    let (_, attachment) = manifest.attachments().next().unwrap();
    assert_eq!(manifests.with_attachment(attachment.id()).unwrap(), []);
}

#[test]
fn memory_keeps_the_last_and_no_more_than_its_limit() {
    let folder = tempfile::tempdir().unwrap();
    let manifests = open(folder.path(), &[1]);
    let large = u8::MAX;
    let fits = MANIFEST_CHUNKS_CACHED_MAX / usize::from(large);
    let manifest = Arc::new(manifest("a.csv", large));
    for number in 0..=u8::try_from(fits.min(254)).unwrap() {
        manifests.remember(Commitment::from_bytes([number; 32]), &manifest);
    }
    let cache = manifests.cache.lock().unwrap();
    assert_eq!(cache.len(), fits.min(255));
}
