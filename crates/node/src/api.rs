//! The local API: what `control` describes, answered. Each file below is one group of its paths.
//!
//! Nothing here decides about messages: drafts go to `sending`, questions to `cases` and to the store.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ::ledger::note::VerifierKey;
use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use control::{headers, paths};
use protocol::ids::PartyCode;
use protocol::time::UnixMillis;
use store::Reader;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinError;
use tokio::time::timeout;

use crate::attachments::{Giving, Kept, Transfers};
use crate::cases::Cases;
use crate::clock::Clock;
use crate::config::Node;
use crate::directory::CurrentDirectory;
use crate::erasure::Erasing;
use crate::four_eyes::Policy;
use crate::health::Health;
use crate::keys::Keystore;
use crate::limits::{CONTROL_BODY_BYTES_MAX, CONTROL_REQUEST_TIMEOUT};
use crate::metrics::Metrics;
use crate::news::News;
use crate::officers::Officers;
use crate::outbound::HttpUrl;
use crate::publishing::Published;
use crate::publishing::receipts::Receipts;
use crate::publishing::second_stage::SecondStage;
use crate::reachability::Reachability;
use crate::readings::Readings;
use crate::reloading::Reloading;
use crate::reviews::Reviews;
use crate::rotation::Rotation;
use crate::sending::Sending;
use crate::session::Peers;
use crate::stamps::Stamps;
use crate::stop::{Stop, Stopper};
use crate::wake::Wake;
use crate::witness::Witnessing;
use crate::workers::Workers;

mod alarms;
mod approvals;
mod attachments;
mod cases;
mod directory;
mod drafts;
mod erasure;
mod events;
mod export;
mod figures;
mod gate;
mod health;
mod keys;
mod ledger;
mod logs;
mod messages;
mod officers;
mod peers;
mod problem;
mod range;
mod stamps;
mod status;
mod witnesses;

pub use health::DraftsCounted;
pub use problem::Refusal;

/// What answers are made of. Cheap to clone.
pub type Shared = Arc<Parts>;

/// See [`Shared`].
pub struct Parts {
    /// Our Party.
    pub own: PartyCode,
    /// Who and where we are.
    pub node: Node,
    /// The UDP address that is really listened on.
    pub listen: SocketAddr,
    /// Our keys: checkpoints of older sizes are signed again, for proofs, with the key of that time.
    pub keys: Arc<Keystore>,
    /// The ledger key while the ledger tells of no other.
    pub first_ledger_key: VerifierKey,
    /// Which keys are in use.
    pub rotation: Arc<Rotation>,
    /// Compute for a moment.
    pub workers: Arc<Workers>,
    /// Reads directory and keys again.
    pub reloading: Arc<Reloading>,
    /// When this process started.
    pub started_at: UnixMillis,
    /// The clock.
    pub clock: Arc<Clock>,
    /// The directory in use.
    pub directory: Arc<CurrentDirectory>,
    /// Who is connected.
    pub peers: Arc<Peers>,
    /// Tests the way to a peer.
    pub reachability: Reachability,
    /// What is durable.
    pub reader: Arc<dyn Reader>,
    /// The cases.
    pub cases: Arc<Cases>,
    /// Sends.
    pub sending: Sending,
    /// Who may write.
    pub officers: Arc<Officers>,
    /// What needs a second officer.
    pub four_eyes: Policy,
    /// What was sent without one.
    pub reviews: Arc<Reviews>,
    /// Erases.
    pub erasing: Arc<Erasing>,
    /// Where attachments are kept.
    pub attachments: Kept,
    /// How attachments get here.
    pub transfers: Arc<Transfers>,
    /// Cosigns peers' checkpoints, and keeps proofs of forks.
    pub witnessing: Witnessing,
    /// What witnesses have cosigned of ours.
    pub published: Arc<Published>,
    /// Proves entries under that.
    pub receipts: Receipts,
    /// Asks for peers' receipts of the second stage.
    pub second_stage: SecondStage,
    /// Notes who has read what.
    pub readings: Readings,
    /// Files that came with messages, or went with ours.
    pub giving: Arc<Giving>,
    /// How many files may be sealed or opened at once.
    pub files: Arc<Semaphore>,
    /// The core.
    pub wakes: mpsc::Sender<Wake>,
    /// Tells what happens.
    pub news: News,
    /// How the node is.
    pub health: Arc<Health>,
    /// The time stamps of checkpoints.
    pub stamps: Stamps,
    /// Who is asked for them, if anybody is.
    pub time_stamp_service: Option<HttpUrl>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// How many drafts there were when somebody last asked.
    pub drafts_counted: DraftsCounted,
    /// Whether the node stops.
    pub stop: Stop,
    /// Makes it stop.
    pub stopper: Stopper,
}

/// Everything that the control socket answers.
pub fn control_router(parts: Shared) -> Router {
    Router::new()
        .route(paths::STATUS, get(status::status))
        .route(paths::DIRECTORY, get(directory::summary))
        .route(paths::DIRECTORY_DOCUMENT, get(directory::document))
        .route(paths::DRAFTS_CHECK, post(messages::check))
        .route(paths::DRAFTS, post(drafts::store).get(drafts::list))
        .route(paths::DRAFT, get(drafts::show))
        .route(paths::DRAFT_SEND, post(drafts::send))
        .route(paths::DRAFT_APPROVE, post(approvals::approve_draft))
        .route(paths::DRAFT_DISCARD, post(drafts::discard))
        .route(paths::MESSAGE_APPROVE, post(approvals::approve_message))
        .route(paths::REVIEWS, get(approvals::reviews))
        .route(paths::OFFICERS, post(officers::add).get(officers::list))
        .route(paths::OFFICER_REMOVE, post(officers::remove))
        .route(paths::MESSAGES, post(messages::send))
        .route(paths::MESSAGE, get(messages::status))
        .route(paths::MESSAGE_RECEIPT, get(messages::receipt))
        .route(paths::PEERS, get(peers::list))
        .route(paths::PEER_TEST, post(peers::test))
        .route(paths::MESSAGE_ATTACHMENTS, get(attachments::of_message))
        .route(
            paths::ATTACHMENTS,
            post(attachments::add).get(attachments::staged),
        )
        .route(paths::ATTACHMENT_CONTENT, get(attachments::content))
        .route(paths::ATTACHMENT_DISCARD, post(attachments::discard))
        .route(paths::INBOX, get(cases::inbox))
        .route(paths::ALARMS, get(alarms::list))
        .route(paths::CASES, get(cases::list))
        .route(paths::CASE, get(cases::show))
        .route(paths::CASE_EXPORT, get(export::export))
        .route(paths::PREFLIGHT, get(figures::preflight))
        .route(paths::STATISTICS, get(figures::statistics))
        .route(paths::EVENTS, get(events::stream))
        .route(paths::LEDGER_KEY, get(ledger::key))
        .route(paths::LEDGER_CHECKPOINT, get(ledger::checkpoint))
        .route(paths::LEDGER_TILE, get(ledger::tile))
        .route(paths::LEDGER_PROOF, get(ledger::proof))
        .route(paths::LEDGER_LEAF, get(ledger::leaf))
        .route(paths::LEDGER_WITNESSED, get(witnesses::checkpoint))
        .route(paths::MESSAGE_WITNESSED_RECEIPT, get(witnesses::receipt))
        .route(paths::LEDGER_POLICY, get(witnesses::policy))
        .route(paths::LEDGER_WITNESSED_PROOF, get(witnesses::proof))
        .route(paths::LEDGER_RANGE, get(range::range))
        .route(paths::LEDGER_STAMPS, get(stamps::list))
        .route(paths::LEDGER_STAMP_CHECKPOINT, get(stamps::checkpoint))
        .route(paths::LEDGER_STAMP_RESPONSE, get(stamps::response))
        .route(paths::ERASURES, post(erasure::ask).get(erasure::orders))
        .route(paths::ERASURE_APPROVE, post(erasure::approve))
        .route(paths::ERASURE_DISCARD, post(erasure::discard))
        .route(paths::HOLDS, post(erasure::hold).get(erasure::holds))
        .route(paths::HOLD_RELEASE, post(erasure::release))
        .route(paths::RETENTION, get(erasure::retention))
        .route(paths::RETENTION_RUN, post(erasure::run_retention))
        .route(paths::NODE_STOP, post(status::stop))
        .route(paths::RELOAD, post(keys::reload))
        .route(paths::KEYS, get(keys::list))
        .merge(logs::routes())
        .merge(health_routes())
        .fallback(async || Refusal::not_found("there is nothing at this path"))
        .layer(from_fn_with_state(Arc::clone(&parts), gate::gate))
        .layer(DefaultBodyLimit::max(CONTROL_BODY_BYTES_MAX))
        .layer(from_fn_with_state(Arc::clone(&parts), around))
        .with_state(parts)
}

/// What is also served over plain HTTP, where that is configured: no word about messages.
pub fn health_router(parts: Shared) -> Router {
    health_routes()
        .layer(from_fn_with_state(Arc::clone(&parts), around))
        .with_state(parts)
}

fn health_routes() -> Router<Shared> {
    Router::new()
        .route(paths::METRICS, get(health::metrics))
        .route(paths::LIVEZ, get(health::livez))
        .route(paths::READYZ, get(health::readyz))
}

/// Around every request: an id for the log, a limit in time, and no write while the node stops.
async fn around(State(parts): State<Shared>, request: Request, next: Next) -> Response {
    let id = request_id();
    let is_write = request.method() == axum::http::Method::POST && request.uri().path() != paths::NODE_STOP;
    let span = tracing::info_span!("request", id, method = %request.method(), path = request.uri().path());
    let mut response = if is_write && parts.stop.is_stopping() {
        Refusal::stopping().into_response()
    } else {
        let is_file = is_file(request.uri().path());
        let answer = tracing::Instrument::instrument(next.run(request), span);
        let answer = async {
            if is_write {
                to_its_end(answer).await
            } else {
                answer.await
            }
        };
        if is_file {
            answer.await
        } else {
            match timeout(CONTROL_REQUEST_TIMEOUT, answer).await {
                Ok(response) => response,
                Err(_) => Refusal::busy("the node took too long to answer").into_response(),
            }
        }
    };
    if let Ok(value) = HeaderValue::from_str(&id) {
        let name = HeaderName::from_static(headers::REQUEST_ID);
        response.headers_mut().insert(name, value);
    }
    response
}

/// A write that was begun goes to its end, also when whoever asked has hung up, or has waited too long: it
/// may be with the core already, and who comes again with the same key must find what became of it
/// `[IDEMPOTENT]`.
async fn to_its_end(answer: impl Future<Output = Response> + Send + 'static) -> Response {
    tokio::spawn(answer)
        .await
        .unwrap_or_else(|_| Refusal::fault("a task of the node panicked").into_response())
}

/// Whether a request takes as long as a file is large. Such a one has a limit for each of its blocks.
fn is_file(path: &str) -> bool {
    let below = path.strip_prefix(paths::ATTACHMENTS);
    let is_bundle = path.starts_with(paths::CASES) && path.ends_with("/export");
    is_bundle || below.is_some_and(|rest| rest.is_empty() || rest.ends_with("/content"))
}

fn request_id() -> String {
    let mut random = [0; 8];
    // Without randomness the id is not unique; nothing else depends on it.
    let _ = getrandom::fill(&mut random);
    random.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Runs what may wait for a disk off the threads that serve sockets.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    ended(tokio::task::spawn_blocking(work).await)
}

/// Runs what reads a case and no more: where messages are sealed and opened, in turn with them.
async fn computed<T: Send + 'static>(
    parts: &Parts,
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    ended(parts.workers.run(work).await)
}

fn ended<T>(work: Result<Result<T, Refusal>, JoinError>) -> Result<T, Refusal> {
    work.unwrap_or_else(|_| Err(Refusal::fault("a task of the node panicked")))
}

/// An answer that is not JSON.
fn plain(kind: &'static str, body: impl Into<Body>) -> Response {
    let headers = [(axum::http::header::CONTENT_TYPE, kind)];
    (StatusCode::OK, headers, body.into()).into_response()
}

/// A wait that a query asked for, cut to what one call may take.
fn patience(asked_ms: Option<u64>) -> Duration {
    let asked = asked_ms.map_or(crate::limits::LONG_POLL_MAX, Duration::from_millis);
    asked.min(crate::limits::LONG_POLL_MAX)
}

#[cfg(test)]
mod tests;
