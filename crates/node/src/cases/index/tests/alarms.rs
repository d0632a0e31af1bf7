//! Alarms and deadlines at any time, from a store that was written earlier.

use std::time::Duration;

use protocol::envelope::Priority;

use super::*;

/// XA asks, we preserve from 15 March to 13 June 2026, as the examples say; in a table on the disk.
fn preserved(folder: &TempDir) -> Ledger {
    let mut ledger = Ledger::of(&["XB", "XA"]);
    ledger.index_with(open(folder, &ledger, &patient()));
    ledger.said(&header("XA", "XB", 1, 1), REQUEST);
    let view = ledger.cases.find(&id(1)).unwrap().view.clone();
    let report = header("XB", "XA", 2, 1);
    let body = message_of(&report, REPORT, Some(&view)).to_json();
    ledger.said_as(&report, &body);
    ledger
}

/// Nobody's receipt is waited for here.
fn patient() -> Policy {
    Policy {
        receipt_within_ms: 20 * 365 * DAY_MS,
        ..Policy::default()
    }
}

fn open(folder: &TempDir, ledger: &Ledger, policy: &Policy) -> CaseIndex {
    CaseIndex::open(folder.path(), &[1; 32], party("XB"), policy, &*ledger.reader).unwrap()
}

fn kinds(ledger: &Ledger, now: &str) -> Vec<String> {
    let now: jiff::Timestamp = now.parse().unwrap();
    let now = UnixMillis(u64::try_from(now.as_millisecond()).unwrap());
    let found = ledger.cases.alarms(now).unwrap();
    assert!(found.alarms.is_sorted_by_key(|alarm| alarm.raised_at));
    assert!(found.next.is_none_or(|next| next > now));
    found.alarms.into_iter().map(|alarm| alarm.kind).collect()
}

/// The node was off for a month: what it then shows is what it would have shown, though nothing is folded
/// anew. The clock is an argument. `[C29-7]` `[TIME-BOTH]`
#[test]
fn a_node_that_was_off_for_a_month_shows_what_it_missed() {
    let folder = TempDir::new().unwrap();
    let mut ledger = preserved(&folder);
    let missing = "mutual-assistance-missing";
    assert_eq!(kinds(&ledger, "2026-04-14T22:29:59Z"), Vec::<String>::new());
    assert_eq!(kinds(&ledger, "2026-04-14T22:30:00Z"), [missing]);
    ledger.cases.flush_index().unwrap();
    // Closed before it is opened again: sled locks it.
    ledger.index_with(CaseIndex::in_memory(party("XB"), &patient()).unwrap());
    let reopened = open(&folder, &ledger, &patient());
    assert_eq!(reopened.size.load(Ordering::Relaxed), ledger.reader.size());
    ledger.index_with(reopened);
    assert_eq!(
        kinds(&ledger, "2026-05-14T23:00:00Z"),
        [missing, "preservation-ending"]
    );
    assert_eq!(kinds(&ledger, "2026-06-14T00:00:00Z"), ["preservation-lapsed"]);
    let now = UnixMillis(1_781_000_000_000);
    let case = ledger.cases.find(&id(1)).unwrap();
    let (alarms, deadlines) = ledger.cases.clocks_of(&case, now);
    assert_eq!(alarms, ledger.cases.alarms(now).unwrap().alarms);
    let local = "2026-06-13 23:30:00 Europe/Lisbon (2026-06-13 22:30:00 UTC)";
    assert!(
        deadlines.iter().any(|deadline| deadline.local == local),
        "{deadlines:?}"
    );
    assert_eq!(ledger.cases.list(&all(1), now).unwrap()[0].alarms, alarms);
}

/// By the next deadline, not by age; page by page; and what is not due is not shown.
#[test]
fn what_is_due_comes_in_the_order_of_its_dates() {
    let mut ledger = Ledger::of(&["XB", "XA"]);
    for (number, until) in [(1, "06-20"), (2, "06-13"), (3, "06-17")] {
        ledger.said(&header("XA", "XB", number, number), REQUEST);
        let view = ledger.cases.find(&id(number)).unwrap().view.clone();
        let report = header("XB", "XA", 10 + number, number);
        let form = REPORT.replace("2026-06-13", &format!("2026-{until}"));
        // With the mutual assistance request expected later than all this.
        let form = form.replace("2026-03-15T23:30:00", "2026-04-05T23:30:00");
        let body = message_of(&report, &form, Some(&view)).to_json();
        ledger.said_as(&report, &body);
    }
    let policy = Policy {
        follow_up_within_days: 3_000,
        ..patient()
    };
    ledger.index_with(CaseIndex::in_memory(party("XB"), &policy).unwrap());
    let now = UnixMillis(1_781_200_000_000); // 11 June 2026
    let due = |days: u64, limit: usize| Wanted {
        due_until: Some(UnixMillis(now.0 + days * DAY_MS)),
        ..all(limit)
    };
    let list = |wanted: &Wanted| ledger.cases.list(wanted, now).unwrap();
    assert_eq!(ids(&list(&due(30, 9))), [id(2), id(3), id(1)]);
    assert_eq!(ids(&list(&due(7, 9))), [id(2), id(3)]);
    assert_eq!(ids(&list(&due(0, 9))), Vec::<&str>::new());
    let mut page = due(30, 1);
    let mut seen = Vec::new();
    while let Some(case) = list(&page).pop() {
        page.before = Some(ledger.cases.find(&case.case).unwrap());
        assert_eq!(case.next_deadline.unwrap().kind, "order-ends");
        seen.push(case.case);
    }
    assert_eq!(seen, [id(2), id(3), id(1)]);
}

/// Another policy puts the cases into another order, without a fold.
#[test]
fn a_new_policy_is_followed_at_once() {
    let folder = TempDir::new().unwrap();
    let mut ledger = preserved(&folder);
    assert_eq!(kinds(&ledger, "2026-03-30T00:00:00Z"), Vec::<String>::new());
    ledger.cases.flush_index().unwrap();
    ledger.index_with(CaseIndex::in_memory(party("XB"), &patient()).unwrap());
    let policy = Policy {
        follow_up_within_days: 10,
        ..patient()
    };
    ledger.index_with(open(&folder, &ledger, &policy));
    assert_eq!(
        kinds(&ledger, "2026-03-30T00:00:00Z"),
        ["mutual-assistance-missing"]
    );
    let next = ledger.cases.alarms(BEGIN).unwrap().next.unwrap();
    assert!(next > BEGIN);
    ledger.index_with(CaseIndex::in_memory(party("XB"), &patient()).unwrap());
    ledger.index_with(open(&folder, &ledger, &patient()));
    assert_eq!(kinds(&ledger, "2026-03-30T00:00:00Z"), Vec::<String>::new());
}

/// A recipient that says nothing for long: more than fits into a row is folded when somebody asks.
#[test]
fn a_case_with_too_many_clocks_for_a_row_has_them_all() {
    let mut ledger = Ledger::of(&["XA", "XB"]);
    ledger.said(&header("XA", "XB", 1, 1), REQUEST);
    for number in 2..=120 {
        let note = header("XA", "XB", number, 1);
        let view = ledger.cases.find(&id(1)).unwrap().view.clone();
        let body = message_of(&note, NOTE, Some(&view)).to_json();
        ledger.said_as(&note, &body);
    }
    let found = ledger.cases.alarms(UnixMillis(BEGIN.0 + DAY_MS)).unwrap();
    assert_eq!(found.alarms.len(), 120);
    assert!(found.alarms.iter().all(|alarm| alarm.kind == "receipt-overdue"));
}

/// A request that no officer has answered in time counts as an unanswered emergency if its header says that
/// it is one, and not otherwise.
#[test]
fn emergencies_without_an_officers_answer_are_counted() {
    for (priority, counted) in [(Priority::Emergency, 1), (Priority::Urgent, 0)] {
        let mut ledger = Ledger::of(&["XB", "XA"]);
        let request = Header {
            priority,
            ..header("XA", "XB", 1, 1)
        };
        ledger.said(&request, REQUEST);
        let in_time = BEGIN.plus(Duration::from_secs(60));
        assert_eq!(ledger.cases.alarms_with_emergencies(in_time).unwrap().1, 0);
        let late = BEGIN.plus(Duration::from_secs(24 * 60 * 60));
        let (found, emergencies) = ledger.cases.alarms_with_emergencies(late).unwrap();
        let kinds: Vec<&str> = found.alarms.iter().map(|alarm| alarm.kind.as_str()).collect();
        assert!(kinds.contains(&"acknowledgement-overdue"), "{kinds:?}");
        assert_eq!(emergencies, counted);
    }
}
