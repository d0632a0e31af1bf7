#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;

use super::*;
use crate::entry::tests::all;

/// Each kind with its word, and with the name of the file in which its signed statement lies.
const KINDS: [(LeafKind, &str, Option<&str>); 13] = [
    (LeafKind::Submitted, "submitted", Some("header")),
    (LeafKind::Received, "received", Some("header")),
    (LeafKind::Delivered, "delivered", Some("receipt")),
    (LeafKind::Consigned, "consigned", Some("consignment")),
    (LeafKind::ReportDelivered, "report-delivered", None),
    (LeafKind::Retrieved, "retrieved", None),
    (LeafKind::Approved, "approved", None),
    (LeafKind::Rejected, "rejected", Some("rejection")),
    (LeafKind::Expired, "expired", None),
    (LeafKind::SentAlone, "sent-alone", None),
    (LeafKind::Completed, "completed", Some("completion")),
    (LeafKind::CompletionDelivered, "completion-delivered", None),
    (LeafKind::ErasureNotice, "erasure-notice", None),
];

#[test]
fn kinds_and_parts_have_the_words_that_the_json_has() {
    let json = |word: &str| format!("\"{word}\"");
    for (kind, word, statement) in KINDS {
        assert_eq!(kind.as_str(), word);
        assert_eq!(serde_json::to_string(&kind).unwrap(), json(word));
        assert_eq!(kind.statement_word(), statement, "{word}");
    }
    for (part, word) in [
        (Part::Content, "content"),
        (Part::Sealed, "sealed"),
        (Part::SessionKey, "session-key"),
        (Part::AttachmentList, "attachment-list"),
        (Part::AttachmentFiles, "attachment-files"),
    ] {
        assert_eq!(part.as_str(), word);
        assert_eq!(serde_json::to_string(&part).unwrap(), json(word));
    }
}

/// The example leaves are of all kinds; those that no case has are none of a bundle's.
#[test]
fn each_entry_of_a_case_has_the_kind_of_its_name() {
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in all() {
        let debug = format!("{entry:?}");
        let name = debug.split([' ', '{', '(']).next().unwrap().to_owned();
        let kind = LeafKind::of(&entry);
        let of_its_name = KINDS.iter().find(|(kind, ..)| format!("{kind:?}") == name);
        assert_eq!(kind, of_its_name.map(|(kind, ..)| *kind), "{name}");
        if let Some((_, word, _)) = of_its_name {
            *found.entry(word).or_default() += 1;
        }
    }
    assert_eq!(found.len(), KINDS.len(), "{found:?}");
}
