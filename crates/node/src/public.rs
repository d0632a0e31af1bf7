//! What outsiders may ask over HTTP, where `[public]` names an address: our ledger as its witnesses have seen
//! it (c2sp.org/tlog-tiles), and our cosignature (c2sp.org/tlog-witness).
//!
//! ```text
//! GET  /ledger/2026/checkpoint                   the newest published head of node.xa.example/ledger/2026
//! GET  /ledger/2026/tile/0/x001/x234/067         immutable; so are bundles, tile/entries/…
//! POST /add-checkpoint                           the cosignature of a ledger that the directory knows
//! GET  /<SHA-256 of an origin>/checkpoint        the head of that ledger that we cosigned last
//! ```
//!
//! A ledger is served below the path of its origin, so that `https://<origin>` is its prefix once a proxy
//! that speaks TLS stands before this listener. Nothing is served that is not below a published head: what is
//! only signed may still be a head that the witnesses refuse. Partial tiles are cut from what there is, for
//! every size up to that of the published head, whether or not a head of that size was published.
//!
//! Entries name Parties, contact points, ids and times of messages, and hold no word of what was said
//! `[LEAF-PRIVACY]`. Nobody is asked who they are.

mod read;
mod serving;
mod witness;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use store::Reader;
use tokio::sync::Semaphore;

use crate::directory::CurrentDirectory;
use crate::limits::{PUBLIC_READS_AT_ONCE_MAX, PUBLIC_WITNESS_REQUESTS_AT_ONCE_MAX};
use crate::metrics::Metrics;
use crate::publishing::Published;
use crate::witness::Witnessing;

pub(crate) use serving::serve;

/// What answers are made of.
pub(crate) struct Parts {
    /// Our published heads.
    pub(crate) published: Arc<Published>,
    /// What is durable.
    pub(crate) reader: Arc<dyn Reader>,
    /// Our witness.
    pub(crate) witnessing: Witnessing,
    /// Which ledgers there are.
    pub(crate) directory: Arc<CurrentDirectory>,
    /// What is counted.
    pub(crate) metrics: Arc<Metrics>,
}

/// The parts, and how much of them is in use.
struct Board {
    parts: Parts,
    /// Never closed.
    reads: Arc<Semaphore>,
    cosigning: Semaphore,
}

/// Everything that outsiders are answered.
pub(crate) fn router(parts: Parts) -> Router {
    Router::new()
        .route("/add-checkpoint", post(witness::add_checkpoint))
        .route("/{*path}", get(read::get))
        .with_state(Arc::new(Board {
            parts,
            reads: Arc::new(Semaphore::new(PUBLIC_READS_AT_ONCE_MAX)),
            cosigning: Semaphore::new(PUBLIC_WITNESS_REQUESTS_AT_ONCE_MAX),
        }))
}

#[cfg(test)]
mod tests;
