#![allow(clippy::unwrap_used, clippy::expect_used)]
//! What was accepted is there tomorrow, and nothing takes its place.

use super::*;
use crate::testing::Network;

const NOW: UnixMillis = UnixMillis(1_795_305_600_000);

fn signed(network: &Network, version: u64) -> SignedDirectory {
    network.sign(&network.directory(version))
}

fn keep(archive: &Archive, signed: &SignedDirectory, now: UnixMillis) -> Kept {
    let version = signed.peek().unwrap().version;
    archive
        .keep(version, signed, signed.digest().unwrap(), now)
        .unwrap()
}

#[test]
fn what_was_kept_is_read_again_and_stays_as_it_was() {
    let network = Network::of(&["XA", "XB"]);
    let folder = tempfile::tempdir().unwrap();
    let archive = Archive::new(folder.path().join("directories"));
    assert!(archive.versions().unwrap().is_empty());
    let (first, tenth) = (signed(&network, 1), signed(&network, 10));
    assert!(matches!(keep(&archive, &tenth, NOW), Kept::Yes));
    assert!(matches!(keep(&archive, &first, NOW), Kept::Yes));
    assert!(matches!(
        keep(&archive, &first, NOW.plus(std::time::Duration::from_secs(9))),
        Kept::Yes
    ));
    assert_eq!(archive.versions().unwrap(), [1, 10]);
    assert_eq!(archive.read(1), Some(first.clone()));
    assert_eq!(archive.read(2), None);
    assert_eq!(archive.accepted_at()[&1], NOW, "the first time counts");
    // Another one of that version does not take its place.
    let mut other = network.directory(1);
    other.expires_at = other.expires_at.plus(std::time::Duration::from_secs(1));
    let other = network.sign(&other);
    assert!(matches!(keep(&archive, &other, NOW), Kept::Other(digest) if digest == first.digest().unwrap()));
    assert_eq!(archive.read(1), Some(first));
}

/// Nothing is deleted to recover.
#[test]
fn a_damaged_file_is_set_aside() {
    let network = Network::of(&["XA", "XB"]);
    let folder = tempfile::tempdir().unwrap();
    let archive = Archive::new(folder.path().to_owned());
    let first = signed(&network, 1);
    keep(&archive, &first, NOW);
    fs::write(folder.path().join("1.cbor"), b"damaged").unwrap();
    assert_eq!(archive.read(1), None);
    assert!(matches!(keep(&archive, &first, NOW), Kept::Yes));
    assert_eq!(archive.read(1), Some(first));
    assert_eq!(fs::read(folder.path().join("1.damaged")).unwrap(), b"damaged");
}
