#![allow(clippy::unwrap_used, clippy::expect_used)]

use clap::Parser;
use control::types::UnixUser;

use super::*;

#[derive(Debug, Parser)]
struct Line {
    #[command(subcommand)]
    command: OfficerCommand,
}

fn officer(name: &str, roles: &[Role]) -> Officer {
    Officer {
        name: name.to_owned(),
        roles: roles.to_vec(),
        actor: "5f0c8e1d2b3a49687786950413223140".to_owned(),
        unix_user: Some(UnixUser {
            name: "aofficer".to_owned(),
            uid: 1001,
        }),
        added_at: "2026-11-22T03:07:00Z".parse().unwrap(),
        added_by: "B. Operator".to_owned(),
        removed_at: None,
        removed_by: None,
    }
}

#[test]
fn roles_are_named_with_commas_or_one_by_one_and_none_is_guessed() {
    let roles = |line: &[&str]| match Line::try_parse_from(line).map(|line| line.command) {
        Ok(OfficerCommand::Add(arguments)) => Ok(arguments.role),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error.to_string()),
    };
    let both = vec![Role::Officer, Role::Approver];
    assert_eq!(
        roles(&["x", "add", "A", "--role", "officer,approver"]),
        Ok(both.clone())
    );
    let apart = ["x", "add", "A", "--role", "officer", "--role", "approver"];
    assert_eq!(roles(&apart), Ok(both));
    assert_eq!(roles(&["x", "add", "A"]), Ok(vec![Role::Officer]));
    assert!(roles(&["x", "add", "A", "--role", "aproover"]).is_err());
    assert!(roles(&["x", "add"]).is_err());
}

/// `[TIME-BOTH]` A name is somebody else's text: it cannot steer the terminal.
#[test]
fn an_officer_is_shown_with_roles_user_and_times() {
    let zone = TimeZone::get("Europe/Bucharest").unwrap();
    let mut one = officer("A. Officer\u{1b}[2J", &[Role::Officer, Role::Approver]);
    let text = one_text(&one, &zone);
    assert!(text.contains("Roles          officer approver\n"), "{text}");
    assert!(
        text.contains("aofficer (1001)") && text.contains("05:07"),
        "{text}"
    );
    assert!(!text.contains('\u{1b}'));
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    one.removed_at = Some(one.added_at);
    one.removed_by = Some("B. Operator".to_owned());
    assert!(one_text(&one, &zone).contains("Removed"));
    let list = list_text(&[one, officer("B", &[Role::Auditor])]);
    assert!(list.contains("(removed)\n") && list.contains("auditor"), "{list}");
    assert!(list_text(&[]).contains("any name is accepted"));
}

#[test]
fn the_status_says_aloud_that_any_name_is_accepted() {
    let mut state = OfficersState::default();
    let said = |state: &OfficersState| {
        let lines = status_lines(state);
        lines
            .iter()
            .map(|(name, value)| format!("{name}: {value}\n"))
            .collect::<String>()
    };
    assert_eq!(said(&state), "Officers: none registered, any name is accepted\n");
    state.in_force = true;
    assert!(said(&state).contains("nobody may write"));
    state.registered = 2;
    state.approval_needed = vec!["refusal".to_owned()];
    state.reviews_outstanding = 1;
    let text = said(&state);
    assert!(
        text.contains("2 registered") && text.contains("Two officers for: refusal"),
        "{text}"
    );
    assert!(text.contains("TO BE REVIEWED: 1 sent without approval"), "{text}");
}
