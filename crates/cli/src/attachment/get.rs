//! `ohrid attachment get`: what came, opened and put where it is wanted.

use std::path::{Path, PathBuf};
use std::time::Instant;

use control::client::Client;
use control::types::{AttachmentState, AttachmentStatus, MessageAttachments};
use serde::Serialize;

use super::place::{Existing, Unnamed, safe_name, sha256_of, taken};
use super::{GetArguments, list};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::limits::ATTACHMENT_LOOKED_FOR_EVERY;
use crate::session::Session;
use crate::table;

/// A file that is on this disk now.
#[derive(Debug, Serialize)]
struct Got {
    attachment: String,
    name: String,
    path: PathBuf,
    size_bytes: u64,
    sha256: String,
    /// Whether the same file was there before.
    was_there: bool,
}

pub(super) async fn run(session: &Session, arguments: &GetArguments) -> Result<(), Failure> {
    // Who opens a file is recorded, as for a message.
    let client = session.client_for_writing(None).await?;
    let wanted = wanted(session, &client, arguments).await?;
    let mut got = Vec::new();
    for one in &wanted {
        let target = target(arguments, one, wanted.len())?;
        got.push(get(session, &client, one, target, arguments).await?);
    }
    session.terminal.result(&got, |got| text(got));
    Ok(())
}

/// The attachments that are meant, once they are here.
async fn wanted(
    session: &Session,
    client: &Client,
    arguments: &GetArguments,
) -> Result<Vec<AttachmentStatus>, Failure> {
    let begin = Instant::now();
    let mut bar = None;
    loop {
        let found = found(client, arguments).await?;
        let wanted = selected(&found, arguments);
        let late = found.iter().any(|message| !message.listed)
            || wanted.iter().any(|one| one.state == AttachmentState::Arriving);
        if !late {
            if wanted.is_empty() {
                return Err(nothing(arguments));
            }
            return match wanted.iter().find(|one| one.state == AttachmentState::Refused) {
                Some(one) => Err(refused(one)),
                None => Ok(wanted),
            };
        }
        if !arguments.wait || begin.elapsed() >= arguments.timeout {
            return Err(arriving(&wanted, arguments));
        }
        let total: u64 = wanted.iter().map(|one| one.sealed_size_bytes).sum();
        let present: u64 = wanted.iter().map(|one| one.present_bytes).sum();
        if bar.is_none() && total > 0 {
            bar = Some(session.terminal.transferring("arriving", total));
        }
        if let Some(bar) = &bar {
            bar.is_at(present);
        }
        tokio::time::sleep(ATTACHMENT_LOOKED_FOR_EVERY).await;
    }
}

async fn found(client: &Client, arguments: &GetArguments) -> Result<Vec<MessageAttachments>, Failure> {
    match arguments.what.rsplit_once('.') {
        Some((message, _)) => Ok(vec![client.message_attachments(message).await?]),
        None => list::found(client, &arguments.what).await,
    }
}

/// Those of that number and that name; of a whole case, what came and not what we sent.
fn selected(found: &[MessageAttachments], arguments: &GetArguments) -> Vec<AttachmentStatus> {
    let is_one = arguments.what.contains('.');
    let all = found.iter().flat_map(|message| &message.attachments);
    let named = all.filter(|one| !is_one || one.attachment == arguments.what);
    let named = named.filter(|one| arguments.name.as_ref().is_none_or(|name| one.name == *name));
    let wanted: Vec<AttachmentStatus> = named.cloned().collect();
    let came: Vec<AttachmentStatus> = wanted
        .iter()
        .filter(|one| one.state != AttachmentState::Sent)
        .cloned()
        .collect();
    if came.is_empty() { wanted } else { came }
}

/// Where a file goes.
fn target(arguments: &GetArguments, one: &AttachmentStatus, count: usize) -> Result<PathBuf, Failure> {
    let name = safe_name(&one.name, &format!("attachment-{}", one.number));
    match &arguments.output {
        None => Ok(PathBuf::from(name)),
        Some(path) if path.is_dir() => Ok(path.join(name)),
        Some(path) if count == 1 => Ok(path.clone()),
        Some(path) => Err(Failure::usage(
            format!("there are {count} files, and {} is no folder", path.display()),
            "name a folder, or one of the files",
        )),
    }
}

async fn get(
    session: &Session,
    client: &Client,
    one: &AttachmentStatus,
    target: PathBuf,
    arguments: &GetArguments,
) -> Result<Got, Failure> {
    let got = |path: &Path, was_there| Got {
        attachment: one.attachment.clone(),
        name: one.name.clone(),
        path: path.to_owned(),
        size_bytes: one.size_bytes,
        sha256: one.sha256.clone(),
        was_there,
    };
    let existing = match arguments.force {
        true => Existing::Replaced,
        false => Existing::Kept,
    };
    // The same file again is no fault: a command that was cut off is given again.
    let there = sha256_of(&target).map_err(|error| Failure::system("cannot read", &target, &error))?;
    match there {
        Some(sha256) if sha256 == one.sha256 => return Ok(got(&target, true)),
        Some(_) if existing == Existing::Kept => return Err(taken(&target)),
        _ => {}
    }
    let mut file = Unnamed::begin(target, existing)?;
    let verifying = session
        .terminal
        .waiting(&format!("verifying {}", table::printable(&one.name)));
    let mut content = client.attachment_content(&one.attachment).await?;
    drop(verifying);
    let bar = session.terminal.transferring(
        &format!("opening {}", table::printable(&one.name)),
        one.size_bytes,
    );
    while let Some(bytes) = content.next().await? {
        file.write(&bytes)?;
        bar.is_at(file.length_bytes());
    }
    let path = file.publish(one.size_bytes, &one.sha256)?;
    Ok(got(&path, false))
}

fn nothing(arguments: &GetArguments) -> Failure {
    let what = match &arguments.name {
        Some(name) => format!("no attachment of {} is called {name}", arguments.what),
        None => format!("nothing is attached to {}", arguments.what),
    };
    Failure::failed(what).mended_by(format!("ohrid attachment list {}", arguments.what))
}

fn refused(one: &AttachmentStatus) -> Failure {
    let why = one.why.as_deref().unwrap_or("there is no room for it");
    let what = format!("{} is refused by this node: {why}", table::printable(&one.name));
    Failure::failed(what).mended_by("an operator can make room, or raise the limits: ohrid node status")
}

fn arriving(wanted: &[AttachmentStatus], arguments: &GetArguments) -> Failure {
    let late = wanted.iter().find(|one| one.state == AttachmentState::Arriving);
    let what = match late {
        Some(one) => format!(
            "{} has not arrived yet: {} of {} are here",
            table::printable(&one.name),
            table::size(one.present_bytes),
            table::size(one.sealed_size_bytes)
        ),
        None => "the list of attachments has not arrived yet".to_owned(),
    };
    Failure::new(Exit::Temporary, "attachment_arriving", what)
        .mended_by(format!("ohrid attachment get {} --wait", arguments.what))
}

fn text(got: &[Got]) -> String {
    let one = |one: &Got| {
        let path = one.path.display().to_string();
        let note = if one.was_there { ", as it was" } else { "" };
        format!(
            "{}  {}{note}\n    SHA-256 {}, as the message says\n",
            table::printable(&path),
            table::size(one.size_bytes),
            one.sha256
        )
    };
    got.iter().map(one).collect()
}
