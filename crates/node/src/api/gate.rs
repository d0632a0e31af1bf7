//! The one gate of the local API: whoever writes passes here, before any handler runs `[FOUR-EYES]`.
//!
//! What each path that changes something takes is in one table. A path that is not in it is closed, so that
//! none can be added and forgotten; and a handler has no other way to learn who acts.

use axum::extract::{ConnectInfo, FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts as RequestParts;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use control::headers::{IDEMPOTENCY_KEY, IdempotencyKey, OFFICER, decode_officer};
use control::paths;

use super::{Refusal, Shared};
use crate::control_socket::Caller;
use crate::officers::{Act, Acting, Reader};

/// What each path takes of whoever writes there.
const ACTS: &[(&str, Act)] = &[
    (paths::DRAFTS, Act::Write),
    (paths::DRAFT_SEND, Act::Write),
    (paths::DRAFT_APPROVE, Act::Approve),
    (paths::DRAFT_DISCARD, Act::Discard),
    (paths::MESSAGES, Act::Write),
    (paths::MESSAGE_APPROVE, Act::Approve),
    (paths::ATTACHMENTS, Act::Write),
    (paths::ATTACHMENT_DISCARD, Act::Discard),
    (paths::ERASURES, Act::Write),
    (paths::ERASURE_APPROVE, Act::Approve),
    (paths::ERASURE_DISCARD, Act::Discard),
    (paths::HOLDS, Act::Write),
    (paths::HOLD_RELEASE, Act::Approve),
    (paths::RETENTION_RUN, Act::Operate),
    (paths::OFFICERS, Act::Operate),
    (paths::OFFICER_REMOVE, Act::Operate),
    (paths::NODE_STOP, Act::Operate),
    (paths::RELOAD, Act::Operate),
];

/// Paths that are posted to and change nothing.
const READS: &[&str] = &[paths::DRAFTS_CHECK, paths::PEER_TEST];

/// Who writes, and under which key: every write says both, and came through the gate.
pub(super) struct Write {
    pub(super) acting: Acting,
    pub(super) key: IdempotencyKey,
}

/// Lets a request through, and notes on it who acts or reads.
pub(super) async fn gate(State(parts): State<Shared>, mut request: Request, next: Next) -> Response {
    match pass(&parts, &mut request) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

fn pass(parts: &Shared, request: &mut Request) -> Result<(), Refusal> {
    let caller = request.extensions().get::<ConnectInfo<Caller>>();
    let ConnectInfo(caller) =
        *caller.ok_or_else(|| Refusal::fault("a request from nobody came through the control socket"))?;
    // A connection may outlive the officer who opened it.
    if !parts.officers.is_admitted(caller.uid) {
        return Err(Refusal::not_allowed("this Unix user may not ask any more", None));
    }
    let name = officer(request.headers());
    let Some(act) = act(request)? else {
        if let Some(name) = &name {
            let reader = parts.officers.reader(name, caller.uid);
            request.extensions_mut().insert(reader);
        }
        return Ok(());
    };
    let acting = parts.officers.admit(act, name.as_deref(), caller.uid)?;
    request.extensions_mut().insert(acting);
    Ok(())
}

/// What a request does, if it changes anything.
fn act(request: &Request) -> Result<Option<Act>, Refusal> {
    if [Method::GET, Method::HEAD].contains(request.method()) {
        return Ok(None);
    }
    // Where no path matches, nothing is done either.
    let Some(path) = request.extensions().get::<MatchedPath>() else {
        return Ok(None);
    };
    let path = path.as_str();
    if READS.contains(&path) {
        return Ok(None);
    }
    let found = ACTS.iter().find(|(known, _)| *known == path);
    let closed = || Refusal::fault(format!("{path} is closed: nothing says who may write there"));
    found.map(|(_, act)| Some(*act)).ok_or_else(closed)
}

fn officer(headers: &HeaderMap) -> Option<String> {
    decode_officer(headers.get(OFFICER)?.to_str().ok()?)
}

impl<S: Send + Sync> FromRequestParts<S> for Write {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut RequestParts, _: &S) -> Result<Self, Refusal> {
        let acting = parts.extensions.get::<Acting>().cloned();
        let acting = acting.ok_or_else(|| Refusal::fault("a write did not come through the gate"))?;
        let key = parts
            .headers
            .get(IDEMPOTENCY_KEY)
            .and_then(|value| value.to_str().ok());
        let key = key
            .and_then(|value| value.parse().ok())
            .ok_or_else(|| Refusal::malformed("every write has a UUID in the header Idempotency-Key"))?;
        Ok(Self { acting, key })
    }
}

/// Who reads, as the gate noted it.
pub(super) struct Reading(pub(super) Reader);

impl<S: Send + Sync> FromRequestParts<S> for Reading {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut RequestParts, _: &S) -> Result<Self, Self::Rejection> {
        let reader = parts.extensions.get::<Reader>().cloned();
        Ok(Self(reader.unwrap_or(Reader::Nobody)))
    }
}

#[cfg(test)]
mod tests;
