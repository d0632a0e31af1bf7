#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;
use serde_json::json;

use super::{Alarm, AlarmKind, Deadline, Policy, PolicyClockKind};
use crate::case::{CaseFact, CaseView, ClockKind, Event, State};
use crate::examples::{case, form, id, minute, point, with};
use crate::message::Kind;
use crate::party::PartyCode;
use crate::story::Story;
use crate::time::{Days, Instant, Zone, ZonedInstant};

fn party(code: &str) -> PartyCode {
    code.parse().unwrap()
}

fn at(text: &str) -> Instant {
    ZonedInstant::parse(text).unwrap().instant()
}

/// A preservation from one time until another, under an order that ends when it is said.
fn preserved(from: &str, until: &str, order_until: &str) -> Story {
    let report = with(
        with(form(Kind::PreservationReport), "/from", from),
        "/until",
        until,
    );
    let order = json!({ "reference": "2211/2028", "from": from, "until": order_until });
    Story::of(&[Kind::PreservationRequest]).and(&with(report, "/order", order))
}

/// From the leap year's 5 January, 23:30 in Lisbon, to 3 June: leap day and summer time lie in between.
fn leap_year() -> Story {
    let zone = "[Europe/Lisbon]";
    preserved(
        &format!("2028-01-05T23:30:00{zone}"),
        &format!("2028-06-03T23:30:00{zone}"),
        &format!("2028-04-03T23:30:00{zone}"),
    )
}

fn names(alarms: &[Alarm]) -> Vec<&'static str> {
    alarms.iter().map(|alarm| alarm.kind.as_str()).collect()
}

/// A year, hour by hour: each alarm comes at its hour, by local time at the place, and stays until it is
/// answered. `[C29-7]` `[C16-2]`
#[test]
fn c29_7_every_alarm_of_a_year_comes_in_its_hour() {
    let (view, policy) = (leap_year().view(), Policy::default());
    let mut seen: Vec<(String, &'static str, Option<u32>)> = Vec::new();
    let mut standing: Vec<(&'static str, Option<u32>)> = Vec::new();
    let start = at("2028-01-01T00:30:00Z").as_unix_ms();
    for hour in 0..366 * 24 {
        let now = Instant::from_unix_ms(start + hour * 3_600_000).unwrap();
        let alarms = view.alarms(party("XB"), &policy, now);
        let days = |alarm: &Alarm| match alarm.kind {
            AlarmKind::PreservationEnding { within: Days(days) } => Some(days),
            _ => None,
        };
        let stand: Vec<_> = alarms
            .iter()
            .map(|alarm| (alarm.kind.as_str(), days(alarm)))
            .collect();
        for one in stand.iter().filter(|one| !standing.contains(one)) {
            seen.push((now.to_string(), one.0, one.1));
        }
        assert!(alarms.iter().all(|alarm| alarm.raised_at <= now));
        standing = stand;
    }
    let seen: Vec<(&str, &str, Option<u32>)> = seen
        .iter()
        .map(|(at, name, days)| (at.as_str(), *name, *days))
        .collect();
    // 23:30 in Lisbon is 23:30 UTC in winter, and 22:30 UTC from 26 March 2028 on.
    assert_eq!(
        seen,
        [
            ("2028-02-04T23:30:00Z", "mutual-assistance-missing", None),
            ("2028-03-20T23:30:00Z", "order-renewal-due", None),
            ("2028-05-04T22:30:00Z", "preservation-ending", Some(30)),
            ("2028-05-20T22:30:00Z", "preservation-ending", Some(14)),
            ("2028-05-27T22:30:00Z", "preservation-ending", Some(7)),
            ("2028-06-01T22:30:00Z", "preservation-ending", Some(2)),
            ("2028-06-03T22:30:00Z", "preservation-lapsed", None),
        ]
    );
}

/// `[C29-7]` 60 days are calendar days at the place: the leap day is one of them, and summer time shortens
/// nothing.
#[test]
fn c29_7_the_minimum_counts_the_leap_day() {
    let clocks = leap_year()
        .view()
        .clocks(&Policy::default(), at("2028-01-06T00:00:00Z"));
    let law: Vec<(ClockKind, String)> = clocks
        .law
        .iter()
        .map(|deadline| (deadline.kind, deadline.at.local_and_utc()))
        .collect();
    let zone = "Europe/Lisbon";
    assert_eq!(
        law,
        [
            (
                ClockKind::MinimumEnds,
                format!("2028-03-05 23:30:00 {zone} (2028-03-05 23:30:00 UTC)")
            ),
            (
                ClockKind::OrderEnds,
                format!("2028-04-03 23:30:00 {zone} (2028-04-03 22:30:00 UTC)")
            ),
            (
                ClockKind::PreservationEnds,
                format!("2028-06-03 23:30:00 {zone} (2028-06-03 22:30:00 UTC)")
            ),
        ]
    );
    let later = leap_year()
        .view()
        .clocks(&Policy::default(), at("2028-03-06T00:00:00Z"));
    assert_eq!(later.law.len(), 2);
}

/// A warning whose local hour falls into the hour that summer time skips or repeats comes once, at a time
/// that is.
#[test]
fn summer_time_neither_loses_nor_doubles_a_warning() {
    for (until, warned) in [
        // 25 March 2029, 01:30 does not exist in Lisbon; the end is 14 days later.
        ("2029-04-08T01:30:00[Europe/Lisbon]", "2029-03-25T01:30:00Z"),
        // 28 October 2029, 01:30 is twice; the end is 14 days later.
        ("2029-11-11T01:30:00[Europe/Lisbon]", "2029-10-28T00:30:00Z"),
    ] {
        let from = "2029-01-05T01:30:00[Europe/Lisbon]";
        let view = preserved(from, until, "2029-04-01T01:30:00[Europe/Lisbon]").view();
        let days = |now: Instant| {
            let alarms = view.alarms(party("XA"), &Policy::default(), now);
            alarms.iter().find_map(|alarm| match alarm.kind {
                AlarmKind::PreservationEnding { within } => Some(within),
                _ => None,
            })
        };
        let warned = at(warned);
        let before = Instant::from_unix_ms(warned.as_unix_ms() - 1).unwrap();
        assert_eq!(
            (days(before), days(warned)),
            (Some(Days(30)), Some(Days(14))),
            "{until}"
        );
    }
}

/// Both sides hear of the end; each is told what it can do. Nobody else hears anything.
#[test]
fn both_sides_are_warned_in_their_own_words() {
    let (view, now) = (leap_year().view(), at("2028-05-28T00:00:00Z"));
    let policy = Policy::default();
    let asking = view.alarms(party("XA"), &policy, now);
    let asked = view.alarms(party("XB"), &policy, now);
    assert_eq!(
        names(&asking),
        ["mutual-assistance-missing", "preservation-ending"]
    );
    assert_eq!(
        names(&asked),
        [
            "mutual-assistance-missing",
            "order-renewal-due",
            "preservation-ending"
        ]
    );
    assert!(asking[1].action.contains("extension-request"));
    assert!(
        asked[1]
            .what
            .contains("ended on 2028-04-03 23:30:00 Europe/Lisbon (2028-04-03 22:30:00 UTC)")
    );
    assert_eq!(view.alarms(party("XC"), &policy, now), []);
    assert!(matches!(asking[0].deadline, Deadline::Policy(_)));
    assert!(matches!(asking[1].deadline, Deadline::Law(_)));
}

/// `[C29-7]` The notice stops the clock; `[C16-2]` the order's own clock goes on. A release or withdrawal
/// ends all.
#[test]
fn c29_7_a_follow_up_silences_the_alarms_of_the_end() {
    let policy = Policy::default();
    let late = at("2028-12-01T00:00:00Z");
    let noticed = leap_year().then(Kind::MutualAssistanceNotice);
    assert_eq!(names(&noticed.view().alarms(party("XA"), &policy, late)), [""; 0]);
    assert_eq!(
        names(&noticed.view().alarms(party("XB"), &policy, late)),
        ["order-renewal-due"]
    );
    let withdrawn = leap_year().then(Kind::Withdrawal);
    assert_eq!(withdrawn.view().alarms(party("XB"), &policy, late), []);
    assert_eq!(
        leap_year()
            .then(Kind::Outcome)
            .view()
            .alarms(party("XA"), &policy, late),
        []
    );
    let lapsed = leap_year().view().alarms(party("XA"), &policy, late);
    assert_eq!(names(&lapsed), ["preservation-lapsed"]);
}

/// Receipts and acknowledgements, on both sides, from the minute that the policy says.
#[test]
fn receipts_and_acknowledgements_are_missed_in_time() {
    let policy = Policy {
        zone: Zone::named("Europe/Bucharest").unwrap(),
        ..Policy::default()
    };
    let request = Story::of(&[Kind::PreservationRequest]).messages.remove(0);
    let sent = vec![CaseFact::submitted(request, minute(0))];
    let view = CaseView::fold(sent.clone());
    let just_before = Instant::from_unix_ms(minute(1).as_unix_ms() - 1).unwrap();
    assert_eq!(view.alarms(party("XA"), &policy, just_before), []);
    let alarms = view.alarms(party("XA"), &policy, minute(1));
    assert_eq!(names(&alarms), ["receipt-overdue"]);
    let told = "no receipt of XB/police; it was expected by \
                2026-03-15 18:01:00 Europe/Bucharest (2026-03-15 16:01:00 UTC)";
    assert_eq!(alarms[0].what, told);

    let to = point("XB/police");
    let delivered = CaseFact::event(case(), id(1), Event::Delivered { to }, minute(2));
    let view = CaseView::fold(sent.into_iter().chain([delivered]));
    assert_eq!(view.state, State::Delivered);
    assert_eq!(view.alarms(party("XA"), &policy, minute(31)), []);
    assert_eq!(
        names(&view.alarms(party("XA"), &policy, minute(32))),
        ["acknowledgement-overdue"]
    );

    let here = Story::of(&[Kind::PreservationRequest]);
    assert_eq!(
        names(&here.view().alarms(party("XB"), &policy, minute(40))),
        ["acknowledgement-overdue"]
    );
    let answered = here.then(Kind::Acknowledgement);
    assert_eq!(answered.view().alarms(party("XB"), &policy, minute(40)), []);
    // Any word of an officer shows that somebody is there.
    let asked = here.then(Kind::InformationNeeded);
    assert_eq!(asked.view().alarms(party("XA"), &policy, minute(40)), []);
}

/// Between two of the times that a case names, its alarms stay as they are, on either side; before the first
/// one there is none.
#[test]
fn alarms_change_at_the_times_that_are_named_only() {
    let policy = Policy::default();
    let sent = Story::of(&[Kind::PreservationRequest]).messages.remove(0);
    let sent = CaseView::fold([CaseFact::submitted(sent, minute(0))]);
    let withdrawn = Story::of(&[Kind::PreservationRequest, Kind::PreservationReport]).then(Kind::Withdrawal);
    for view in [leap_year().view(), sent, withdrawn.view()] {
        for own in ["XA", "XB", "XC"] {
            let own = party(own);
            let times = view.alarm_times(own, &policy);
            let mut standing = Vec::new();
            for time in times {
                let before = Instant::from_unix_ms(time.as_unix_ms() - 1).unwrap();
                assert_eq!(view.alarms(own, &policy, before), standing, "{own} before {time}");
                standing = view.alarms(own, &policy, time);
            }
            let for_ever = at("2999-01-01T00:00:00Z");
            // Only the words change, from "ends" to "ended".
            assert_eq!(
                names(&view.alarms(own, &policy, for_ever)),
                names(&standing),
                "{own}"
            );
        }
    }
    assert!(leap_year().view().alarm_times(party("XC"), &policy).is_empty());
    assert_eq!(leap_year().view().alarm_times(party("XB"), &policy).len(), 8);
}

/// What is due within a time, of both families, the first one first.
#[test]
fn what_is_due_is_listed_in_order() {
    let clocks = leap_year()
        .view()
        .clocks(&Policy::default(), at("2028-01-06T00:00:00Z"));
    let due = clocks.due_by(at("2028-04-30T00:00:00Z"));
    let order: Vec<&str> = due
        .iter()
        .map(|deadline| match deadline {
            Deadline::Law(_) => "law",
            Deadline::Policy(deadline) => {
                assert_eq!(deadline.kind, PolicyClockKind::FollowUpDue);
                "policy"
            }
        })
        .collect();
    assert_eq!(order, ["policy", "law", "law"]);
    assert_eq!(clocks.due_by(at("2028-01-31T00:00:00Z")), []);
    let json = serde_json::to_string(&clocks).unwrap();
    assert_eq!(serde_json::from_str::<super::Clocks>(&json).unwrap(), clocks);
}

#[test]
fn a_policy_is_read_from_configuration() {
    let policy: Policy = toml::from_str("ending_warning_days = [10]\nzone = \"europe/bucharest\"").unwrap();
    assert_eq!(policy.zone.as_str(), "Europe/Bucharest");
    assert_eq!(policy.receipt_within_ms, 60_000);
    assert!(toml::from_str::<Policy>("reciept_within_ms = 1").is_err());
    assert!(toml::from_str::<Policy>("zone = \"Europe/Bukarest\"").is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// A node that was off for any time shows what it would have shown: alarms depend on the time of asking
    /// only, and each says since when it stands, which lies in the time that it was off.
    #[test]
    fn a_node_that_was_off_misses_nothing(off_at in 0..300_i64, off_days in 1..60_i64) {
        let (view, policy) = (leap_year().view(), Policy::default());
        let day = |days: i64| {
            let start = at("2028-01-01T00:00:00Z").as_unix_ms();
            Instant::from_unix_ms(start + days * 86_400_000).unwrap()
        };
        let (gone, back) = (day(off_at), day(off_at + off_days));
        let before = view.alarms(party("XB"), &policy, gone);
        for alarm in view.alarms(party("XB"), &policy, back) {
            if !before.contains(&alarm) && alarm.kind != AlarmKind::OrderRenewalDue {
                prop_assert!(alarm.raised_at > gone && alarm.raised_at <= back);
            }
        }
    }

    /// Clocks run out in one direction: an alarm that stands goes only when a nearer one takes its place.
    #[test]
    fn alarms_do_not_go_by_themselves(day in 0..360_i64) {
        let (view, policy) = (leap_year().view(), Policy::default());
        let start = at("2028-01-01T00:00:00Z").as_unix_ms();
        let now = Instant::from_unix_ms(start + day * 86_400_000).unwrap();
        let next = Instant::from_unix_ms(start + (day + 1) * 86_400_000).unwrap();
        let later = view.alarms(party("XA"), &policy, next);
        let worst = |alarms: &[Alarm]| alarms.iter().map(|alarm| alarm.raised_at).max();
        prop_assert!(worst(&view.alarms(party("XA"), &policy, now)) <= worst(&later));
    }
}
