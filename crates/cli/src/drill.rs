//! `ohrid drill RO`: is somebody there? Answered by the machine's receipt and by a human's acknowledgement,
//! both measured `[DRILL]`.

use std::time::{Duration, Instant};

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use control::client::Client;
use control::types::{SendRequest, Sent, Wait};
use convention::case::{CaseView, MessageView};
use convention::message::Kind;
use serde::Serialize;
use serde_json::json;

use crate::failure::Failure;
use crate::limits::DRILL_TIMEOUT_DEFAULT;
use crate::request::{check_reached, send, sent_text};
use crate::session::Session;
use crate::{preflight, random, table, when};

/// Why a drill is held, unless somebody says otherwise.
const PURPOSE: &str = "A test of the line. Please acknowledge; nothing else is needed.";

/// Options of `ohrid drill`.
#[derive(Debug, Args)]
pub(crate) struct DrillArguments {
    /// The Party, such as RO, or one of its contact points, such as RO/prosecution
    #[arg(value_name = "PARTY[/OFFICE]")]
    to: String,
    /// Why it is held
    #[arg(
        long,
        value_name = "TEXT",
        default_value = PURPOSE
    )]
    purpose: String,
    /// The exercise that it is part of
    #[arg(long, value_name = "TEXT")]
    exercise: Option<String>,
    /// Your rank or function
    #[arg(long, value_name = "TEXT", env = "OHRID_OFFICER_ROLE")]
    role: Option<String>,
    /// The language of what you write here (BCP 47)
    #[arg(long, value_name = "TAG", default_value = "en")]
    language: String,
    /// Our contact point that sends, where we have several
    #[arg(long, value_name = "PARTY/OFFICE")]
    from: Option<String>,
    /// How far to wait: for the machine's receipt (delivered), or for a human (acknowledged)
    #[arg(long, default_value = "acknowledged", value_parser = waits())]
    wait: Wait,
    /// How long to wait; the drill goes on without you
    #[arg(long, value_name = "LENGTH", default_value = DRILL_TIMEOUT_DEFAULT)]
    #[arg(value_parser = when::parse_length)]
    timeout: Duration,
}

/// What a drill came to, as far as it was waited for.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct DrillReport {
    /// The case.
    case: String,
    /// What people call the case.
    reference: String,
    /// The contact point.
    to: String,
    /// From our ledger's record of the drill to its record of the receipt.
    receipt_after_ms: Option<u64>,
    /// From our ledger's record of the drill to its record of the acknowledgement.
    acknowledged_after_ms: Option<u64>,
    /// The officer who acknowledged, as the message says.
    acknowledged_by: Option<String>,
}

pub(crate) async fn run(session: &Session, arguments: &DrillArguments) -> Result<(), Failure> {
    let officer = session.officer(None)?;
    let client = session.client().await?.acting_as(&officer);
    let to = office(&client, &arguments.to).await?;
    preflight::tell_with(
        session,
        &client,
        std::slice::from_ref(&to),
        Kind::Drill.as_str(),
        Some(&arguments.language),
    )
    .await;
    let request = request(arguments, &to, &officer)?;
    let sent = send(&client, &request, &random::idempotency_key()?).await?;
    let zone = when::local_zone();
    session.terminal.say(sent_text(&sent, &zone).trim_end());
    let outcome = wait(session, &client, &sent, arguments).await;
    let report = report(&client, &sent).await?;
    session.terminal.result(&report, text);
    outcome?;
    session.next(format_args!("ohrid case show {}", sent.reference));
    Ok(())
}

/// Sends a drill in the words of the default, for whoever wants no more than the machine's receipt.
pub(crate) async fn send_line_test(session: &Session, client: &Client, party: &str) -> Result<Sent, Failure> {
    let officer = session.officer(None)?;
    let client = client.clone().acting_as(&officer);
    let to = office(&client, party).await?;
    let arguments = DrillArguments {
        to: to.clone(),
        purpose: PURPOSE.to_owned(),
        exercise: None,
        role: None,
        language: "en".to_owned(),
        from: None,
        wait: Wait::Delivered,
        timeout: Duration::ZERO,
    };
    let request = request(&arguments, &to, &officer)?;
    send(&client, &request, &random::idempotency_key()?).await
}

/// Waits for the machine, and then for a human, as far as asked and as long as given.
async fn wait(
    session: &Session,
    client: &Client,
    sent: &Sent,
    arguments: &DrillArguments,
) -> Result<(), Failure> {
    let end = Instant::now() + arguments.timeout;
    for step in [Wait::Delivered, Wait::Acknowledged] {
        if step > arguments.wait {
            break;
        }
        let left = end.saturating_duration_since(Instant::now());
        let status = {
            let _waiting = session
                .terminal
                .waiting(&format!("waiting until it is {}", step.as_str()));
            client.wait_for(&sent.message, step, left).await?
        };
        check_reached(&status, step)?;
    }
    Ok(())
}

/// The contact point that is meant: of a Party with several, one has to be named.
async fn office(client: &Client, to: &str) -> Result<String, Failure> {
    if to.contains('/') {
        return Ok(to.to_owned());
    }
    let directory = client.directory().await?;
    let party = directory.parties.iter().find(|party| party.party == to);
    let party = party.ok_or_else(|| {
        let what = format!("{to} is not in the directory");
        Failure::usage(what, "name a Party of the directory: ohrid directory show")
    })?;
    let offices: Vec<&str> = party
        .contact_points
        .iter()
        .map(|point| point.office.as_str())
        .collect();
    match offices.as_slice() {
        [only] => Ok((*only).to_owned()),
        several => Err(Failure::usage(
            format!("{to} has {} contact points", several.len()),
            format!("name one of them: {}", several.join(", ")),
        )),
    }
}

fn request(arguments: &DrillArguments, to: &str, officer: &str) -> Result<SendRequest, Failure> {
    let mut draft = json!({
        "kind": Kind::Drill.as_str(),
        "language": arguments.language,
        "to": [to],
        "purpose": arguments.purpose,
        "officer": { "name": officer, "role": arguments.role.as_deref().unwrap_or("officer on duty") },
    });
    if let (Some(exercise), Some(form)) = (&arguments.exercise, draft.as_object_mut()) {
        form.insert("exercise".to_owned(), exercise.as_str().into());
    }
    Ok(SendRequest {
        from: arguments.from.clone(),
        to: vec![to.to_owned()],
        case: None,
        in_reply_to: None,
        draft,
        priority: Default::default(),
        expires_at: None,
        break_glass: None,
        attachments: Vec::new(),
    })
}

/// What is known now, by our ledger's times.
async fn report(client: &Client, sent: &Sent) -> Result<DrillReport, Failure> {
    let case = client.case(&sent.case).await?;
    let view: CaseView = serde_json::from_value(case.view)
        .map_err(|error| Failure::failed(format!("the node's view of the case cannot be read: {error}")))?;
    Ok(measured(&view, sent))
}

fn measured(view: &CaseView, sent: &Sent) -> DrillReport {
    let drill = view.messages.iter().find(|one| one.kind == Some(Kind::Drill));
    let since = drill.and_then(|drill| drill.submitted_at);
    let after_ms = |at: Option<convention::time::Instant>| {
        let elapsed = at?.as_unix_ms().checked_sub(since?.as_unix_ms())?;
        u64::try_from(elapsed).ok()
    };
    let receipts = drill
        .into_iter()
        .flat_map(|drill| &drill.deliveries)
        .filter_map(|delivery| delivery.delivered_at);
    let is_human = |one: &&MessageView| one.kind == Some(Kind::Acknowledgement);
    let human = view.messages.iter().find(is_human);
    DrillReport {
        case: sent.case.clone(),
        reference: sent.reference.clone(),
        to: sent.to.join(" "),
        receipt_after_ms: after_ms(receipts.min()),
        acknowledged_after_ms: after_ms(human.and_then(|one| one.received_at)),
        acknowledged_by: human.and_then(|one| one.author.clone()),
    }
}

fn text(report: &DrillReport) -> String {
    let length = |milliseconds: Option<u64>| milliseconds.map_or_else(|| "no answer yet".to_owned(), shown);
    let mut pairs = vec![
        ("Drill", report.to.clone()),
        ("The machine", length(report.receipt_after_ms)),
        ("A human", length(report.acknowledged_after_ms)),
    ];
    if let Some(officer) = &report.acknowledged_by {
        pairs.push(("Who", table::printable(officer)));
    }
    table::properties(&pairs)
}

/// A length of time: seconds with a fraction below a minute, and then no finer than seconds.
fn shown(milliseconds: u64) -> String {
    let (minutes, seconds) = (milliseconds / 60_000, milliseconds / 1000 % 60);
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("after {seconds}.{:03} s", milliseconds % 1000),
        (0, minutes) => format!("after {minutes} min {seconds} s"),
        (hours, minutes) => format!("after {hours} h {minutes} min"),
    }
}

fn waits() -> impl TypedValueParser<Value = Wait> {
    PossibleValuesParser::new(["delivered", "acknowledged"]).map(|word| match word.as_str() {
        "delivered" => Wait::Delivered,
        _ => Wait::Acknowledged,
    })
}

#[cfg(test)]
mod tests;
