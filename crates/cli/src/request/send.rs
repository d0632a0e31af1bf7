//! `ohrid request send`: from the file to the receipt, as far as asked.

use std::path::Path;

use control::client::Client;
use control::headers::IdempotencyKey;
use control::types::{
    ConsignmentVerdict, MessageStatus, RecipientState, RecipientStatus, SendRequest, Sent, Wait,
};
use jiff::tz::TimeZone;
use serde::Serialize;

use super::{SendArguments, Waiting, advice_text, read_form};
use crate::case::related;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::limits::SEND_ATTEMPTS_MAX;
use crate::preflight;
use crate::session::Session;
use crate::{random, table, when};

/// Columns of what stands below a heading.
const RELATED_COLUMNS: usize = 76;

/// A message that was recorded, and how far it came.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Delivery {
    /// Nobody waited.
    Recorded(Sent),
    /// Somebody waited for it.
    Followed(MessageStatus),
}

pub(super) async fn run(session: &Session, arguments: &SendArguments) -> Result<(), Failure> {
    let path = Path::new(&arguments.what);
    let (client, sent) = if !path.exists() && is_draft_id(&arguments.what) {
        send_draft(session, arguments).await?
    } else {
        let form = read_form(path)?;
        let client = session.client_for_writing(form.officer()).await?;
        let mut request = form.send_request(&arguments.route);
        let to = form.recipients(&arguments.route);
        let kind = form.draft.kind().as_str();
        preflight::tell_with(session, &client, &to, kind, form.language()).await;
        request.priority = arguments.urgency.priority;
        request.break_glass.clone_from(&arguments.urgency.break_glass);
        request.expires_at = arguments
            .expires_in
            .and_then(|length| when::now().checked_add(length).ok());
        let (attached, repeated) = (&arguments.attached, arguments.idempotency_key.as_ref());
        attached
            .attach(&client, &session.terminal, &mut request, repeated)
            .await
            .map_err(|failure| form.blame(failure))?;
        let sent = match send(&client, &request, &key(arguments)?).await {
            Ok(sent) => sent,
            Err(failure) => {
                attached.refused(&client, &request, &failure).await;
                return Err(form.blame(failure));
            }
        };
        (client, sent)
    };
    submit(session, &client, sent, &arguments.waiting).await
}

/// Says that a message is recorded, waits if asked, and says what came of it.
pub(crate) async fn submit(
    session: &Session,
    client: &Client,
    sent: Sent,
    waiting: &Waiting,
) -> Result<(), Failure> {
    let zone = when::local_zone();
    let Some(wait) = waiting.wait else {
        let case = sent.reference.clone();
        let message = Delivery::Recorded(sent);
        session
            .terminal
            .result(&message, |message| delivery_text(message, &zone));
        session.next(format_args!("ohrid case show {case}"));
        return Ok(());
    };
    session.terminal.say(sent_text(&sent, &zone).trim_end());
    let status = {
        let _waiting = session
            .terminal
            .waiting(&format!("waiting until it is {}", wait.as_str()));
        client.wait_for(&sent.message, wait, waiting.timeout).await?
    };
    let message = Delivery::Followed(status);
    session
        .terminal
        .result(&message, |message| delivery_text(message, &zone));
    if let Delivery::Followed(status) = &message {
        check_reached(status, wait)?;
    }
    session.next(format_args!("ohrid case show {}", sent.reference));
    Ok(())
}

/// Sends, and asks again with the same key where the answer got lost: one message, however often
/// `[IDEMPOTENT]`.
pub(crate) async fn send(
    client: &Client,
    request: &SendRequest,
    key: &IdempotencyKey,
) -> Result<Sent, Failure> {
    let mut attempt = 1;
    loop {
        match client.send(request, key).await {
            Ok(sent) => return Ok(sent),
            Err(control::client::ClientError::Broken(_)) if attempt < SEND_ATTEMPTS_MAX => attempt += 1,
            Err(error) => return Err(error.into()),
        }
    }
}

/// Not reached in time is temporary; rejected, expired and unreadable are failures.
pub(crate) fn check_reached(status: &MessageStatus, wait: Wait) -> Result<(), Failure> {
    for recipient in &status.to {
        let to = &recipient.to;
        match recipient.state {
            RecipientState::Rejected => {
                let mend = format!("`ohrid case show {}` has the reason", status.case);
                return Err(
                    Failure::new(Exit::Failed, "rejected", format!("{to} rejected it")).mended_by(mend),
                );
            }
            RecipientState::Expired => {
                let what = format!("it expired before {to} took it");
                return Err(
                    Failure::new(Exit::Failed, "expired", what).mended_by("telephone, and send it again")
                );
            }
            RecipientState::Pending | RecipientState::Delivered => {}
        }
    }
    if status.reached {
        return Ok(());
    }
    let what = format!(
        "not {} yet; it is recorded, and the node goes on by itself",
        wait.as_str()
    );
    let mend = format!("look again later: ohrid case show {}", status.case);
    Err(Failure::new(Exit::Temporary, "not_reached", what).mended_by(mend))
}

/// What was recorded, for people.
pub(crate) fn sent_text(sent: &Sent, zone: &TimeZone) -> String {
    let leaves: Vec<String> = sent.leaf_indexes.iter().map(ToString::to_string).collect();
    let mut pairs = vec![("Message", sent.message.clone())];
    if !sent.check_words.is_empty() {
        pairs.push(("Check words", sent.check_words.clone()));
    }
    pairs.push(("Case", sent.reference.clone()));
    if sent.reference != sent.case {
        pairs.push(("Case id", sent.case.clone()));
    }
    pairs.push(("To", sent.to.join(" ")));
    let recorded = format!(
        "leaf {} of our ledger, {}",
        leaves.join(", "),
        when::both(sent.recorded_at, zone)
    );
    pairs.push(("Recorded", recorded));
    let related = related::section(&sent.related, RELATED_COLUMNS);
    let properties = table::properties(&pairs);
    format!("{properties}{related}{}", advice_text(&sent.advice))
}

/// How far it came, for people.
pub(crate) fn delivery_text(delivery: &Delivery, zone: &TimeZone) -> String {
    match delivery {
        Delivery::Recorded(sent) => sent_text(sent, zone),
        Delivery::Followed(status) => {
            let recipients = status.to.iter().map(|recipient| recipient_text(recipient, zone));
            recipients.collect::<Vec<_>>().join("\n")
        }
    }
}

fn recipient_text(recipient: &RecipientStatus, zone: &TimeZone) -> String {
    let state = match recipient.state {
        RecipientState::Pending => "recorded here, not confirmed there yet".to_owned(),
        RecipientState::Delivered => {
            format!("delivered {}", when::both_or_dash(recipient.delivered_at, zone))
        }
        RecipientState::Rejected => "rejected there, signed".to_owned(),
        RecipientState::Expired => "expired: nobody took it in time".to_owned(),
    };
    let mut pairs = vec![("To", recipient.to.clone()), ("State", state)];
    if let Some(receipt) = &recipient.receipt {
        let proof = if receipt.verified {
            "proof verified"
        } else {
            "proof NOT verified"
        };
        pairs.push((
            "Receipt",
            format!(
                "leaf {} of {} (tree size {}), received {}, {proof}",
                receipt.index,
                receipt.origin,
                receipt.tree_size,
                when::both(receipt.received_at, zone)
            ),
        ));
    }
    if let Some(consignment) = &recipient.consignment {
        let verdict = match consignment.verdict {
            ConsignmentVerdict::Readable => "readable".to_owned(),
            ConsignmentVerdict::Unreadable => {
                format!(
                    "UNREADABLE there: {}",
                    consignment.code.as_deref().unwrap_or("no reason given")
                )
            }
            ConsignmentVerdict::NonConforming => format!("non-conforming: {}", consignment.rules.join(" ")),
        };
        pairs.push((
            "Opened",
            format!("{verdict}, {}", when::both(consignment.at, zone)),
        ));
    }
    table::properties(&pairs)
}

async fn send_draft(session: &Session, arguments: &SendArguments) -> Result<(Client, Sent), Failure> {
    let route = &arguments.route;
    if arguments.urgency.break_glass.is_some() {
        let what = "a stored draft cannot be sent with --break-glass";
        return Err(Failure::usage(what, "send the file, with --priority emergency"));
    }
    if !route.to.is_empty() || route.from.is_some() || arguments.expires_in.is_some() {
        let what = "a stored draft has its recipients and its sender already";
        return Err(Failure::usage(
            what,
            "leave out --to, --from and --expires-in, or send the file",
        ));
    }
    if !arguments.attached.is_empty() {
        let what = "a stored draft has its attachments already";
        return Err(Failure::usage(what, "leave out --attachment, or send the file"));
    }
    let client = session.client_for_writing(None).await?;
    let drafts = client.drafts().await?;
    if let Some(draft) = drafts
        .iter()
        .find(|draft| draft.draft == arguments.what && draft.damaged.is_none())
    {
        preflight::tell_with(session, &client, &draft.to, &draft.kind, None).await;
    }
    let sent = client.send_draft(&arguments.what, &key(arguments)?).await?;
    Ok((client, sent))
}

fn key(arguments: &SendArguments) -> Result<IdempotencyKey, Failure> {
    match &arguments.idempotency_key {
        Some(key) => Ok(key.clone()),
        None => random::idempotency_key(),
    }
}

fn is_draft_id(text: &str) -> bool {
    text.parse::<IdempotencyKey>().is_ok()
}
