//! `ohrid answer`: acknowledge, preserve, refuse, or write a note, in a case that we were asked in.
//!
//! What an answer must say is the `convention` crate's to judge, in the node. Here the options become a form;
//! a fault in a field names the option that mends it.

mod body;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use control::client::Client;
use control::types::{CheckRequest, SendRequest, Sent};
use jiff::Zoned;
use serde_json::{Map, Value};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::request::{Waiting, advice_text, read_form, send, submit};
use crate::session::Session;
use crate::{random, when};

pub(crate) use body::{AcknowledgeArguments, NoteArguments, PreserveArguments, RefuseArguments};

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum AnswerCommand {
    /// Take charge: your name, your reference, and what happens next
    Acknowledge(AcknowledgeArguments),
    /// Report what was preserved, from when until when
    Preserve(PreserveArguments),
    /// Refuse, with the article, the ground, and the reasons
    Refuse(RefuseArguments),
    /// Write a note: correspondence within the case
    Note(NoteArguments),
}

/// Options of every answer.
#[derive(Debug, Clone, Args)]
pub(crate) struct Answering {
    /// The case, by its id, an unambiguous beginning of it, or the id of one of its messages
    pub(crate) case: String,
    /// A filled-in form (TOML or JSON); options given as well go before what it says
    #[arg(long, value_name = "FILE")]
    pub(crate) from_file: Option<PathBuf>,
    /// Your rank or function
    #[arg(long, value_name = "TEXT", env = "OHRID_OFFICER_ROLE")]
    pub(crate) role: Option<String>,
    /// The language of what you write here (BCP 47)
    #[arg(long, value_name = "TAG", default_value = "en")]
    pub(crate) language: String,
    /// The message that you answer, where it is not the one that opened the case
    #[arg(long, value_name = "MESSAGE")]
    pub(crate) in_reply_to: Option<String>,
    /// Our contact point that sends, where the case does not say
    #[arg(long, value_name = "PARTY/OFFICE")]
    pub(crate) from: Option<String>,
    /// The contact point that receives; the one that asked where this is left out
    #[arg(long, value_name = "PARTY/OFFICE")]
    pub(crate) to: Vec<String>,
    /// Check only: send nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) waiting: Waiting,
}

/// An answer, as the options say it.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    /// Its kind, such as `acknowledgement`.
    pub(crate) kind: &'static str,
    /// The fields that options gave.
    pub(crate) fields: Map<String, Value>,
    /// The options of every answer.
    pub(crate) answering: &'a Answering,
}

pub(crate) async fn run(session: &Session, command: &AnswerCommand) -> Result<(), Failure> {
    let answer = command.answer()?;
    let form = base(answer.kind, answer.answering)?;
    let officer = session.officer(form.officer.as_deref())?;
    let client = session.client().await?.acting_as(&officer);
    let request = request(&answer, form, &officer);
    if answer.answering.dry_run {
        let report = client
            .check(&CheckRequest::from(request))
            .await
            .map_err(|error| blame(error.into()))?;
        session.terminal.result(&report, |report| {
            format!(
                "It keeps every rule; nothing was sent.\n{}",
                advice_text(&report.advice)
            )
        });
        return Ok(());
    }
    let sent = post(&client, &request).await?;
    submit(session, &client, sent, &answer.answering.waiting).await
}

/// Sends an answer, without a word: for the demo, which tells it in its own way.
pub(crate) async fn answer(client: &Client, command: &AnswerCommand, officer: &str) -> Result<Sent, Failure> {
    let answer = command.answer()?;
    let form = base(answer.kind, answer.answering)?;
    post(client, &request(&answer, form, officer)).await
}

impl AnswerCommand {
    /// The form that the options make, with lengths of time counted from now, in this machine's zone.
    fn answer(&self) -> Result<Answer<'_>, Failure> {
        let now = when::now().to_zoned(when::local_zone());
        self.answer_at(&now)
    }

    fn answer_at(&self, now: &Zoned) -> Result<Answer<'_>, Failure> {
        match self {
            Self::Acknowledge(arguments) => arguments.answer(now),
            Self::Preserve(arguments) => arguments.answer(now),
            Self::Refuse(arguments) => Ok(arguments.answer()),
            Self::Note(arguments) => Ok(arguments.answer()),
        }
    }
}

async fn post(client: &Client, request: &SendRequest) -> Result<Sent, Failure> {
    send(client, request, &random::idempotency_key()?)
        .await
        .map_err(blame)
}

/// The form that a file gave, or an empty one.
#[derive(Debug)]
struct Base {
    fields: Map<String, Value>,
    officer: Option<String>,
}

fn base(kind: &str, answering: &Answering) -> Result<Base, Failure> {
    let Some(path) = &answering.from_file else {
        return Ok(Base {
            fields: Map::new(),
            officer: None,
        });
    };
    let form = read_form(path)?;
    if form.draft.kind().as_str() != kind {
        let what = format!("{} is a form of kind {}", path.display(), form.draft.kind());
        return Err(Failure::usage(
            what,
            format!("use a form of kind {kind}, or the command for it"),
        ));
    }
    let officer = form.officer().map(str::to_owned);
    let Value::Object(fields) = form.json else {
        return Err(Failure::new(
            Exit::Usage,
            "malformed",
            format!("{} is no form", path.display()),
        ));
    };
    Ok(Base { fields, officer })
}

fn request(answer: &Answer<'_>, form: Base, officer: &str) -> SendRequest {
    let answering = answer.answering;
    let mut fields = form.fields;
    fields.insert("kind".to_owned(), answer.kind.into());
    fields
        .entry("language")
        .or_insert_with(|| answering.language.as_str().into());
    let person = fields
        .entry("officer")
        .or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(person) = person {
        person.insert("name".to_owned(), officer.into());
        if let Some(role) = &answering.role {
            person.insert("role".to_owned(), role.as_str().into());
        }
    }
    fields.extend(answer.fields.clone());
    SendRequest {
        from: answering.from.clone(),
        to: answering.to.clone(),
        case: Some(answering.case.clone()),
        in_reply_to: answering.in_reply_to.clone(),
        draft: Value::Object(fields),
        priority: Default::default(),
        expires_at: None,
        break_glass: None,
    }
}

/// Adds to each fault the option that mends it, where there is one.
fn blame(mut failure: Failure) -> Failure {
    for fault in &mut failure.faults {
        if let Some(option) = body::option_for(&fault.field) {
            fault.mend = format!("{} ({option})", fault.mend);
        }
    }
    if !failure.faults.is_empty() {
        let count = failure.faults.len();
        let faults = if count == 1 {
            "1 fault".to_owned()
        } else {
            format!("{count} faults")
        };
        failure.what = format!("{faults} in this answer: nothing was sent or recorded");
    }
    failure
}

#[cfg(test)]
mod tests;
