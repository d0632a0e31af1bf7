//! A secretariat of several members: one stolen key gets nothing in, by no way `[DIRECTORY]` (threat 12).

use super::*;
use crate::testing::secretariat::{Secretariat, member, public};

/// A node that trusts members 1, 2 and 3, of whom two must sign, and has no directory yet.
fn scene_of(secretariat: &Secretariat) -> Scene {
    let mut scene = Scene::new();
    scene.config.directory.trusted = public(&[1, 2, 3]);
    scene.config.directory.threshold = 2;
    scene.give(&secretariat.sign(&scene.version(1, DAY), &[1, 3]));
    scene
}

impl Scene {
    fn give(&self, signed: &SignedDirectory) {
        self.network.give(0, signed);
    }
}

/// What a thief of one member's key can make of version 2.
fn thefts(scene: &Scene, secretariat: &Secretariat) -> Vec<(&'static str, SignedDirectory)> {
    let second = scene.version(2, DAY);
    let alone = SignedDirectory::sign(&second, &member(1)).unwrap();
    let lowered = Secretariat::signed_by(&[1, 2, 3], 1, &[1]);
    let own = Secretariat::of(&[1], 1);
    // A next set that hands all over to the thief, signed by the one key that it has.
    let taken = secretariat.next(&[1], 1, &[1]);
    let twice = SignedDirectory::merge(
        &[secretariat.sign(&second, &[1]), secretariat.sign(&second, &[1])],
        &public(&[1]),
    )
    .unwrap();
    vec![
        ("without key sets", alone),
        ("with one signature", secretariat.sign(&second, &[1])),
        ("with the same signature twice", twice),
        ("with a stranger's signature", secretariat.sign(&second, &[1, 9])),
        ("with a lowered threshold", lowered.sign(&second, &[1])),
        ("with a set of its own", own.sign(&second, &[1])),
        ("with a next set of its own", taken.sign(&second, &[1])),
    ]
}

#[test]
fn one_stolen_key_gets_nothing_in() {
    let secretariat = Secretariat::of(&[1, 2, 3], 2);
    // At the first load.
    let scene = scene_of(&secretariat);
    for (how, stolen) in thefts(&scene, &secretariat) {
        scene.give(&stolen);
        assert!(scene.load().is_err(), "{how}");
    }
    scene.give(&secretariat.sign(&scene.version(1, DAY), &[2, 3]));
    let directory = scene.load().unwrap();
    for (how, stolen) in thefts(&scene, &secretariat) {
        // From a peer, on a reload, after a restart.
        assert!(directory.consider(&stolen, "XB", now()).is_err(), "{how}");
        scene.give(&stolen);
        assert!(directory.reload(now()).is_err(), "{how}");
        assert_eq!(version(&directory), 1, "{how}");
        assert_eq!(version(&scene.load().unwrap()), 1, "{how}");
    }
    assert!(directory.forks().is_empty());
    assert_eq!(scene.archive().versions().unwrap(), [1]);
    // Two members get it in.
    let second = secretariat.sign(&scene.version(2, DAY), &[1, 2]);
    assert!(directory.consider(&second, "XB", now()).unwrap().is_some());
}

/// Without key sets, the configured threshold alone decides.
#[test]
fn the_configured_threshold_counts_where_there_are_no_key_sets() {
    let mut scene = Scene::new();
    scene.config.directory.trusted = public(&[1, 2, 3]);
    scene.config.directory.threshold = 2;
    let draft = SignedDirectory::draft(&scene.version(1, DAY), &[]).unwrap();
    let by = |members: &[u8]| {
        let copies = members
            .iter()
            .map(|number| draft.countersign(&member(*number)).unwrap());
        SignedDirectory::merge(&copies.collect::<Vec<_>>(), &public(members)).unwrap()
    };
    scene.give(&by(&[1]));
    assert_eq!(
        refusal(scene.load()),
        DirectoryError::NotSigned { valid: 1, needed: 2 }
    );
    scene.give(&by(&[1, 3]));
    assert!(scene.load().is_ok());
}

/// The secretariat's own keys change; a key that was withdrawn counts for nothing, also after a restart with
/// a configuration that still names it.
#[test]
fn a_withdrawn_key_counts_for_nothing_after_a_restart_either() {
    let first = Secretariat::of(&[1, 2, 3], 2);
    let scene = scene_of(&first);
    let directory = scene.load().unwrap();
    let second = first.next(&[2, 3, 4], 2, &[1, 2, 4]);
    let rotated = second.sign(&scene.version(2, DAY), &[2, 4]);
    let candidate = directory.consider(&rotated, "XB", now()).unwrap().unwrap();
    directory.put_to_use(candidate);
    assert_eq!(directory.current().key_set, Some(second.in_force.mark()));
    let noted = floor::read(&scene.config.node.directory_floor).unwrap().unwrap();
    assert_eq!(noted.key_set, Some(second.in_force.mark()));
    let withdrawn = first.sign(&scene.version(3, DAY), &[1, 2, 3]);
    assert!(directory.consider(&withdrawn, "XB", now()).is_err());
    drop(directory);
    // With nothing but the floor: the configuration names the first set.
    scene.give(&withdrawn);
    assert_eq!(version(&scene.load().unwrap()), 2);
    fs::rename(
        scene.archive().folder(),
        scene.archive().folder().with_file_name("moved"),
    )
    .unwrap();
    assert!(matches!(
        refusal(scene.load()),
        DirectoryError::KeySet(KeySetError::Withdrawn {
            in_force: 2,
            offered: 1
        })
    ));
    scene.give(&second.sign(&scene.version(3, DAY), &[3, 4]));
    assert_eq!(version(&scene.load().unwrap()), 3);
}
