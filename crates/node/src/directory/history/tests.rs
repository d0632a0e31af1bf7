#![allow(clippy::unwrap_used, clippy::expect_used)]
//! Which certificate counted when.

use std::time::Duration;

use super::*;
use crate::testing::Network;

const NOW: UnixMillis = UnixMillis(1_795_305_600_000);
const HOUR: Duration = Duration::from_secs(3_600);

fn archive(archive: &Archive, network: &Network, version: u64, at: UnixMillis) {
    let signed = network.sign(&network.directory(version));
    archive
        .keep(version, &signed, signed.digest().unwrap(), at)
        .unwrap();
}

fn fingerprints(certificates: &[Certificate]) -> Vec<String> {
    certificates
        .iter()
        .map(|one| one.fingerprint().to_string())
        .collect()
}

/// `[SEAL]` Old messages stay readable, and a certificate that left opens nothing new.
#[test]
fn a_certificate_counts_for_what_was_recorded_while_it_stood_there() {
    let mut network = Network::of(&["XA", "XB"]);
    let folder = tempfile::tempdir().unwrap();
    let kept = Archive::new(folder.path().to_owned());
    let history = History::of(kept.clone());
    let office: ContactPoint = "XB/police".parse().unwrap();
    archive(&kept, &network, 1, NOW);
    let old = history.certificates(&office, None);
    assert_eq!(old.len(), 1);
    // Version 3 has another certificate for the office; 2 was never in use here.
    network.recertify(1, 3);
    archive(&kept, &network, 3, NOW.plus(HOUR));
    assert_eq!(fingerprints(&history.certificates(&office, None)).len(), 2);
    let at = |time| fingerprints(&history.certificates(&office, Some(time)));
    let old = fingerprints(&old);
    for then in [UnixMillis(0), NOW, NOW.plus(HOUR / 2)] {
        assert_eq!(at(then), old);
        assert_eq!(history.all_certificates(then).len(), 2);
    }
    // While the new one was being taken, some were still held against the old one.
    assert_eq!(at(NOW.plus(HOUR)).len(), 2);
    let new = at(NOW.plus(2 * HOUR));
    assert!(new.len() == 1 && new != old);
    assert_eq!(at(UnixMillis(u64::MAX)), new);
    // A contact point that nobody has.
    assert!(
        history
            .certificates(&"XC/police".parse().unwrap(), None)
            .is_empty()
    );
}

#[test]
fn ledger_keys_that_have_left_are_known() {
    let mut network = Network::of(&["XA", "XB"]);
    let folder = tempfile::tempdir().unwrap();
    let kept = Archive::new(folder.path().to_owned());
    let history = History::of(kept.clone());
    let party: PartyCode = "XB".parse().unwrap();
    let key = network.members[1].record.ledger_keys[0].value.clone();
    archive(&kept, &network, 1, NOW);
    network.members.truncate(1);
    archive(&kept, &network, 2, NOW);
    let known = history.ledger_keys(party, key.name(), NOW);
    assert_eq!(known, std::slice::from_ref(&key));
    assert!(
        history.ledger_keys(party, key.name(), UnixMillis(0)).is_empty(),
        "before its period"
    );
    assert!(
        history
            .ledger_keys(party, "node.xc.example/ledger/2026", NOW)
            .is_empty()
    );
}

#[test]
fn a_damaged_version_is_left_out() {
    let network = Network::of(&["XA", "XB"]);
    let folder = tempfile::tempdir().unwrap();
    let kept = Archive::new(folder.path().to_owned());
    archive(&kept, &network, 1, NOW);
    std::fs::write(folder.path().join("2.cbor"), b"damaged").unwrap();
    // One that says of itself that it is another.
    std::fs::copy(folder.path().join("1.cbor"), folder.path().join("3.cbor")).unwrap();
    let history = History::of(kept);
    let office: ContactPoint = "XB/police".parse().unwrap();
    assert_eq!(history.certificates(&office, Some(UnixMillis(u64::MAX))).len(), 1);
}
