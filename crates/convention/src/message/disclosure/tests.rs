#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::json;

use crate::case::State;
use crate::examples::{form, with, without};
use crate::message::Kind;
use crate::rule::Rule;
use crate::story::Story;

/// `[C31]` Each attachment has a name, a size and a hash, so that what arrives can be checked.
#[test]
fn c31_attachments_can_be_checked() {
    let (story, example) = (Story::before(Kind::Disclosure), form(Kind::Disclosure));
    assert_eq!(story.and(&example).state(), State::Disclosed);
    for pointer in ["/description", "/attachments"] {
        story.assert_refused(&without(example.clone(), pointer), Rule::C31, &pointer[1..]);
    }
    for field in ["name", "size_bytes", "sha256"] {
        let pointer = format!("/attachments/0/{field}");
        let place = format!("attachments[0].{field}");
        story.assert_refused(&without(example.clone(), &pointer), Rule::C31, &place);
    }
    for (field, value) in [
        ("size_bytes", json!(-1)),
        ("size_bytes", json!("204800")),
        ("sha256", json!("00")),
        ("sha256", json!("G".repeat(64))),
        ("sha256", json!("A".repeat(64))),
    ] {
        let place = format!("attachments[0].{field}");
        let wrong = with(example.clone(), &format!("/attachments/0/{field}"), value);
        story.assert_refused(&wrong, Rule::Form, &place);
    }
}

/// `[C31]` A name is no path, and names one file.
#[test]
fn c31_names_are_plain_and_unique() {
    let (story, example) = (Story::before(Kind::Disclosure), form(Kind::Disclosure));
    for name in ["../../etc/passwd", "a/b", "a\\b", "..", "server-image.raw"] {
        let wrong = with(example.clone(), "/attachments/0/name", name);
        let index = usize::from(name == "server-image.raw");
        story.assert_refused(&wrong, Rule::C31, &format!("attachments[{index}].name"));
    }
}
