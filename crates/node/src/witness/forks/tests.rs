#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::*;

fn proof(party: &str, start: &str) -> KeptProof {
    KeptProof {
        party: party.parse().unwrap(),
        shows: Shows::Rollback,
        size: 988,
        start: start.to_owned(),
    }
}

#[test]
fn a_proof_is_found_again_by_its_name_and_few_are_kept_of_one_party() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("witness/forks");
    let forks = Forks::load(&folder);
    assert!(forks.standing().is_empty());
    let first = proof("XB", "91d4e6b0");
    assert_eq!(first.file_name(), "XB-rollback-988-91d4e6b0.proof");
    assert!(forks.keep(&first, "text").unwrap());
    assert!(!forks.keep(&first, "text").unwrap());
    for number in 0..2 * LEDGER_FORKS_KEPT_MAX {
        forks.keep(&proof("XB", &format!("{number:08}")), "text").unwrap();
    }
    assert!(forks.keep(&proof("XC", "00000000"), "text").unwrap());
    for name in [
        "XB-fork-7.proof",
        "XB-other-7-00.proof",
        "x-fork-7-00.proof",
        "XB-fork-7-00-1.proof",
        "note",
    ] {
        fs::write(folder.join(name), "").unwrap();
    }
    let again = Forks::load(&folder);
    assert_eq!(again.standing(), forks.standing());
    assert_eq!(again.standing().len(), LEDGER_FORKS_KEPT_MAX + 1);
    assert!(again.is_of(first.party) && !again.is_of("XD".parse().unwrap()));
}

/// Found by reading: whoever looked into the folder while a proof was kept put the list back as it was, and
/// exchange with that Party began again.
#[test]
fn a_proof_that_is_kept_while_somebody_looks_stays_known() {
    let parties = ["XA", "XB", "XC", "XD", "XE", "XF", "XG", "XH"];
    for _ in 0..8 {
        let folder = tempfile::tempdir().unwrap();
        let forks = Forks::load(&folder.path().join("forks"));
        let is_over = AtomicBool::new(false);
        let are_known = thread::scope(|scope| {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    forks.look_again();
                }
            });
            let are_known = parties.iter().all(|party| {
                let kept = proof(party, "00000000");
                forks.keep(&kept, "text").is_ok() && (0..20).all(|_| forks.is_of(kept.party))
            });
            is_over.store(true, Ordering::Relaxed);
            are_known
        });
        assert!(are_known);
        assert_eq!(forks.standing().len(), parties.len());
    }
}
