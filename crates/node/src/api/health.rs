//! For whoever watches the node: is it alive, can it serve, and its figures.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::directory::Freshness;
use protocol::exchange::Queued;

use super::{Parts, Shared, plain};
use crate::drafts::Drafts;
use crate::limits::{FOLDER_TIME_SETTLES, METRICS_PEERS_MAX};
use crate::metrics::{DirectoryState, MachineState, PeerStanding, Room, classic};
use crate::readiness::{Facts, Readiness, ask_core, clock_ahead};

/// What Prometheus asks for.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What everybody else is given.
const CLASSIC: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The process answers; more is not asked.
pub(super) async fn livez() -> &'static str {
    "ok\n"
}

/// Whether the node can serve: one line for each check, or JSON for whoever asks for it or for `?verbose`;
/// 503 if one of them fails.
pub(super) async fn readyz(
    State(parts): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let queued = ask_core(&parts.wakes).await;
    let room = room(&parts).await;
    let readiness = Readiness::of(&facts(&parts, queued.is_some(), room));
    let status = match readiness.ready {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    let is_verbose = query.is_some_and(|query| query.split('&').any(|part| part == "verbose"));
    if is_verbose || accepts(&headers, "application/json") {
        (status, axum::Json(readiness)).into_response()
    } else {
        (status, readiness.text()).into_response()
    }
}

/// Everything that is counted, and what is only known when somebody asks. No case is folded for it, and no
/// message read.
pub(super) async fn metrics(State(parts): State<Shared>, headers: HeaderMap) -> Response {
    let queued = ask_core(&parts.wakes).await;
    let asked = Shared::clone(&parts);
    let slow = tokio::task::spawn_blocking(move || Slow::look(&asked)).await;
    let slow = slow.unwrap_or_default();
    let text = {
        let _scrape = parts.metrics.scrape();
        show(&parts, queued.as_deref(), &slow);
        parts.metrics.text()
    };
    if accepts(&headers, "application/openmetrics-text") {
        plain(OPEN_METRICS, text)
    } else {
        plain(CLASSIC, classic(&text))
    }
}

fn accepts(headers: &HeaderMap, kind: &str) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter();
    accepted
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains(kind))
}

/// What may wait for a disk.
#[derive(Debug, Default)]
struct Slow {
    room: Option<Room>,
    /// Drafts that wait for a second officer, and for their author.
    drafts: Option<(usize, usize)>,
    /// Erasures that wait for a second officer, and that are to be carried out.
    erasures: Option<(usize, usize)>,
}

impl Slow {
    fn look(parts: &Parts) -> Self {
        Self {
            room: Room::of(&parts.node.data),
            drafts: parts.drafts_counted.look(&parts.node.drafts),
            erasures: parts.erasing.waiting().ok(),
        }
    }
}

async fn room(parts: &Shared) -> Option<Room> {
    let data = parts.node.data.clone();
    let looked = tokio::task::spawn_blocking(move || Room::of(&data)).await;
    looked.ok().flatten()
}

/// A count of drafts that is made anew only when their folder has changed: there may be a thousand, and
/// each is a file to be read.
#[derive(Debug, Default)]
pub struct DraftsCounted(Mutex<Option<(SystemTime, (usize, usize))>>);

impl DraftsCounted {
    fn look(&self, folder: &Path) -> Option<(usize, usize)> {
        let Ok(changed_at) = fs::metadata(folder).and_then(|about| about.modified()) else {
            // No folder, no drafts.
            return Some((0, 0));
        };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, counted)) = *known
            && at == changed_at
        {
            return Some(counted);
        }
        let mut drafts = Drafts::new(folder).list().ok()?;
        // Nobody can approve or send one that cannot be read.
        drafts.retain(|draft| draft.damaged.is_none());
        let approval = drafts.iter().filter(|draft| draft.needs_approval).count();
        let counted = (approval, drafts.len() - approval);
        // What changes in the same tick of the file system's clock would not be seen.
        let has_settled = changed_at.elapsed().is_ok_and(|age| age > FOLDER_TIME_SETTLES);
        *known = has_settled.then_some((changed_at, counted));
        Some(counted)
    }
}

fn facts(parts: &Parts, core_answers: bool, room: Option<Room>) -> Facts {
    let now = parts.clock.now();
    let standing = parts.published.standing();
    Facts {
        is_stopping: parts.stop.is_stopping(),
        core_answers,
        committing_for: parts.health.committing_for(),
        is_store_damaged: parts.health.is_store_damaged(),
        is_disk_full: parts.health.is_disk_full(),
        room,
        keys: parts.rotation.terms(),
        signing: standing.signing,
        freshness: parts.directory.freshness(now),
        forks: (
            parts.directory.forks().len(),
            parts.witnessing.forks().standing().len(),
        ),
        is_lagging: standing.is_lagging,
        is_clock_doubted: parts.clock.is_doubted(),
        clock: clock_ahead(parts.peers.ahead_ms()),
        now,
    }
}

/// Sets what is only known when somebody asks.
fn show(parts: &Parts, queued: Option<&[Queued]>, slow: &Slow) {
    let facts = facts(parts, queued.is_some(), slow.room);
    let (metrics, now) = (&parts.metrics, facts.now);
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    metrics.peers_connected.set(count(parts.peers.connected_count()));
    metrics
        .peers_over_quota
        .set(count(parts.peers.over_quota_count(now)));
    metrics.clock_doubted.set(i64::from(facts.is_clock_doubted));
    metrics.witness.forks.set(count(facts.forks.1));
    metrics
        .people
        .reviews_outstanding
        .set(count(parts.reviews.outstanding()));
    if let Some((approval, sending)) = slow.drafts {
        metrics.people.set_drafts(approval, sending);
    }
    if let Some((approval, deletion)) = slow.erasures {
        metrics.people.set_erasures(approval, deletion);
    }
    metrics.machine.set(&MachineState {
        room: facts.room,
        disk_full: facts.is_disk_full,
        store_damaged: facts.is_store_damaged,
        commit_seconds: facts.committing_for.as_secs_f64(),
        clock: facts.clock,
    });
    let accepted = parts.directory.current();
    let directory = &accepted.directory;
    let state = DirectoryState {
        version: directory.version,
        issued_at: directory.issued_at,
        expires_at: directory.expires_at,
        is_usable: facts.freshness != Freshness::Expired,
        forks: facts.forks.0,
    };
    metrics.directory.set(&state, now);
    let others = || directory.parties.keys().filter(|party| **party != parts.own);
    let peers: BTreeMap<_, _> = others()
        .take(METRICS_PEERS_MAX)
        .map(|party| {
            let view = parts.peers.view(*party);
            let standing = PeerStanding {
                connected: view.connected,
                last_seen: view.last_seen,
                // Milliseconds of some years are exact in a double.
                clock_ahead_seconds: view.greeting.map(|said| said.ahead_ms() as f64 / 1_000.0),
            };
            (*party, standing)
        })
        .collect();
    metrics.queues.set_queued(queued, now);
    metrics.queues.set_peers(others().count(), &peers, queued, now);
    metrics.checks(Readiness::of(&facts).outcomes());
}

#[cfg(test)]
mod tests;
