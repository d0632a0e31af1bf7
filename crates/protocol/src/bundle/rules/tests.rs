#![allow(clippy::unwrap_used, clippy::expect_used)]
//! Each rule by itself: what just fits, and what just does not.

use super::super::tests::{example, leaf};
use super::super::{Attachments, Direction, DirectoryFile, Leaf, Log, PeerLeaf, Why};
use super::*;
use crate::bundle::AttachmentFile;

/// Where and why the example with this change is refused; `None` if it is not.
fn refused(change: impl FnOnce(&mut Bundle)) -> Option<(String, &'static str)> {
    let mut bundle = example();
    change(&mut bundle);
    check(&bundle).err().map(|broken| (broken.place, broken.what))
}

fn assert_refused(place: &str, what: &'static str, change: impl FnOnce(&mut Bundle)) {
    assert_eq!(refused(change), Some((place.to_owned(), what)));
}

const OTHER_NAME: &str = "a file with another name";

#[test]
fn directories_ascend() {
    let versions = |versions: &[u64]| {
        let all = versions.iter().map(|version| DirectoryFile {
            version: *version,
            file: names::directory(*version),
        });
        let all: Vec<DirectoryFile> = all.collect();
        refused(|bundle| bundle.directories = all)
    };
    assert_eq!(versions(&[6, 7, 9]), None);
    let wrong = Some(("directories".to_owned(), "not ascending by version, each once"));
    assert_eq!(versions(&[7, 6]), wrong);
    assert_eq!(versions(&[7, 7]), wrong);
}

/// With a log of another ledger, and a leaf of it.
fn with_second_log(bundle: &mut Bundle, origin: &str) {
    bundle.logs.push(Log {
        origin: origin.to_owned(),
        checkpoint: names::checkpoint(2),
        ..bundle.logs[0].clone()
    });
    bundle.leaves.push(Leaf {
        log: 2,
        file: names::leaf(2, 0),
        proof: names::proof(2, 0),
        statement: None,
        ..leaf(0, LeafKind::Retrieved, 900)
    });
}

#[test]
fn logs_have_origins_of_one_line_and_each_its_own() {
    assert_eq!(
        refused(|bundle| with_second_log(bundle, "node.xa.example.org/ledger/2027")),
        None
    );
    let wrong = "an origin that is not one short line, or stands twice";
    assert_refused("logs[1]", wrong, |bundle| {
        with_second_log(bundle, "node.xa.example.org/ledger/2026");
    });
    for origin in [
        String::new(),
        "two\nlines".to_owned(),
        "x".repeat(BUNDLE_TEXT_BYTES_MAX + 1),
    ] {
        assert_refused("logs[0]", wrong, |bundle| bundle.logs[0].origin = origin);
    }
    let longest = "x".repeat(BUNDLE_TEXT_BYTES_MAX);
    assert_eq!(refused(|bundle| bundle.logs[0].origin = longest), None);
}

#[test]
fn leaves_ascend_and_stand_once() {
    assert_refused("leaves", "not ascending by log and index, each once", |bundle| {
        bundle.leaves.insert(0, bundle.leaves[0].clone());
    });
}

#[test]
fn only_an_erasure_notice_speaks_of_no_message_and_it_has_nothing_else() {
    let bare = |kind: LeafKind| Leaf {
        message: None,
        statement: None,
        ..leaf(4, kind, 900)
    };
    assert_eq!(
        refused(|bundle| bundle.leaves[2] = bare(LeafKind::ErasureNotice)),
        None
    );
    let what = "a leaf that speaks of no message";
    assert_refused("leaves[2]", what, |bundle| {
        bundle.leaves[2] = bare(LeafKind::Retrieved)
    });
    assert_refused("leaves[2]", what, |bundle| {
        bundle.leaves[2] = bare(LeafKind::ErasureNotice);
        bundle.leaves[2].statement = Some(names::content(1));
    });
    assert_refused("leaves[2]", what, |bundle| {
        bundle.leaves[2] = bare(LeafKind::ErasureNotice);
        bundle.leaves[2].peer = bundle.leaves[1].peer.clone();
    });
}

#[test]
fn a_leaf_speaks_of_a_message_of_the_bundle() {
    let what = "a message that it cannot speak of";
    for message in [0, 2] {
        assert_refused("leaves[2]", what, |bundle| {
            bundle.leaves[2].message = Some(message)
        });
    }
    assert_refused("leaves[2]", what, |bundle| {
        bundle.leaves[2].kind = LeafKind::ErasureNotice
    });
}

#[test]
fn the_other_nodes_leaf_stands_with_a_receipt_under_its_own_names() {
    assert_refused("leaves[0]", "another node's leaf without a receipt", |bundle| {
        bundle.leaves[0].peer = Some(PeerLeaf {
            leaf: names::peer_leaf(1, 1, 2),
            proof: names::peer_proof(1, 1, 2),
            witnessed: None,
        });
    });
    let with = |change: fn(&mut PeerLeaf)| refused(|bundle| change(bundle.leaves[1].peer.as_mut().unwrap()));
    assert_eq!(
        with(|peer| peer.witnessed = Some(names::peer_witnessed(1, 1, 3))),
        None
    );
    let wrong = Some(("leaves[1]".to_owned(), OTHER_NAME));
    assert_eq!(
        with(|peer| peer.witnessed = Some(names::peer_witnessed(1, 1, 2))),
        wrong
    );
    assert_eq!(with(|peer| peer.leaf = names::peer_leaf(1, 1, 2)), wrong);
    assert_eq!(with(|peer| peer.proof = names::peer_proof(1, 1, 2)), wrong);
}

#[test]
fn each_file_of_a_message_has_its_name() {
    let changes: [fn(&mut Bundle); 5] = [
        |bundle| bundle.messages[0].content = Some(names::content(2)),
        |bundle| bundle.messages[0].sealed = Some(names::sealed(2)),
        |bundle| bundle.messages[0].salt = Some(names::salt(2)),
        |bundle| bundle.messages[0].session_key = Some(names::session_key(2)),
        |bundle| bundle.leaves[0].proof = names::proof(1, 3),
    ];
    for change in changes {
        assert_eq!(refused(change).unwrap().1, OTHER_NAME);
    }
}

#[test]
fn a_session_key_stands_with_its_sealed_original_only() {
    let with_key = |bundle: &mut Bundle| {
        bundle.messages[0].session_key = Some(names::session_key(1));
        bundle.left_out.retain(|one| one.part != Part::SessionKey);
    };
    assert_eq!(refused(with_key), None);
    assert_refused(
        "messages[0]",
        "a session key without a sealed original",
        |bundle| {
            with_key(bundle);
            bundle.messages[0].sealed = None;
            bundle.messages[0].salt = None;
        },
    );
}

fn left_out_of_1(part: Part) -> LeftOut {
    LeftOut {
        part,
        message: 1,
        why: Why::NotAsked,
    }
}

fn change_attachments(bundle: &mut Bundle, change: impl FnOnce(&mut Attachments)) {
    change(bundle.messages[0].attachments.as_mut().unwrap());
}

fn file(number: u32, path: BundlePath) -> AttachmentFile {
    AttachmentFile { number, file: path }
}

#[test]
fn attachments_need_their_list_with_its_salt() {
    let without_list = |bundle: &mut Bundle| {
        change_attachments(bundle, |one| (one.manifest, one.salt) = (None, None));
        bundle.left_out[1] = left_out_of_1(Part::AttachmentList);
    };
    assert_eq!(refused(without_list), None);
    let what = "a list of attachments with another name, without its salt, or none with files";
    assert_refused("messages[0]", what, |bundle| {
        without_list(bundle);
        change_attachments(bundle, |one| {
            one.files.push(file(1, names::attachment(1, 1, "a")))
        });
    });
    assert_refused("messages[0]", what, |bundle| {
        change_attachments(bundle, |one| one.salt = None)
    });
    assert_refused("messages[0]", what, |bundle| {
        change_attachments(bundle, |one| one.manifest = None)
    });
    assert_refused("messages[0]", what, |bundle| {
        change_attachments(bundle, |one| one.salt = Some(names::manifest_salt(2)));
    });
}

#[test]
fn attachments_ascend_from_1_under_names_of_their_own() {
    let with = |numbers: &[u32]| {
        let files = numbers
            .iter()
            .map(|number| file(*number, names::attachment(1, *number, "a")));
        let files: Vec<AttachmentFile> = files.collect();
        refused(|bundle| change_attachments(bundle, |one| one.files = files)).map(|(_, what)| what)
    };
    assert_eq!(with(&[1, 2, 7]), None);
    let unordered = Some("attachments that are not ascending, each once");
    assert_eq!(with(&[2, 1]), unordered);
    assert_eq!(with(&[1, 1]), unordered);
    assert_eq!(with(&[0]), Some(OTHER_NAME));
    let prefix = names::attachment_prefix(1, 1);
    for path in [prefix.clone(), format!("{prefix}a/b"), "data/a".to_owned()] {
        assert_refused("messages[0]", OTHER_NAME, |bundle| {
            change_attachments(bundle, |one| one.files = vec![file(1, path.parse().unwrap())]);
        });
    }
}

#[test]
fn what_is_left_out_is_said_once_and_of_what_there_is() {
    assert_refused(
        "left_out",
        "not ascending by message and part, each once",
        |bundle| {
            bundle.left_out.insert(0, bundle.left_out[0]);
        },
    );
    // A message without attachments has none to leave out, and none is said to be.
    let without_attachments = |bundle: &mut Bundle| bundle.messages[0].attachments = None;
    assert_refused("left_out", "attachments that no list names", without_attachments);
    assert_eq!(
        refused(|bundle| {
            without_attachments(bundle);
            bundle.left_out.retain(|one| one.part != Part::AttachmentFiles);
        }),
        None
    );
    assert_refused(
        "messages[0]",
        "a direction that the sender does not have",
        |bundle| {
            bundle.messages[0].direction = Direction::Received;
        },
    );
}
