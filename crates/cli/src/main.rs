//! `ohrid`: the command line, for everybody.
//!
//! Rare use, high stakes: whoever runs it may have done so seven weeks ago, at night. So every command says
//! what it did and which command makes sense next; every error says what happened, where, which rule, and
//! what mends it.
//!
//! Results go to stdout, talk to stderr. With `--json`, results are the types of the `control` crate (a
//! failure is a `Problem`), and there is no talk.

mod alarms;
mod answer;
mod arguments;
mod attachment;
mod case;
mod certificate;
mod demo;
mod directory;
mod drill;
mod exit;
mod failure;
mod files;
mod inbox;
mod key;
mod ledger;
mod limits;
mod manual;
mod node;
mod officer;
mod peer;
mod preflight;
mod random;
mod report;
mod request;
mod retention;
mod session;
mod table;
mod terminal;
mod when;

use std::process::ExitCode;

use arguments::{Arguments, Command};
use exit::Exit;
use failure::Failure;
use manual::MANUAL;
use session::Session;

fn main() -> ExitCode {
    let arguments: Arguments = match ::manual::try_arguments(&MANUAL) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are answers, not mistakes: clap knows which.
            let _ = error.print();
            return if error.use_stderr() {
                Exit::Usage.into()
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    if let Command::Manual(arguments) = &arguments.command {
        return manual::run(arguments);
    }
    let session = Session::new(arguments.global);
    match run(&session, arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            session.terminal.fail(&failure);
            failure.exit.into()
        }
    }
}

fn run(session: &Session, command: Command) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("cannot start: {error}")))?;
    runtime.block_on(dispatch(session, command))
}

async fn dispatch(session: &Session, command: Command) -> Result<(), Failure> {
    match command {
        Command::Demo(arguments) => demo::run(session, &arguments).await,
        Command::Node(command) => node::run(session, command).await,
        Command::Officer(command) => officer::run(session, command).await,
        Command::Peer(command) => peer::run(session, command).await,
        Command::Directory(command) => directory::run(session, command),
        Command::Request(command) => request::run(session, command).await,
        Command::Inbox => inbox::run(session).await,
        Command::Alarms => alarms::run(session).await,
        Command::Case(command) => case::run(session, command).await,
        Command::Retention(command) => retention::run(session, command).await,
        Command::Answer(command) => answer::run(session, &command).await,
        Command::Attachment(command) => attachment::run(session, command).await,
        Command::Drill(arguments) => drill::run(session, &arguments).await,
        Command::Report(command) => report::run(session, command).await,
        Command::Key(command) => key::run(session, command).await,
        Command::Certificate(command) => certificate::run(session, command),
        Command::Ledger(command) => ledger::run(session, command).await,
        // Written in `main`: it needs no session.
        Command::Manual(_) => Ok(()),
    }
}
