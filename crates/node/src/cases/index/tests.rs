#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;

use control::types::CaseSummary;
use convention::number::CaseNumber;
use protocol::envelope::Header;
use protocol::time::UnixMillis;
use tempfile::TempDir;

use super::*;
use crate::cases::{Behind, FindError, Wanted, lines};
use crate::testing::ledger::{BEGIN, Ledger, header, message, message_of, party};

mod alarms;
mod damage;
mod related;
mod terms;

const REQUEST: &str = include_str!("../../../../../config/examples/preservation-request.toml");
const REPORT: &str = include_str!("../../../../../config/examples/preservation-report.toml");
const NOTE: &str = include_str!("../../../../../config/examples/note.toml");
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

fn id(number: u8) -> String {
    CaseId::opened_by(message(number)).to_string()
}

fn all(limit: usize) -> Wanted {
    Wanted {
        limit,
        ..Wanted::default()
    }
}

fn ids(list: &[CaseSummary]) -> Vec<&str> {
    list.iter().map(|case| case.case.as_str()).collect()
}

/// A request with other selectors than the example's, which stand at its end or before another section.
fn request_for(selectors: &str) -> String {
    let mut kept = String::new();
    let mut is_selector = false;
    for line in REQUEST.lines() {
        if line.starts_with('[') {
            is_selector = line == "[[data.selectors]]";
        }
        // The header says who receives it.
        if !is_selector && !line.starts_with("to = ") {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept + selectors
}

/// The latest first, page by page, whatever was asked before; and what was written last is there.
#[test]
fn the_list_is_followed_leaf_by_leaf() {
    let mut ledger = Ledger::of(&["XA", "XB"]);
    assert!(ledger.cases.list(&all(10), BEGIN).unwrap().is_empty());
    for number in 1..=5 {
        ledger.said(&header("XA", "XB", number, number), REQUEST);
        let list = ledger.cases.list(&all(10), BEGIN).unwrap();
        assert_eq!(list.len(), usize::from(number));
        assert_eq!(list[0].case, id(number));
        assert_eq!(list[0].kind, "preservation-request");
    }
    let mut page = all(2);
    let mut seen = Vec::new();
    loop {
        let list = ledger.cases.list(&page, BEGIN).unwrap();
        let Some(last) = list.last() else { break };
        page.before = Some(ledger.cases.find(&last.case).unwrap());
        seen.extend(list.iter().map(|case| case.case.clone()));
    }
    assert_eq!(seen, [5, 4, 3, 2, 1].map(id));
}

/// What the index says of a case is what the case says, after each leaf that is about it.
#[test]
fn rows_are_what_the_folds_are() {
    let mut ledger = Ledger::of(&["XB", "XA"]);
    let opening = header("XA", "XB", 1, 1);
    let steps: [(Header, &str); 2] = [(opening, REQUEST), (header("XB", "XA", 2, 1), REPORT)];
    let mut states = Vec::new();
    for (header, form) in steps {
        let view = ledger.cases.find(&id(1)).ok().map(|case| case.view.clone());
        let body = message_of(&header, form, view.as_ref()).to_json();
        ledger.said_as(&header, &body);
        let now = UnixMillis(BEGIN.0 + DAY_MS);
        let listed = ledger.cases.list(&all(10), now).unwrap().remove(0);
        let case = ledger.cases.find(&id(1)).unwrap();
        assert_eq!(listed, ledger.cases.summary(&case, now));
        states.push(listed.state);
    }
    assert_eq!(states, ["delivered", "preserved"]);
    let state = |word: &str| Wanted {
        state: convention::case::State::ALL
            .iter()
            .copied()
            .find(|state| lines::word(*state) == word),
        ..all(10)
    };
    assert_eq!(ledger.cases.list(&state("preserved"), BEGIN).unwrap().len(), 1);
    assert_eq!(ledger.cases.list(&state("delivered"), BEGIN).unwrap().len(), 0);
}

/// The inbox is the latest first; what waits is in it however many came later; what was answered waits no
/// longer.
#[test]
fn what_waits_is_never_cut_off_the_inbox() {
    let mut ledger = Ledger::of(&["XB", "XA"]);
    for number in 1..=4 {
        ledger.said(&header("XA", "XB", number, number), REQUEST);
        if number != 1 {
            let view = ledger.cases.find(&id(number)).unwrap().view.clone();
            let answer = header("XB", "XA", 10 + number, number);
            let body = message_of(&answer, REPORT, Some(&view)).to_json();
            ledger.said_as(&answer, &body);
        }
    }
    let inbox = ledger.cases.inbox(2).unwrap();
    let shown: Vec<_> = inbox
        .iter()
        .map(|item| (item.case.clone(), item.needs_action))
        .collect();
    assert_eq!(shown, [(id(4), false), (id(1), true)]);
    let whole = ledger.cases.inbox(10).unwrap();
    assert_eq!(whole.len(), 4);
    assert!(whole.is_sorted_by_key(|item| std::cmp::Reverse(item.received_at)));
}

/// A number is found as it is said on the telephone; a wrong one is told from an unknown one. `[CASE-NUMBER]`
#[test]
fn a_case_is_found_by_its_number_its_check_words_and_its_beginning() {
    let mut ledger = Ledger::of(&["XA", "XB"]);
    let now = BEGIN;
    let mut numbers = Vec::new();
    for number in 1..=3 {
        let header = header("XA", "XB", number, number);
        let given = ledger.cases.next_number(now).unwrap();
        let body = message_of(&header, REQUEST, None).numbered(given).to_json();
        ledger.said_as(&header, &body);
        numbers.push(given);
    }
    let counts: Vec<u32> = numbers.iter().map(|number| number.count()).collect();
    assert_eq!(counts, [1, 2, 3]);
    let second = numbers[1].to_string();
    assert!(second.starts_with("XA-2026-0002-"), "{second}");
    let words = lines::check_words(&header("XA", "XB", 2, 2).payload);
    let beginning = &id(2)[..34];
    for text in [
        second.clone(),
        second.to_lowercase().replace('-', " "),
        words.to_uppercase(),
        beginning.to_owned(),
    ] {
        let found = ledger
            .cases
            .find(&text)
            .unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(found.id.to_string(), id(2), "{text}");
        assert_eq!(found.reference(), second);
    }
    let misheard = second.replace("0002", "0003");
    let error = ledger.cases.find(&misheard).unwrap_err();
    assert!(error.to_string().contains("misheard"), "{error}");
    let unknown = CaseNumber::new("XA".parse().unwrap(), 2026, 9)
        .unwrap()
        .to_string();
    assert!(matches!(ledger.cases.find(&unknown), Err(FindError::Unknown(_))));
    let ambiguous = ledger.cases.find(&id(1)[..13]).unwrap_err();
    assert!(
        matches!(ambiguous, FindError::Ambiguous { count: 3, .. }),
        "{ambiguous}"
    );
    for text in [
        "",
        "0",
        "zzzzzzzzz",
        "--------",
        "no such words here",
        &"f".repeat(500),
    ] {
        assert!(ledger.cases.find(text).is_err(), "{text}");
    }
    // A process that starts afterwards goes on where this one was, and another year begins anew.
    ledger.index_with(CaseIndex::in_memory(party("XA"), &Policy::default()).unwrap());
    assert_eq!(ledger.cases.next_number(now).unwrap().count(), 4);
    let next_year = UnixMillis(now.0 + 365 * DAY_MS);
    assert_eq!(ledger.cases.next_number(next_year).unwrap().count(), 1);
    assert_eq!(ledger.cases.next_number(now).unwrap().count(), 5);
}

/// A number of another Party's is no name of a case: the message is non-conforming. `[CASE-NUMBER]`
#[test]
fn a_number_is_its_own_partys() {
    let mut ledger = Ledger::of(&["XB", "XA"]);
    let opening = header("XA", "XB", 1, 1);
    let foreign = CaseNumber::new("XB".parse().unwrap(), 2026, 1).unwrap();
    let text = String::from_utf8(message_of(&opening, REQUEST, None).to_json()).unwrap();
    let id_of = format!("\"case\":\"{}\",", id(1));
    assert!(text.contains(&id_of), "{text}");
    let body = text.replace(&id_of, &format!("{id_of}\"number\":\"{foreign}\","));
    ledger.said_as(&opening, body.as_bytes());
    let case = ledger.cases.find(&id(1)).unwrap();
    assert_eq!(case.reference(), id(1));
    let inbox = ledger.cases.inbox(10).unwrap();
    assert!(
        inbox[0]
            .nonconformities
            .iter()
            .any(|fault| fault.rule == "CASE-NUMBER"),
        "{inbox:?}"
    );
    assert!(matches!(
        ledger.cases.find(&foreign.to_string()),
        Err(FindError::Unknown(_))
    ));
    // Our own count does not follow what others write.
    assert_eq!(ledger.cases.next_number(BEGIN).unwrap().count(), 1);
}

/// Two Parties that use one id have two cases, in the index as well.
#[test]
fn cases_that_share_an_id_are_two() {
    let mut ledger = Ledger::of(&["XB", "XA", "XC"]);
    ledger.said(&header("XC", "XB", 1, 1), REQUEST);
    assert_eq!(ids(&ledger.cases.list(&all(9), BEGIN).unwrap()), [id(1)]);
    ledger.said(&header("XA", "XB", 1, 1), REQUEST);
    let names = [format!("{}@XC", id(1)), format!("{}@XA", id(1))];
    assert_eq!(ids(&ledger.cases.list(&all(9), BEGIN).unwrap()), names);
    let one = Wanted {
        before: Some(ledger.cases.find(&names[0]).unwrap()),
        ..all(9)
    };
    assert_eq!(ids(&ledger.cases.list(&one, BEGIN).unwrap()), names[1..]);
    assert_eq!(ledger.cases.inbox(9).unwrap().len(), 2);
}

/// Many leaves, in steps of many threads: each case once.
#[test]
fn a_step_folds_each_case_once() {
    let mut ledger = Ledger::of(&["XA", "XB"]);
    for number in 1..=40 {
        let opening = header("XA", "XB", number, number);
        let envelope = ledger.said(&opening, REQUEST);
        if number % 2 == 0 {
            ledger.rejected(envelope, &opening);
        }
    }
    let step = ledger.cases.follow(Behind { threads: 2 }).unwrap();
    assert_eq!((step.size, step.folded), (60, 40));
    assert!(step.is_last());
    assert_eq!(ledger.cases.follow(Behind { threads: 2 }).unwrap().folded, 0);
    assert_eq!(ledger.cases.list(&all(100), BEGIN).unwrap().len(), 40);
}
