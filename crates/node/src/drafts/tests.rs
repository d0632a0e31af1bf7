#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

fn key(number: u8) -> IdempotencyKey {
    IdempotencyKey::from_random([number; 16])
}

fn kept(number: u8, kind: &str) -> Kept {
    let request: SendRequest =
        serde_json::from_value(serde_json::json!({ "draft": { "kind": kind } })).unwrap();
    Kept {
        about: StoredDraft {
            draft: key(number).to_string(),
            kind: kind.to_owned(),
            to: Vec::new(),
            stored_at: "2026-11-22T03:07:00Z".parse().unwrap(),
            advice: Vec::new(),
            author: "A. Officer".to_owned(),
            case: None,
            needs_approval: true,
            damaged: None,
        },
        request,
        author_actor: Some("5f0c8e1d2b3a49687786950413223140".to_owned()),
    }
}

fn sent() -> Sent {
    serde_json::from_value(serde_json::json!({
        "message": "m", "case": "c", "reference": "c", "to": ["XB/police"], "leaf_indexes": [3],
        "recorded_at": "2026-11-22T03:07:00Z", "advice": [], "check_words": "", "related": [],
    }))
    .unwrap()
}

/// `[IDEMPOTENT]`
#[test]
fn one_key_is_one_draft_by_one_author() {
    let folder = tempfile::tempdir().unwrap();
    let drafts = Drafts::new(&folder.path().join("drafts"));
    assert!(drafts.list().unwrap().is_empty());
    drafts.keep(kept(1, "note")).unwrap();
    drafts.keep(kept(1, "note")).unwrap();
    assert!(matches!(
        drafts.keep(kept(1, "refusal")),
        Err(KeepError::KeyReused)
    ));
    let by_another = Kept {
        author_actor: Some("00".repeat(16)),
        ..kept(1, "note")
    };
    assert!(matches!(drafts.keep(by_another), Err(KeepError::KeyReused)));
    assert_eq!(drafts.list().unwrap().len(), 1);
    assert!(drafts.discard(&key(1)).unwrap());
    assert!(!drafts.discard(&key(1)).unwrap());
}

/// `[IDEMPOTENT]` Whoever lost the answer is told what the draft was sent as.
#[test]
fn a_draft_that_was_sent_is_known_for_two_days() {
    let folder = tempfile::tempdir().unwrap();
    let drafts = Drafts::new(folder.path());
    drafts.keep(kept(1, "note")).unwrap();
    drafts.note_sent(&key(1), &sent());
    assert!(drafts.find(&key(1)).unwrap().is_none());
    assert!(drafts.list().unwrap().is_empty());
    assert_eq!(drafts.sent_before(&key(1)), Some(sent()));
    assert_eq!(drafts.sent_before(&key(2)), None);
    let long_ago = SystemTime::now() - SENT_DRAFTS_REMEMBERED_FOR - std::time::Duration::from_secs(60);
    let file = fs::File::options()
        .write(true)
        .open(folder.path().join(format!("{}.sent", key(1))))
        .unwrap();
    file.set_modified(long_ago).unwrap();
    drafts.note_sent(&key(2), &sent());
    assert_eq!(drafts.sent_before(&key(1)), None);
    assert_eq!(drafts.sent_before(&key(2)), Some(sent()));
}

/// The injected faults (`cargo xtask faults --only rot`): a flipped bit in a draft's text would have
/// been sent, and a draft that could not be read was left out of the list without a word.
#[test]
fn a_damaged_draft_is_listed_as_such_and_hides_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let drafts = Drafts::new(folder.path());
    drafts.keep(kept(1, "note")).unwrap();
    drafts.keep(kept(3, "note")).unwrap();
    let file = drafts.file_of(&key(1), DRAFT);
    let whole = fs::read_to_string(&file).unwrap();
    fs::write(&file, whole.replace("A. Officer", "A. Officep")).unwrap();
    let listed = drafts.list().unwrap();
    let [damaged, whole_one] = listed.as_slice() else {
        panic!("{listed:?}");
    };
    assert_eq!(damaged.draft, key(1).to_string());
    assert!(damaged.author.is_empty(), "nothing of it is believed");
    let said = damaged.damaged.clone().unwrap();
    assert!(said.contains(&file.display().to_string()), "{said}");
    assert_eq!(whole_one, &kept(3, "note").about);
    assert!(drafts.find(&key(1)).is_err());
    // One in another's place is none either.
    fs::write(drafts.file_of(&key(2), DRAFT), &whole).unwrap();
    assert!(drafts.find(&key(2)).is_err());
    fs::write(&file, whole).unwrap();
    assert!(drafts.find(&key(1)).unwrap().is_some());
}
