#![allow(clippy::unwrap_used, clippy::expect_used)]

use ::ledger::hash::leaf_hash;
use ::ledger::head::SignedHead;
use ::ledger::policy::Policy;
use protocol::verifier::ledger_signer;

use super::*;

fn policy() -> PolicyInUse {
    let text = "quorum none\n".to_owned();
    PolicyInUse {
        policy: Policy::parse(text.as_bytes()).unwrap(),
        text,
        witnesses: Vec::new(),
    }
}

fn head(origin: &str, size: u64) -> Witnessed {
    let checkpoint = Checkpoint {
        origin: origin.to_owned(),
        size,
        root: leaf_hash(&size.to_be_bytes()),
    };
    let signed = SignedHead::sign(checkpoint, &ledger_signer(origin, &[7; 32]).unwrap()).unwrap();
    Witnessed::of(signed.note().clone()).unwrap()
}

/// Of each ledger the newest, also after a restart: the one of last year is not forgotten.
#[test]
fn what_was_published_is_known_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("published");
    let (old, new) = ("node.xa.example/ledger/2026", "node.xa.example/ledger/2027");
    let published = Published::load(&folder, policy());
    assert_eq!(published.of(old), None);
    for witnessed in [head(old, 7), head(old, 9), head(new, 2)] {
        published.publish(witnessed).unwrap();
    }
    assert_eq!(*published.newest().unwrap(), head(new, 2));
    std::fs::write(folder.join("damaged.note"), "node").unwrap();
    let again = Published::load(&folder, policy());
    assert_eq!(again.newest(), None);
    assert_eq!(*again.of(old).unwrap(), head(old, 9));
    assert_eq!(*again.covering(old, 9).unwrap(), head(old, 9));
    assert_eq!(again.covering(old, 10), None);
    assert_eq!(*again.covering(new, 1).unwrap(), head(new, 2));
}
