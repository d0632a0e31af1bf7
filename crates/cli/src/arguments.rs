//! The command line: noun, then verb. Each command's own options stand beside its code.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::{
    answer, attachment, case, certificate, demo, directory, drill, key, ledger, manual, node, officer, peer,
    report, request, retention,
};

/// What stands below every help page.
const AFTER_HELP: &str = "\
Exit status: 0 done or valid · 1 failed or invalid · 2 usage · 3 could not check
             4 refused by a rule or policy · 5 needs a second person · 75 temporary
Lengths      30s, 10m, 24h, 7d; from now on: +90d
Begin with   ohrid inbox (officers) · ohrid node status (operators) · ohrid demo (everybody)";

/// Ohrid: preservation requests between contact points (Budapest Convention, Articles 29, 30 and 35).
#[derive(Debug, Parser)]
#[command(name = "ohrid", version, after_help = AFTER_HELP, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Global {
    /// Results as JSON on stdout, problems too; no talk. The schemas are those of the control API
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Never ask; fail where an answer would be needed
    #[arg(long, global = true)]
    pub(crate) no_input: bool,
    /// The folder: of the node, of the secretariat, or of the demo
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// The node's control socket; without this and --dir, OHRID_SOCKET says where it is
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) socket: Option<PathBuf>,
    /// The officer who acts
    #[arg(long, global = true, value_name = "NAME", env = "OHRID_OFFICER")]
    pub(crate) officer: Option<String>,
}

/// The nouns.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the whole exchange between two countries on this machine, and check it
    Demo(demo::DemoArguments),
    /// Set up a node, see how it is, stop it
    #[command(subcommand)]
    Node(node::NodeCommand),
    /// Who may write and approve on this node
    #[command(subcommand)]
    Officer(officer::OfficerCommand),
    /// The other Parties' nodes, and why one cannot be reached
    #[command(subcommand)]
    Peer(peer::PeerCommand),
    /// The secretariat's side: make, sign, show and verify the network's directory (offline)
    #[command(subcommand)]
    Directory(directory::DirectoryCommand),
    /// Write, check and send a request
    #[command(subcommand)]
    Request(request::RequestCommand),
    /// What was received, and what waits for you
    Inbox,
    /// What ran out or is about to: deadlines of the law and of our policy, the oldest first
    Alarms,
    /// The cases, and one case with all that was said and done
    #[command(subcommand)]
    Case(case::CaseCommand),
    /// What the node's retention policy erases
    #[command(subcommand)]
    Retention(retention::RetentionCommand),
    /// Say something in a case: acknowledge, report, ask, decide, refuse, disclose, withdraw, …
    #[command(subcommand)]
    Answer(Box<answer::AnswerCommand>),
    /// Files that travel with a message: seal them, see how far they are, open what came
    #[command(subcommand)]
    Attachment(attachment::AttachmentCommand),
    /// Ask whether somebody is there, and measure how long the answers take
    Drill(drill::DrillArguments),
    /// The figures of a period
    #[command(subcommand)]
    Report(report::ReportCommand),
    /// The node's own keys: list them, make the next one, end one that others may have
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// The node's TLS certificate: when it ends, and renewing it
    #[command(subcommand)]
    Certificate(certificate::CertificateCommand),
    /// The node's ledger, for whoever wants to verify it
    #[command(subcommand)]
    Ledger(ledger::LedgerCommand),
    /// Write manual pages and shell completions below a folder: for packages
    #[command(hide = true)]
    Manual(manual::ManualArguments),
}

#[cfg(test)]
mod tests;
