//! The retention policy: what is kept for how long, after a case is over `[ERASE]`.
//!
//! A term belongs to a kind of message, and counts from the last thing that happened in its case. A case that
//! is open keeps everything, a held one too, and so does whatever the policy does not name: without a policy
//! nothing is ever erased by itself. What is due can be looked at before the policy is kept.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use control::types::{DueCase, RetentionReport, RetentionTerm};
use convention::message::Kind;
use protocol::ids::Code;
use protocol::time::UnixMillis;

use super::plan::{self, Plan};
use super::{Erasing, ErasureError, Parts, blocking, deletion};
use crate::cases::{Case, MessageKey};
use crate::news::timestamp;

/// Under which name the policy acts: its number stands in the notices.
pub const POLICY_NAME: &str = "retention policy";

/// On what basis.
const BASIS: &str = "retention-policy";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// `[retention]` of the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Days, by kind of message. What is not in it is kept.
    pub days: BTreeMap<Kind, u32>,
}

/// A case of which something is due.
struct Due {
    case: Arc<Case>,
    plan: Plan,
    shown: DueCase,
}

impl Policy {
    /// The shortest term; `None` where everything is kept.
    fn shortest(&self) -> Option<Duration> {
        self.days.values().min().map(|days| DAY * *days)
    }

    fn terms(&self) -> Vec<RetentionTerm> {
        let terms = self.days.iter().map(|(kind, days)| RetentionTerm {
            kind: kind.as_str().to_owned(),
            days: *days,
        });
        terms.collect()
    }
}

impl Erasing {
    /// What is due now. Nothing is erased.
    ///
    /// # Errors
    /// When what is stored cannot be read.
    pub async fn preview(&self) -> Result<RetentionReport, ErasureError> {
        let parts = Arc::clone(&self.parts);
        let due = blocking(move || due(&parts)).await?;
        Ok(self.report(due, Vec::new(), true))
    }

    /// Erases what is due now.
    ///
    /// # Errors
    /// [`ErasureError`]; what was recorded before is carried out.
    pub async fn keep(&self) -> Result<RetentionReport, ErasureError> {
        let one_at_a_time = self.recording.lock().await;
        let parts = Arc::clone(&self.parts);
        let due = blocking(move || {
            let due = due(&parts)?;
            for one in due.iter().filter(|one| !one.shown.is_held) {
                deletion::discard_drafts(&parts, &one.case)?;
            }
            Ok(due)
        })
        .await?;
        let free = due.iter().filter(|one| !one.shown.is_held);
        let mut entries: Vec<u64> = free.flat_map(|one| one.plan.entries.iter().copied()).collect();
        entries.sort_unstable();
        entries.dedup();
        let basis: Code = BASIS.parse()?;
        let actor = self.parts.keys.actor(POLICY_NAME);
        let notices = self.notify(&entries, &basis, actor).await?;
        drop(one_at_a_time);
        let is_complete = self.carried_out(&notices).await;
        let notices = notices.iter().map(|recorded| recorded.index).collect();
        Ok(self.report(due, notices, is_complete))
    }

    /// The same, by itself.
    pub(super) async fn keep_terms(&self) {
        if self.parts.policy.days.is_empty() {
            return;
        }
        match self.keep_quietly().await {
            Ok(0) => {}
            Ok(messages) => tracing::info!(messages, "the retention policy's terms are over: to be erased"),
            Err(error) => tracing::error!(%error, "the retention policy could not be kept"),
        }
    }

    /// Records what is due, and does not wait: whoever calls deletes.
    async fn keep_quietly(&self) -> Result<usize, ErasureError> {
        let _one_at_a_time = self.recording.lock().await;
        let parts = Arc::clone(&self.parts);
        let mut entries = blocking(move || {
            let mut entries = Vec::new();
            for one in due(&parts)?.into_iter().filter(|one| !one.shown.is_held) {
                deletion::discard_drafts(&parts, &one.case)?;
                entries.extend(one.plan.entries);
            }
            Ok(entries)
        })
        .await?;
        entries.sort_unstable();
        entries.dedup();
        let basis: Code = BASIS.parse()?;
        self.notify(&entries, &basis, self.parts.keys.actor(POLICY_NAME))
            .await?;
        Ok(entries.len())
    }

    fn report(&self, due: Vec<Due>, notices: Vec<u64>, is_complete: bool) -> RetentionReport {
        RetentionReport {
            terms: self.parts.policy.terms(),
            due: due.into_iter().map(|one| one.shown).collect(),
            notices,
            is_complete,
        }
    }
}

/// What is due, case by case. Blocks.
fn due(parts: &Parts) -> Result<Vec<Due>, ErasureError> {
    let Some(shortest) = parts.policy.shortest() else {
        return Ok(Vec::new());
    };
    let now = parts.clock.now();
    let mut found = Vec::new();
    for id in parts.cases.ids()? {
        // What cannot be over its term yet need not be opened; nor what has nothing left.
        if opened_at(id).plus(shortest) > now || !has_content(parts, id)? {
            continue;
        }
        for case in parts.cases.with_id(id).map_err(crate::cases::FindError::from)? {
            found.extend(due_of(parts, case, now)?);
        }
    }
    Ok(found)
}

fn due_of(parts: &Parts, case: Arc<Case>, now: UnixMillis) -> Result<Option<Due>, ErasureError> {
    let ended_at = case.leaves.iter().map(|leaf| leaf.at).max().unwrap_or_default();
    let is_drill = case
        .key_of(case.id.first_message())
        .is_some_and(|key| kind_of(&case, &key) == Some(Kind::Drill));
    // A drill asks for nothing that could be over.
    if case.view.state.is_open() && !is_drill {
        return Ok(None);
    }
    let is_over = |key: &MessageKey| {
        let days = kind_of(&case, key).and_then(|kind| parts.policy.days.get(&kind));
        days.is_some_and(|days| ended_at.plus(DAY * *days) <= now)
    };
    let (plan, _) = Plan::of_messages(&*parts.reader, &case, now, is_over)?;
    if plan.entries.is_empty() {
        return Ok(None);
    }
    let kinds = plan.messages.iter().filter_map(|key| kind_of(&case, key));
    let shown = DueCase {
        case: case.name(),
        reference: case.reference(),
        ended_at: timestamp(ended_at),
        kinds: kinds.map(|kind| kind.as_str().to_owned()).collect(),
        entries: plan.entries.clone(),
        is_held: plan::hold_of(&*parts.reader, case.id)?.is_some(),
    };
    Ok(Some(Due { case, plan, shown }))
}

fn kind_of(case: &Case, key: &MessageKey) -> Option<Kind> {
    let read = case.messages.get(key)?.reading.as_ref().ok()?;
    Some(read.message.kind())
}

/// When the first message of a case was made, as its id says: within a day of the truth, or it was refused.
fn opened_at(case: protocol::ids::CaseId) -> UnixMillis {
    let id = case.first_message();
    let [a, b, c, d, e, f, ..] = *id.as_bytes();
    UnixMillis(u64::from_be_bytes([0, 0, a, b, c, d, e, f]))
}

/// Whether any message of these cases is not erased.
fn has_content(parts: &Parts, case: protocol::ids::CaseId) -> Result<bool, ErasureError> {
    for (_, index) in parts.reader.case_messages(case)? {
        if parts.reader.erased_by(index)?.is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}
