#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::{Formality, Hours, May, OfficeType, PartyProfile};
use crate::time::ZonedInstant;

/// The example profiles, as the directory would have them.
pub(crate) fn examples() -> Vec<(&'static str, PartyProfile)> {
    let files = [
        ("AM", include_str!("../../../../config/examples/profiles/AM.toml")),
        ("BA", include_str!("../../../../config/examples/profiles/BA.toml")),
        ("BG", include_str!("../../../../config/examples/profiles/BG.toml")),
        ("DK", include_str!("../../../../config/examples/profiles/DK.toml")),
        ("ES", include_str!("../../../../config/examples/profiles/ES.toml")),
        ("FR", include_str!("../../../../config/examples/profiles/FR.toml")),
        ("HU", include_str!("../../../../config/examples/profiles/HU.toml")),
        ("IT", include_str!("../../../../config/examples/profiles/IT.toml")),
        ("LT", include_str!("../../../../config/examples/profiles/LT.toml")),
        ("NL", include_str!("../../../../config/examples/profiles/NL.toml")),
        ("NO", include_str!("../../../../config/examples/profiles/NO.toml")),
        ("RO", include_str!("../../../../config/examples/profiles/RO.toml")),
        ("SI", include_str!("../../../../config/examples/profiles/SI.toml")),
        ("US", include_str!("../../../../config/examples/profiles/US.toml")),
    ];
    files
        .map(|(party, text)| (party, toml::from_str(text).expect(party)))
        .to_vec()
}

#[test]
fn the_example_profiles_are_marked_with_source_and_year() {
    for (party, profile) in examples() {
        assert_eq!(profile.party.as_str(), party);
        assert!(profile.source.as_ref().unwrap().contains("2009"), "{party}");
        // The paper's tables of hours have not got everybody who is in its table of institutions.
        let has_hours = !profile.staffed.is_empty();
        assert_eq!(has_hours, !["AM", "BA", "SI"].contains(&party), "{party}");
        assert!(profile.office.is_some(), "{party}");
        assert!(
            profile.local_time(crate::examples::minute(0)).is_some(),
            "{party}"
        );
        assert_eq!(profile.office.as_ref().unwrap().email, None, "{party}");
        let json = serde_json::to_string(&profile).unwrap();
        assert_eq!(serde_json::from_str::<PartyProfile>(&json).unwrap(), profile);
    }
    let (_, romania) = examples().into_iter().find(|(party, _)| *party == "RO").unwrap();
    assert_eq!(romania.office.unwrap().office_type, Some(OfficeType::Prosecution));
    assert_eq!(romania.order_maximum_days, Some(90));
    let (_, bulgaria) = examples().into_iter().find(|(party, _)| *party == "BG").unwrap();
    assert_eq!(bulgaria.authority.legal_information, Some(May::No));
}

/// A profile that an older node wrote is read; so is one with fields of a later version.
#[test]
fn profiles_of_other_versions_are_read() {
    let old: PartyProfile = serde_json::from_str(r#"{"party":"XA","languages":["en"],"later":1}"#).unwrap();
    assert_eq!(old.languages.len(), 1);
    assert_eq!(old.authority, super::AuthorityMatrix::default());
    assert_eq!(
        PartyProfile::unknown("XA".parse().unwrap()).formality,
        None::<Formality>
    );
}

#[test]
fn hours_are_those_of_the_office() {
    let hours: Hours = "mon-fri 08:20-17:30".parse().unwrap();
    assert_eq!(hours.to_string(), "mon-fri 08:20-17:30");
    let at = |text: &str| hours.contain(&ZonedInstant::parse(text).unwrap());
    // 16 March 2026 is a Monday.
    assert!(at("2026-03-16T08:20:00[Europe/Sofia]") && at("2026-03-20T17:29:59[Europe/Sofia]"));
    assert!(!at("2026-03-16T08:19:59[Europe/Sofia]") && !at("2026-03-20T17:30:00[Europe/Sofia]"));
    assert!(!at("2026-03-21T10:00:00[Europe/Sofia]"));
    let always: Hours = "mon-sun 00:00-24:00".parse().unwrap();
    assert!(always.contain(&ZonedInstant::parse("2026-03-22T23:59:59[Europe/Vilnius]").unwrap()));
    let one: Hours = "sat 09:00-12:00".parse().unwrap();
    assert_eq!(one.to_string(), "sat 09:00-12:00");
    for wrong in [
        "",
        "mon",
        "mon-fri",
        "fri-mon 08:00-09:00",
        "mon 09:00-08:00",
        "mon 8:00-9:00",
        "mon 00:00-24:01",
    ] {
        assert!(wrong.parse::<Hours>().is_err(), "{wrong}");
    }
}
