#![allow(clippy::unwrap_used, clippy::expect_used)]
//! Bundles whose sealed originals are really sealed, and are opened with their session keys `[SEAL]`.

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use protocol::directory::ContactPointRecord;
use protocol::ids::CaseId;
use protocol::time::UnixMillis;
use seal::{Binding, LockedKey, OpenContext, Password, Profile, UnlockedKey, Window};

use super::*;
use crate::bundle::sample::{ANSWER, Made, REQUEST, sent_at, sign, sum_up};
use crate::sample::{Network, at};

/// Making keys takes the longest of all.
static KEYS: LazyLock<[UnlockedKey; 2]> = LazyLock::new(|| {
    let password = Password::from("test".to_owned());
    ["XA/police", "XB/police"].map(|name| {
        let key = LockedKey::generate(Profile::Default, name, time(at(0)), &password).unwrap();
        key.unlock(&password).unwrap()
    })
});

fn time(at: UnixMillis) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(at.0)
}

/// A message that is sealed to its recipient and to its sender.
fn sealed(network: &Network, json: &str, place: usize) -> Made {
    let made = Story::message(json, u8::try_from(place).unwrap() + 1);
    let offices = [&network.xa.office, &network.xb.office].map(Clone::clone);
    let (from, to) = (&KEYS[place], &KEYS[1 - place]);
    let binding = Binding {
        message: made.id,
        case: CaseId::opened_by(Story::message(REQUEST, 1).id),
        from: offices[place].clone(),
        to: vec![offices[1 - place].clone()],
    };
    let now = time(sent_at(place));
    let recipients = [to.certificate().clone()];
    let sealed = seal::seal(from, &recipients, &binding, &made.json, now).unwrap();
    let context = OpenContext {
        recipient: to,
        senders: &[from.certificate().clone()],
        co_recipients: &[],
        binding: &binding,
        received_at: now,
        window: Window::between(now, now),
    };
    let (opened, key) = seal::reveal(&sealed, &context).unwrap();
    assert_eq!(*opened.body, made.json);
    Made {
        sealed,
        session_key: Some(key.to_text().to_string()),
        ..made
    }
}

fn story() -> Story {
    let mut network = Network::new();
    for (node, key) in [(&network.xa, &KEYS[0]), (&network.xb, &KEYS[1])] {
        let record = network.directory.parties.get_mut(&node.party).unwrap();
        record.contact_points = vec![ContactPointRecord {
            office: node.office.clone(),
            certificates: vec![key.certificate().to_bytes()],
            profile: "{}".to_owned(),
        }];
    }
    let messages = [(REQUEST, 0), (ANSWER, 1)].map(|(json, place)| sealed(&network, json, place));
    Story::of(network, messages)
}

/// Sums and the node's own signature made anew.
fn check_anew(story: &Story, mut files: Files) -> BundleReport {
    let bundle = Bundle::parse(&files[names::CONTENTS]).unwrap();
    sum_up(&mut files, &bundle);
    sign(&mut files, &bundle, &story.network);
    Bag::new(story).check_folder(&files)
}

#[test]
fn what_was_sealed_is_what_is_shown() {
    let story = story();
    let files = story.files(Told::All);
    let checked = Bag::new(&story).check_folder(&files);
    assert_eq!(checked.verdict(), Verdict::Valid, "{checked}");
    // As without content, and one by each contact point.
    assert_eq!(checked.report.signatures_valid, 8 + 2);
}

/// Not even the node that made the bundle can show another text than the one that was sealed, nor another
/// message as the one that was sent.
#[test]
fn no_other_text_or_key_passes_though_the_node_signs_anew() {
    let story = story();
    let files = story.files(Told::All);
    let [content, other_content] = [1, 2].map(|number| names::content(number).to_string());
    let [key, other_key] = [1, 2].map(|number| names::session_key(number).to_string());
    let said = String::from_utf8(files[&content].clone()).unwrap();
    let changed = said.replacen("Officer 4711", "Officer 4712", 1);
    assert_ne!(said, changed);
    for (name, bytes, reason) in [
        (
            &content,
            changed.into_bytes(),
            "not what the sealed original says",
        ),
        (
            &content,
            files[&other_content].clone(),
            "not what the sealed original says",
        ),
        (&key, files[&other_key].clone(), "does not open"),
        (&key, b"9:00\n".to_vec(), "not a session key"),
        (&key, files[&key].to_ascii_lowercase(), "not a session key"),
        (
            &key,
            [files[&key].as_slice(), b"\n"].concat(),
            "not a session key",
        ),
    ] {
        let mut forged = files.clone();
        forged.insert(name.clone(), bytes);
        let checked = check_anew(&story, forged);
        assert_eq!(checked.verdict(), Verdict::Invalid, "{name}: {checked}");
        assert!(checked.to_string().contains(reason), "{reason}: {checked}");
    }
}

/// The signature in the sealed original must be by a certificate that the directory has of the sender.
#[test]
fn a_sender_whom_the_directory_does_not_know_is_found() {
    let mut story = story();
    let (xa, xb) = (story.network.xa.party, story.network.xb.party);
    let parties = &mut story.network.directory.parties;
    let of_xb = parties[&xb].contact_points[0].certificates.clone();
    parties.get_mut(&xa).unwrap().contact_points[0].certificates = of_xb;
    let checked = Bag::new(&story).check_folder(&story.files(Told::All));
    assert_eq!(checked.verdict(), Verdict::Invalid, "{checked}");
    assert!(checked.to_string().contains("does not open"), "{checked}");
}
