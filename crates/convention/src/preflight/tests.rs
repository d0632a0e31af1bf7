#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::{Intention, Preflight, Presence, preflight};
use crate::message::Kind;
use crate::message::assistance_request::Assistance;
use crate::profile::tests::examples;
use crate::profile::{May, PartyProfile};
use crate::rule::Rule;
use crate::time::{Instant, ZonedInstant};

fn profile(party: &str) -> PartyProfile {
    examples().into_iter().find(|(code, _)| *code == party).unwrap().1
}

fn intention(kind: Kind) -> Intention {
    Intention {
        kind,
        assistance: None,
        language: Some("en".parse().unwrap()),
        offence_in_convention: None,
    }
}

/// Monday, 16 March 2026, at this hour UTC.
fn monday(hour: u32) -> Instant {
    ZonedInstant::parse(&format!("2026-03-16T{hour:02}:00:00Z"))
        .unwrap()
        .instant()
}

fn told(found: &Preflight) -> String {
    let lines: Vec<String> = found.advice.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// `[PROFILE-PREFLIGHT]` Hours there now, in local time and UTC, and what to do after hours.
#[test]
fn profile_preflight_somebody_is_there_or_not() {
    let romania = profile("RO");
    let by_day = preflight(Some(&romania), &intention(Kind::PreservationRequest), monday(9));
    assert_eq!(by_day.presence, Presence::Staffed);
    let by_night = preflight(Some(&romania), &intention(Kind::PreservationRequest), monday(2));
    assert_eq!(by_night.presence, Presence::AfterHours);
    let words = told(&by_night);
    assert!(
        words.contains("2026-03-16 04:00:00 Europe/Bucharest (2026-03-16 02:00:00 UTC)"),
        "{words}"
    );
    assert!(words.contains("chief prosecutor"), "{words}");
    let always = preflight(Some(&profile("LT")), &intention(Kind::Drill), monday(2));
    assert_eq!(always.presence, Presence::Staffed);
}

/// `[PROFILE-PREFLIGHT]` What it may do itself, the formality asked for, the languages, the central
/// authority.
#[test]
fn profile_preflight_authority_formality_and_languages() {
    let locating = Intention {
        assistance: Some(Assistance::LocatingSuspect),
        ..intention(Kind::AssistanceRequest)
    };
    let france = preflight(Some(&profile("FR")), &locating, monday(10));
    assert!(matches!(france.authority, Some(May::OnCondition(_))));
    assert!(told(&france).contains("official request"), "{}", told(&france));
    let legal = Intention {
        assistance: Some(Assistance::LegalInformation),
        ..intention(Kind::AssistanceRequest)
    };
    assert_eq!(
        preflight(Some(&profile("BG")), &legal, monday(10)).authority,
        Some(May::No)
    );

    let norway = preflight(
        Some(&profile("NO")),
        &intention(Kind::PreservationRequest),
        monday(10),
    );
    assert!(
        told(&norway).contains("signed and stamped letter"),
        "{}",
        told(&norway)
    );
    let french = Intention {
        language: Some("fr".parse().unwrap()),
        ..intention(Kind::PreservationRequest)
    };
    assert!(told(&preflight(Some(&profile("NO")), &french, monday(10))).contains("translation"));
    assert!(!told(&preflight(Some(&profile("RO")), &french, monday(10))).contains("translation"));
    let mutual = preflight(
        Some(&profile("RO")),
        &intention(Kind::MutualAssistanceRequest),
        monday(10),
    );
    assert!(
        told(&mutual).contains("authority for mutual assistance is"),
        "{}",
        told(&mutual)
    );
}

/// `[PROFILE-PREFLIGHT]` `[C29-4]` The reservation matters for offences outside Articles 2 to 11 only.
#[test]
fn profile_preflight_reservations() {
    let mut reserved = profile("RO");
    reserved.dual_criminality_reservation = Some("reserves the right".to_owned());
    let warns = |offence_in_convention| {
        let intention = Intention {
            offence_in_convention,
            ..intention(Kind::PreservationRequest)
        };
        let found = preflight(Some(&reserved), &intention, monday(10));
        found.advice.iter().any(|advice| advice.rule == Rule::C29_4)
    };
    assert!(warns(None) && warns(Some(false)) && !warns(Some(true)));
    let emergency = preflight(
        Some(&reserved),
        &intention(Kind::EmergencyDisclosureRequest),
        monday(10),
    );
    assert!(told(&emergency).contains("Second Additional Protocol"));
}

/// `[PROFILE-PREFLIGHT]` What is not known is said.
#[test]
fn profile_preflight_says_what_is_missing() {
    let nobody = preflight(None, &intention(Kind::PreservationRequest), monday(10));
    assert!(told(&nobody).contains("no profile"));
    let unknown = PartyProfile::unknown("XB".parse().unwrap());
    let found = preflight(Some(&unknown), &intention(Kind::PreservationRequest), monday(10));
    assert_eq!(found.presence, Presence::Unknown);
    assert!(
        told(&found).contains("hours, languages, formality, authority for this"),
        "{}",
        told(&found)
    );
    let mut strange = unknown;
    strange.time_zone = Some("Europe/Bukarest".to_owned());
    strange.staffed = vec!["mon-sun 00:00-24:00".parse().unwrap()];
    assert_eq!(
        preflight(Some(&strange), &intention(Kind::Drill), monday(10)).presence,
        Presence::Unknown
    );
}
