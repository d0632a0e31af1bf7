//! `ohrid officer`: who may write on this node, who may approve, and from where.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use control::types::{NewOfficer, Officer, OfficersState, Role};
use jiff::tz::TimeZone;

use crate::failure::Failure;
use crate::session::Session;
use crate::table::{self, printable};
use crate::{random, when};

/// What stands below the help of `ohrid officer add`.
const AFTER_ADD: &str = "\
From the first officer on, only registered officers may write. Whoever runs as the node's own Unix user,
or as root, can act under any name that is bound to no Unix user: bind names where that matters.";

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum OfficerCommand {
    /// Register an officer; from the first one on, nobody else may write
    Add(AddArguments),
    /// Who is registered, with which roles
    List(ListArguments),
    /// Remove an officer, who may not act any more; the name stays for history
    Remove(RemoveArguments),
}

/// Options of `ohrid officer add`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_ADD)]
pub(crate) struct AddArguments {
    /// The name, as it will stand with --officer
    #[arg(value_name = "NAME")]
    name: String,
    /// What the officer may do: officer (write and send), approver (approve what another wrote), operator
    /// (run the node), auditor (read only); several with commas
    #[arg(long, value_name = "ROLE", value_delimiter = ',', default_value = "officer")]
    #[arg(value_parser = roles())]
    role: Vec<Role>,
    /// The Unix user of this machine from which alone the officer may act, by name or number
    #[arg(long, value_name = "USER")]
    unix_user: Option<String>,
}

/// Options of `ohrid officer list`.
#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// Those who were removed, too
    #[arg(long)]
    all: bool,
}

/// Options of `ohrid officer remove`.
#[derive(Debug, Args)]
pub(crate) struct RemoveArguments {
    /// The name
    #[arg(value_name = "NAME")]
    name: String,
}

pub(crate) async fn run(session: &Session, command: OfficerCommand) -> Result<(), Failure> {
    match command {
        OfficerCommand::Add(arguments) => {
            let client = session.client_for_writing(None).await?;
            let new = NewOfficer {
                name: arguments.name,
                roles: arguments.role,
                unix_user: arguments.unix_user,
            };
            let added = client.add_officer(&new, &random::idempotency_key()?).await?;
            session
                .terminal
                .result(&added, |added| one_text(added, &when::local_zone()));
            session.next("ohrid officer list");
        }
        OfficerCommand::List(arguments) => {
            let mut officers = session.client().await?.officers().await?;
            if !arguments.all {
                officers.retain(|one| one.removed_at.is_none());
            }
            session.terminal.result(&officers, |officers| list_text(officers));
        }
        OfficerCommand::Remove(arguments) => {
            let client = session.client_for_writing(None).await?;
            let key = random::idempotency_key()?;
            let removed = client.remove_officer(&arguments.name, &key).await?;
            session
                .terminal
                .result(&removed, |removed| one_text(removed, &when::local_zone()));
            session.next("ohrid officer list --all");
        }
    }
    Ok(())
}

/// Who may write, for `ohrid node status`.
pub(crate) fn status_lines(state: &OfficersState) -> Vec<(&'static str, String)> {
    let officers = match (state.in_force, state.registered) {
        (false, _) => "none registered, any name is accepted".to_owned(),
        (true, 0) => "none is left: nobody may write".to_owned(),
        (true, count) => format!("{count} registered"),
    };
    let mut lines = vec![("Officers", officers)];
    if !state.approval_needed.is_empty() {
        lines.push(("Two officers for", state.approval_needed.join(" ")));
    }
    if state.reviews_outstanding > 0 {
        let what = format!(
            "{} sent without approval: ohrid request reviews",
            state.reviews_outstanding
        );
        lines.push(("TO BE REVIEWED", what));
    }
    lines
}

fn list_text(officers: &[Officer]) -> String {
    if officers.is_empty() {
        return "No officer is registered: any name is accepted.\n".to_owned();
    }
    let rows: Vec<Vec<String>> = officers.iter().map(row).collect();
    table::table(&["ROLES", "UNIX USER", "NAME"], &rows)
}

fn row(officer: &Officer) -> Vec<String> {
    let user = officer.unix_user.as_ref();
    let removed = officer.removed_at.map_or("", |_| " (removed)");
    vec![
        words(&officer.roles).join(","),
        user.map_or_else(|| "-".to_owned(), |user| printable(&user.name)),
        format!("{}{removed}", printable(&officer.name)),
    ]
}

fn one_text(officer: &Officer, zone: &TimeZone) -> String {
    let mut pairs = vec![
        ("Officer", printable(&officer.name)),
        ("Roles", words(&officer.roles).join(" ")),
        ("In the ledger", officer.actor.clone()),
    ];
    if let Some(user) = &officer.unix_user {
        pairs.push(("Unix user", format!("{} ({})", printable(&user.name), user.uid)));
    }
    let registered = when::both(officer.added_at, zone);
    pairs.push((
        "Registered",
        format!("{registered} by {}", printable(&officer.added_by)),
    ));
    if let (Some(at), Some(by)) = (officer.removed_at, &officer.removed_by) {
        pairs.push((
            "Removed",
            format!("{} by {}", when::both(at, zone), printable(by)),
        ));
    }
    table::properties(&pairs)
}

fn words(roles: &[Role]) -> Vec<&'static str> {
    let word = |role: &Role| match role {
        Role::Officer => "officer",
        Role::Approver => "approver",
        Role::Operator => "operator",
        Role::Auditor => "auditor",
    };
    roles.iter().map(word).collect()
}

fn roles() -> impl TypedValueParser<Value = Role> {
    PossibleValuesParser::new(["officer", "approver", "operator", "auditor"]).map(|word| {
        match word.as_str() {
            "approver" => Role::Approver,
            "operator" => Role::Operator,
            "auditor" => Role::Auditor,
            _ => Role::Officer,
        }
    })
}

#[cfg(test)]
mod tests;
