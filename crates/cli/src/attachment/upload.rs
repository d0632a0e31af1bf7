//! Handing files to the node, which seals them for the recipients of their message.

use std::path::{Path, PathBuf};

use clap::Args;
use control::client::{Client, ClientError};
use control::headers::IdempotencyKey;
use control::types::{SendRequest, StagedAttachment, UploadQuery};
use serde_json::{Map, Value, json};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::random;
use crate::terminal::Terminal;

/// The SHA-256 in a form until the file was read: the rules ask for one, and it is known only then.
const NOT_YET: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Media types of the files that are usual here, by the ending of their names.
const MEDIA_TYPES: &[(&str, &str)] = &[
    ("csv", "text/csv"),
    ("eml", "message/rfc822"),
    ("gz", "application/gzip"),
    ("html", "text/html"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("json", "application/json"),
    ("mbox", "application/mbox"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("txt", "text/plain"),
    ("xml", "application/xml"),
    ("zip", "application/zip"),
];

/// Files of a message that is sent by the same command.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Attached {
    /// A file to attach; several times if there are several. It is sealed for the recipients first; a
    /// disclosure lists it by itself, with its size and SHA-256
    #[arg(long = "attachment", value_name = "FILE", help_heading = "Attachments")]
    pub(crate) files: Vec<PathBuf>,
    /// A file that was sealed before (`ohrid attachment add`), by the name that it got; all of those that
    /// were sealed for the message
    #[arg(long = "attached", value_name = "ATTACHMENT", help_heading = "Attachments")]
    pub(crate) staged: Vec<String>,
}

/// Where files go: what is known of their message.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attaching {
    pub(crate) from: Option<String>,
    pub(crate) to: Vec<String>,
    pub(crate) case: Option<String>,
    /// The message that earlier files were sealed for.
    pub(crate) message: Option<String>,
    pub(crate) media_type: Option<String>,
}

/// The name of a file, as the recipient will see it.
pub(crate) fn name_of(path: &Path) -> Result<String, Failure> {
    let name = path.file_name().and_then(|name| name.to_str());
    name.map(str::to_owned).ok_or_else(|| {
        let what = format!("{} has no name that can be sent", path.display());
        Failure::usage(what, "give the file a name in UTF-8")
    })
}

fn size_of(path: &Path) -> Result<u64, Failure> {
    let data = std::fs::metadata(path).map_err(|error| Failure::system("cannot read", path, &error))?;
    match data.is_file() {
        true => Ok(data.len()),
        false => Err(Failure::usage(
            format!("{} is no file", path.display()),
            "pack a folder into one file first: tar, zip",
        )),
    }
}

/// Puts files that are not read yet into the list of a disclosure. What the form says of a file of that name
/// stays.
pub(crate) fn described(form: &mut Map<String, Value>, files: &[PathBuf]) -> Result<(), Failure> {
    for path in files {
        list(form, &name_of(path)?, size_of(path)?, NOT_YET);
    }
    Ok(())
}

/// Puts what was sealed into the list of a disclosure, with its real size and SHA-256.
pub(crate) fn listed(form: &mut Map<String, Value>, staged: &StagedAttachment) {
    list(form, &staged.name, staged.size_bytes, &staged.sha256);
}

fn list(form: &mut Map<String, Value>, name: &str, size_bytes: u64, sha256: &str) {
    let list = form
        .entry("attachments")
        .or_insert_with(|| Value::Array(Vec::new()));
    let Value::Array(list) = list else { return };
    let is_it = |entry: &&mut Value| entry.get("name").and_then(Value::as_str) == Some(name);
    let place = list
        .iter()
        .position(|entry| entry.get("name").and_then(Value::as_str) == Some(name));
    if place.is_none() {
        list.push(json!({ "name": name }));
    }
    if let Some(Value::Object(entry)) = list.iter_mut().find(is_it) {
        entry.insert("size_bytes".to_owned(), size_bytes.into());
        entry.insert("sha256".to_owned(), sha256.into());
    }
}

impl Attached {
    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty() && self.staged.is_empty()
    }

    /// Asks the node whether the message could be sent, before anything large is read; then has the files
    /// sealed, and puts them into the request.
    pub(crate) async fn attach(
        &self,
        client: &Client,
        terminal: &Terminal,
        request: &mut SendRequest,
        repeated: Option<&IdempotencyKey>,
    ) -> Result<(), Failure> {
        if self.is_empty() {
            return Ok(());
        }
        let known = self.staged(client).await?;
        for staged in &known {
            list_in(request, staged);
        }
        client.check(&request.clone().into()).await?;
        let mut attaching = Attaching {
            from: request.from.clone(),
            to: request.to.clone(),
            case: request.case.clone(),
            message: known.first().map(|staged| staged.message.clone()),
            media_type: None,
        };
        request.attachments = known.iter().map(|staged| staged.attachment.clone()).collect();
        for (place, path) in self.files.iter().enumerate() {
            let key = match repeated {
                Some(key) => random::derived_key(key, place),
                None => random::idempotency_key()?,
            };
            let staged = attaching.upload(client, terminal, path, &key).await;
            let staged = match staged {
                Ok(staged) => staged,
                Err(failure) => {
                    self.give_up(client, request).await;
                    return Err(failure);
                }
            };
            list_in(request, &staged);
            request.attachments.push(staged.attachment);
        }
        Ok(())
    }

    /// The message was refused: what was sealed for it by this command is of no use any more.
    pub(crate) async fn refused(&self, client: &Client, request: &SendRequest, failure: &Failure) {
        // A draft that waits for a second officer keeps its files; and what may have been sent stays.
        if matches!(failure.exit, Exit::Refused | Exit::Usage) {
            self.give_up(client, request).await;
        }
    }

    async fn give_up(&self, client: &Client, request: &SendRequest) {
        let ours = request
            .attachments
            .iter()
            .filter(|name| !self.staged.contains(name));
        for name in ours {
            if let Ok(key) = random::idempotency_key() {
                // What stays is removed by the node some days later.
                let _ = client.discard_attachment(name, &key).await;
            }
        }
    }

    async fn staged(&self, client: &Client) -> Result<Vec<StagedAttachment>, Failure> {
        if self.staged.is_empty() {
            return Ok(Vec::new());
        }
        let all = client.staged_attachments().await?;
        let named = self.staged.iter().map(|name| {
            let found = all.iter().find(|staged| staged.attachment == *name).cloned();
            found.ok_or_else(|| {
                Failure::failed(format!("attachment {name} does not wait for a message"))
                    .mended_by("what does: ohrid attachment list --staged")
            })
        });
        named.collect()
    }
}

/// What was sealed, in the list of a disclosure: other kinds have none.
fn list_in(request: &mut SendRequest, staged: &StagedAttachment) {
    if let Value::Object(form) = &mut request.draft
        && form.get("kind").and_then(Value::as_str) == Some("disclosure")
    {
        listed(form, staged);
    }
}

impl Attaching {
    /// Has one file sealed, with a progress bar; the next one belongs to the same message.
    pub(crate) async fn upload(
        &mut self,
        client: &Client,
        terminal: &Terminal,
        path: &Path,
        key: &IdempotencyKey,
    ) -> Result<StagedAttachment, Failure> {
        let (name, size_bytes) = (name_of(path)?, size_of(path)?);
        let file = tokio::fs::File::open(path).await;
        let file = file.map_err(|error| Failure::system("cannot read", path, &error))?;
        let media_type = self.media_type.clone().or_else(|| media_type_of(&name));
        let query = match &self.message {
            // The route is settled by then.
            Some(message) => UploadQuery {
                message: Some(message.clone()),
                ..UploadQuery::default()
            },
            None => UploadQuery {
                from: self.from.clone(),
                to: (!self.to.is_empty()).then(|| self.to.join(",")),
                case: self.case.clone(),
                ..UploadQuery::default()
            },
        };
        let query = UploadQuery {
            name: name.clone(),
            media_type,
            size_bytes: Some(size_bytes),
            ..query
        };
        let bar = terminal.transferring(&format!("sealing {name}"), size_bytes);
        let uploaded = client.upload(&query, key, file, |bytes| bar.is_at(bytes)).await;
        drop(bar);
        let staged = uploaded.map_err(|error| match error {
            ClientError::File(error) => Failure::system("cannot read", path, &error),
            error => error.into(),
        })?;
        if staged.size_bytes != size_bytes {
            let what = format!("{} changed while it was read", path.display());
            // It is there under its key; nobody named it, and the node removes it some days later.
            return Err(Failure::failed(what).mended_by("attach it again when nobody writes to it"));
        }
        self.message = Some(staged.message.clone());
        Ok(staged)
    }
}

fn media_type_of(name: &str) -> Option<String> {
    let ending = name.rsplit_once('.')?.1.to_ascii_lowercase();
    let (_, known) = MEDIA_TYPES.iter().find(|(known, _)| *known == ending)?;
    Some((*known).to_owned())
}
