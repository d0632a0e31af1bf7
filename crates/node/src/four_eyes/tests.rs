#![allow(clippy::unwrap_used, clippy::expect_used)]
//! `[FOUR-EYES]`

use super::*;

fn policy(break_glass: BreakGlass) -> Policy {
    Policy {
        kinds: [Kind::PreservationRequest, Kind::Refusal].into(),
        break_glass,
    }
}

fn question(kind: Kind) -> Question<'static> {
    Question {
        kind,
        priority: Priority::Emergency,
        approved_by: None,
        break_glass: None,
    }
}

fn second() -> ActorId {
    ActorId::from_bytes([2; 16])
}

#[test]
fn only_the_kinds_that_are_named_need_a_second_officer() {
    let policy = policy(BreakGlass::Allowed);
    for kind in Kind::ALL {
        let said = policy.oversight(&question(*kind));
        if policy.kinds.contains(kind) {
            assert_eq!(said, Err(Withheld::NeedsApproval(*kind)));
        } else {
            assert_eq!(said, Ok(Oversight::NotNeeded));
        }
    }
}

#[test]
fn an_approval_is_recorded_also_where_none_was_needed() {
    for kind in [Kind::Refusal, Kind::Note] {
        let approved = Question {
            approved_by: Some(second()),
            ..question(kind)
        };
        let said = policy(BreakGlass::Forbidden).oversight(&approved);
        assert_eq!(said, Ok(Oversight::ApprovedBy(second())));
    }
}

#[test]
fn break_glass_takes_an_emergency_a_reason_and_a_policy_that_allows_it() {
    let broken = |reason, priority| Question {
        break_glass: Some(reason),
        priority,
        ..question(Kind::Refusal)
    };
    let urgent = broken("a life", Priority::Emergency);
    let allowed = policy(BreakGlass::Allowed);
    assert_eq!(allowed.oversight(&urgent), Ok(Oversight::SentAlone));
    assert_eq!(
        policy(BreakGlass::Forbidden).oversight(&urgent),
        Err(Withheld::NoBreakGlass)
    );
    let calm = broken("a life", Priority::Urgent);
    assert_eq!(allowed.oversight(&calm), Err(Withheld::NotAnEmergency));
    let wordless = broken("  ", Priority::Emergency);
    assert_eq!(allowed.oversight(&wordless), Err(Withheld::NoReason));
    // Nothing is broken where nothing is locked.
    let unlocked = Question {
        kind: Kind::Note,
        ..urgent
    };
    assert_eq!(allowed.oversight(&unlocked), Ok(Oversight::NotNeeded));
}
