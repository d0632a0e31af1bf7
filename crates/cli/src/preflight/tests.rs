#![allow(clippy::unwrap_used, clippy::expect_used)]

use convention::message::Kind;
use convention::preflight::{Intention, preflight};
use convention::profile::PartyProfile;
use convention::time::Instant;
use jiff::Timestamp;

use super::*;

fn report(profile: serde_json::Value) -> PreflightReport {
    let profile: PartyProfile = serde_json::from_value(profile).unwrap();
    let intention = Intention {
        kind: Kind::PreservationRequest,
        assistance: None,
        language: Some("en".parse().unwrap()),
        offence_in_convention: None,
    };
    // Monday, in the middle of the night.
    let now: Timestamp = "2026-03-16T02:00:00Z".parse().unwrap();
    let found = preflight(Some(&profile), &intention, Instant::from(now));
    PreflightReport {
        to: "XB/police".to_owned(),
        in_directory: true,
        connected: false,
        last_seen: Some(now),
        profile: serde_json::to_value(found).unwrap(),
    }
}

/// `[PROFILE-PREFLIGHT]` `[TIME-BOTH]` Reachable or not, the hours there, languages, formality,
/// reservations, and what the profile leaves open, in a block that fits the terminal.
#[test]
fn what_a_recipient_needs_is_told_in_one_block() {
    let report = report(serde_json::json!({
        "party": "XB", "time_zone": "Europe/Bucharest", "staffed": ["mon-fri 08:00-17:00"],
        "after_hours": "the duty officer, by telephone", "languages": ["fr", "ro"],
        "formality": "signed-letter", "dual_criminality_reservation": "as the Convention permits",
        "authority": { "order_preservation": "yes" },
    }));
    let text = text(&[report], &TimeZone::UTC);
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "XB/police: not connected now; last heard of 2026-03-16 02:00:00 UTC",
        "It is 2026-03-16 04:00:00 Europe/Bucharest (2026-03-16 02:00:00 UTC) there: after hours.",
        "Reads fr, ro.",
        "May do this itself.",
        "the duty officer, by telephone",
        "a signed and stamped letter",
        "fr, ro is read there, not en; send a translation with it",
        "dual criminality",
    ] {
        assert!(flat.contains(part), "{part} in:\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn a_profile_that_says_little_and_one_that_cannot_be_read() {
    let little = text(&[report(serde_json::json!({ "party": "XB" }))], &TimeZone::UTC);
    assert!(
        little.contains("the profile does not say: hours, languages"),
        "{little}"
    );
    let mut strange = report(serde_json::json!({ "party": "XB" }));
    strange.profile = serde_json::json!({ "of": "another release" });
    strange.in_directory = false;
    let strange = text(&[strange], &TimeZone::UTC);
    assert_eq!(
        strange,
        "XB/police: NOT in the directory: nothing can be sent to it.\n"
    );
    // What a directory says must not draw on the screen.
    let hostile = report(serde_json::json!({ "party": "XB", "formality": "signed-letter",
        "formality_detail": "\u{1b}[2Jred" }));
    assert!(!text(&[hostile], &TimeZone::UTC).contains('\u{1b}'));
}
