//! `ohrid request`: write, check and send a request.

mod approve;
mod check;
mod form;
mod new;
mod selectors;
mod send;
pub(crate) mod template;

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use control::headers::IdempotencyKey;
use control::types::{Priority, Wait};

use crate::attachment::Attached;
use crate::failure::Failure;
use crate::limits::WAIT_TIMEOUT_DEFAULT;
use crate::session::Session;
use crate::when;

pub(crate) use form::{Form, advice_text, parse_form, read_form};
pub(crate) use send::{check_reached, send, sent_text, submit};
pub(crate) use template::TemplateArguments;

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum RequestCommand {
    /// Write a form to fill in for a recipient, or hand a filled-in one to the node as a draft
    New(NewArguments),
    /// Write the form of any kind of message, or list the kinds
    Template(TemplateArguments),
    /// Propose selectors from raw log lines, to be looked through and pasted into a form
    Selectors(selectors::SelectorsArguments),
    /// Say everything that is wrong with a request; nothing is sent
    Check(CheckArguments),
    /// Send a request, from a file or a stored draft
    Send(SendArguments),
    /// The drafts that the node keeps: what waits for approval, and what can be sent
    Drafts,
    /// One draft with what it says, to be read before it is approved
    Show(approve::ShowArguments),
    /// Approve another officer's draft, which is then sent, or review what was sent with --break-glass
    Approve(approve::ApproveArguments),
    /// Throw a draft away
    Discard(approve::DiscardArguments),
    /// What was sent with --break-glass and waits for another officer's review
    Reviews,
}

/// Options of `ohrid request new`.
#[derive(Debug, Args)]
pub(crate) struct NewArguments {
    /// The form to write: preservation, mutual-assistance, assistance, emergency-disclosure,
    /// emergency-mutual-assistance, spontaneous-information, or drill
    #[arg(long, value_name = "KIND", required_unless_present = "from_file")]
    pub(crate) form: Option<String>,
    /// A filled-in form, to be checked and stored in the node as a draft
    #[arg(long, value_name = "FILE", conflicts_with_all = ["form", "output"])]
    pub(crate) from_file: Option<PathBuf>,
    /// Where to write the form; stdout where this is left out
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) route: Route,
    /// Check only: store nothing
    #[arg(long, requires = "from_file")]
    pub(crate) dry_run: bool,
}

/// Options of `ohrid request check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// The filled-in form, TOML or JSON
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) route: Route,
    /// Check the rules only, without asking the node what the other Party needs
    #[arg(long)]
    pub(crate) offline: bool,
}

/// Options of `ohrid request send`.
#[derive(Debug, Args)]
pub(crate) struct SendArguments {
    /// The filled-in form, TOML or JSON, or the id of a stored draft
    #[arg(value_name = "FILE|DRAFT")]
    pub(crate) what: String,
    #[command(flatten)]
    pub(crate) route: Route,
    #[command(flatten)]
    pub(crate) urgency: Urgency,
    /// When to give up; the node's default for the priority where this is left out
    #[arg(long, value_name = "LENGTH", value_parser = when::parse_length)]
    pub(crate) expires_in: Option<Duration>,
    /// A UUID that makes a repeated command the same request: for scripts that may be cut off; a new one
    /// where this is left out
    #[arg(long, value_name = "UUID")]
    pub(crate) idempotency_key: Option<IdempotencyKey>,
    #[command(flatten)]
    pub(crate) attached: Attached,
    #[command(flatten)]
    pub(crate) waiting: Waiting,
}

/// How urgent it is.
#[derive(Debug, Clone, Args)]
pub(crate) struct Urgency {
    /// Which queue it travels in
    #[arg(long, default_value = "routine", value_parser = priorities())]
    pub(crate) priority: Priority,
    /// Send an emergency without the approval that it needs, and say why it cannot wait: only with --priority
    /// emergency, where the node's policy allows it; another officer reviews it afterwards
    #[arg(long, value_name = "REASON")]
    pub(crate) break_glass: Option<String>,
}

/// From whom to whom.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Route {
    /// The contact point that receives, such as XB/police; several times if there are several
    #[arg(long, value_name = "PARTY/OFFICE")]
    pub(crate) to: Vec<String>,
    /// Our contact point that sends, where we have several
    #[arg(long, value_name = "PARTY/OFFICE")]
    pub(crate) from: Option<String>,
    /// The case in which it is said, where it opens none: a mutual assistance request that follows a
    /// preservation
    #[arg(long, value_name = "CASE")]
    pub(crate) case: Option<String>,
}

impl Route {
    /// As it was typed, for the next command, with a blank in front.
    fn typed(&self) -> String {
        let to = self.to.iter().map(|to| format!(" --to {to}"));
        let from = self.from.iter().map(|from| format!(" --from {from}"));
        let case = self.case.iter().map(|case| format!(" --case {case}"));
        to.chain(from).chain(case).collect()
    }
}

/// How far to wait, and how long.
#[derive(Debug, Clone, Args)]
pub(crate) struct Waiting {
    /// Wait until it is delivered, consigned (opened there), acknowledged (by an officer), or answered
    #[arg(long, value_parser = waits())]
    pub(crate) wait: Option<Wait>,
    /// How long to wait
    #[arg(long, value_name = "LENGTH", default_value = WAIT_TIMEOUT_DEFAULT)]
    #[arg(value_parser = when::parse_length)]
    pub(crate) timeout: Duration,
}

pub(crate) async fn run(session: &Session, command: RequestCommand) -> Result<(), Failure> {
    match command {
        RequestCommand::New(arguments) => new::run(session, &arguments).await,
        RequestCommand::Template(arguments) => template::run(session, &arguments),
        RequestCommand::Selectors(arguments) => selectors::run(session, &arguments),
        RequestCommand::Check(arguments) => check::run(session, &arguments).await,
        RequestCommand::Send(arguments) => send::run(session, &arguments).await,
        RequestCommand::Drafts => approve::drafts(session).await,
        RequestCommand::Show(arguments) => approve::show(session, &arguments).await,
        RequestCommand::Approve(arguments) => approve::run(session, &arguments).await,
        RequestCommand::Discard(arguments) => approve::discard(session, &arguments).await,
        RequestCommand::Reviews => approve::reviews(session).await,
    }
}

fn priorities() -> impl TypedValueParser<Value = Priority> {
    PossibleValuesParser::new(["routine", "urgent", "emergency"]).map(|word| match word.as_str() {
        "emergency" => Priority::Emergency,
        "urgent" => Priority::Urgent,
        _ => Priority::Routine,
    })
}

fn waits() -> impl TypedValueParser<Value = Wait> {
    PossibleValuesParser::new(["delivered", "consigned", "acknowledged", "answered"]).map(|word| {
        match word.as_str() {
            "answered" => Wait::Answered,
            "acknowledged" => Wait::Acknowledged,
            "consigned" => Wait::Consigned,
            _ => Wait::Delivered,
        }
    })
}

#[cfg(test)]
mod tests;
