//! `ohrid attachment list`: what there is, and how far it is.

use control::client::Client;
use control::types::{AttachmentState, AttachmentStatus, MessageAttachments, StagedAttachment};

use super::ListArguments;
use crate::failure::Failure;
use crate::session::Session;
use crate::table;

pub(super) async fn run(session: &Session, arguments: &ListArguments) -> Result<(), Failure> {
    let client = session.client().await?;
    let Some(what) = &arguments.what else {
        let staged = client.staged_attachments().await?;
        session.terminal.result(&staged, |staged| staged_text(staged));
        return Ok(());
    };
    let found = found(&client, what).await?;
    session.terminal.result(&found, |found| text(found));
    Ok(())
}

/// The messages with attachments that are meant: of a case, or the one that is named.
pub(super) async fn found(client: &Client, what: &str) -> Result<Vec<MessageAttachments>, Failure> {
    let case = client.case(what).await?;
    let is_named = case.messages.iter().any(|message| message.message == what);
    let mut found = Vec::new();
    for message in &case.messages {
        if is_named && message.message != what {
            continue;
        }
        let attached = client.message_attachments(&message.message).await?;
        if !attached.attachments.is_empty() || !attached.listed {
            found.push(attached);
        }
    }
    Ok(found)
}

fn text(found: &[MessageAttachments]) -> String {
    let rows: Vec<Vec<String>> = found
        .iter()
        .flat_map(|message| &message.attachments)
        .map(|one| {
            vec![
                one.attachment.clone(),
                table::size(one.size_bytes),
                state(one),
                one.name.clone(),
            ]
        })
        .collect();
    let unlisted = found.iter().filter(|message| !message.listed);
    let mut text = match rows.is_empty() {
        true => String::new(),
        false => table::table(&["Attachment", "Size", "State", "File"], &rows),
    };
    for message in unlisted {
        text.push_str(&format!(
            "Message {}: its list has not arrived yet.\n",
            message.message
        ));
    }
    if text.is_empty() {
        text.push_str("Nothing is attached.\n");
    }
    text
}

fn staged_text(staged: &[StagedAttachment]) -> String {
    if staged.is_empty() {
        return "No sealed file waits for its message.\n".to_owned();
    }
    let row = |one: &StagedAttachment| {
        vec![
            one.attachment.clone(),
            table::size(one.size_bytes),
            one.to.join(" "),
            one.name.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = staged.iter().map(row).collect();
    table::table(&["Attachment", "Size", "Sealed for", "File"], &rows)
}

/// An attachment in one line.
pub(crate) fn line(one: &AttachmentStatus) -> String {
    format!(
        "attached: {} ({}, {}), {}",
        one.name,
        table::size(one.size_bytes),
        one.media_type,
        state(one)
    )
}

fn state(one: &AttachmentStatus) -> String {
    let why = one
        .why
        .as_ref()
        .map_or_else(String::new, |why| format!(": {why}"));
    match one.state {
        AttachmentState::Sent => "sent".to_owned(),
        AttachmentState::Complete => "complete".to_owned(),
        AttachmentState::Arriving => {
            let done = one.present_bytes.saturating_mul(100) / one.sealed_size_bytes.max(1);
            format!("arriving, {done} %{why}")
        }
        AttachmentState::Refused => format!("REFUSED here{why}"),
    }
}
