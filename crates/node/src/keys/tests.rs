#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::files::parse_seed;
use super::*;
use crate::config::Config;
use crate::secret::FileError;
use crate::testing::Network;

/// A node's keys without OpenPGP ones, which are slow to unlock on purpose.
pub(super) fn light(network: &Network) -> Config {
    let config = network.config(0);
    fs::remove_file(config.keys.openpgp_directory.join("police.key.asc")).unwrap();
    config
}

pub(super) fn write_seed(config: &Config, name: &str, byte: u8) {
    let path = config.keys.envelope.with_file_name(name);
    fs::write(&path, format!("{}\n", format!("{byte:02x}").repeat(32))).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
}

fn id(byte: u8) -> KeyId {
    EnvelopeKey::from_seed(&[byte; 32]).id()
}

fn load(config: &Config) -> Result<Keystore, KeysError> {
    Keystore::load(config.node.party, &config.keys)
}

#[test]
fn a_seed_has_one_form() {
    let good = format!("{}\n", "0f".repeat(32));
    assert_eq!(parse_seed(good.as_bytes()).unwrap().0.as_slice(), &[0x0f; 32]);
    for bad in [
        "0f".repeat(32),
        format!("{}\n", "0F".repeat(32)),
        format!("{}\n", "0f".repeat(31)),
        format!("{}\r\n", "0f".repeat(32)),
        format!("{}\n\n", "0f".repeat(32)),
        format!("{}g\n", &"0f".repeat(32)[..63]),
        String::new(),
    ] {
        assert!(parse_seed(bad.as_bytes()).is_none(), "{bad:?}");
    }
}

#[test]
fn a_seed_is_never_printed() {
    let seed = parse_seed(format!("{}\n", "0f".repeat(32)).as_bytes()).unwrap();
    assert_eq!(format!("{seed:?}"), "Seed(..)");
}

#[test]
fn later_keys_lie_beside_the_configured_one_and_nothing_else_counts() {
    let network = Network::of(&["XA"]);
    let config = light(&network);
    write_seed(&config, "envelope.next.seed", 0x21);
    write_seed(&config, "envelope.20261122T063819Z.seed", 0x22);
    // Not a word, another stem, another ending: none of these is a key.
    for other in [
        "envelope..seed",
        "envelope.a.b.seed",
        "envelopes.x.seed",
        "envelope.x.seed.bak",
    ] {
        write_seed(&config, other, 0x23);
    }
    let keys = load(&config).unwrap();
    for byte in [0x21, 0x22] {
        assert_eq!(keys.envelope_key(id(byte)).unwrap().id(), id(byte));
    }
    assert!(keys.envelope_key(id(0x23)).is_none());
    // The configured one stays the first.
    assert_eq!(keys.first_envelope_key().unwrap().id(), id(1));
}

#[test]
fn a_later_key_is_as_secret_as_the_first() {
    let network = Network::of(&["XA"]);
    let config = light(&network);
    write_seed(&config, "ledger.next.seed", 0x21);
    let path = config.keys.ledger.with_file_name("ledger.next.seed");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(
        load(&config),
        Err(KeysError::File(FileError::ReadableByOthers { .. }))
    ));
}

#[test]
fn reading_again_brings_new_keys_and_loses_none() {
    let network = Network::of(&["XA"]);
    let config = light(&network);
    let keys = load(&config).unwrap();
    assert_eq!((keys.refresh().unwrap(), keys.generation()), (Refreshed::Same, 0));
    write_seed(&config, "envelope.next.seed", 0x21);
    assert_eq!((keys.refresh().unwrap(), keys.generation()), (Refreshed::More, 1));
    assert!(keys.envelope_key(id(0x21)).is_some());
    fs::remove_file(config.keys.envelope.with_file_name("envelope.next.seed")).unwrap();
    assert_eq!(keys.refresh().unwrap(), Refreshed::Same);
    assert!(keys.envelope_key(id(0x21)).is_some(), "it may have signed");
    fs::write(config.keys.envelope.with_file_name("envelope.bad.seed"), "x").unwrap();
    assert!(keys.refresh().is_err());
    assert!(keys.envelope_key(id(0x21)).is_some() && keys.envelope_key(id(1)).is_some());
}

/// `[LEAF-PRIVACY]` Officers keep their numbers, and the case index its key, when the ledger key changes.
#[test]
fn what_hangs_on_the_first_ledger_key_stays() {
    let network = Network::of(&["XA"]);
    let config = light(&network);
    let before = load(&config).unwrap();
    write_seed(&config, "ledger.next.seed", 0x21);
    let after = load(&config).unwrap();
    assert_eq!(before.actor("Ana Example"), after.actor("Ana Example"));
    assert_eq!(before.index_secret(), after.index_secret());
}

/// Whichever of the two is damaged, or another pair's: both files are named, and what mends it.
#[test]
fn a_tls_certificate_and_a_key_that_do_not_fit_are_named() {
    let network = Network::of(&["XA", "XB"]);
    let (config, other) = (light(&network), network.config(1));
    let (certificate, key) = (&config.keys.tls_certificate, &config.keys.tls_key);
    let good = [fs::read(certificate).unwrap(), fs::read(key).unwrap()];
    let others = [
        fs::read(&other.keys.tls_certificate).unwrap(),
        fs::read(&other.keys.tls_key).unwrap(),
    ];
    for (file, whole, foreign) in [(certificate, &good[0], &others[0]), (key, &good[1], &others[1])] {
        let broken = String::from_utf8_lossy(whole).replacen('M', "N", 1).into_bytes();
        for bytes in [&b""[..], b"rubbish", &whole[..whole.len() / 2], &broken, foreign] {
            fs::write(file, bytes).unwrap();
            let error = load(&config).unwrap_err().to_string();
            for part in [certificate, key] {
                assert!(error.contains(&part.display().to_string()), "{error}");
            }
            assert!(error.contains("mend: "), "{error}");
        }
        fs::write(file, whole).unwrap();
    }
    load(&config).unwrap();
}
