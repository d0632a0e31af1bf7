#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::{ContactPoint, PartyCode, PartyError};

#[test]
fn parties_are_two_capital_letters() {
    let party: PartyCode = "RO".parse().unwrap();
    assert_eq!(party.to_string(), "RO");
    assert!(!party.is_fictitious());
    assert!("XB".parse::<PartyCode>().unwrap().is_fictitious());
    for wrong in ["", "R", "ro", "ROM", "R1", "Ră", "RO "] {
        assert_eq!(wrong.parse::<PartyCode>(), Err(PartyError::Code), "{wrong}");
    }
}

#[test]
fn contact_points_have_one_spelling() {
    let point: ContactPoint = "RO/prosecution".parse().unwrap();
    assert_eq!((point.party().as_str(), point.office()), ("RO", "prosecution"));
    assert_eq!(serde_json::to_string(&point).unwrap(), "\"RO/prosecution\"");
    assert_eq!(
        serde_json::from_str::<ContactPoint>("\"RO/prosecution\"").unwrap(),
        point
    );
    assert!(format!("RO/{}", "a".repeat(32)).parse::<ContactPoint>().is_ok());
    assert_eq!(
        format!("RO/{}", "a".repeat(33)).parse::<ContactPoint>(),
        Err(PartyError::Office)
    );
    for wrong in ["RO/", "RO/Police", "RO/a b", "RO/a/b", "RO/é"] {
        assert_eq!(wrong.parse::<ContactPoint>(), Err(PartyError::Office), "{wrong}");
    }
    assert_eq!("RO".parse::<ContactPoint>(), Err(PartyError::NoSlash));
}
