#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const NOW: UnixMillis = UnixMillis(1_795_305_600_000);

fn term(kind: KeyKind, id: &str, stage: Stage, valid_until: Option<UnixMillis>) -> Term {
    Term {
        kind,
        office: None,
        id: id.to_owned(),
        stage,
        valid_from: None,
        valid_until,
        used_from: None,
        is_held: kind != KeyKind::Authority,
        is_named: true,
        is_succeeded: false,
    }
}

/// Which of these would be an alarm now.
fn alarms(mut terms: Vec<Term>) -> Vec<String> {
    mark_succeeded(&mut terms);
    let near = terms.into_iter().filter(|term| term.ends_soon(NOW, 30 * DAY));
    near.map(|term| term.id).collect()
}

#[test]
fn a_key_that_ends_soon_is_an_alarm_unless_another_takes_its_place() {
    let soon = Some(NOW.plus(10 * DAY));
    let later = Some(NOW.plus(300 * DAY));
    let used = |until| term(KeyKind::Envelope, "used", Stage::InUse, until);
    assert!(alarms(vec![used(None)]).is_empty());
    assert!(alarms(vec![used(later)]).is_empty());
    assert_eq!(alarms(vec![used(soon)]), ["used"]);
    assert_eq!(alarms(vec![used(Some(UnixMillis(0)))]), ["used"]);
    let next = term(KeyKind::Envelope, "next", Stage::Next, None);
    assert!(alarms(vec![used(soon), next.clone()]).is_empty());
    // Of another kind, not held, not in the directory, over, no longer than the first, or somebody else's.
    for other in [
        term(KeyKind::Ledger, "next", Stage::Next, None),
        Term {
            is_held: false,
            ..next.clone()
        },
        Term {
            is_named: false,
            ..next.clone()
        },
        Term {
            stage: Stage::Former,
            ..next.clone()
        },
        Term {
            valid_until: soon,
            ..next.clone()
        },
        Term {
            office: Some("XA/police".to_owned()),
            ..next.clone()
        },
    ] {
        assert_eq!(alarms(vec![used(soon), other]), ["used"]);
    }
}

#[test]
fn an_authority_is_succeeded_by_another_that_the_directory_names() {
    let soon = Some(NOW.plus(DAY));
    let old = term(KeyKind::Authority, "old", Stage::InUse, soon);
    assert_eq!(alarms(vec![old.clone()]), ["old"]);
    let new = term(KeyKind::Authority, "new", Stage::InUse, Some(NOW.plus(900 * DAY)));
    assert!(alarms(vec![old, new]).is_empty());
}

#[test]
fn days_left_are_whole_days() {
    let ends = term(KeyKind::Tls, "tls", Stage::InUse, Some(NOW.plus(2 * DAY)));
    assert_eq!(ends.days_left(NOW), Some(2));
    assert_eq!(ends.days_left(NOW.plus(Duration::from_millis(1))), Some(1));
    assert_eq!(ends.days_left(NOW.plus(3 * DAY)), Some(0));
    assert_eq!(term(KeyKind::Tls, "tls", Stage::InUse, None).days_left(NOW), None);
}
