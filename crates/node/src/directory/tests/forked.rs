//! Forks are kept, both of them, and are an alarm until people have settled the matter `[DIRECTORY]`.

use control::events::EventKind;

use super::*;
use crate::news::News;
use crate::stop::stop_pair;
use crate::testing::secretariat::{Secretariat, public};

#[test]
fn a_fork_keeps_both_and_what_is_in_use_stays() {
    let scene = Scene::new();
    let directory = scene.load().unwrap();
    let ours = directory.current().signed.clone();
    let other = scene.network.sign(&scene.version(1, 2 * DAY));
    let changes = directory.forks_changes();
    let fork = DirectoryError::Fork { version: 1 };
    assert_eq!(refusal(directory.consider(&other, "XB", now())), fork);
    assert!(changes.has_changed().unwrap());
    assert_eq!(directory.current().signed, ours);
    let standing = directory.forks();
    assert_eq!(standing.len(), 1);
    assert_eq!((standing[0].of, standing[0].number), (Forked::Directory, 1));
    // Both lie there, byte for byte.
    assert_eq!(fs::read(&standing[0].file).unwrap(), other.as_bytes());
    assert_eq!(scene.archive().read(1), Some(ours));
    // The same again is no news; a third one is.
    assert_eq!(refusal(directory.consider(&other, "XC", now())), fork);
    assert_eq!(directory.forks(), standing);
    let third = scene.network.sign(&scene.version(1, 3 * DAY));
    scene.network.give(0, &third);
    assert_eq!(refusal(directory.reload(now())), fork);
    assert_eq!(directory.forks().len(), 2);
}

/// At a start as well, where the file is another directory of the version that was in use.
#[test]
fn a_fork_is_noticed_at_a_start_and_the_alarm_outlives_it() {
    let scene = Scene::new();
    let ours = scene.load().unwrap().current().signed.clone();
    let other = scene.network.sign(&scene.version(1, 2 * DAY));
    scene.network.give(0, &other);
    let directory = scene.load().unwrap();
    assert_eq!(directory.current().signed, ours);
    assert_eq!(directory.forks().len(), 1);
    scene.network.give(0, &ours);
    let restarted = scene.load().unwrap();
    assert_eq!(restarted.forks(), directory.forks());
    // It ends when an operator has moved the proof, and had the node look again.
    let proof = &restarted.forks()[0].file;
    fs::rename(proof, proof.with_extension("settled")).unwrap();
    assert_eq!(restarted.forks().len(), 1);
    assert_eq!(restarted.reload(now()).unwrap(), Reloaded::Same);
    assert!(restarted.forks().is_empty());
}

#[test]
fn what_the_secretariat_did_not_sign_raises_no_alarm() {
    let scene = Scene::new();
    let directory = scene.load().unwrap();
    let stranger = SecretariatKey::from_seed(&[0xe1; 32]);
    let forged = SignedDirectory::sign(&scene.version(1, 2 * DAY), &stranger).unwrap();
    assert!(directory.consider(&forged, "XB", now()).is_err());
    assert!(directory.forks().is_empty());
}

#[test]
fn two_key_sets_of_one_number_are_an_alarm_if_they_were_signed() {
    let mut scene = Scene::new();
    scene.config.directory.trusted = public(&[1, 2, 3]);
    scene.config.directory.threshold = 2;
    let first = Secretariat::of(&[1, 2, 3], 2);
    let second = first.next(&[2, 3, 4], 2, &[1, 2, 4]);
    scene
        .network
        .give(0, &second.sign(&scene.version(1, DAY), &[2, 4]));
    let directory = scene.load().unwrap();
    let refused = DirectoryError::KeySet(KeySetError::Fork { number: 2 });
    // Written down by whoever holds one key.
    let claimed = first.next(&[1, 5], 1, &[1, 5]);
    let offered = claimed.sign(&scene.version(2, DAY), &[1]);
    assert_eq!(refusal(directory.consider(&offered, "XB", now())), refused);
    assert!(directory.forks().is_empty());
    // Handed over to others by a threshold of the first set.
    let other = first.next(&[1, 2, 5], 2, &[1, 2]);
    let offered = other.sign(&scene.version(2, DAY), &[1, 2]);
    assert_eq!(refusal(directory.consider(&offered, "XB", now())), refused);
    let standing = directory.forks();
    assert_eq!((standing[0].of, standing[0].number), (Forked::KeySet, 2));
    assert_eq!(fs::read(&standing[0].file).unwrap(), other.sets[1].as_bytes());
    assert_eq!(version(&directory), 1);
}

/// Whoever listens to `/v1/events` hears of it at once.
#[tokio::test]
async fn a_fork_is_told_as_an_event() {
    let scene = Scene::new();
    let directory = Arc::new(scene.load().unwrap());
    let news = News::default();
    let mut events = news.listen();
    let (stopper, stop) = stop_pair();
    let watching = tokio::spawn(watch(Watch {
        directory: Arc::clone(&directory),
        clock: Arc::new(Clock::default()),
        news,
        stop,
    }));
    let other = scene.network.sign(&scene.version(1, 2 * DAY));
    assert!(directory.consider(&other, "XB", now()).is_err());
    let told = tokio::time::timeout(Duration::from_secs(60), events.recv()).await;
    assert_eq!(told.unwrap().unwrap().event, EventKind::DirectoryFork);
    stopper.stop();
    watching.await.unwrap();
}
