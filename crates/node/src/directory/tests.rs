#![allow(clippy::unwrap_used, clippy::expect_used)]
//! What is believed at the first load, after a restart, on a reload and from peers: the same, and the
//! signature alone decides.

use std::fs;
use std::time::Duration;

use protocol::directory::Directory;
use protocol::key::SecretariatKey;

use super::archive::Archive;
use super::*;
use crate::clock::Clock;
use crate::config::Config;
use crate::testing::Network;

mod disk;
mod forked;
mod several;

/// One node of a network, and what it has on disk.
struct Scene {
    network: Network,
    config: Config,
}

impl Scene {
    fn new() -> Self {
        let network = Network::of(&["XA", "XB"]);
        let config = network.config(0);
        Self { network, config }
    }

    fn load(&self) -> Result<CurrentDirectory, LoadError> {
        self.load_knowing(None)
    }

    fn load_knowing(&self, known: Option<(u64, Digest)>) -> Result<CurrentDirectory, LoadError> {
        CurrentDirectory::load(
            &self.config.directory,
            &self.config.node.directory_floor,
            known,
            now(),
        )
    }

    fn archive(&self) -> Archive {
        Archive::new(self.config.node.directory_floor.with_file_name("directories"))
    }

    fn file(&self) -> &Path {
        &self.config.directory.file
    }

    /// A version that is like the members, and differs from others of its number by when it ends.
    fn version(&self, number: u64, ends_after: Duration) -> Directory {
        let mut directory = self.network.directory(number);
        directory.expires_at = directory.issued_at.plus(ends_after);
        directory
    }

    fn signed(&self, number: u64) -> SignedDirectory {
        self.network.sign(&self.version(number, DAY))
    }
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn now() -> UnixMillis {
    Clock::default().now()
}

fn version(directory: &CurrentDirectory) -> u64 {
    directory.current().directory.version
}

fn refusal<T: std::fmt::Debug>(result: Result<T, LoadError>) -> DirectoryError {
    match result.unwrap_err() {
        LoadError::Refused { source, .. } => source,
        other => panic!("{other}"),
    }
}

/// `[DIRECTORY]` Threat 10, only forward: an older version that is put back is refused, while it runs and at
/// the next start, and what was in use stays in use.
#[test]
fn an_older_version_is_never_taken_again() {
    let mut scene = Scene::new();
    let first = fs::read(scene.file()).unwrap();
    let directory = scene.load().unwrap();
    assert_eq!(version(&directory), 1);
    assert_eq!(directory.reload(now()).unwrap(), Reloaded::Same);

    scene.network.publish();
    let mut changes = directory.changes();
    assert_eq!(directory.reload(now()).unwrap(), Reloaded::Newer);
    assert!(changes.has_changed().unwrap() && *changes.borrow_and_update() == 2);
    assert_eq!(version(&directory), 2);
    fs::write(scene.file(), &first).unwrap();
    let rollback = DirectoryError::Rollback { known: 2, offered: 1 };
    assert_eq!(refusal(directory.reload(now())), rollback);
    let offered = SignedDirectory::from_bytes(&first).unwrap();
    assert_eq!(refusal(directory.consider(&offered, "XB", now())), rollback);
    assert_eq!(version(&directory), 2);
    fs::write(scene.file(), &first).unwrap();
    assert_eq!(version(&scene.load().unwrap()), 2);
}

/// `[DIRECTORY]` Nobody but the secretariat makes one, and one that was touched is none.
#[test]
fn what_the_secretariat_did_not_sign_is_refused() {
    let scene = Scene::new();
    let mut stranger = scene.config.directory.clone();
    stranger.trusted = vec![SecretariatKey::from_seed(&[0xe1; 32]).public()];
    let floor = &scene.config.node.directory_floor;
    let refused = CurrentDirectory::load(&stranger, floor, None, now());
    assert_eq!(
        refusal(refused),
        DirectoryError::NotSigned { valid: 0, needed: 1 }
    );

    let good = fs::read(scene.file()).unwrap();
    for at in [good.len() / 4, good.len() / 2, good.len() - 1] {
        let mut flipped = good.clone();
        flipped[at] ^= 1;
        fs::write(scene.file(), flipped).unwrap();
        assert!(scene.load().is_err());
    }
    fs::write(scene.file(), &good[..good.len() - 1]).unwrap();
    assert!(scene.load().is_err());
    assert!(
        scene.archive().versions().unwrap().is_empty(),
        "nothing of it was kept"
    );
    fs::write(scene.file(), good).unwrap();
    assert!(scene.load().is_ok());
}

/// A peer's is judged like the operator's, and kept before it can be used.
#[test]
fn what_a_peer_offers_is_judged_alike() {
    let scene = Scene::new();
    let directory = scene.load().unwrap();
    let second = scene.signed(2);
    let candidate = directory.consider(&second, "XB", now()).unwrap().unwrap();
    assert_eq!(version(&directory), 1, "not in use yet");
    assert_eq!(scene.archive().read(2), Some(second.clone()));
    assert_eq!(
        floor::read(&scene.config.node.directory_floor)
            .unwrap()
            .unwrap()
            .version,
        2
    );
    assert_eq!(fs::read(scene.file()).unwrap(), second.as_bytes());
    directory.put_to_use(candidate);
    assert_eq!(version(&directory), 2);
    assert!(directory.consider(&second, "XB", now()).unwrap().is_none());

    let mut other = scene.version(3, DAY);
    other.network = "other.example.org".to_owned();
    let other = scene.network.sign(&other);
    assert_eq!(
        refusal(directory.consider(&other, "XB", now())),
        DirectoryError::OtherNetwork
    );
    let stranger = SecretariatKey::from_seed(&[0xe1; 32]);
    let forged = SignedDirectory::sign(&scene.version(3, DAY), &stranger).unwrap();
    assert_eq!(
        refusal(directory.consider(&forged, "XB", now())),
        DirectoryError::NotSigned { valid: 0, needed: 1 }
    );
    // Threat 12: whoever stole the key cannot use the numbers up.
    let far = scene.signed(1 << 40);
    assert!(matches!(
        refusal(directory.consider(&far, "XB", now())),
        DirectoryError::Invalid { .. }
    ));
    assert_eq!(version(&directory), 2);
    assert_eq!(
        scene.archive().versions().unwrap(),
        [1, 2],
        "nothing else was kept"
    );
}

/// Threat 11: what has ended is not taken, by no way; what was in use and ends is said to have ended.
#[test]
fn a_directory_that_has_ended_is_not_taken() {
    let mut scene = Scene::new();
    scene.config.directory.grace_days = 0;
    let directory = scene.load().unwrap();
    let ended = scene.network.sign(&Directory {
        issued_at: UnixMillis(now().0 - 2000),
        expires_at: UnixMillis(now().0 - 1000),
        ..scene.version(2, DAY)
    });
    assert!(matches!(
        refusal(directory.consider(&ended, "XB", now())),
        DirectoryError::Expired { .. }
    ));
    assert_eq!(directory.freshness(now()), Freshness::Current);
    let later = now().plus(2 * DAY);
    assert_eq!(directory.freshness(later), Freshness::Expired);
    // Nor does a node start with it: the clock may be wrong, and what waits would be given up.
    let floor = &scene.config.node.directory_floor;
    let load = |now| CurrentDirectory::load(&scene.config.directory, floor, None, now);
    assert!(matches!(refusal(load(later)), DirectoryError::Expired { .. }));
    let next = scene.network.sign(&scene.version(2, 3 * DAY));
    scene.network.give(0, &next);
    assert_eq!(version(&load(later).unwrap()), 2);
    // With days of grace it serves, and says so.
    scene.config.directory.grace_days = 1;
    let later = now().plus(3 * DAY + DAY / 2);
    let served = CurrentDirectory::load(&scene.config.directory, floor, None, later).unwrap();
    assert_eq!(served.freshness(later), Freshness::Grace);
}
