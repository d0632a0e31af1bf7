//! What lies on disk after each step, and what a start makes of it.

use super::*;

/// `[DIRECTORY]` A crash between any two steps leaves the old version or the new one, and a start completes
/// what was begun.
#[test]
fn a_stop_after_each_step_leaves_the_old_version_or_the_new_one() {
    for done in 0..=Keeping::STEPS.len() {
        let scene = Scene::new();
        let directory = scene.load().unwrap();
        let second = scene.signed(2);
        let current = directory.current();
        let trust = directory.keeping.trust(&current.directory.network);
        let opened = judge(&second, Some(&current.in_use()), &trust, now())
            .into_opened()
            .unwrap();
        let candidate = Candidate::of(opened).unwrap();
        for step in &Keeping::STEPS[..done] {
            step(&directory.keeping, &candidate.accepted, now()).unwrap();
        }
        drop(directory);
        let restarted = scene.load().unwrap();
        let expected = if done == 0 { 1 } else { 2 };
        assert_eq!(version(&restarted), expected, "after {done} steps");
        assert_eq!(
            fs::read(scene.file()).unwrap(),
            restarted.current().signed.as_bytes()
        );
        let noted = floor::read(&scene.config.node.directory_floor).unwrap().unwrap();
        assert_eq!(noted.version, expected);
        assert_eq!(
            scene.archive().read(expected).unwrap(),
            restarted.current().signed
        );
        assert_eq!(version(&scene.load().unwrap()), expected);
    }
}

/// The operator's file may be damaged, gone, or not ours to write: what was accepted stays in use.
#[test]
fn a_start_does_not_need_the_operators_file() {
    let scene = Scene::new();
    let directory = scene.load().unwrap();
    let candidate = directory
        .consider(&scene.signed(2), "XB", now())
        .unwrap()
        .unwrap();
    directory.put_to_use(candidate);
    drop(directory);
    for damage in [&b"damaged"[..], b""] {
        fs::write(scene.file(), damage).unwrap();
        let restarted = scene.load().unwrap();
        assert_eq!(version(&restarted), 2);
        assert_eq!(fs::read(scene.file()).unwrap(), damage, "the operator's to mend");
        assert!(restarted.reload(now()).is_err());
        assert_eq!(version(&restarted), 2);
    }
    fs::remove_file(scene.file()).unwrap();
    assert_eq!(version(&scene.load().unwrap()), 2);
    assert_eq!(
        SignedDirectory::from_bytes(&fs::read(scene.file()).unwrap()).unwrap(),
        scene.archive().read(2).unwrap(),
        "written where there is none"
    );
}

/// What an operator has just put there is newer than what a peer gives: it is not overwritten.
#[test]
fn a_newer_file_of_the_operator_stays() {
    let scene = Scene::new();
    let directory = scene.load().unwrap();
    let third = scene.signed(3);
    scene.network.give(0, &third);
    let candidate = directory
        .consider(&scene.signed(2), "XB", now())
        .unwrap()
        .unwrap();
    directory.put_to_use(candidate);
    assert_eq!(fs::read(scene.file()).unwrap(), third.as_bytes());
    assert_eq!(directory.reload(now()).unwrap(), Reloaded::Newer);
    assert_eq!(version(&directory), 3);
}

/// Threat 10: the floor holds without the archive, and the ledger without the floor.
#[test]
fn what_was_accepted_is_known_from_any_of_three_places() {
    let scene = Scene::new();
    let first = fs::read(scene.file()).unwrap();
    let directory = scene.load().unwrap();
    let candidate = directory
        .consider(&scene.signed(2), "XB", now())
        .unwrap()
        .unwrap();
    directory.put_to_use(candidate);
    let digest = directory.current().digest;
    drop(directory);
    fs::rename(
        scene.archive().folder(),
        scene.archive().folder().with_file_name("moved"),
    )
    .unwrap();
    fs::write(scene.file(), &first).unwrap();
    let rollback = DirectoryError::Rollback { known: 2, offered: 1 };
    assert_eq!(refusal(scene.load()), rollback);
    fs::remove_file(&scene.config.node.directory_floor).unwrap();
    assert_eq!(refusal(scene.load_knowing(Some((2, digest)))), rollback);
    // Another directory of the version that the ledger knows is a fork.
    fs::write(
        scene.file(),
        scene.network.sign(&scene.version(2, 2 * DAY)).as_bytes(),
    )
    .unwrap();
    let refused = refusal(scene.load_knowing(Some((2, digest))));
    assert_eq!(refused, DirectoryError::Fork { version: 2 });
    assert_eq!(version(&scene.load().unwrap()), 2, "nothing is known of another");
}

/// A node of an earlier release has a floor without key sets, and no archive.
#[test]
fn the_disk_of_an_earlier_release_is_taken_over() {
    let scene = Scene::new();
    let signed = SignedDirectory::from_bytes(&fs::read(scene.file()).unwrap()).unwrap();
    let floor = &scene.config.node.directory_floor;
    fs::write(floor, format!("1 {}\n", signed.digest().unwrap())).unwrap();
    let directory = scene.load().unwrap();
    assert_eq!(version(&directory), 1);
    assert_eq!(scene.archive().read(1), Some(signed));
}

/// `[SEAL]` What left the directory is found by the time of what it signed.
#[test]
fn certificates_that_have_left_are_found_again() {
    let mut scene = Scene::new();
    let directory = scene.load().unwrap();
    let office: ContactPoint = "XB/police".parse().unwrap();
    let old = directory.certificates_ever(&office);
    let then = now();
    scene.network.recertify(1, 3);
    let candidate = directory
        .consider(&scene.signed(2), "XB", then.plus(DAY))
        .unwrap()
        .unwrap();
    directory.put_to_use(candidate);
    assert_eq!(directory.certificates_ever(&office).len(), 2);
    let fingerprints = |certificates: Vec<Certificate>| -> Vec<String> {
        certificates
            .iter()
            .map(|one| one.fingerprint().to_string())
            .collect()
    };
    assert_eq!(
        fingerprints(directory.certificates_at(&office, then)),
        fingerprints(old.clone())
    );
    let new = fingerprints(directory.certificates_at(&office, then.plus(2 * DAY)));
    assert!(new != fingerprints(old) && new.len() == 1);
    assert_eq!(directory.all_certificates_at(then).len(), 2);
    let key = scene.network.members[1].record.ledger_keys[0].value.clone();
    let party = scene.network.members[1].party;
    assert_eq!(directory.ledger_keys_ever(party, key.name(), then), [key]);
}
