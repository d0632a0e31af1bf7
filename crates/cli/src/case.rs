//! `ohrid case`: the cases, and one case with all that was said and done.

mod commands;
pub(crate) mod related;
mod show;

use clap::{Args, Subcommand};
use control::types::{CaseSummary, OurRole};
use jiff::tz::TimeZone;

use crate::failure::Failure;
use crate::session::Session;
use crate::table::{self, printable};
use crate::when;

pub(crate) use show::text as detail_text;

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum CaseCommand {
    /// The cases, latest first
    List(ListArguments),
    /// One case: its state and why, what was said, what happened, and what you can answer
    Show(ShowArguments),
}

/// Options of `ohrid case list`.
#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// At most so many
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: Option<u32>,
    /// Those after this case in the list: the last one of the page before
    #[arg(long, value_name = "CASE")]
    pub(crate) before: Option<String>,
}

/// Options of `ohrid case show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    /// The case: its number, its id or the beginning of it, or the id of one of its messages
    #[arg(value_name = "REF")]
    pub(crate) reference: String,
}

pub(crate) async fn run(session: &Session, command: CaseCommand) -> Result<(), Failure> {
    match command {
        CaseCommand::List(arguments) => {
            let client = session.client().await?;
            let cases = client.cases(arguments.limit, arguments.before.as_deref()).await?;
            session
                .terminal
                .result(&cases, |cases| list_text(cases, &when::local_zone()));
            if let Some(latest) = cases.first() {
                session.next(format_args!("ohrid case show {}", latest.case));
            }
        }
        CaseCommand::Show(arguments) => {
            let detail = session.client().await?.case(&arguments.reference).await?;
            let allowed = commands::allowed(&detail);
            session.terminal.result(&detail, |detail| {
                let zone = when::local_zone();
                format!("{}{}", show::text(detail, &zone), commands::text(&allowed))
            });
            if let Some(first) = allowed.iter().find(|one| one.is_awaited) {
                session.next(&first.command);
            }
        }
    }
    Ok(())
}

/// The list for people.
pub(crate) fn list_text(cases: &[CaseSummary], zone: &TimeZone) -> String {
    if cases.is_empty() {
        return "There is no case yet.\n".to_owned();
    }
    let mut text = String::new();
    for (number, case) in cases.iter().enumerate() {
        if number > 0 {
            text.push('\n');
        }
        let direction = match case.our_role {
            OurRole::Requesting => "asked of",
            OurRole::Requested => "asked by",
        };
        text.push_str(&format!("{}  {}\n", case.reference, case.state));
        text.push_str(&format!(
            "  {} {direction} {}\n",
            printable(&case.kind),
            case.peer
        ));
        for line in table::wrap(&printable(&case.title), 78) {
            text.push_str(&format!("  {line}\n"));
        }
        text.push_str(&format!("  last change {}\n", when::both(case.updated_at, zone)));
        if let Some(until) = case.preserved_until {
            text.push_str(&format!("  preserved until {}\n", when::both(until, zone)));
        }
    }
    text
}

#[cfg(test)]
mod tests;
