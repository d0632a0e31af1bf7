#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

const PARTS: [Part; 5] = [
    Part::Content,
    Part::Sealed,
    Part::SessionKey,
    Part::AttachmentList,
    Part::AttachmentFiles,
];

fn left_out(redactions: &[&str], message: u32, selectors: Selectors) -> Vec<Part> {
    let wanted = Wanted {
        redactions: redactions.iter().map(|text| text.parse().unwrap()).collect(),
        with_attachments: true,
        audience: Audience::Officer,
    };
    let is_left_out = |part: &Part| wanted.without(*part, message, selectors).is_some();
    PARTS.into_iter().filter(is_left_out).collect()
}

#[test]
fn what_is_left_out_takes_along_what_would_show_it() {
    assert_eq!(left_out(&["content"], 1, Selectors::None), PARTS);
    assert_eq!(left_out(&["content:2"], 1, Selectors::None), []);
    assert_eq!(left_out(&["content:2"], 2, Selectors::None), PARTS);
    assert_eq!(left_out(&["selectors"], 1, Selectors::None), []);
    assert_eq!(left_out(&["selectors"], 1, Selectors::Some), PARTS);
    assert_eq!(
        left_out(&["sealed"], 1, Selectors::None),
        [Part::Sealed, Part::SessionKey]
    );
    assert_eq!(
        left_out(&["session-key:1"], 1, Selectors::None),
        [Part::SessionKey]
    );
    assert_eq!(
        left_out(&["attachments"], 1, Selectors::None),
        [Part::AttachmentList, Part::AttachmentFiles]
    );
}

#[test]
fn an_auditor_is_given_no_content_at_all() {
    let wanted = Wanted {
        with_attachments: true,
        audience: Audience::Auditor,
        ..Wanted::default()
    };
    for part in PARTS {
        assert_eq!(wanted.without(part, 1, Selectors::None), Some(Why::Role));
    }
}

#[test]
fn what_names_nothing_is_refused() {
    for text in [
        "",
        "contents",
        "content:",
        "content:x",
        "content:-1",
        "selectors:1",
        "content:1:2",
        "Content",
    ] {
        assert!(text.parse::<Redaction>().is_err(), "{text:?}");
    }
}
