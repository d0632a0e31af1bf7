#![allow(clippy::unwrap_used, clippy::expect_used)]

use control::types::Deadline;

use super::*;

fn alarm(kind: &str) -> Alarm {
    Alarm {
        case: "01939c5e-7b1a-7cc3-8f00-0102030405aa".to_owned(),
        reference: "XA-2026-0001-HG".to_owned(),
        kind: kind.to_owned(),
        raised_at: "2026-05-14T22:30:00Z".parse().unwrap(),
        what: "the preservation ends within 30 days, on 2026-06-13 23:30:00 Europe/Lisbon \
               (2026-06-13 22:30:00 UTC)\u{1b}[2J"
            .to_owned(),
        action: "send an extension-request, the mutual assistance request, or its notice".to_owned(),
        deadline: Deadline {
            family: DeadlineFamily::Law,
            kind: "preservation-ends".to_owned(),
            at: "2026-06-13T22:30:00Z".parse().unwrap(),
            local: "2026-06-13 23:30:00 Europe/Lisbon (2026-06-13 22:30:00 UTC)".to_owned(),
            because: "01939c5e-7b1a-7cc3-8f00-0102030405ab".to_owned(),
        },
    }
}

/// `[TIME-BOTH]`
#[test]
fn alarms_say_what_is_the_matter_and_what_can_be_done() {
    let zone = TimeZone::get("Europe/Lisbon").unwrap();
    let text = text(&[alarm("preservation-ending"), alarm("order-renewal-due")], &zone);
    for part in [
        "CASE             ALARM                SET BY\n",
        "XA-2026-0001-HG  preservation-ending  law\n",
        "since 2026-05-14 23:30:00 Europe/Lisbon (22:30:00 UTC)",
        "-> send an extension-request",
    ] {
        assert!(text.contains(part), "{part} in:\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(!text.contains('\u{1b}'));
    assert_eq!(super::text(&[], &zone), "No alarm stands.\n");
}
