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
use tokio::time::Interval;

use super::plan::{self, Plan};
use super::{Erasing, ErasureError, Parts, blocking, deletion};
use crate::cases::{Case, FindError, IndexError, MessageKey};
use crate::limits::erasure::RETENTION_RETRIED_AFTER;
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
    /// When the first of these kinds is over its term, in a case that was over at that time; `None` where all
    /// of them are kept.
    pub(crate) fn first_over(
        &self,
        ended_at: UnixMillis,
        kinds: impl IntoIterator<Item = Kind>,
    ) -> Option<UnixMillis> {
        let terms = kinds.into_iter().filter_map(|kind| self.days.get(&kind));
        terms.min().map(|days| ended_at.plus(DAY * *days))
    }

    /// Days by the names of the kinds.
    pub(crate) fn by_name(&self) -> BTreeMap<&'static str, u32> {
        let days = self.days.iter();
        days.map(|(kind, days)| (kind.as_str(), *days)).collect()
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

    /// The same, by itself, when `looks` says so; sooner than it would where nobody can tell what is due.
    pub(super) async fn keep_terms(&self, looks: &mut Interval) {
        if self.parts.policy.days.is_empty() {
            return;
        }
        match self.keep_quietly().await {
            Ok(0) => {}
            Ok(messages) => tracing::info!(messages, "the retention policy's terms are over: to be erased"),
            // As after a new version of the program, or the loss of the index.
            Err(ErasureError::Index(error @ IndexError::BeingMade { .. })) => {
                tracing::info!(%error, "the retention policy is kept later");
                looks.reset_after(RETENTION_RETRIED_AFTER);
            }
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

/// What is due, case by case. The index tells which cases may be over a term; what each of them has to be
/// erased, the case itself says. Blocks.
fn due(parts: &Parts) -> Result<Vec<Due>, ErasureError> {
    if parts.policy.days.is_empty() {
        return Ok(Vec::new());
    }
    let now = parts.clock.now();
    let mut found = Vec::new();
    for case in parts.cases.over_a_term(now)? {
        let case = parts.cases.with_key(&case).map_err(FindError::from)?;
        if let Some(case) = case {
            found.extend(due_of(parts, case, now)?);
        }
    }
    Ok(found)
}

fn due_of(parts: &Parts, case: Arc<Case>, now: UnixMillis) -> Result<Option<Due>, ErasureError> {
    let Some(ended_at) = case.terms_count_from() else {
        return Ok(None);
    };
    let is_over = |key: &MessageKey| {
        let over_at = parts.policy.first_over(ended_at, case.kind_of(key));
        over_at.is_some_and(|over_at| over_at <= now)
    };
    let (plan, _) = Plan::of_messages(&*parts.reader, &case, now, is_over)?;
    if plan.entries.is_empty() {
        return Ok(None);
    }
    let kinds = plan.messages.iter().filter_map(|key| case.kind_of(key));
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
