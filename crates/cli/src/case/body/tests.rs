#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::json;

use super::*;

#[test]
fn every_field_is_shown_with_its_name() {
    let body = json!({
        "data": {
            "categories": ["subscriber", "traffic"],
            "selectors": [
                {
                    "type": "ip",
                    "value": "198.51.100.45",
                    "port": 51724,
                    "range": {"from": "2026-03-09T07:41:00+02:00", "until": "2026-03-09T08:10:00+02:00"},
                },
                {"type": "domain", "value": "mail-login.example.org"},
            ],
            "log_files": {"language": "en", "text": "Log-ins\u{1b}[2J of March."},
        },
        "discloses": true,
    });
    let mut text = String::new();
    field(None, &body, 2, &mut text);
    let expected = "  \
  data
    categories: subscriber, traffic
    log_files: Log-ins?[2J of March. (en)
    selectors
      1.
        port: 51724
        range: 2026-03-09T07:41:00+02:00 to 2026-03-09T08:10:00+02:00
        type: ip
        value: 198.51.100.45
      2.
        type: domain
        value: mail-login.example.org
  discloses: yes
";
    assert_eq!(squeezed(&text), squeezed(expected), "{text}");
    assert!(text.contains("\n      1.\n        port: 51724\n"), "{text}");
}

/// Words only: the replacement of what cannot be printed, and blanks, are the table's own affair.
fn squeezed(text: &str) -> Vec<String> {
    let words = text.split_whitespace().filter(|word| !word.contains("[2J"));
    words.map(str::to_owned).collect()
}
