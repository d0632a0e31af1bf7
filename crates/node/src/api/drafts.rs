//! Drafts that are kept until they are sent: one small file each, outside the ledger.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path as FilePath, PathBuf};

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use control::headers::IdempotencyKey;
use control::types::{SendRequest, Sent, StoredDraft};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::messages::{Write, submit};
use super::{Refusal, Shared, blocking};
use crate::limits::{CONTROL_BODY_BYTES_MAX, DRAFTS_MAX};
use crate::news::timestamp;
use crate::secret::read_public;

/// What a draft's file holds.
#[derive(Serialize, Deserialize)]
struct Kept {
    about: StoredDraft,
    request: SendRequest,
}

/// Judges the draft and keeps it under its idempotency key, which so becomes its name.
pub(super) async fn store(
    State(parts): State<Shared>,
    headers: HeaderMap,
    request: Result<Json<SendRequest>, JsonRejection>,
) -> Result<(StatusCode, Json<StoredDraft>), Refusal> {
    let write = Write::read(&headers)?;
    let Json(request) = request?;
    let report = parts.sending.check(request.clone().into()).await?;
    let about = StoredDraft {
        draft: write.key.as_str().to_owned(),
        kind: text(&request.draft, "kind"),
        to: recipients(&request),
        stored_at: timestamp(parts.clock.now()),
        advice: report.advice,
        author: write.officer.clone(),
        case: request.case.clone(),
        needs_approval: report.needs_approval,
    };
    let kept = Kept { about, request };
    let stored = blocking(move || keep(&parts.node.drafts, kept)).await?;
    Ok((StatusCode::CREATED, Json(stored)))
}

pub(super) async fn list(State(parts): State<Shared>) -> Result<Json<Vec<StoredDraft>>, Refusal> {
    let drafts = blocking(move || {
        let folder = match fs::read_dir(&parts.node.drafts) {
            Ok(folder) => folder,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Refusal::fault(error)),
        };
        let paths = folder
            .filter_map(|file| Some(file.ok()?.path()))
            .filter(|path| is_draft(path));
        let mut drafts: Vec<_> = paths
            .take(DRAFTS_MAX)
            .filter_map(|path| Some(load(&path).ok()?.about))
            .collect();
        drafts.sort_by_key(|draft| draft.stored_at);
        Ok(drafts)
    })
    .await?;
    Ok(Json(drafts))
}

/// Sends a draft; it is gone afterwards. The draft's own name is the message's idempotency key, so that
/// one draft is never two messages, whatever key this request has.
pub(super) async fn send(
    State(parts): State<Shared>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<(StatusCode, Json<Sent>), Refusal> {
    let Path(draft) = path?;
    let mut write = Write::read(&headers)?;
    let key: IdempotencyKey = draft
        .parse()
        .map_err(|_| Refusal::not_found(format!("there is no draft {draft}")))?;
    let file = file_of(&parts.node.drafts, &key);
    let named = file.clone();
    let kept = blocking(move || {
        load(&named).map_err(|_| Refusal::not_found("there is no such draft; it may have been sent"))
    })
    .await?;
    write.key = key;
    let sent = submit(&parts, kept.request, &write).await?;
    // The message is durable. A draft that stays behind can be sent again only as the same message.
    if let Err(error) = fs::remove_file(&file) {
        tracing::warn!(%error, "a draft that was sent could not be removed");
    }
    Ok((StatusCode::CREATED, Json(sent)))
}

fn keep(folder: &FilePath, kept: Kept) -> Result<StoredDraft, Refusal> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(Refusal::fault)?;
    let file = folder.join(format!("{}.json", kept.about.draft));
    if let Ok(before) = load(&file) {
        return if before.request == kept.request {
            Ok(before.about)
        } else {
            Err(Refusal::conflict(
                "idempotency_key_reused",
                "this idempotency key was used for another draft",
            ))
        };
    }
    if fs::read_dir(folder).map_err(Refusal::fault)?.count() >= DRAFTS_MAX {
        return Err(Refusal::conflict(
            "too_many_drafts",
            format!("there are {DRAFTS_MAX} drafts already: send or remove some"),
        ));
    }
    write_whole(folder, &file, &kept).map_err(Refusal::fault)?;
    Ok(kept.about)
}

/// Aside, synced, renamed, and the folder synced: whole or not at all, also after a power cut.
fn write_whole(folder: &FilePath, file: &FilePath, kept: &Kept) -> io::Result<()> {
    let aside = file.with_extension("new");
    let mut options = OpenOptions::new();
    let mut out = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&aside)?;
    out.write_all(&serde_json::to_vec(kept)?)?;
    out.sync_all()?;
    fs::rename(&aside, file)?;
    File::open(folder)?.sync_all()
}

fn load(file: &FilePath) -> Result<Kept, Refusal> {
    let limit_bytes = 2 * CONTROL_BODY_BYTES_MAX as u64;
    let bytes = read_public(file, limit_bytes).map_err(Refusal::fault_quietly)?;
    serde_json::from_slice(&bytes).map_err(Refusal::fault)
}

fn file_of(folder: &FilePath, key: &IdempotencyKey) -> PathBuf {
    folder.join(format!("{key}.json"))
}

fn is_draft(path: &FilePath) -> bool {
    path.extension().is_some_and(|extension| extension == "json")
}

fn recipients(request: &SendRequest) -> Vec<String> {
    if !request.to.is_empty() {
        return request.to.clone();
    }
    let list = request.draft.get("to").and_then(Value::as_array);
    let texts = list.into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

fn text(draft: &Value, field: &str) -> String {
    draft
        .get(field)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}
