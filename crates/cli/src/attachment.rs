//! `ohrid attachment`: files that travel with a message, in both directions.
//!
//! A file is sealed for its recipients by the node while it is read, before its message is sent; so whatever
//! can be refused is asked for first, and only then gigabytes are read. What came is opened by the node, and
//! gets its name here only when all of it is there and has the SHA-256 that its message says.

mod add;
mod get;
mod list;
mod place;
mod upload;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use crate::failure::Failure;
use crate::session::Session;
use crate::{random, when};

pub(crate) use list::line as status_line;
pub(crate) use upload::{Attached, Attaching, described};

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum AttachmentCommand {
    /// Seal files for a message that is sent later: nothing leaves the node before that
    Add(AddArguments),
    /// What is attached in a case or to a message, and how far it is; or what waits for its message
    List(ListArguments),
    /// Open what came: verified to its end first, and never written over something else
    Get(GetArguments),
    /// Throw away a sealed file that waits for its message
    Discard(DiscardArguments),
}

/// Options of `ohrid attachment add`.
#[derive(Debug, Args)]
pub(crate) struct AddArguments {
    /// The files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The case in which the message will be sent; its other side receives where --to is left out
    #[arg(long, value_name = "CASE", required_unless_present_any = ["to", "message"])]
    case: Option<String>,
    /// The contact point that receives, several times if there are several: exactly those of the message
    #[arg(long, value_name = "PARTY/OFFICE")]
    to: Vec<String>,
    /// Our contact point that sends, where we have several
    #[arg(long, value_name = "PARTY/OFFICE")]
    from: Option<String>,
    /// The message that earlier files were sealed for: these belong to it as well
    #[arg(long, value_name = "MESSAGE")]
    message: Option<String>,
    /// The media type of the files; guessed from their names where this is left out
    #[arg(long, value_name = "TYPE/SUBTYPE")]
    media_type: Option<String>,
}

/// Options of `ohrid attachment list`.
#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// A case or a message
    #[arg(value_name = "CASE|MESSAGE", required_unless_present = "staged")]
    what: Option<String>,
    /// What is sealed and waits for its message
    #[arg(long, conflicts_with = "what")]
    staged: bool,
}

/// Options of `ohrid attachment get`.
#[derive(Debug, Args)]
pub(crate) struct GetArguments {
    /// A case, a message, or one attachment (MESSAGE.NUMBER)
    #[arg(value_name = "CASE|MESSAGE|ATTACHMENT")]
    what: String,
    /// The file's name, where only one of several is wanted
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Where to put it: a folder, or for one file a path; the current folder where this is left out
    #[arg(long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Write over a file that is there
    #[arg(long)]
    force: bool,
    /// Wait until it has arrived
    #[arg(long)]
    wait: bool,
    /// How long to wait
    #[arg(long, value_name = "LENGTH", default_value = "24h", value_parser = when::parse_length)]
    timeout: Duration,
}

/// Options of `ohrid attachment discard`.
#[derive(Debug, Args)]
pub(crate) struct DiscardArguments {
    /// The attachment, as `ohrid attachment list --staged` shows it
    #[arg(value_name = "ATTACHMENT")]
    attachment: String,
}

pub(crate) async fn run(session: &Session, command: AttachmentCommand) -> Result<(), Failure> {
    match command {
        AttachmentCommand::Add(arguments) => add::run(session, &arguments).await,
        AttachmentCommand::List(arguments) => list::run(session, &arguments).await,
        AttachmentCommand::Get(arguments) => get::run(session, &arguments).await,
        AttachmentCommand::Discard(arguments) => discard(session, &arguments).await,
    }
}

async fn discard(session: &Session, arguments: &DiscardArguments) -> Result<(), Failure> {
    let client = session.client_for_writing(None).await?;
    let key = random::idempotency_key()?;
    client.discard_attachment(&arguments.attachment, &key).await?;
    session
        .terminal
        .say(format_args!("{} is thrown away.", arguments.attachment));
    Ok(())
}

#[cfg(test)]
mod tests;
