#![allow(clippy::unwrap_used, clippy::expect_used)]
//! Which files wait, for what, and for how long; `[TRANSFER]`.

use std::io::{Read, Write as _};

use protocol::attachment::{FileName, MediaType};
use protocol::digest::Digest;
use store::{Embedded, Settings};
use tempfile::TempDir;

use super::*;

const LARGEST: u64 = 10_000;

struct Scene {
    folder: TempDir,
    _store: Embedded,
    files: Arc<store::Attachments>,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = Embedded::open(&folder.path().join("data"), &Settings::default()).unwrap();
        let files = Arc::new(store.attachments(store::AttachmentSettings::default()).unwrap());
        Self {
            folder,
            _store: store,
            files,
        }
    }

    fn open(&self, secret: u8, is_recorded: impl Fn(MessageId) -> bool) -> Arc<Staging> {
        let folder = self.folder.path().join("staged");
        let secrets = [Zeroizing::new([secret; 32])];
        Staging::open(Arc::clone(&self.files), &folder, &secrets, LARGEST, is_recorded).unwrap()
    }
}

fn message(number: u8) -> MessageId {
    MessageId::from_parts(1_700_000_000_000, [number; 10])
}

fn wanted(message: ForMessage, name: &str, to: &str) -> Wanted {
    Wanted {
        message,
        route: WantedRoute {
            case: None,
            from: "XA/police".parse().unwrap(),
            to: vec![to.parse().unwrap()],
        },
        name: name.parse::<FileName>().unwrap(),
        media_type: "text/plain".parse::<MediaType>().unwrap(),
        expected_bytes: 0,
        officer: "Officer One".to_owned(),
        key: name.to_owned(),
    }
}

/// Puts a file there without OpenPGP, which the tests of `seal` and of the node are for.
fn stage(scene: &Scene, staging: &Arc<Staging>, wanted: Wanted, at: UnixMillis) -> Staged {
    let upload = staging.begin(wanted).unwrap();
    upload.stage_unsealed(&scene.files, at).unwrap()
}

/// The numbers of a message have no gap, and each file is named once, when it is sent.
#[test]
fn a_message_is_sent_with_all_its_files_and_no_others() {
    let scene = Scene::new();
    let staging = scene.open(1, |_| false);
    let now = UnixMillis(1_700_000_000_000);
    let one = message(1);
    let first = stage(
        &scene,
        &staging,
        wanted(ForMessage::New(one), "a", "XB/police"),
        now,
    );
    let known = ForMessage::Known(one);
    let mut joined = wanted(known, "b", "XB/police");
    joined.route.case = Some(CaseId::opened_by(one));
    let second = stage(&scene, &staging, joined.clone(), now);
    joined.name = "c".parse().unwrap();
    let third = stage(&scene, &staging, joined.clone(), now);
    let other = stage(
        &scene,
        &staging,
        wanted(ForMessage::New(message(2)), "d", "XB/police"),
        now,
    );
    let claim = |names: &[AttachmentName]| staging.claim(names, now).map(|claim| claim.map(drop));
    let all = [third.name, first.name, second.name];
    assert!(matches!(claim(&all[..2]), Err(StagingError::NotNamed(_))));
    assert!(matches!(
        claim(&[all[0], all[1], all[2], all[0]]),
        Err(StagingError::NamedTwice(_))
    ));
    assert!(matches!(
        claim(&[first.name, other.name]),
        Err(StagingError::SeveralMessages(..))
    ));
    let under_way = staging
        .begin(Wanted {
            name: "e".parse().unwrap(),
            ..joined.clone()
        })
        .unwrap();
    assert!(matches!(claim(&all), Err(StagingError::UnderWay)));
    drop(under_way);
    let old = now
        .plus(ATTACHED_BEFORE_MAX)
        .plus(std::time::Duration::from_millis(1));
    assert!(matches!(staging.claim(&all, old), Err(StagingError::TooOld(_))));

    let held = staging.claim(&all, now).unwrap().unwrap();
    assert!(matches!(claim(&all), Err(StagingError::Claimed)));
    assert!(matches!(staging.discard(first.name), Err(StagingError::Claimed)));
    assert!(matches!(
        staging.begin(joined.clone()),
        Err(StagingError::Claimed)
    ));
    drop(held);
    assert!(staging.discard(first.name).unwrap());
    assert!(matches!(claim(&all[..1]), Err(StagingError::Gap(_))));
    // The next file takes the place that is free.
    joined.name = "f".parse().unwrap();
    assert_eq!(stage(&scene, &staging, joined, now).name, first.name);
    let held = staging.claim(&all, now).unwrap().unwrap();
    held.note_sending("a key").unwrap();
    held.sent();
    assert_eq!(staging.list().len(), 1);
    assert_eq!(staging.sent_under("a key").unwrap(), Some(one));
    assert!(scene.files.find(second.attachment).unwrap().is_some());
}

/// A restart knows what waits; what is recorded waits no more, and its file stays; a file that never got its
/// name, or lies under another key, is nothing.
#[test]
fn a_restart_knows_what_waits() {
    let scene = Scene::new();
    let now = UnixMillis(1_700_000_000_000);
    let staging = scene.open(1, |_| false);
    let staged: Vec<Staged> = (1..=3)
        .map(|number| {
            let new = ForMessage::New(message(number));
            stage(&scene, &staging, wanted(new, "a", "XB/police"), now)
        })
        .collect();
    scene.files.remove(staged[1].attachment.id()).unwrap();
    drop(staging);
    // Nothing is left out without a word; the injected faults (`cargo xtask faults --only rot`) found
    // that it was.
    let under_another_key = scene.open(2, |_| false);
    assert!(under_another_key.list().is_empty());
    let error = under_another_key.check_whole().unwrap_err().to_string();
    assert!(error.contains(".staged"), "{error}");
    drop(under_another_key);
    let staging = scene.open(1, |recorded| recorded == message(3));
    let names: Vec<AttachmentName> = staging.list().iter().map(|one| one.name).collect();
    assert_eq!(names, [staged[0].name]);
    assert!(
        scene
            .files
            .find(Arc::clone(&staged[2].attachment))
            .unwrap()
            .is_some()
    );

    // What is old goes, unless a draft names it.
    let later = now
        .plus(ATTACHED_BEFORE_MAX)
        .plus(std::time::Duration::from_secs(1));
    staging.sweep(now, &BTreeSet::new()).unwrap();
    staging.sweep(later, &BTreeSet::from([message(1)])).unwrap();
    assert_eq!(staging.list().len(), 1);
    staging.sweep(later, &BTreeSet::new()).unwrap();
    assert!(staging.list().is_empty());
    assert!(
        scene
            .files
            .find(Arc::clone(&staged[0].attachment))
            .unwrap()
            .is_none()
    );
}

#[test]
fn what_is_too_much_is_refused_before_it_is_read() {
    let scene = Scene::new();
    let staging = scene.open(1, |_| false);
    let mut large = wanted(ForMessage::New(message(1)), "a", "XB/police");
    large.expected_bytes = LARGEST + 1;
    assert!(matches!(
        staging.begin(large),
        Err(StagingError::TooLarge(LARGEST))
    ));
    let places: Vec<Upload> = (0..STAGED_ATTACHMENTS_MAX)
        .map(|number| {
            let id = MessageId::from_parts(number as u64, [1; 10]);
            staging
                .begin(wanted(ForMessage::New(id), "a", "XB/police"))
                .unwrap()
        })
        .collect();
    let more = wanted(ForMessage::New(message(1)), "a", "XB/police");
    assert!(matches!(
        staging.begin(more.clone()),
        Err(StagingError::TooMany(_))
    ));
    drop(places);
    drop(staging.begin(more).unwrap());
    assert!(staging.list().is_empty());
    let unknown = wanted(ForMessage::Known(message(9)), "a", "XB/police");
    assert!(matches!(
        staging.begin(unknown),
        Err(StagingError::UnknownMessage(_))
    ));
}

impl Upload {
    fn stage_unsealed(self, files: &store::Attachments, at: UnixMillis) -> Result<Staged, StagingError> {
        let mut file = files.begin_sealed(self.name().message, self.name().number, 0)?;
        let mut unlike = Vec::new();
        std::io::Cursor::new(self.name().to_string()).read_to_end(&mut unlike)?;
        file.write_all(&unlike)?;
        let (name, kind) = self.called();
        let whole = file.whole(name, kind, 3, Digest::of(b"abc"))?;
        self.keep(whole, at)
    }
}
