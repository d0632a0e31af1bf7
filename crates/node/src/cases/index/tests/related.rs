//! `[RELATED]` The same identifier in another case.

use super::*;

fn ip(address: &str) -> String {
    format!(
        "[[data.selectors]]\ntype = \"ip\"\nvalue = {address:?}\n\
         range = {{ from = \"2026-03-09T07:41:00Z\", until = \"2026-03-09T08:10:00Z\" }}\n"
    )
}

fn other(kind: &str, value: &str) -> String {
    format!("[[data.selectors]]\ntype = \"{kind}\"\nvalue = {value:?}\n")
}

/// Asks for these selectors, where the recipient is.
fn ask(ledger: &mut Ledger, header: &Header, selectors: &str) {
    let there = format!("territory = \"{}\"", header.to.party());
    let form = request_for(selectors).replace("territory = \"XB\"", &there);
    ledger.said(header, &form);
}

fn related(ledger: &Ledger, number: u8) -> Vec<(String, Vec<String>)> {
    let case = ledger.cases.find(&id(number)).unwrap();
    let found = ledger.cases.related_to(&case.selectors(), Some(case.id)).unwrap();
    found.into_iter().map(|one| (one.case, one.selectors)).collect()
}

/// Sent or received, however it is written, the latest first; also after the index was lost.
#[test]
fn the_same_address_is_found_in_other_cases_whoever_wrote_it() {
    let mut ledger = Ledger::of(&["XA", "XB", "XC"]);
    ask(&mut ledger, &header("XA", "XB", 1, 1), &ip("192.0.2.17"));
    ask(&mut ledger, &header("XC", "XA", 2, 2), &ip("::ffff:192.0.2.17"));
    let both = ip("192.0.2.17") + &other("email", "A.User@Example.ORG");
    ask(&mut ledger, &header("XA", "XC", 3, 3), &both);
    ask(
        &mut ledger,
        &header("XA", "XC", 4, 4),
        &other("email", "a.user@example.org"),
    );
    ask(&mut ledger, &header("XA", "XC", 5, 5), &ip("192.0.2.18"));
    let address = || vec!["ip 192.0.2.17".to_owned()];
    let mail = || vec!["email a.user@example.org".to_owned()];
    for _ in 0..2 {
        ledger.cases.caught_up().unwrap();
        assert_eq!(related(&ledger, 1), [(id(3), address()), (id(2), address())]);
        assert_eq!(
            related(&ledger, 3),
            [(id(4), mail()), (id(2), address()), (id(1), address())]
        );
        assert_eq!(related(&ledger, 5), []);
        let inbox = ledger.cases.inbox(9).unwrap();
        let shown: Vec<_> = inbox[0].related.iter().map(|one| one.case.clone()).collect();
        assert_eq!(shown, [id(3), id(1)]);
        ledger.index_with(CaseIndex::in_memory(party("XA"), &Policy::default()).unwrap());
    }
}

/// What a hostile peer writes as a selector relates nothing by accident, breaks no table, and names no case
/// that has it not.
#[test]
fn hostile_selectors_relate_nothing() {
    let mut ledger = Ledger::of(&["XB", "XA", "XC"]);
    let victim = request_for(&other("email", "a@example.org"));
    ledger.said(&header("XA", "XB", 1, 1), &victim);
    let text = String::from_utf8(message_of(&header("XA", "XB", 2, 2), &victim, None).to_json()).unwrap();
    let hostile = [
        "a@example.org\\u0000".to_owned(),
        "\\u202ea@example.org".to_owned(),
        "a@example.org ".repeat(3),
        "a".repeat(100_000) + "@example.org",
        "@".to_owned(),
        String::new(),
        "B\\u0001\\u00ff".to_owned(),
    ];
    for (number, value) in (2_u8..).zip(hostile) {
        let header = header("XA", "XB", number, number);
        let body = text.replace("a@example.org", &value);
        let body = body.replace(&id(2), &id(number));
        ledger.said_as(&header, body.as_bytes());
    }
    assert_eq!(related(&ledger, 1), []);
    assert_eq!(ledger.cases.list(&all(99), BEGIN).unwrap().len(), 8);
    assert_eq!(ledger.cases.inbox(99).unwrap().len(), 8);
}

/// Whoever uses another Party's id is not shown in its place.
#[test]
fn a_shared_id_relates_only_the_case_that_has_the_selector() {
    let mut ledger = Ledger::of(&["XB", "XA", "XC"]);
    ask(
        &mut ledger,
        &header("XA", "XB", 1, 1),
        &other("email", "a@example.org"),
    );
    ask(
        &mut ledger,
        &header("XC", "XB", 1, 1),
        &other("email", "c@example.org"),
    );
    ask(
        &mut ledger,
        &header("XA", "XB", 2, 2),
        &other("email", "a@example.org"),
    );
    ledger.cases.caught_up().unwrap();
    let mail = vec!["email a@example.org".to_owned()];
    assert_eq!(related(&ledger, 2), [(format!("{}@XA", id(1)), mail)]);
}

/// One address in very many cases: the latest are shown, and no more than people read.
#[test]
fn many_related_cases_are_cut_off() {
    let mut ledger = Ledger::of(&["XA", "XB"]);
    for number in 1..=60 {
        ask(
            &mut ledger,
            &header("XA", "XB", number, number),
            &ip("192.0.2.17"),
        );
    }
    ledger.cases.caught_up().unwrap();
    let found = related(&ledger, 1);
    assert_eq!(found.len(), crate::limits::RELATED_MAX);
    assert!(found.is_sorted_by(|one, next| one.0 > next.0));
    let none = BTreeSet::new();
    assert!(ledger.cases.related_to(&none, None).unwrap().is_empty());
}
