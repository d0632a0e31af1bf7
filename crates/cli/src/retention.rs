//! `ohrid retention`: what the node's policy erases by itself `[ERASE]`.

use clap::{Args, Subcommand};
use control::types::RetentionReport;
use jiff::tz::TimeZone;

use crate::failure::Failure;
use crate::session::Session;
use crate::table::{self, printable};
use crate::{random, when};

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum RetentionCommand {
    /// Erase now what is due by the policy (operators); the node does so by itself several times a day
    Run(RunArguments),
}

/// Options of `ohrid retention run`.
#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// Only show what is due; erase nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) async fn run(session: &Session, command: RetentionCommand) -> Result<(), Failure> {
    let RetentionCommand::Run(arguments) = command;
    let report = if arguments.dry_run {
        session.client().await?.retention().await?
    } else {
        let client = session.client_for_writing(None).await?;
        client.run_retention(&random::idempotency_key()?).await?
    };
    session
        .terminal
        .result(&report, |report| text(report, &when::local_zone()));
    if arguments.dry_run && report.due.iter().any(|due| !due.is_held) {
        session.next("ohrid retention run");
    }
    Ok(())
}

fn text(report: &RetentionReport, zone: &TimeZone) -> String {
    if report.terms.is_empty() {
        return "No retention policy is configured: everything is kept ([retention] in node.toml).\n"
            .to_owned();
    }
    let terms: Vec<Vec<String>> = report
        .terms
        .iter()
        .map(|term| vec![term.kind.clone(), format!("{} days", term.days)])
        .collect();
    let mut text = table::table(&["KIND", "KEPT FOR"], &terms);
    text.push('\n');
    if report.due.is_empty() {
        text.push_str("Nothing is due.\n");
        return text;
    }
    let due: Vec<Vec<String>> = report
        .due
        .iter()
        .map(|due| {
            let state = match (due.is_held, report.notices.is_empty()) {
                (true, _) => "held",
                (false, true) => "due",
                (false, false) => "erased",
            };
            vec![
                printable(&due.reference),
                state.to_owned(),
                when::both(due.ended_at, zone),
                due.kinds.join(" "),
            ]
        })
        .collect();
    text.push_str(&table::table(&["CASE", "STATE", "LAST CHANGE", "MESSAGES"], &due));
    if !report.is_complete {
        text.push_str("\nRecorded; the node goes on with it, also after a restart.\n");
    }
    text
}

#[cfg(test)]
mod tests;
