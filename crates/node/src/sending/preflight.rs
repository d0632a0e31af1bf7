//! `[PROFILE-PREFLIGHT]` What each recipient will need, and whether it can be reached now. Shown before
//! sending; it never keeps anything from being sent.

use control::types::PreflightReport;
use convention::message::assistance_request::Assistance;
use convention::message::{Kind, Word as _};
use convention::preflight::{Intention, preflight};
use protocol::ids::ContactPoint;
use protocol::time::UnixMillis;
use serde_json::Value;

use super::{Parts, SendError, Sending};
use crate::messages::convention_instant;
use crate::news::timestamp;

impl Sending {
    /// One report for each recipient, in the same order.
    ///
    /// # Errors
    /// When a report cannot be written, which is the machine's fault.
    pub fn preflight(
        &self,
        to: &[ContactPoint],
        intention: &Intention,
    ) -> Result<Vec<PreflightReport>, SendError> {
        reports(&self.parts, to, intention, self.parts.clock.now())
    }
}

/// See [`Sending::preflight`].
pub(super) fn reports(
    parts: &Parts,
    to: &[ContactPoint],
    intention: &Intention,
    now: UnixMillis,
) -> Result<Vec<PreflightReport>, SendError> {
    let unlikely = |what: &str| SendError::Machine(what.to_owned());
    let accepted = parts.directory.current();
    let at = convention_instant(now).ok_or_else(|| unlikely("a time cannot be written"))?;
    let report = |office: &ContactPoint| {
        let found = preflight(accepted.profile(office), intention, at);
        let profile = serde_json::to_value(&found).map_err(|_| unlikely("a report cannot be written"))?;
        let view = parts.peers.view(office.party());
        Ok(PreflightReport {
            to: office.to_string(),
            in_directory: accepted.directory.contact_point(office).is_some(),
            connected: view.connected,
            last_seen: view.last_seen.map(timestamp),
            profile,
        })
    };
    to.iter().map(report).collect()
}

/// What a draft says of what is to be sent.
pub(super) fn intention(kind: Kind, draft: &Value) -> Intention {
    let text = |field: &str| draft.get(field).and_then(Value::as_str);
    let articles = draft.pointer("/offence/convention_articles");
    let is_named = articles
        .and_then(Value::as_array)
        .is_some_and(|articles| !articles.is_empty());
    Intention {
        kind,
        assistance: Assistance::ALL
            .iter()
            .copied()
            .find(|one| text("assistance") == Some(one.as_str())),
        language: text("language").and_then(|language| language.parse().ok()),
        // That no article is named does not say that there is none.
        offence_in_convention: is_named.then_some(true),
    }
}
