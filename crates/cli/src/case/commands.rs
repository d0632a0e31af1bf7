//! What an officer can say in a case now, as commands, and which of them the case waits for.

use control::types::{CaseDetail, OurRole};
use convention::case::{CaseView, Task};
use convention::message::Kind;

use crate::answer;
use crate::table;

/// Columns of what a command is for.
const ROOM: usize = 70;

/// A command that the case allows now.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Allowed {
    /// What is typed.
    pub(super) command: String,
    /// What it is for.
    about: &'static str,
    /// Whether the case waits for it.
    pub(super) is_awaited: bool,
}

/// What waits for an officer of ours, in words.
pub(super) fn tasks(detail: &CaseDetail) -> Vec<&'static str> {
    awaited(detail).into_iter().map(Task::words).collect()
}

/// Everything that can be said now, what is waited for first.
pub(super) fn allowed(detail: &CaseDetail) -> Vec<Allowed> {
    let case = &detail.summary.reference;
    let awaited = awaited(detail);
    let kinds = detail.allowed_answers.iter().filter_map(|kind| kind.parse().ok());
    let mut allowed: Vec<Allowed> = kinds
        .filter_map(|kind: Kind| {
            let (command, about) = command(kind, case)?;
            let is_awaited = awaited.iter().any(|task| does(kind, *task));
            Some(Allowed {
                command,
                about,
                is_awaited,
            })
        })
        .collect();
    allowed.sort_by_key(|one| !one.is_awaited);
    allowed
}

/// The same for people.
pub(super) fn text(allowed: &[Allowed]) -> String {
    if allowed.is_empty() {
        return "\nThere is nothing that you can say in this case now.\n".to_owned();
    }
    let mut text = "\nWhat you can say now (* waits for you)\n".to_owned();
    for one in allowed {
        let mark = if one.is_awaited { '*' } else { ' ' };
        text.push_str(&format!("{mark} {}\n", one.command));
        for line in table::wrap(one.about, ROOM) {
            text.push_str(&format!("      {line}\n"));
        }
    }
    text
}

/// What is typed to say this, and what it is for.
fn command(kind: Kind, case: &str) -> Option<(String, &'static str)> {
    if let Some(verb) = answer::verbs().find(|verb| verb.kind == kind) {
        return Some((format!("ohrid answer {} {case}", verb.name), verb.about));
    }
    // What is no verb is a long form, which goes from a file.
    kind.opens_case().then(|| {
        let command = format!("ohrid request send FILE --case {case}");
        (command, about_form(kind))
    })
}

fn about_form(kind: Kind) -> &'static str {
    match kind {
        Kind::MutualAssistanceRequest => {
            "Ask for mutual assistance: ohrid request template mutual-assistance-request"
        }
        Kind::EmergencyMutualAssistanceRequest => {
            "The same in an emergency: ohrid request template emergency-mutual-assistance-request"
        }
        _ => "Send a request that follows in this case: ohrid request template",
    }
}

/// What the view says that waits for our side; nothing where a later release says it in another form.
fn awaited(detail: &CaseDetail) -> Vec<Task> {
    let Ok(view) = serde_json::from_value::<CaseView>(detail.view.clone()) else {
        return Vec::new();
    };
    let own = match detail.summary.our_role {
        OurRole::Requesting => view.requesting,
        OurRole::Requested => view.requested,
    };
    // Whoever can say nothing has only a copy.
    let has_part = !detail.allowed_answers.is_empty();
    let own = own.filter(|_| has_part);
    let mut tasks: Vec<Task> = own
        .map(|own| view.awaits(own))
        .unwrap_or_default()
        .iter()
        .map(|one| one.task)
        .collect();
    tasks.dedup();
    tasks
}

/// Whether a message of this kind does what is waited for.
fn does(kind: Kind, task: Task) -> bool {
    match task {
        Task::Acknowledge => kind == Kind::Acknowledgement,
        Task::DecideOnWarning => kind == Kind::WarningDecision,
        Task::AnswerConditions => {
            matches!(kind, Kind::ConditionsAccepted | Kind::ConditionsDeclined)
        }
        Task::Inform => kind == Kind::InformationProvided,
        Task::Answer => matches!(
            kind,
            Kind::PreservationReport
                | Kind::InformationProvided
                | Kind::Disclosure
                | Kind::MutualAssistanceDecision
        ),
        Task::AnswerExtension => kind == Kind::PreservationReport,
        Task::Decide => kind == Kind::MutualAssistanceDecision,
        Task::Disclose => kind == Kind::Disclosure,
        Task::GiveContent => kind == Kind::SpontaneousInformation,
        Task::Release => kind == Kind::ReleaseNotice,
        _ => false,
    }
}
