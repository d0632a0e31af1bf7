//! `[retention]`: what is kept for how long.

use std::collections::BTreeMap;

use convention::message::Kind;
use serde::Deserialize;
use toml::Spanned;

use super::keys;
use super::source::{Fault, Source};
use crate::erasure::Policy;
use crate::limits::erasure::RETENTION_DAYS_MAX;

const RULE: &str = "what is erased is named by its kind and a number of days [ERASE]";

/// The section as it is written.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct WrittenRetention {
    days: BTreeMap<Spanned<String>, u32>,
}

impl WrittenRetention {
    /// The policy; a kind that does not exist is an error with a suggestion, since it would otherwise be kept
    /// for ever in silence.
    pub(super) fn policy(&self, source: &Source<'_>) -> Result<Policy, Fault> {
        let mut policy = Policy::default();
        for (written, days) in &self.days {
            let word = written.get_ref().as_str();
            let at = written.span().start;
            let Ok(kind) = word.parse::<Kind>() else {
                let mut known = Kind::ALL.iter().map(|kind| kind.as_str());
                let meant = keys::nearest(word, &mut known);
                let meant = super::suggestion(meant.as_deref());
                let what = format!("retention.days: unknown kind of message \"{word}\"{meant}");
                let mend = "ohrid request template and ohrid answer template name the kinds".to_owned();
                return Err(source.fault(at, what, RULE, mend));
            };
            if *days > RETENTION_DAYS_MAX {
                let what = format!("retention.days: {days} days are more than {RETENTION_DAYS_MAX}");
                let mend = "leave the kind out to keep it for ever".to_owned();
                return Err(source.fault(at, what, RULE, mend));
            }
            policy.days.insert(kind, *days);
        }
        Ok(policy)
    }
}
