#![allow(clippy::unwrap_used, clippy::expect_used)]
//! A ledger's first log keeps its name, whatever becomes of the directory.

use ledger::hash::leaf_hash;
use ledger::tree::Edge;
use protocol::directory::Period;
use protocol::entry::Entry;
use protocol::exchange::Commit;
use protocol::receipt::SignedCheckpoint;
use store::Store as _;
use store::memory::MemoryDisk;

use super::*;
use crate::keys::tests::light;
use crate::testing::Network;

const NOW: UnixMillis = UnixMillis(2_000);

fn name(year: u16) -> String {
    format!("node.xa.example/ledger/{year}")
}

/// The configured key under these names, each from its own time on.
fn record(network: &Network, keys: &Keystore, years: &[(u16, u64)]) -> PartyRecord {
    let mut record = network.members[0].record.clone();
    let period = |(year, from): &(u16, u64)| Period {
        value: keys
            .first_ledger_signer(&name(*year))
            .unwrap()
            .verifier_key()
            .clone(),
        valid_from: UnixMillis(*from),
        valid_until: None,
    };
    record.ledger_keys = years.iter().map(period).collect();
    record
}

fn commit(first: u64, entry: &Entry) -> Commit {
    let leaf = entry.encode();
    let mut edge = Edge::new();
    edge.append(leaf_hash(&leaf));
    Commit {
        first_index: first,
        leaves: vec![leaf].into(),
        payloads: Vec::new().into(),
        size_after: first + 1,
        root_after: edge.root(),
    }
}

#[test]
fn the_first_name_is_written_down_and_not_asked_for_again() {
    let network = Network::of(&["XA"]);
    let config = light(&network);
    let keys = Keystore::load(config.node.party, &config.keys).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (mut store, _) = MemoryDisk::new().open().unwrap();
    let reader = store.reader();
    let of = |folder: &Path, record| of_first_log(&keys, &*reader, folder, &record, NOW);
    let both = record(&network, &keys, &[(2026, 0), (2027, 1_000)]);
    // A ledger that has nothing yet begins with what is to be used now.
    assert_eq!(of(folder.path(), both.clone()).unwrap(), name(2027));
    // One that has something, and no file, had the oldest.
    let other = tempfile::tempdir().unwrap();
    let fact = Entry::Retrieved {
        at: NOW,
        message: protocol::ids::MessageId::from_parts(1, [1; 10]),
        actor: keys.actor("officer"),
    };
    let first = commit(0, &fact);
    store.commit(&first).unwrap();
    assert_eq!(of(other.path(), both).unwrap(), name(2026));
    // The directory has dropped it since: the name stays.
    let later = record(&network, &keys, &[(2027, 1_000)]);
    assert_eq!(of(other.path(), later.clone()).unwrap(), name(2026));
    // A flipped bit is not another name: the injected faults (`cargo xtask faults --only rot`) found
    // that it was.
    let written = fs::read_to_string(other.path().join(ORIGIN_FILE)).unwrap();
    let flipped = written.replacen("ledger/2026", "ledger/2027", 1);
    fs::write(other.path().join(ORIGIN_FILE), flipped).unwrap();
    let error = of(other.path(), later.clone()).unwrap_err().to_string();
    assert!(error.contains(ORIGIN_FILE), "{error}");
    // One of an earlier release has no sum.
    fs::write(other.path().join(ORIGIN_FILE), format!("{}\n", name(2026))).unwrap();
    assert_eq!(of(other.path(), later.clone()).unwrap(), name(2026));
    fs::write(other.path().join(ORIGIN_FILE), "two\nlines\n").unwrap();
    assert!(of(other.path(), later.clone()).is_err());
    // Once another log has begun, its first leaf says it.
    let (old, new) = (
        keys.first_ledger_signer(&name(2026)).unwrap(),
        keys.first_ledger_signer(&name(2027)).unwrap(),
    );
    let begun = Entry::LogBegun {
        at: NOW,
        position: 1,
        last: SignedCheckpoint::sign(1, first.root_after, &old).note(),
        old: Box::new(old.verifier_key().clone()),
        new: Box::new(new.verifier_key().clone()),
        witnessed: None,
    };
    store.commit(&commit(1, &begun)).unwrap();
    assert_eq!(of(other.path(), later).unwrap(), name(2026));
    let origins = succession::origins(&*reader).unwrap();
    assert_eq!(origins, [(0, name(2026)), (1, name(2027))]);
    let identity = succession::identity(&keys, &*reader, &name(2026)).unwrap();
    assert_eq!(identity.ledger.name(), name(2027));
    assert!(identity.former.ended_logs.contains(&name(2026)));
}
