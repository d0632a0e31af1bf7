//! `ohrid case`: the cases, and one case with all that was said and done.

mod body;
mod commands;
mod erase;
mod export;
mod list;
mod oversight;
pub(crate) mod related;
mod show;

use clap::{Args, Subcommand};

use crate::failure::Failure;
use crate::session::Session;
use crate::when;

#[cfg(test)]
use list::text as list_text;
pub(crate) use show::text as detail_text;

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum CaseCommand {
    /// The cases, latest first; with --due by their next date
    List(list::ListArguments),
    /// One case: its state and why, what was said, what happened, and what you can answer
    Show(ShowArguments),
    /// All of a case in one file, with what is needed to check it elsewhere: for a court, or an archive
    Export(export::ExportArguments),
    /// Ask for the content of a case to be erased from this node; another officer approves
    Erase(erase::OrderArguments),
    /// The erasures that wait for another officer
    Erasures,
    /// Approve an erasure that another officer asked for: it is recorded, and carried out at once
    ApproveErasure(erase::ApproveArguments),
    /// Throw away an order to erase that waits
    DiscardErasure(erase::ApproveArguments),
    /// Keep a case from being erased, by hand or by the retention policy
    Hold(erase::OrderArguments),
    /// Lift the hold of a case (approvers)
    ReleaseHold(erase::OrderArguments),
    /// The cases that are held
    Holds,
}

/// Options of `ohrid case show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    /// The case: its number, its id or a beginning of it, or the id or check words of one of its messages
    #[arg(value_name = "REF")]
    pub(crate) reference: String,
    /// All that each message says, field by field
    #[arg(long)]
    pub(crate) full: bool,
}

pub(crate) async fn run(session: &Session, command: CaseCommand) -> Result<(), Failure> {
    match command {
        CaseCommand::Export(arguments) => export::run(session, &arguments).await?,
        CaseCommand::List(arguments) => list::run(session, &arguments).await?,
        CaseCommand::Erase(arguments) => erase::ask(session, arguments).await?,
        CaseCommand::Erasures => erase::orders(session).await?,
        CaseCommand::ApproveErasure(arguments) => erase::approve(session, &arguments).await?,
        CaseCommand::DiscardErasure(arguments) => erase::discard(session, &arguments).await?,
        CaseCommand::Hold(arguments) => erase::hold(session, arguments).await?,
        CaseCommand::ReleaseHold(arguments) => erase::release(session, arguments).await?,
        CaseCommand::Holds => erase::holds(session).await?,
        CaseCommand::Show(arguments) => {
            let detail = session.client().await?.case(&arguments.reference).await?;
            let allowed = commands::allowed(&detail);
            session.terminal.result(&detail, |detail| {
                let zone = when::local_zone();
                let bodies = match arguments.full {
                    true => body::text(detail),
                    false => String::new(),
                };
                let allowed = commands::text(&allowed);
                format!("{}{bodies}{allowed}", show::text(detail, &zone))
            });
            if let Some(first) = allowed.iter().find(|one| one.is_awaited) {
                session.next(&first.command);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
