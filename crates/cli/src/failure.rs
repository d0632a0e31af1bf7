//! What is said when a command does not succeed: what happened, where, which rule, what mends it.

mod document;
mod report;

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::path::Path;

use control::client::ClientError;
use control::starting::start_command;
use control::types::{Fault, Problem};

use crate::exit::Exit;

pub(crate) use report::{Colour, render};

/// Why a command did not succeed. One word wide: it is carried through every function, and seldom used.
#[derive(Debug)]
pub(crate) struct Failure(Box<Details>);

/// What a failure says.
#[derive(Debug)]
pub(crate) struct Details {
    /// How the program ends.
    pub(crate) exit: Exit,
    /// For programs: the code of a [`Problem`].
    pub(crate) code: String,
    /// What happened.
    pub(crate) what: String,
    /// Which rule, where one rule is the reason.
    pub(crate) rule: Option<String>,
    /// What mends it.
    pub(crate) mend: Option<String>,
    /// The draft that waits for a second officer, where one does.
    pub(crate) draft: Option<String>,
    /// All faults of the document, not only the first.
    pub(crate) faults: Vec<Fault>,
    /// The document that the faults are about, so that each can be shown in its place.
    pub(crate) document: Option<Document>,
    /// Whether the result says it already, so that programs need no second document.
    pub(crate) is_in_result: bool,
}

/// A file that somebody wrote, with its text.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    /// What it is called in errors.
    pub(crate) name: String,
    /// What it says.
    pub(crate) text: String,
}

impl Failure {
    pub(crate) fn new(exit: Exit, code: &str, what: impl Into<String>) -> Self {
        Self(Box::new(Details {
            exit,
            code: code.to_owned(),
            what: what.into(),
            rule: None,
            mend: None,
            draft: None,
            faults: Vec::new(),
            document: None,
            is_in_result: false,
        }))
    }

    /// The same, where the result that was printed says all of it: one JSON document is enough.
    pub(crate) fn told_by_result(mut self) -> Self {
        self.is_in_result = true;
        self
    }

    /// The command cannot be done as it was given.
    pub(crate) fn usage(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "usage", what).mended_by(mend)
    }

    /// It was tried and did not work.
    pub(crate) fn failed(what: impl Into<String>) -> Self {
        Self::new(Exit::Failed, "failed", what)
    }

    /// What was checked is not as it should be.
    pub(crate) fn invalid(what: impl Into<String>) -> Self {
        Self::new(Exit::Failed, "invalid", what)
    }

    /// The operating system said no.
    pub(crate) fn system(doing: &str, path: &Path, error: &std::io::Error) -> Self {
        Self::new(
            Exit::Failed,
            "system",
            format!("{doing} {}: {error}", path.display()),
        )
    }

    pub(crate) fn mended_by(mut self, mend: impl Into<String>) -> Self {
        self.mend = Some(mend.into());
        self
    }

    /// The same, about a document that was handed in.
    pub(crate) fn about(mut self, document: &Document) -> Self {
        self.document = Some(document.clone());
        self
    }

    /// A document that breaks rules: all faults at once.
    pub(crate) fn refused(what: impl Into<String>, faults: Vec<Fault>) -> Self {
        let mut failure = Self::new(Exit::Refused, "refused_by_rule", what);
        failure.faults = faults;
        failure
    }

    /// The same for programs, as `--json` prints it.
    pub(crate) fn problem(&self) -> Problem {
        Problem {
            code: self.code.clone(),
            message: self.what.clone(),
            rule: self.rule.clone(),
            mend: self.mend.clone(),
            draft: self.draft.clone(),
            faults: self.faults.clone(),
        }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Refused {
                status,
                problem,
                request_id,
            } => from_problem(status, *problem, request_id),
            ClientError::NotRunning { socket, config } => {
                let what = format!("no node answers at {}: is it running?", socket.display());
                let mend = format!("start it: {}", start_command(&config));
                Self::new(Exit::Temporary, "no_answer", what).mended_by(mend)
            }
            error if error.is_temporary() => Self::new(Exit::Temporary, "no_answer", error.to_string()),
            ClientError::NotASocketPath { .. } => Self::new(Exit::Usage, "usage", error.to_string()),
            error => Self::failed(error.to_string()),
        }
    }
}

impl Deref for Failure {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

impl DerefMut for Failure {
    fn deref_mut(&mut self) -> &mut Details {
        &mut self.0
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.what)
    }
}

/// HTTP status → exit status: the one table from the node's answers to ours.
fn exit_for(status: u16) -> Exit {
    match status {
        400 => Exit::Usage,
        403 | 422 => Exit::Refused,
        429 | 503 => Exit::Temporary,
        _ => Exit::Failed,
    }
}

fn from_problem(status: u16, problem: Problem, request_id: Option<String>) -> Failure {
    let mut what = problem.message;
    // Where nobody can mend it but the operator, the operator needs the line in the log.
    if let (500.., Some(id)) = (status, request_id) {
        what = format!("{what} (request {id} in the node's log)");
    }
    let exit = match problem.code.as_str() {
        "needs_approval" => Exit::NeedsSecondPerson,
        _ => exit_for(status),
    };
    let mut failure = Failure::new(exit, &problem.code, what);
    failure.draft = problem.draft;
    failure.rule = problem.rule;
    failure.mend = problem.mend;
    failure.faults = problem.faults;
    failure
}

#[cfg(test)]
mod tests;
