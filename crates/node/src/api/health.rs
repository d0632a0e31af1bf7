//! For whoever watches the node.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use protocol::directory::Freshness;

use super::{Shared, plain};
use crate::publishing::Signing;

/// OpenMetrics, which Prometheus asks for.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub(super) async fn metrics(State(parts): State<Shared>) -> Response {
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    parts
        .metrics
        .peers_connected
        .set(count(parts.peers.connected_count()));
    let over_quota = parts.peers.over_quota_count(parts.clock.now());
    parts.metrics.peers_over_quota.set(count(over_quota));
    let accepted = parts.directory.current();
    let version = i64::try_from(accepted.directory.version).unwrap_or(i64::MAX);
    let expiry = i64::try_from(accepted.directory.expires_at.0 / 1000).unwrap_or(i64::MAX);
    parts.metrics.directory_version.set(version);
    let reviews = parts.reviews.outstanding();
    parts.metrics.reviews_outstanding.set(count(reviews));
    parts
        .metrics
        .clock_doubted
        .set(i64::from(parts.clock.is_doubted()));
    parts.metrics.directory_expiry_seconds.set(expiry);
    let age = parts.clock.now().since(accepted.directory.issued_at).as_secs();
    parts
        .metrics
        .directory_age_seconds
        .set(i64::try_from(age).unwrap_or(i64::MAX));
    parts
        .metrics
        .directory_forks
        .set(count(parts.directory.forks().len()));
    let forks = parts.witnessing.forks().standing().len();
    parts.metrics.witness.forks.set(count(forks));
    plain(OPEN_METRICS, parts.metrics.text())
}

/// The process answers; more is not asked.
pub(super) async fn livez() -> &'static str {
    "ok\n"
}

/// Whether the node can serve: one line per check, 503 if one of them fails.
pub(super) async fn readyz(State(parts): State<Shared>) -> Response {
    let freshness = parts.directory.freshness(parts.clock.now());
    let checks = [
        ("running", !parts.stop.is_stopping()),
        ("disk", !parts.health.is_disk_full()),
        ("store", !parts.health.is_store_damaged()),
        ("directory", freshness != Freshness::Expired),
        ("clock", !parts.clock.is_doubted()),
        ("signing", parts.published.standing().signing == Signing::Allowed),
    ];
    let lines: String = checks
        .iter()
        .map(|(name, well)| format!("{name} {}\n", if *well { "ok" } else { "failed" }))
        .collect();
    // The node serves all the same: people must look into it.
    let forks = parts.directory.forks().len();
    let alarm = |stands: bool| if stands { "alarm" } else { "ok" };
    let lines = format!(
        "{lines}directory_forks {}\nledger_forks {}\nwitnesses {}\n",
        alarm(forks > 0),
        alarm(!parts.witnessing.forks().standing().is_empty()),
        alarm(parts.published.standing().is_lagging),
    );
    let status = if checks.iter().all(|(_, well)| *well) {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, lines).into_response()
}
