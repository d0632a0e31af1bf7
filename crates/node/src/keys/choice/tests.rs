#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::SystemTime;

use protocol::digest::Digest;
use protocol::verifier;

use super::*;
use crate::clock::Clock;
use crate::config::Config;
use crate::directory::CurrentDirectory;
use crate::keys::tests::{light, write_seed};
use crate::testing::{Algorithm, Network, Validity};

const HOUR: Duration = Duration::from_secs(3600);

fn now() -> UnixMillis {
    Clock::default().now()
}

fn earlier(by: Duration) -> UnixMillis {
    UnixMillis(now().0 - u64::try_from(by.as_millis()).unwrap())
}

fn period<T>(value: T, valid_from: UnixMillis) -> Period<T> {
    Period {
        value,
        valid_from,
        valid_until: None,
    }
}

fn key(byte: u8) -> EnvelopeKey {
    EnvelopeKey::from_seed(&[byte; 32])
}

struct Scene {
    network: Network,
    config: Config,
}

impl Scene {
    fn new() -> Self {
        let network = Network::of(&["XA"]);
        let config = light(&network);
        Self { network, config }
    }

    fn record(&mut self) -> &mut PartyRecord {
        &mut self.network.members[0].record
    }

    fn keys(&self) -> Keystore {
        Keystore::load(self.config.node.party, &self.config.keys).unwrap()
    }

    fn directory(&mut self) -> CurrentDirectory {
        self.network.publish();
        let floor = &self.config.node.directory_floor;
        CurrentDirectory::load(&self.config.directory, floor, None, now()).unwrap()
    }
}

#[test]
fn the_newest_key_that_is_valid_and_held_signs() {
    let mut scene = Scene::new();
    write_seed(&scene.config, "envelope.next.seed", 0x21);
    let keys = scene.keys();
    let begins = now().plus(HOUR);
    let record = scene.record();
    record.envelope_keys[0].valid_until = Some(begins.plus(HOUR));
    record.envelope_keys.push(period(key(0x21).public(), begins));
    // Not held: made elsewhere, or lost.
    record.envelope_keys.push(period(key(0x22).public(), begins));
    let record = scene.network.members[0].record.clone();
    let wanted = |at| keys.envelope_wanted(&record, at);
    assert_eq!(wanted(now()).unwrap().id(), key(1).id());
    assert_eq!(wanted(begins).unwrap().id(), key(0x21).id());
    assert_eq!(wanted(begins.plus(2 * HOUR)).unwrap().id(), key(0x21).id());
}

#[test]
fn the_ledger_key_changes_on_its_day() {
    let mut scene = Scene::new();
    write_seed(&scene.config, "ledger.next.seed", 0x21);
    let keys = scene.keys();
    let begins = now().plus(HOUR);
    let record = scene.record();
    let before = record.ledger_keys[0].value.clone();
    let next = verifier::ledger_key(before.name(), &[0x21; 32]).unwrap();
    record.ledger_keys.push(period(next.clone(), begins));
    let record = scene.network.members[0].record.clone();
    let wanted = |at| keys.ledger_wanted(&record, at).unwrap().verifier_key().clone();
    assert_eq!(wanted(now()), before);
    assert_eq!(wanted(begins), next);
}

#[test]
fn a_hello_is_signed_with_the_key_that_peers_have_known_longest() {
    let mut scene = Scene::new();
    write_seed(&scene.config, "envelope.next.seed", 0x21);
    let keys = scene.keys();
    let ends = now().plus(HOUR);
    let record = scene.record();
    record.envelope_keys[0].valid_until = Some(ends);
    record
        .envelope_keys
        .push(period(key(0x21).public(), earlier(HOUR)));
    let accepted = scene.directory().current();
    let hello = |at| keys.hello_key(&accepted, at).unwrap().id();
    assert_eq!(hello(now()), key(1).id());
    // By a clock that is ahead, it may be over already.
    assert_eq!(hello(UnixMillis(ends.0 - 60_000)), key(0x21).id());
    assert_eq!(hello(ends), key(0x21).id());
}

#[test]
fn a_certificate_is_shown_once_its_key_is_pinned_and_clocks_agree_that_it_is_good() {
    let mut scene = Scene::new();
    let name = scene.record().node.name.clone();
    let next = scene.network.members[0]
        .authority
        .issue(&name, Algorithm::Ed25519, Validity::Now);
    let folder = scene.config.keys.tls_key.parent().unwrap().to_owned();
    std::fs::write(folder.join("tls.next.crt.pem"), &next.chain_pem).unwrap();
    // Without its key it is a request that was not answered yet.
    assert_eq!(scene.keys().tls_identities().len(), 1);
    let key_path = folder.join("tls.next.key.pem");
    std::fs::write(&key_path, &next.key_pem).unwrap();
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&key_path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let keys = scene.keys();
    let pin = |directory: &CurrentDirectory| {
        let wanted = keys.tls_wanted(&directory.pins().load(), now());
        *wanted.unwrap().facts().pin.as_bytes()
    };
    let old = *scene.record().node.tls_pins[0].as_bytes();
    assert_eq!(pin(&scene.directory()), old);
    scene.record().node.tls_pins.push(Digest::from_bytes(next.pin));
    // Both began in 1975: of two, the one that was read last.
    assert_eq!(pin(&scene.directory()), next.pin);
    scene.record().node.tls_pins.remove(0);
    let directory = scene.directory();
    assert_eq!(pin(&directory), next.pin);
    keys.check_directory(&name, &directory.current(), now()).unwrap();
}

#[test]
fn a_directory_that_names_none_of_our_keys_is_said_to() {
    let mut scene = Scene::new();
    let keys = scene.keys();
    let name = scene.record().node.name.clone();
    let check = |scene: &mut Scene| {
        let directory = scene.directory();
        let checked = keys.check_directory(&name, &directory.current(), now());
        checked.map_err(|error| error.to_string())
    };
    check(&mut scene).unwrap();
    scene.record().envelope_keys = vec![period(key(0x44).public(), earlier(HOUR))];
    let refused = check(&mut scene).unwrap_err();
    assert!(refused.contains(&key(1).id().to_string()), "{refused}");
}

#[test]
fn an_office_signs_with_the_last_certificate_that_the_directory_names() {
    // Three certificates: the first, the next, and one whose first day is to come.
    let network = Network::of(&["XA"]);
    let folder = network.config(0).keys.openpgp_directory;
    let office = ContactPoint::new("XA".parse().unwrap(), "police").unwrap();
    let mut network = network;
    let next = crate::testing::openpgp_key(1);
    crate::testing::secret(&folder.join("police.next.key.asc"), &next.to_bytes());
    let config = network.config(0);
    let keys = Keystore::load(config.node.party, &config.keys).unwrap();
    assert_eq!(keys.openpgp_keys(&office).len(), 2);
    let directory = |network: &mut Network| {
        network.publish();
        let floor = &config.node.directory_floor;
        CurrentDirectory::load(&config.directory, floor, None, now()).unwrap()
    };
    let first = keys.openpgp(&office).unwrap();
    let signs = |directory: &CurrentDirectory| {
        let key = keys.signing_key(&office, &directory.current(), now()).unwrap();
        key.fingerprint().clone()
    };
    assert_eq!(signs(&directory(&mut network)), *first.fingerprint());
    let certificates = &mut network.members[0].record.contact_points[0].certificates;
    certificates.push(next.certificate().to_bytes());
    assert_eq!(signs(&directory(&mut network)), *next.certificate().fingerprint());
    let long_ago = UnixMillis(1);
    let accepted = directory(&mut network).current();
    assert!(keys.signing_key(&office, &accepted, long_ago).is_none());
    assert!(SystemTime::now() > next.certificate().begins_at());
}
