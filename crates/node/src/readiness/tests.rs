#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

fn term(kind: KeyKind, office: Option<&str>) -> Term {
    Term {
        kind,
        office: office.map(str::to_owned),
        id: format!("{}{office:?}", kind.as_str()),
        stage: Stage::InUse,
        valid_from: None,
        valid_until: Some(UnixMillis(2_000)),
        used_from: None,
        is_held: true,
        is_named: true,
        is_succeeded: false,
    }
}

fn healthy() -> Facts {
    Facts {
        is_stopping: false,
        core_answers: true,
        committing_for: Duration::ZERO,
        is_store_damaged: false,
        is_disk_full: false,
        room: Some(Room {
            size_bytes: 1 << 40,
            free_bytes: 1 << 39,
            inodes: 0,
            free_inodes: 0,
        }),
        keys: vec![
            term(KeyKind::Tls, None),
            term(KeyKind::Envelope, None),
            term(KeyKind::Ledger, None),
            term(KeyKind::Witness, None),
            term(KeyKind::OpenPgp, Some("police")),
        ],
        signing: Signing::Allowed,
        freshness: Freshness::Current,
        forks: (0, 0),
        is_lagging: false,
        is_clock_doubted: false,
        clock: Some((0.1, 5)),
        now: UnixMillis(1_000),
    }
}

/// The one check that is not well, and whether the node is ready.
fn found(change: impl FnOnce(&mut Facts)) -> (&'static str, Outcome, bool) {
    let mut facts = healthy();
    change(&mut facts);
    let readiness = Readiness::of(&facts);
    let mut troubles = readiness
        .checks
        .iter()
        .filter(|check| check.outcome != Outcome::Ok);
    let trouble = troubles.next().expect("a check that says so");
    assert!(
        !trouble.what.is_empty() && !trouble.mend.is_empty(),
        "{trouble:?}"
    );
    assert_eq!(troubles.next(), None);
    let line = format!("{} ", trouble.name);
    assert!(
        readiness
            .text()
            .lines()
            .any(|said| said.starts_with(&line) && said.contains(trouble.mend))
    );
    (trouble.name, trouble.outcome, readiness.ready)
}

#[test]
fn a_healthy_node_is_ready() {
    let readiness = Readiness::of(&healthy());
    assert!(readiness.ready);
    assert!(
        readiness.text().lines().all(|line| line.ends_with(" ok")),
        "{}",
        readiness.text()
    );
    assert!(readiness.outcomes().all(|(_, outcome)| outcome == 2));
}

#[test]
fn what_it_cannot_do_without_makes_it_not_ready() {
    let failed = |name: &'static str| (name, Outcome::Fail, false);
    assert_eq!(found(|facts| facts.is_stopping = true), failed("running"));
    assert_eq!(found(|facts| facts.core_answers = false), failed("core"));
    assert_eq!(
        found(|facts| facts.committing_for = COMMIT_HANGS_AFTER),
        failed("core")
    );
    assert_eq!(found(|facts| facts.is_store_damaged = true), failed("store"));
    assert_eq!(found(|facts| facts.is_disk_full = true), failed("disk"));
    assert_eq!(
        found(|facts| facts.freshness = Freshness::Expired),
        failed("directory")
    );
    assert_eq!(found(|facts| facts.is_clock_doubted = true), failed("clock"));
    assert_eq!(
        found(|facts| facts.signing = Signing::Checking),
        failed("signing")
    );
    let refused = Signing::Refused {
        witnesses: vec!["witness".to_owned()],
        since: UnixMillis(1),
    };
    assert_eq!(found(|facts| facts.signing = refused), failed("signing"));
    for kind in [KeyKind::Tls, KeyKind::Envelope, KeyKind::Ledger, KeyKind::OpenPgp] {
        assert_eq!(
            found(|facts| facts.keys.retain(|term| term.kind != kind)),
            failed("keys")
        );
        // One that has ended is as good as none.
        let ended = |facts: &mut Facts| {
            let mut of_kind = facts.keys.iter_mut().filter(|term| term.kind == kind);
            of_kind.next().expect("a key").valid_until = Some(UnixMillis(1_000));
        };
        assert_eq!(found(ended), failed("keys"));
    }
}

#[test]
fn what_people_must_look_at_leaves_it_ready() {
    let warned = |name: &'static str| (name, Outcome::Warn, true);
    assert_eq!(
        found(|facts| facts.freshness = Freshness::Grace),
        warned("directory")
    );
    assert_eq!(found(|facts| facts.forks.0 = 1), warned("directory_forks"));
    assert_eq!(found(|facts| facts.forks.1 = 1), warned("ledger_forks"));
    assert_eq!(found(|facts| facts.is_lagging = true), warned("witnesses"));
    assert_eq!(found(|facts| facts.clock = Some((-301.0, 3))), warned("clock"));
    let short = |facts: &mut Facts| {
        if let Some(room) = &mut facts.room {
            room.free_bytes = ROOM_SHORT_BYTES - 1;
        }
    };
    assert_eq!(found(short), warned("disk"));
    assert_eq!(
        found(|facts| facts.keys.retain(|term| term.kind != KeyKind::Witness)),
        warned("keys")
    );
    let idle = |facts: &mut Facts| {
        let mut other = term(KeyKind::OpenPgp, Some("courts"));
        other.stage = Stage::Former;
        facts.keys.push(other);
    };
    assert_eq!(found(idle), warned("keys"));
}

/// One peer with a wrong clock does not make ours look wrong, and of two nobody can say whose it is.
#[test]
fn the_median_of_the_peers_is_what_our_clock_is_held_against() {
    assert_eq!(clock_ahead(vec![]), None);
    assert_eq!(clock_ahead(vec![-2_000]), Some((2.0, 1)));
    assert_eq!(clock_ahead(vec![10, 86_400_000, 20]), Some((-0.02, 3)));
    let mut facts = healthy();
    facts.clock = Some((3_600.0, 2));
    assert!(
        Readiness::of(&facts)
            .checks
            .iter()
            .all(|check| check.outcome == Outcome::Ok)
    );
}

#[test]
fn the_answer_for_machines_names_each_check() {
    let mut facts = healthy();
    facts.is_disk_full = true;
    let json = serde_json::to_value(Readiness::of(&facts)).unwrap();
    assert_eq!(json["ready"], false);
    let checks = json["checks"].as_array().unwrap();
    assert_eq!(checks.len(), 11);
    let disk = checks.iter().find(|check| check["name"] == "disk").unwrap();
    assert_eq!(disk["outcome"], "fail");
    assert!(disk["mend"].as_str().unwrap().contains("make room"));
}
