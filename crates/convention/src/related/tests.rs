#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;
use serde_json::json;

use crate::examples::{form, request, with};
use crate::message::{Body, Kind};
use crate::story::Story;

/// The keys of one selector, as it comes in with a request.
fn keys(selector_type: &str, value: &str) -> Vec<String> {
    let selectors = json!([{ "type": selector_type, "value": value, "service": "Example  Messenger" }]);
    let form = with(form(Kind::EmergencyDisclosureRequest), "/selectors", selectors);
    let story = Story::default().and(&form);
    let Body::EmergencyDisclosureRequest(body) = story.messages[0].body() else {
        panic!("another kind")
    };
    let keys = body.selectors[0].normalised();
    keys.iter().map(ToString::to_string).collect()
}

/// `[RELATED]` However it is written, it is the same.
#[test]
fn related_spellings_of_the_same_have_the_same_key() {
    for (selector_type, key, spellings) in [
        (
            "ip",
            "ip 192.0.2.17",
            &["192.0.2.17", "::ffff:192.0.2.17", "::FFFF:c000:211"][..],
        ),
        (
            "ip",
            "ip 2001:db8::17",
            &[
                "2001:db8::17",
                "2001:0DB8:0:0:0:0:0:17",
                "2001:db8:0::0:17",
                "[2001:db8::17]",
            ],
        ),
        (
            "domain",
            "domain www.example.org",
            &["www.example.org", "WWW.Example.ORG."],
        ),
        (
            "domain",
            "domain xn--bcher-kva.example.org",
            &[
                "b\u{fc}cher.example.org",
                "BU\u{308}CHER.example.org",
                "xn--bcher-kva.example.org",
            ],
        ),
        (
            "email",
            "email a.user@xn--bcher-kva.example",
            &["A.User@B\u{dc}CHER.example", "a.user@xn--bcher-kva.example"],
        ),
        (
            "telephone",
            "telephone +999215550100",
            &["+999 21 555 0100", "+999 (0)21 555-0100", "00999 21/555.01.00"],
        ),
        (
            "account",
            "account example messenger / grey_heron_9",
            &["grey_heron_9", "@Grey_Heron_9", " GREY_HERON_9"],
        ),
        (
            "device",
            "device 001a2b3c4d5e",
            &["00:1A:2B:3C:4D:5E", "00-1a-2b-3c-4d-5e", "001a.2b3c.4d5e"],
        ),
    ] {
        for spelling in spellings {
            assert_eq!(keys(selector_type, spelling), [key], "{spelling}");
        }
    }
}

/// `[RELATED]` A URL is found by itself and by its host.
#[test]
fn related_a_url_has_its_host_as_well() {
    let same = ["url https://www.example.org/a?b=C", "domain www.example.org"];
    for spelling in [
        "https://www.example.org/a?b=C",
        "HTTPS://user:secret@WWW.example.org:443/a?b=C#part",
    ] {
        assert_eq!(keys("url", spelling), same, "{spelling}");
    }
    assert_eq!(
        keys("url", "http://198.51.100.45:8080"),
        ["url http://198.51.100.45:8080/", "ip 198.51.100.45"]
    );
    assert_eq!(
        keys("url", "http://[2001:db8::17]?x"),
        ["url http://2001:db8::17/?x", "ip 2001:db8::17"]
    );
    assert_eq!(keys("url", "http://10.0.0.1/"), ["url http://10.0.0.1/"]);
}

/// `[RELATED]` What many share, or what is not what it says, relates nothing.
#[test]
fn related_what_many_share_has_no_key() {
    for (selector_type, value) in [
        ("ip", "10.1.2.3"),
        ("ip", "192.168.0.1"),
        ("ip", "100.64.0.9"),
        ("ip", "127.0.0.1"),
        ("ip", "::1"),
        ("ip", "fe80::1"),
        ("ip", "fd00::1"),
        ("ip", "::ffff:10.0.0.1"),
        ("ip", "198.51.100.0/24"),
        ("domain", "localhost"),
        ("domain", "192.0.2.17"),
        ("email", "@example.org"),
        ("email", "nobody"),
        ("telephone", "0215550100"),
        ("telephone", "+12"),
        ("telephone", "00 0215550100"),
        ("device", "12-34"),
        ("other", "a red car"),
        ("url", "no address"),
        ("invented", "192.0.2.17"),
    ] {
        let selectors = json!([{ "type": selector_type, "value": value }]);
        let form = with(form(Kind::EmergencyDisclosureRequest), "/selectors", selectors);
        let message =
            crate::examples::tampered(&Story::of(&[Kind::EmergencyDisclosureRequest]).messages[0], |d| {
                d["body"]["selectors"] = form["selectors"].clone();
            });
        let received = crate::message::Message::read(&message).unwrap();
        assert_eq!(
            received.message.normalised_selectors().len(),
            0,
            "{selector_type} {value}"
        );
    }
}

/// `[RELATED]` All selectors of a request, each once, and nothing of them in logs.
#[test]
fn related_a_message_has_the_keys_of_its_selectors() {
    let keys: Vec<String> = request()
        .normalised_selectors()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        keys,
        [
            "account customer panel of the hosting provider / northwind_71",
            "domain mail-login.example.org",
            "email invoices.archive@mail.example.org",
            "ip 198.51.100.45",
        ]
    );
    assert!(!format!("{:?}", request().normalised_selectors()).contains("northwind"));
    let following = Story::of(&[Kind::MutualAssistanceRequest]).messages.remove(0);
    let common = request().normalised_selectors();
    assert_eq!(following.normalised_selectors().intersection(&common).count(), 1);
    assert_eq!(
        Story::of(&[Kind::Drill]).messages[0].normalised_selectors().len(),
        0
    );
}

/// Found by chance in `spelling_twice_changes_nothing`, and by reading what else could be: a label of spaces,
/// spaces within quotation marks, a capital letter whose small one has a mark of its own.
#[test]
fn what_is_no_spelling_of_anything_is_none() {
    use super::spelling::{device, domain, mail_address};
    assert_eq!(domain("A. ."), None);
    assert_eq!(domain("a b.example.org"), None);
    assert_eq!(
        mail_address("\" a \"@Example.ORG").as_deref(),
        Some("a@example.org")
    );
    assert_eq!(mail_address("\" \"@example.org"), None);
    assert_eq!(device("\u{130}-12345").as_deref(), Some("i12345"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// A spelling is its own spelling, and nothing that a person or a peer writes makes it fail.
    #[test]
    fn spelling_twice_changes_nothing(text in "\\PC{0,40}|[a-zA-Z0-9:/.@+() -]{0,30}") {
        use super::spelling::{device, domain, mail_address, public_address, telephone, url};
        for spell in [public_address, domain, mail_address, telephone, device] {
            if let Some(once) = spell(&text) {
                prop_assert_eq!(spell(&once), Some(once.clone()));
            }
        }
        let _ = url(&text);
    }
}
