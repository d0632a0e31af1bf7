#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::json;

use super::*;

fn shown(message: &serde_json::Value) -> String {
    let message: Value = serde_json::from_value(message.clone()).unwrap();
    let mut page = Page::begin("<script>alert(1)</script>");
    said::content(&mut page, &message);
    page.end()
}

/// Threat: what a peer wrote is read by a judge's browser.
#[test]
fn nothing_that_others_wrote_is_markup() {
    let hostile = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&\u{202e}gpj\u{0}\u{7}";
    let text = shown(&json!({
        hostile: hostile,
        "body": {"facts": {"language": "en", "text": hostile}, "list": [hostile, {"more": [[hostile]]}]},
    }));
    assert!(!text.contains("<script") && !text.contains("<img"), "{text}");
    assert!(!text.contains('\u{202e}') && !text.contains('\u{7}'));
    assert!(text.contains(
        "&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(2)&gt;&quot;&#39;&amp;[U+202E]"
    ));
}

#[test]
fn the_page_asks_nothing_of_the_network() {
    let text = shown(&json!({"body": {"link": "https://example.org/x.js"}}));
    for asked in ["src=", "href=", "url(", "@import", "<link", "<script", "<iframe"] {
        assert!(!text.contains(asked), "{asked}");
    }
    assert!(text.contains("default-src 'none'"));
}

#[test]
fn however_deep_it_is_it_is_shown() {
    let mut deep = json!("the bottom");
    for _ in 0..100 {
        deep = json!({"a": [deep]});
    }
    assert!(shown(&deep).contains("the bottom"));
}

#[test]
fn names_are_words_and_texts_keep_their_lines() {
    let text =
        shown(&json!({"kind": "note", "body": {"preserved_until": "a\nb", "nothing": null, "yes": true}}));
    assert!(text.contains("<dt>Preserved until</dt>\n<dd>a\nb</dd>"), "{text}");
    assert!(!text.contains("Nothing") && text.contains("<dd>yes</dd>"));
    assert_eq!(escape("a & b"), "a &amp; b");
}

/// `[TIME-BOTH]`
#[test]
fn a_local_time_is_shown_in_utc_as_well() {
    let text =
        shown(&json!({"body": {"from": "2026-03-09T07:41:00+02:00[Europe/Bucharest]", "until": "later"}}));
    let both = "<dd>2026-03-09T07:41:00+02:00[Europe/Bucharest] = 2026-03-09T05:41:00Z</dd>";
    assert!(text.contains(both), "{text}");
    assert!(text.contains("<dd>later</dd>"));
}
