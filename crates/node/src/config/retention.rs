//! `[retention]`: what is kept for how long.

use std::collections::BTreeMap;

use convention::message::Kind;
use serde::Deserialize;

use super::{ConfigError, keys};
use crate::erasure::Policy;
use crate::limits::erasure::RETENTION_DAYS_MAX;

/// The section as it is written.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct WrittenRetention {
    days: BTreeMap<String, u32>,
}

impl WrittenRetention {
    /// The policy; a kind that does not exist is an error with a suggestion, since it would otherwise be kept
    /// for ever in silence.
    pub(super) fn policy(&self, text: &str, file: &str) -> Result<Policy, ConfigError> {
        let mut policy = Policy::default();
        for (word, days) in &self.days {
            let invalid = |what: String| {
                let section = text.find("[retention]").unwrap_or_default();
                let offset = text[section..]
                    .find(word.as_str())
                    .map_or(0, |offset| section + offset);
                ConfigError::Invalid {
                    file: file.to_owned(),
                    line: keys::line_of(text, offset),
                    what: format!("retention.days: {what}"),
                }
            };
            let Ok(kind) = word.parse::<Kind>() else {
                let mut known = Kind::ALL.iter().map(|kind| kind.as_str());
                let meant = keys::nearest(word, &mut known);
                let meant = super::suggestion(meant.as_deref());
                return Err(invalid(format!("unknown kind of message \"{word}\"{meant}")));
            };
            if *days > RETENTION_DAYS_MAX {
                return Err(invalid(format!("{days} days are more than {RETENTION_DAYS_MAX}")));
            }
            policy.days.insert(kind, *days);
        }
        Ok(policy)
    }
}
