#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;

use super::*;
use crate::testing::Network;

/// `[DIRECTORY]` Only forward: an older version that is put back is refused, while it runs and at the next
/// start, and what was in use stays in use.
#[test]
fn an_older_version_is_never_taken_again() {
    let mut network = Network::of(&["XA", "XB"]);
    let config = network.config(0);
    let now = Clock::default().now();
    let load = || CurrentDirectory::load(&config.directory, &config.node.directory_floor, None, now);
    let file = &config.directory.file;
    let first = fs::read(file).unwrap();
    let directory = load().unwrap();
    assert_eq!(directory.current().directory.version, 1);
    assert_eq!(directory.reload(now).unwrap(), Reloaded::Same);

    network.publish();
    assert_eq!(directory.reload(now).unwrap(), Reloaded::Newer);
    assert_eq!(directory.current().directory.version, 2);
    fs::write(file, first).unwrap();
    assert!(matches!(directory.reload(now), Err(LoadError::Refused { .. })));
    assert_eq!(directory.current().directory.version, 2);
    assert!(matches!(load(), Err(LoadError::Refused { .. })));
}

/// `[DIRECTORY]` Nobody but the secretariat makes one, and one that was touched is none.
#[test]
fn what_the_secretariat_did_not_sign_is_refused() {
    let network = Network::of(&["XA", "XB"]);
    let other = Network::of(&["XA", "XB"]);
    let config = network.config(0);
    let now = Clock::default().now();
    let floor = &config.node.directory_floor;
    let file = &config.directory.file;
    let mut stranger = config.directory.clone();
    stranger.trusted = vec![protocol::key::SecretariatKey::from_seed(&[1; 32]).public()];
    let refused = CurrentDirectory::load(&stranger, floor, None, now);
    assert!(matches!(refused, Err(LoadError::Refused { .. })));

    let good = fs::read(file).unwrap();
    for at in [good.len() / 4, good.len() / 2, good.len() - 1] {
        let mut flipped = good.clone();
        flipped[at] ^= 1;
        fs::write(file, flipped).unwrap();
        assert!(CurrentDirectory::load(&config.directory, floor, None, now).is_err());
    }
    fs::write(file, &good[..good.len() - 1]).unwrap();
    assert!(CurrentDirectory::load(&config.directory, floor, None, now).is_err());

    // Two versions with one number are an equivocation, whoever signed them.
    fs::write(file, good).unwrap();
    CurrentDirectory::load(&config.directory, floor, None, now).unwrap();
    fs::copy(&other.config(0).directory.file, file).unwrap();
    let refused = CurrentDirectory::load(&config.directory, floor, None, now);
    assert!(matches!(refused, Err(LoadError::Refused { .. })));
}
