//! The bundle of a case, made while it is asked for.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use control::types::ExportQuery;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep};

use super::attachments::{place, writing};
use super::gate::Reading;
use super::{Parts, Refusal, Shared, blocking};
use crate::cases::Case;
use crate::export::{Audience, Bag, ExportError, Exporter, Redaction, Wanted};
use crate::officers::{Acting, Reader};

/// For how long an export waits until it is recorded who reads; then it goes on without.
const RECORDED_WITHIN: Duration = Duration::from_secs(3);

/// For how long an export waits for cosignatures: a few rounds of publishing.
const WITNESSED_WITHIN: Duration = Duration::from_secs(6);

/// How often it looks for them.
const WITNESSED_LOOKED_FOR_EVERY: Duration = Duration::from_millis(100);

/// How often it looks.
const LOOKED_FOR_EVERY: Duration = Duration::from_millis(20);

/// Gives a case away, as whoever asks may see it.
pub(super) async fn export(
    State(parts): State<Shared>,
    path: Result<Path<String>, PathRejection>,
    query: Result<Query<ExportQuery>, QueryRejection>,
    Reading(reader): Reading,
) -> Result<Response, Refusal> {
    let (Path(reference), Query(query)) = (path?, query?);
    let mut wanted = wanted(&query)?;
    let place = place(&parts)?;
    match reader {
        Reader::Officer(officer) => record(&parts, &reference, &officer).await?,
        Reader::Auditor => wanted.audience = Audience::Auditor,
        Reader::Nobody => {
            return Err(Refusal::not_allowed(
                "a case is given away by officers, approvers and auditors only",
                Some("name yourself with --officer NAME or OHRID_OFFICER"),
            ));
        }
    }
    await_witnesses(&parts, &reference).await?;
    let shared = Arc::clone(&parts);
    let bag = blocking(move || {
        let case = shared.cases.find(&reference)?;
        Ok(exporter(&shared).export(&case, &wanted)?)
    })
    .await?;
    Ok(stream(bag, place))
}

fn wanted(query: &ExportQuery) -> Result<Wanted, Refusal> {
    let parts = query.redact.iter().flat_map(|text| text.split(','));
    let parsed: Result<BTreeSet<Redaction>, _> = parts.map(str::parse).collect();
    let mut redactions = parsed.map_err(|error| Refusal::malformed(error.to_string()))?;
    if query.session_keys == Some(false) {
        redactions.insert(Redaction::SessionKey(None));
    }
    Ok(Wanted {
        redactions,
        with_attachments: query.attachments,
        audience: Audience::Officer,
    })
}

/// Notes that an officer has read the case, and waits for the leaf: it is part of the state that is exported,
/// so that the same officer gets the same bytes again.
async fn record(parts: &Shared, reference: &str, officer: &Acting) -> Result<(), Refusal> {
    let until = Instant::now() + RECORDED_WITHIN;
    loop {
        let (shared, reference, officer) = (Arc::clone(parts), reference.to_owned(), officer.clone());
        let is_recorded = blocking(move || {
            let case = shared.cases.find(&reference)?;
            shared.readings.note(&case, &officer, shared.clock.now());
            Ok(is_read(&case, &officer))
        });
        if is_recorded.await? || Instant::now() >= until {
            return Ok(());
        }
        sleep(LOOKED_FOR_EVERY).await;
    }
}

/// Waits a moment for the cosignatures on what has just been recorded: this state is shown under the
/// checkpoint that it has now, for ever.
async fn await_witnesses(parts: &Shared, reference: &str) -> Result<(), Refusal> {
    let until = Instant::now() + WITNESSED_WITHIN;
    loop {
        let (shared, reference) = (Arc::clone(parts), reference.to_owned());
        let awaits = blocking(move || {
            let case = shared.cases.find(&reference)?;
            Ok(exporter(&shared).awaits_witnesses(&case)?)
        });
        if !awaits.await? || Instant::now() >= until {
            return Ok(());
        }
        sleep(WITNESSED_LOOKED_FOR_EVERY).await;
    }
}

/// Whether the ledger says that the officer has read everything that was received and can be read.
fn is_read(case: &Case, officer: &Acting) -> bool {
    let mut received = case
        .messages
        .iter()
        .filter(|(_, told)| !told.ours && told.counts && told.reading.is_ok());
    received.all(|(key, _)| {
        let mut leaves = case.leaves.iter();
        leaves.any(|leaf| {
            leaf.word() == "retrieved" && leaf.about == Some(*key) && leaf.by == Some(officer.actor)
        })
    })
}

fn exporter(parts: &Parts) -> Exporter {
    let (keys, threshold) = parts.directory.trusted();
    Exporter {
        own: parts.own,
        node_name: parts.node.name.clone(),
        pins: parts.node.data.with_file_name("exports"),
        secretariat: (keys.to_vec(), threshold),
        keys: Arc::clone(&parts.keys),
        first_ledger_key: parts.first_ledger_key.clone(),
        directory: Arc::clone(&parts.directory),
        reader: Arc::clone(&parts.reader),
        messages: Arc::clone(parts.cases.messages()),
        giving: Arc::clone(&parts.giving),
        clock: Arc::clone(&parts.clock),
        officers: Arc::clone(&parts.officers),
        published: Arc::clone(&parts.published),
    }
}

fn stream(bag: Bag, place: OwnedSemaphorePermit) -> Response {
    let length = HeaderValue::from(bag.length_bytes());
    // The name has no character that would need an escape.
    let name = format!("attachment; filename=\"{}\"", bag.file_name());
    let (body, sink) = writing::channel();
    let failed = sink.breaker();
    tokio::task::spawn_blocking(move || {
        if let Err(error) = bag.write(sink) {
            tracing::warn!(%error, "a bundle was not given to its end");
            failed.break_off();
        }
        drop(place);
    });
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    headers.insert(header::CONTENT_LENGTH, length);
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    response
}

impl From<ExportError> for Refusal {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Read(error) => error.into(),
            ExportError::Giving(error) => error.into(),
            ExportError::NoMessage(_) => Self::not_found(error.to_string()),
            ExportError::TooLarge(_) => Self::too_large(error.to_string()),
            ExportError::MayNotSign => Self::conflict("may_not_sign", error.to_string()),
            error => Self::fault(error),
        }
    }
}
