#![allow(clippy::unwrap_used, clippy::expect_used)]

use control::types::{SendRequest, StoredDraft};
use tempfile::TempDir;

use super::*;
use crate::drafts::Kept;

fn kept(number: u8, needs_approval: bool) -> Kept {
    let about = StoredDraft {
        draft: format!("00000000-0000-4000-8000-0000000000{number:02}"),
        kind: "note".to_owned(),
        to: Vec::new(),
        stored_at: jiff::Timestamp::UNIX_EPOCH,
        advice: Vec::new(),
        author: String::new(),
        case: None,
        needs_approval,
        damaged: None,
    };
    let request: SendRequest = serde_json::from_value(serde_json::json!({ "draft": {} })).unwrap();
    Kept {
        about,
        request,
        author_actor: None,
    }
}

/// What is counted is never older than the folder: a draft that comes or goes is seen at once.
#[test]
fn drafts_are_counted_by_what_they_need() {
    let home = TempDir::new().unwrap();
    let folder = home.path().join("drafts");
    let counted = DraftsCounted::default();
    assert_eq!(counted.look(&folder), Some((0, 0)));
    let drafts = Drafts::new(&folder);
    drafts.keep(kept(1, true)).unwrap();
    assert_eq!(counted.look(&folder), Some((1, 0)));
    drafts.keep(kept(2, false)).unwrap();
    drafts.keep(kept(3, true)).unwrap();
    assert_eq!(counted.look(&folder), Some((2, 1)));
    // Long ago, as far as the folder says: now the count is kept, and made anew when it says otherwise.
    let old = SystemTime::now() - 10 * FOLDER_TIME_SETTLES;
    let set = |at| fs::File::open(&folder).unwrap().set_modified(at).unwrap();
    set(old);
    assert_eq!(counted.look(&folder), Some((2, 1)));
    fs::remove_file(folder.join(format!("{}.json", kept(1, true).about.draft))).unwrap();
    set(old);
    assert_eq!(
        counted.look(&folder),
        Some((2, 1)),
        "kept, since the folder says that nothing changed"
    );
    set(old - FOLDER_TIME_SETTLES);
    assert_eq!(counted.look(&folder), Some((1, 1)));
}

#[test]
fn whoever_names_a_format_is_given_it() {
    let mut headers = HeaderMap::new();
    assert!(!accepts(&headers, "application/openmetrics-text"));
    let asked =
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;q=0.75,text/plain;q=0.5";
    headers.insert(header::ACCEPT, asked.parse().unwrap());
    assert!(accepts(&headers, "application/openmetrics-text"));
    assert!(!accepts(&headers, "application/json"));
}
