#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::types::{CasesQuery, Wait};

#[test]
fn what_people_type_cannot_become_another_path() {
    assert_eq!(
        case("../v1/node/stop?x#y"),
        "/v1/cases/..%2Fv1%2Fnode%2Fstop%3Fx%23y"
    );
    assert_eq!(
        message_receipt("m", "XB/police"),
        "/v1/messages/m/receipt?to=XB%2Fpolice"
    );
    assert_eq!(case("a b\nc"), "/v1/cases/a%20b%0Ac");
}

#[test]
fn queries_hold_only_what_was_given() {
    assert_eq!(cases(None, None), "/v1/cases");
    assert_eq!(cases(Some(5), None), "/v1/cases?limit=5");
    assert_eq!(cases(Some(5), Some("a")), "/v1/cases?limit=5&before=a");
    let due = CasesQuery {
        due_within_ms: Some(10),
        state: Some("a b&c".to_owned()),
        ..CasesQuery::default()
    };
    assert_eq!(cases_by(&due), "/v1/cases?due_within_ms=10&state=a%20b%26c");
    assert_eq!(
        message("m", Some((Wait::Delivered, 10))),
        "/v1/messages/m?wait=delivered&timeout_ms=10"
    );
    assert_eq!(ledger_proof(3, Some(7)), "/v1/ledger/proof/3?size=7");
    let of_log = ledger_log_proof(Some(90), 3, Some(7));
    assert_eq!(of_log, "/v1/ledger/proof/3?size=7&log=90");
    assert_eq!(ledger_log_proof(Some(90), 3, None), "/v1/ledger/proof/3?log=90");
    assert_eq!(
        ledger_log_tile(90, "0/000.p/3"),
        "/v1/ledger/logs/90/tile/0/000.p/3"
    );
    assert_eq!(
        ledger_tile("entries/x001/000.p/3"),
        "/v1/ledger/tile/entries/x001/000.p/3"
    );
}
