//! `ohrid answer`: everything that is said within a case, by either side.
//!
//! What a message must say is the `convention` crate's to judge, in the node. Here the options become a form,
//! by the tables in [`verbs`]; a fault in a field names the option that mends it. Whatever has no option
//! stands in a file (`--from-file`); options go before what it says.

mod field;
mod form;
mod learned;
mod verb;
mod verbs;

use std::path::PathBuf;

use clap::{ArgMatches, Args, Command, FromArgMatches, Subcommand};
use control::client::Client;
use control::types::{CheckRequest, Fault, SendRequest, Sent};
use convention::message::Kind;
use jiff::Zoned;
use serde_json::{Map, Value};

use crate::attachment::{self, Attached};
use crate::failure::Failure;
use crate::preflight::checked_text;
use crate::request::{TemplateArguments, Urgency, Waiting, send, submit, template};
use crate::session::Session;
use crate::{random, when};

use form::Base;
pub(crate) use verb::Verb;
pub(crate) use verbs::verbs;

/// `ohrid answer …`: one of the verbs, or the template of a form.
#[derive(Debug)]
pub(crate) enum AnswerCommand {
    /// Say it.
    Say(Box<Saying>),
    /// Write a form to fill in.
    Template(TemplateArguments),
}

/// One verb, as it was typed.
#[derive(Debug)]
pub(crate) struct Saying {
    verb: &'static Verb,
    given: field::Given,
    pub(crate) answering: Answering,
}

/// Options of every answer.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Every answer")]
pub(crate) struct Answering {
    /// The case: its number, its id or the beginning of it, or the id of one of its messages
    #[arg(help_heading = None::<&'static str>)]
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
    /// The contact point that receives, several times if there are several; the one that wrote where this is
    /// left out
    #[arg(long, value_name = "PARTY/OFFICE")]
    pub(crate) to: Vec<String>,
    /// Check only: send nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) urgency: Urgency,
    #[command(flatten)]
    pub(crate) attached: Attached,
    #[command(flatten)]
    pub(crate) waiting: Waiting,
}

pub(crate) async fn run(session: &Session, command: &AnswerCommand) -> Result<(), Failure> {
    let saying = match command {
        AnswerCommand::Template(arguments) => return template::run(session, arguments),
        AnswerCommand::Say(saying) => saying,
    };
    let base = saying.base(&now())?;
    let officer = session.officer(base.officer())?;
    let client = session.client().await?.acting_as(&officer);
    let request = saying.learn(&client, saying.request(&base, &officer)).await?;
    if saying.answering.dry_run {
        let mut report = client
            .check(&CheckRequest::from(request))
            .await
            .map_err(|error| saying.blame(&base, error))?;
        saying.hint(&mut report.advice);
        saying.leave_out_unattached(&mut report.advice);
        let what = "It keeps every rule; nothing was sent.";
        let zone = when::local_zone();
        session
            .terminal
            .result(&report, |report| checked_text(what, report, &zone));
        return Ok(());
    }
    let mut request = request;
    let attached = &saying.answering.attached;
    attached
        .attach(&client, &session.terminal, &mut request, None)
        .await
        .map_err(|failure| saying.blame(&base, failure))?;
    let mut sent = match saying.post(&client, &request, &base).await {
        Ok(sent) => sent,
        Err(failure) => {
            attached.refused(&client, &request, &failure).await;
            return Err(failure);
        }
    };
    saying.hint(&mut sent.advice);
    submit(session, &client, sent, &saying.answering.waiting).await
}

/// Sends an answer, without a word: for the demo, which tells it in its own way.
pub(crate) async fn answer(client: &Client, line: &[&str], officer: &str) -> Result<Sent, Failure> {
    let saying = Saying::of_line(line)?;
    let base = saying.base(&now())?;
    let request = saying.learn(client, saying.request(&base, officer)).await?;
    saying.post(client, &request, &base).await
}

impl Saying {
    /// What the words after `ohrid answer` mean.
    fn of_line(line: &[&str]) -> Result<Self, Failure> {
        let command = AnswerCommand::augment_subcommands(Command::new("answer").no_binary_name(true));
        let parsed = command.try_get_matches_from(line);
        match parsed.and_then(|matches| AnswerCommand::from_arg_matches(&matches)) {
            Ok(AnswerCommand::Say(saying)) => Ok(*saying),
            Ok(AnswerCommand::Template(_)) => Err(Failure::failed("a template is no answer")),
            Err(error) => Err(Failure::failed(error.to_string())),
        }
    }

    /// The form that the file and the options make, with lengths of time counted from `now`, in its zone.
    fn base(&self, now: &Zoned) -> Result<Base, Failure> {
        let mut base = Base::read(self.verb.kind, self.answering.from_file.as_deref())?;
        self.verb.fill(&mut base.fields, &self.given, now)?;
        if self.verb.kind == Kind::Disclosure {
            attachment::described(&mut base.fields, &self.answering.attached.files)?;
        }
        Ok(base)
    }

    fn request(&self, base: &Base, officer: &str) -> SendRequest {
        let answering = &self.answering;
        let mut fields = base.fields.clone();
        fields.insert("kind".to_owned(), self.verb.kind.as_str().into());
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
        SendRequest {
            from: answering.from.clone(),
            to: answering.to.clone(),
            case: Some(answering.case.clone()),
            in_reply_to: answering.in_reply_to.clone(),
            draft: Value::Object(fields),
            priority: answering.urgency.priority,
            expires_at: None,
            break_glass: answering.urgency.break_glass.clone(),
            attachments: Vec::new(),
        }
    }

    /// Fills in what the case tells, where the officer said nothing else.
    async fn learn(&self, client: &Client, mut request: SendRequest) -> Result<SendRequest, Failure> {
        let Some(learn) = self.verb.learn else {
            return Ok(request);
        };
        let case = client.case(&self.answering.case).await?;
        if let Value::Object(fields) = &mut request.draft {
            for (field, value) in learn(&case) {
                fields.entry(field).or_insert(value);
            }
        }
        Ok(request)
    }

    async fn post(&self, client: &Client, request: &SendRequest, base: &Base) -> Result<Sent, Failure> {
        send(client, request, &random::idempotency_key()?)
            .await
            .map_err(|failure| self.blame(base, failure))
    }

    /// That nothing is attached yet is no advice where files are about to be.
    fn leave_out_unattached(&self, advice: &mut Vec<Fault>) {
        if !self.answering.attached.is_empty() {
            advice.retain(|one| one.field != "attachments");
        }
    }

    /// Adds to each fault, or piece of advice, the option that mends it, where there is one.
    fn hint(&self, faults: &mut [Fault]) {
        for fault in faults {
            if let Some(option) = self.verb.option_for(&fault.field) {
                fault.mend = format!("{} ({option})", fault.mend);
            }
        }
    }

    /// The failure as one about this answer: with the options, and the places in the file.
    fn blame(&self, base: &Base, failure: impl Into<Failure>) -> Failure {
        let mut failure = failure.into();
        self.hint(&mut failure.faults);
        if !failure.faults.is_empty() {
            let count = failure.faults.len();
            let faults = if count == 1 {
                "1 fault".to_owned()
            } else {
                format!("{count} faults")
            };
            failure.what = format!("{faults} in this answer: nothing was sent or recorded");
            let is_out_of_place = |rule: &str| rule == "CASE-STATE" || rule == "CASE-ROLE";
            if failure.faults.iter().any(|fault| is_out_of_place(&fault.rule)) {
                let case = &self.answering.case;
                failure.mend = Some(format!("what the case allows now: ohrid case show {case}"));
            }
        }
        match &base.document {
            Some(document) => failure.about(document),
            None => failure,
        }
    }
}

impl Subcommand for AnswerCommand {
    fn augment_subcommands(command: Command) -> Command {
        let said = verbs().fold(command, |command, verb| command.subcommand(verb.command()));
        let template = TemplateArguments::augment_args(Command::new("template"));
        said.subcommand(template.about("Write the form of any kind of message, or list the kinds"))
            .subcommand_required(true)
            .arg_required_else_help(true)
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        name == "template" || verbs().any(|verb| verb.name == name)
    }
}

impl FromArgMatches for AnswerCommand {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let missing = || clap::Error::new(clap::error::ErrorKind::MissingSubcommand);
        let (name, matches) = matches.subcommand().ok_or_else(missing)?;
        if name == "template" {
            return Ok(Self::Template(TemplateArguments::from_arg_matches(matches)?));
        }
        let verb = verbs().find(|verb| verb.name == name).ok_or_else(missing)?;
        Ok(Self::Say(Box::new(Saying {
            verb,
            given: verb.given(matches),
            answering: Answering::from_arg_matches(matches)?,
        })))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn now() -> Zoned {
    when::now().to_zoned(when::local_zone())
}

#[cfg(test)]
mod tests;
