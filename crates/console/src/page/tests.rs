#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

fn case() -> CaseSummary {
    CaseSummary {
        case: "01939c5e-7b1a-7cc3-8f00-0102030405aa".to_owned(),
        reference: "01939c5e-7b1a-7cc3-8f00-0102030405aa".to_owned(),
        kind: "preservation-request".to_owned(),
        peer: "XB/police".to_owned(),
        our_role: OurRole::Requesting,
        state: "preserved".to_owned(),
        state_because: "because of a message".to_owned(),
        opened_at: "2026-11-22T03:07:00Z".parse().unwrap(),
        updated_at: "2026-11-22T03:07:00.25Z".parse().unwrap(),
        title: "<script>alert(1)</script> & \"x\"".to_owned(),
        preserved_until: None,
        alarms: Vec::new(),
        next_deadline: None,
    }
}

#[test]
fn what_others_wrote_is_escaped() {
    let text = cases(&[case()], Some("\"><script>"), &Zone::utc()).into_string();
    assert!(!text.contains("<script"), "{text}");
    assert!(
        text.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;x&quot;"),
        "{text}"
    );
    assert!(!failure("<b>").into_string().contains("<b>"));
}

/// `[TIME-BOTH]`
#[test]
fn times_are_shown_twice() {
    let zone = Zone::named("Europe/Bucharest").unwrap();
    let text = cases(&[case()], None, &zone).into_string();
    let read = text
        .replace("<span class=\"whole\">", "")
        .replace("<small class=\"whole\">", "")
        .replace("</span>", "")
        .replace("</small>", "");
    assert!(
        read.contains("2026-11-22 05:07:00 Europe/Bucharest (2026-11-22 03:07:00 UTC)"),
        "{text}"
    );
    assert!(
        text.contains("<small class=\"whole\">(2026-11-22 03:07:00 UTC)</small>"),
        "{text}"
    );
    assert!(text.contains("datetime=\"2026-11-22T03:07:00Z\""), "{text}");
}

/// WCAG 2.2, 1.3.1 and 3.1.1: a screen reader knows language, caption and headings.
#[test]
fn the_table_can_be_heard() {
    let text = cases(&[case()], None, &Zone::utc()).into_string();
    assert!(text.starts_with("<!DOCTYPE html><html lang=\"en\">"));
    assert_eq!(text.matches("scope=\"col\"").count(), 7);
    assert_eq!(text.matches("data-heading=").count(), 6);
    assert!(text.contains("<caption>") && text.contains("scope=\"row\""));
    assert!(!text.contains("<table>") || text.contains("<thead>"));
    let empty = cases(&[], None, &Zone::utc()).into_string();
    assert!(empty.contains("There is no case here yet.") && !empty.contains("<table>"));
}

/// An exercise is no request, and what waits for a decision has no end date (Article 29(7)).
#[test]
fn drills_alarms_and_dates_are_told() {
    let at = "2026-12-22T03:07:00Z".parse().unwrap();
    let deadline = Deadline {
        family: DeadlineFamily::Law,
        kind: "minimum-ends".to_owned(),
        at,
        local: "2026-12-22 03:07:00 UTC".to_owned(),
        because: "01939c5e-7b1a-7cc3-8f00-0102030405aa".to_owned(),
    };
    let mut alarming = case();
    alarming.kind = "drill".to_owned();
    alarming.next_deadline = Some(deadline.clone());
    alarming.alarms.push(control::types::Alarm {
        case: alarming.case.clone(),
        reference: alarming.reference.clone(),
        kind: "acknowledgement-overdue".to_owned(),
        raised_at: at,
        what: "Nobody has acknowledged.".to_owned(),
        action: "Telephone.".to_owned(),
        deadline,
    });
    let text = cases(&[alarming], None, &Zone::utc()).into_string();
    for part in [
        "DRILL: an exercise",
        "minimum ends (the law)",
        "<strong>acknowledgement overdue</strong>: Nobody has acknowledged. Telephone.",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let mut pending = case();
    pending.state = "mutual-assistance-received".to_owned();
    let text = cases(&[pending], None, &Zone::utc()).into_string();
    assert!(text.contains("the decision on mutual assistance"), "{text}");
}

/// The state stands once, and no name of a program stands where people read.
#[test]
fn a_state_is_told_in_words_and_once() {
    let mut decided = case();
    decided.state = "mutual-assistance-received".to_owned();
    decided.state_because = "mutual-assistance-received, because XB/police asked".to_owned();
    let text = cases(&[decided], None, &Zone::utc()).into_string();
    assert!(
        text.contains("mutual assistance received<br><small>because XB/police asked</small>"),
        "{text}"
    );
    assert!(text.contains("<small>preservation request</small>"), "{text}");
}

#[test]
fn nothing_is_loaded_from_elsewhere_and_nothing_runs() {
    for page in [
        cases(&[case()], Some("c"), &Zone::utc()),
        failure("x"),
        not_found(),
    ] {
        let text = page.into_string();
        assert!(
            !text.contains("http:") && !text.contains("https:") && !text.contains("<script"),
            "{text}"
        );
        assert!(!text.contains(" style=") && !text.contains(" onclick="), "{text}");
    }
}
