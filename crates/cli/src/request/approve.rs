//! Two pairs of eyes `[FOUR-EYES]`: `ohrid request drafts`, `approve`, `discard` and `reviews`.

use clap::Args;
use control::client::ClientError;
use control::headers::IdempotencyKey;
use control::types::{Approval, DraftDetail, Review, StoredDraft};
use jiff::tz::TimeZone;

use super::{Waiting, submit};
use crate::failure::Failure;
use crate::session::Session;
use crate::table::{self, printable};
use crate::terminal::COLUMNS;
use crate::{random, when};

/// Options of `ohrid request approve`.
#[derive(Debug, Args)]
pub(crate) struct ApproveArguments {
    /// A draft that another officer wrote, which is then sent; or a message that was sent with --break-glass,
    /// which is then reviewed
    #[arg(value_name = "DRAFT|MESSAGE")]
    what: String,
    #[command(flatten)]
    waiting: Waiting,
}

/// Options of `ohrid request show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    /// The draft, by its id: `ohrid request drafts` lists them
    #[arg(value_name = "DRAFT")]
    draft: String,
}

/// Options of `ohrid request discard`.
#[derive(Debug, Args)]
pub(crate) struct DiscardArguments {
    /// The draft, as `ohrid request drafts` shows it
    #[arg(value_name = "DRAFT")]
    draft: String,
}

/// Columns of what stands indented below an item.
const ROOM: usize = COLUMNS - 2;

/// Approves a draft of another officer, which is sent at once, or reviews what was sent alone.
pub(super) async fn run(session: &Session, arguments: &ApproveArguments) -> Result<(), Failure> {
    let client = session.client_for_writing(None).await?;
    let key = random::idempotency_key()?;
    // A draft's name and a message's id are both UUIDs: what is no draft here is a message.
    if arguments.what.parse::<IdempotencyKey>().is_ok() {
        match client.approve_draft(&arguments.what, &key).await {
            Ok(sent) => return submit(session, &client, sent, &arguments.waiting).await,
            Err(ClientError::Refused { status: 404, .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let approval = client
        .approve_message(&arguments.what, &key)
        .await
        .map_err(|error| unknown(&arguments.what, error))?;
    session.terminal.result(&approval, |approval| {
        approval_text(approval, &arguments.what, &when::local_zone())
    });
    session.next(format_args!("ohrid case show {}", arguments.what));
    Ok(())
}

/// What waits to be approved or sent.
pub(super) async fn drafts(session: &Session) -> Result<(), Failure> {
    let client = session.client().await?;
    let drafts = client.drafts().await?;
    session
        .terminal
        .result(&drafts, |drafts| drafts_text(drafts, &when::local_zone()));
    all_readable(&drafts)?;
    if !client.reviews().await?.is_empty() {
        session.next("ohrid request reviews");
    } else if let Some(first) = drafts.first() {
        session.next(format_args!("ohrid request show {}", first.draft));
    }
    Ok(())
}

/// A draft that is damaged must be seen also by whoever looks at the exit status only.
fn all_readable(drafts: &[StoredDraft]) -> Result<(), Failure> {
    let damaged: Vec<&str> = drafts
        .iter()
        .filter_map(|draft| draft.damaged.as_deref())
        .collect();
    match damaged.as_slice() {
        [] => Ok(()),
        [one] => Err(Failure::failed(format!("a draft is damaged: {one}"))),
        more => Err(Failure::failed(format!(
            "{} drafts are damaged:\n{}",
            more.len(),
            more.join("\n")
        ))),
    }
    .map_err(Failure::told_by_result)
}

/// What was sent without the approval that it needs.
pub(super) async fn reviews(session: &Session) -> Result<(), Failure> {
    let reviews = session.client().await?.reviews().await?;
    session
        .terminal
        .result(&reviews, |reviews| reviews_text(reviews, &when::local_zone()));
    if let Some(first) = reviews.first() {
        session.next(format_args!("ohrid request approve {}", first.message));
    }
    Ok(())
}

pub(super) async fn discard(session: &Session, arguments: &DiscardArguments) -> Result<(), Failure> {
    let client = session.client_for_writing(None).await?;
    let key = random::idempotency_key()?;
    client.discard_draft(&arguments.draft, &key).await?;
    session.terminal.say(format_args!(
        "Draft {} is gone; nothing was sent.",
        arguments.draft
    ));
    session.next("ohrid request drafts");
    Ok(())
}

/// Shows a draft as its author wrote it.
pub(super) async fn show(session: &Session, arguments: &ShowArguments) -> Result<(), Failure> {
    let client = session.client().await?;
    let detail = client
        .draft(&arguments.draft)
        .await
        .map_err(|error| unknown(&arguments.draft, error))?;
    session
        .terminal
        .result(&detail, |detail| draft_text(detail, &when::local_zone()));
    let verb = if detail.about.needs_approval {
        "approve"
    } else {
        "send"
    };
    session.next(format_args!("ohrid request {verb} {}", arguments.draft));
    Ok(())
}

/// The draft's line in the list, and below it the form, as it would stand in a file.
fn draft_text(detail: &DraftDetail, zone: &TimeZone) -> String {
    let form = toml::to_string_pretty(&detail.request.draft);
    // What TOML cannot write (a null) is shown as it came.
    let form = form.unwrap_or_else(|_| detail.request.draft.to_string());
    let lines: String = form
        .lines()
        .map(|line| format!("{}\n", format!("  {}", printable(line)).trim_end()))
        .collect();
    format!(
        "{}\n{lines}",
        drafts_text(std::slice::from_ref(&detail.about), zone)
    )
}

fn unknown(what: &str, error: ClientError) -> Failure {
    match error {
        ClientError::Refused {
            status: 400 | 404, ..
        } => Failure::failed(format!("there is no draft and no message {what}"))
            .mended_by("`ohrid request drafts` and `ohrid request reviews` show what waits"),
        error => error.into(),
    }
}

fn approval_text(approval: &Approval, message: &str, zone: &TimeZone) -> String {
    table::properties(&[
        ("Message", message.to_owned()),
        (
            "Reviewed",
            format!(
                "by {}, {}",
                approval
                    .officer
                    .as_deref()
                    .map_or_else(|| approval.actor.clone(), printable),
                when::both(approval.at, zone)
            ),
        ),
        ("Recorded", format!("leaf {} of our ledger", approval.leaf_index)),
    ])
}

fn drafts_text(drafts: &[StoredDraft], zone: &TimeZone) -> String {
    if drafts.is_empty() {
        return "No draft waits.\n".to_owned();
    }
    let one = |draft: &StoredDraft| {
        if let Some(why) = &draft.damaged {
            let lines = [format!("DAMAGED, the node cannot read it: {why}")];
            return item(&draft.draft, &lines);
        }
        let waits = if draft.needs_approval {
            "waits for another officer's approval"
        } else {
            "can be sent"
        };
        let mut lines = vec![format!("to {}", draft.to.join(" "))];
        if let Some(case) = &draft.case {
            lines.push(format!("in case {case}"));
        }
        lines.push(format!(
            "by {}, {}",
            draft.author,
            when::both(draft.stored_at, zone)
        ));
        lines.push(waits.to_owned());
        item(&format!("{}  {}", draft.draft, draft.kind), &lines)
    };
    drafts.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn reviews_text(reviews: &[Review], zone: &TimeZone) -> String {
    if reviews.is_empty() {
        return "Nothing waits for a review.\n".to_owned();
    }
    let one = |review: &Review| {
        let lines = [
            format!("to {}, in case {}", review.to.join(" "), review.case),
            format!(
                "sent alone by {}, {}",
                review.officer,
                when::both(review.sent_at, zone)
            ),
            format!("because: {}", review.reason),
        ];
        item(&format!("{}  {}", review.message, review.kind), &lines)
    };
    reviews.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// A line, and lines below it, indented and wrapped.
fn item(head: &str, lines: &[String]) -> String {
    let mut text = format!("{}\n", printable(head));
    for line in lines {
        for part in table::wrap(&printable(line), ROOM) {
            text.push_str(&format!("  {part}\n"));
        }
    }
    text
}

#[cfg(test)]
mod tests;
