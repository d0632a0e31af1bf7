//! A second officer approves: a draft, which is sent at once, or afterwards what was sent alone
//! `[FOUR-EYES]`.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use control::types::{Approval, Review, Sent};
use convention::message::Kind;
use protocol::ids::{ActorId, MessageId};
use tokio::sync::oneshot;

use super::drafts::{self, Found};
use super::gate::Write;
use super::messages::{self, Outcome, submit};
use super::{Parts, Refusal, Shared, blocking};
use crate::cases::{Case, Leaf};
use crate::drafts::Kept;
use crate::news::timestamp;
use crate::officers::Acting;
use crate::sending::Signers;
use crate::wake::{Command, Recorded, Refused, Wake};

/// A draft needs a second officer: says who may approve, and how.
pub(super) fn needed(parts: &Parts, author: &Acting, kind: Kind, draft: &str) -> Refusal {
    let approvers = parts.officers.approvers_beside(author);
    let who = match approvers.as_slice() {
        [] => "nobody else may approve yet: ohrid officer add NAME --role approver; then, as that officer:"
            .to_owned(),
        some => format!("{} may approve:", some.join(", ")),
    };
    Refusal::needs_approval(
        format!("a message of kind {kind} needs a second officer: nothing was sent; draft {draft} waits"),
        format!("{who} ohrid request approve {draft}"),
        draft,
    )
}

/// Approves a draft of another officer and sends it: judged again, sealed, and both officers recorded in
/// one commit.
pub(super) async fn approve_draft(
    State(parts): State<Shared>,
    path: Result<Path<String>, PathRejection>,
    write: Write,
) -> Result<(StatusCode, Json<Sent>), Refusal> {
    let (draft, kept) = match drafts::find(&parts, path?).await? {
        Found::Kept(draft, kept) => (draft, kept),
        Found::Sent(sent) => return Ok((StatusCode::CREATED, Json(sent))),
    };
    let author = author(&parts, &kept)?;
    if parts
        .officers
        .is_same_person(&write.acting, author.actor, Some(&author.name))
    {
        return Err(own_work(&parts, &author));
    }
    let signers = Signers {
        author,
        approved_by: Some(write.acting.actor),
    };
    match submit(&parts, kept.request, signers, &draft).await? {
        Outcome::Sent(sent) => {
            let sent = drafts::finish(&parts, draft, *sent).await?;
            Ok((StatusCode::CREATED, Json(sent)))
        }
        Outcome::NeedsApproval(_) => Err(Refusal::fault("an approved message still needs approval")),
    }
}

/// Approves, afterwards, a message that was sent alone.
pub(super) async fn approve_message(
    State(parts): State<Shared>,
    path: Result<Path<String>, PathRejection>,
    write: Write,
) -> Result<Json<Approval>, Refusal> {
    let Path(text) = path?;
    let message = messages::parse(&text)?;
    let acting = write.acting;
    let (shared, reviewer) = (Arc::clone(&parts), acting.clone());
    let earlier = blocking(move || {
        let case = messages::find(&shared, message)?;
        check_review(&shared, &case, message, &reviewer)
    })
    .await?;
    let recorded = match earlier {
        Some(recorded) => recorded,
        None => record(&parts, message, acting.actor).await?,
    };
    let reviews = Arc::clone(&parts.reviews);
    blocking(move || {
        reviews.close(message);
        Ok(())
    })
    .await?;
    Ok(Json(Approval {
        officer: Some(acting.name),
        actor: acting.actor.to_string(),
        at: timestamp(recorded.at),
        leaf_index: recorded.index,
    }))
}

/// What was sent alone and waits.
pub(super) async fn reviews(State(parts): State<Shared>) -> Json<Vec<Review>> {
    Json(parts.reviews.list())
}

/// Whether this officer may review the message; the review, where this very officer has recorded one.
fn check_review(
    parts: &Parts,
    case: &Case,
    message: MessageId,
    reviewer: &Acting,
) -> Result<Option<Recorded>, Refusal> {
    let key = case.key_of(message).filter(|(party, _)| *party == parts.own);
    let about = |word: &'static str| {
        let leaves = case.leaves.iter();
        leaves.filter(move |leaf| key.is_some() && leaf.about == key && leaf.word() == word)
    };
    let Some(alone) = about("sent-alone").next() else {
        return Err(Refusal::conflict(
            "nothing_to_review",
            "this message was not sent without approval",
        ));
    };
    let author = key.and_then(|key| author_name(case, key));
    let sender = alone.by.unwrap_or(reviewer.actor);
    let sender_name = parts.officers.name_of(sender, author.as_deref());
    if parts
        .officers
        .is_same_person(reviewer, sender, sender_name.as_deref())
    {
        let sender = Acting {
            name: sender_name.unwrap_or_else(|| reviewer.name.clone()),
            actor: sender,
        };
        return Err(own_work(parts, &sender));
    }
    let recorded = |leaf: &Leaf| Recorded {
        index: leaf.index,
        at: leaf.at,
    };
    match about("approved").next() {
        None => Ok(None),
        Some(leaf) if leaf.by == Some(reviewer.actor) => Ok(Some(recorded(leaf))),
        Some(_) => Err(Refusal::conflict(
            "nothing_to_review",
            "another officer has approved this message already",
        )),
    }
}

async fn record(parts: &Parts, message: MessageId, actor: ActorId) -> Result<Recorded, Refusal> {
    if parts.health.is_disk_full() {
        return Err(Refusal::disk_full());
    }
    let (answer, answered) = oneshot::channel();
    let command = Wake::Command(Command::Approve {
        message,
        actor,
        answer,
    });
    let stopping = || Refusal::from(Refused::Stopping);
    parts.wakes.send(command).await.map_err(|_| stopping())?;
    Ok(answered.await.map_err(|_| stopping())??)
}

/// The author of a draft, who must still be somebody who may write.
fn author(parts: &Parts, kept: &Kept) -> Result<Acting, Refusal> {
    let actor = kept.author_actor.as_ref().and_then(|text| text.parse().ok());
    let Some(actor) = actor else {
        return Err(Refusal::conflict(
            "author_unknown",
            "an earlier release stored this draft, and its author is not known: store it again",
        ));
    };
    let author = Acting {
        name: kept.about.author.clone(),
        actor,
    };
    if parts.officers.may_still_write(&author) {
        Ok(author)
    } else {
        let what = format!("{} wrote this draft, and may not write any more", author.name);
        Err(Refusal::not_allowed(
            what,
            Some("write it again as another officer"),
        ))
    }
}

/// The author's name, as the message says it.
pub(super) fn author_name(case: &Case, key: crate::cases::MessageKey) -> Option<String> {
    let read = case.messages.get(&key)?.reading.as_ref().ok()?;
    Some(read.message.author().name.as_str().to_owned())
}

fn own_work(parts: &Parts, author: &Acting) -> Refusal {
    let others = parts.officers.approvers_beside(author);
    let mend = match others.as_slice() {
        [] => "register another approver: ohrid officer add NAME --role approver".to_owned(),
        others => format!("ask {}", others.join(", ")),
    };
    Refusal::not_allowed(
        "two pairs of eyes: nobody approves what the same person has written [FOUR-EYES]",
        Some(&mend),
    )
}
