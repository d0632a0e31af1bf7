#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::{Outcome, failed, ok, report, skipped, warning};

#[test]
fn a_report_is_as_bad_as_the_worst_of_its_checks() {
    let now = jiff::Timestamp::UNIX_EPOCH;
    let of = |checks| report(now, false, checks).outcome;
    assert_eq!(of(vec![ok("a", ""), skipped("b", "")]), Outcome::Ok);
    assert_eq!(of(vec![ok("a", ""), warning("b", "", "mend")]), Outcome::Warning);
    assert_eq!(
        of(vec![failed("a", "", "mend"), warning("b", "", "mend")]),
        Outcome::Failed
    );
}
