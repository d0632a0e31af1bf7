//! `ohrid request check`: everything that is wrong with a request, at once. Works without a node: then the
//! rules are checked, but not what the other Party has declared that it needs `[PROFILE-PREFLIGHT]`.

use control::types::CheckReport;
use convention::message::{CaseReference, Context, MessageId};
use convention::time::Instant;
use protocol::ids;

use super::form::Form;
use super::{CheckArguments, Route, form, read_form};
use crate::failure::Failure;
use crate::preflight::checked_text;
use crate::session::{Reachable, Session};
use crate::when;

/// Stands for our own contact point where nobody said which: a code that no Party has (ISO 3166-1,
/// user-assigned).
const SOMEBODY: &str = "ZZ/somebody";

/// What a check without a node leaves open.
const RULES_ONLY: &str =
    "checked the rules only, not whether the other Party can be reached, and what it needs";

pub(super) async fn run(session: &Session, arguments: &CheckArguments) -> Result<(), Failure> {
    let form = read_form(&arguments.file)?;
    let reachable = match arguments.offline {
        true => None,
        false => Some(session.client_if_any().await?),
    };
    let report = match reachable {
        Some(Reachable::Node(client)) => {
            let report = client.check(&form.check_request(&arguments.route)).await;
            let report = report.map_err(|error| form.blame(error))?;
            session
                .terminal
                .say("Checked by the node: the rules, and what the other Party needs.");
            report
        }
        Some(Reachable::Nothing(socket)) => {
            session.terminal.say(format_args!(
                "No node answers at {}: {RULES_ONLY}.",
                socket.display()
            ));
            check_offline(&form, &arguments.route)?
        }
        None => {
            session.terminal.say(format_args!("--offline: {RULES_ONLY}."));
            check_offline(&form, &arguments.route)?
        }
    };
    let what = format!("{} keeps every rule.", form.document.name);
    let zone = when::local_zone();
    session
        .terminal
        .result(&report, |report| checked_text(&what, report, &zone));
    session.next(format_args!(
        "ohrid request send {}{} --wait delivered",
        form.document.name,
        arguments.route.typed()
    ));
    Ok(())
}

/// Holds the form to the rules, with what is known without a node.
pub(crate) fn check_offline(form: &Form, route: &Route) -> Result<CheckReport, Failure> {
    if !form.draft.kind().opens_case() {
        // Whether an answer makes sense depends on its case; its form was checked when it was read.
        return Ok(CheckReport {
            conforming: true,
            advice: Vec::new(),
            preflight: Vec::new(),
            related: Vec::new(),
            needs_approval: false,
        });
    }
    let wrong = |text: &str, error: &dyn std::fmt::Display| {
        Failure::usage(format!("{text:?} is no contact point"), error.to_string())
    };
    let sender = route.from.as_deref().unwrap_or(SOMEBODY);
    let sender = sender.parse().map_err(|error| wrong(sender, &error))?;
    let mut recipients = Vec::new();
    for to in &route.to {
        recipients.push(to.parse().map_err(|error| wrong(to, &error))?);
    }
    let now = when::now();
    // The id is thrown away with the message: any will do.
    let id = ids::MessageId::from_parts(when::unix_millis(now).0, [0; 10]);
    let message_id =
        MessageId::from_bytes(*id.as_bytes()).map_err(|error| Failure::failed(error.to_string()))?;
    let context = Context {
        message_id,
        case: CaseReference::from(message_id),
        sender,
        recipients,
        officer: None,
        now: Instant::from(now),
        case_view: None,
        own_profile: None,
        recipient_profile: None,
    };
    match form.draft.clone().validate(&context) {
        Ok((_, advice)) => Ok(CheckReport {
            conforming: true,
            advice: advice.iter().map(form::advice).collect(),
            preflight: Vec::new(),
            // What else we have is for the node to say.
            related: Vec::new(),
            needs_approval: false,
        }),
        Err(faults) => {
            let faults = faults.iter().map(form::fault).collect();
            Err(form.blame(Failure::refused("", faults)))
        }
    }
}
