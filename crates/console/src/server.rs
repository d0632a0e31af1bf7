//! The routes, and what every answer carries.
//!
//! There is no login yet, so two things stand in for one: the console listens on loopback only, and it
//! answers only to the names of loopback. Without the second, any web site could point its own name at
//! 127.0.0.1 and read the cases through the officer's browser (DNS rebinding).

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use control::client::{Client, ClientError};
use control::types::CaseSummary;
use convention::time::Zone;
use serde::Deserialize;

use crate::page;

/// Cases on one page.
const CASES_PER_PAGE: u32 = 50;

/// Nothing may be loaded but our own style sheet; nothing runs, nothing is framed, nothing is sent.
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const STYLE: &str = include_str!("style.css");

#[derive(Debug)]
struct Console {
    socket: PathBuf,
    zone: Zone,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CasesQuery {
    before: Option<String>,
}

/// The console for the node at `socket`, with times of `zone` beside UTC.
pub(crate) fn router(socket: PathBuf, zone: Zone) -> Router {
    Router::new()
        .route("/", get(cases))
        .route("/style.css", get(style))
        .fallback(not_found)
        .layer(middleware::from_fn(guard))
        .with_state(Arc::new(Console { socket, zone }))
}

async fn cases(State(console): State<Arc<Console>>, Query(query): Query<CasesQuery>) -> Response {
    match list(&console, query.before.as_deref()).await {
        Ok(cases) => {
            let is_full = u32::try_from(cases.len()).is_ok_and(|count| count >= CASES_PER_PAGE);
            let older = cases.last().filter(|_| is_full).map(|case| case.case.as_str());
            Html(page::cases(&cases, older, &console.zone).into_string()).into_response()
        }
        Err(error) => {
            tracing::warn!("no list of cases: {error}");
            let status = match error {
                ClientError::Refused { status: 404, .. } => StatusCode::NOT_FOUND,
                _ => StatusCode::SERVICE_UNAVAILABLE,
            };
            (status, Html(page::failure(&error.to_string()).into_string())).into_response()
        }
    }
}

async fn list(console: &Console, before: Option<&str>) -> Result<Vec<CaseSummary>, ClientError> {
    let client = Client::connect(&console.socket).await?;
    client.cases(Some(CASES_PER_PAGE), before).await
}

async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)
}

async fn not_found() -> impl IntoResponse {
    (StatusCode::NOT_FOUND, Html(page::not_found().into_string()))
}

/// Refuses strange names, and sets the headers that every answer carries.
async fn guard(request: Request, next: Next) -> Response {
    let mut response = match is_for_loopback(request.headers(), request.uri()) {
        true => next.run(request).await,
        false => StatusCode::MISDIRECTED_REQUEST.into_response(),
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    for (name, value) in [
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn is_for_loopback(headers: &HeaderMap, uri: &Uri) -> bool {
    let named = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let Some(host) = named.filter(|_| uri.host().is_none()) else {
        return false;
    };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

#[cfg(test)]
mod tests;
