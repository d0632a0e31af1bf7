//! `[four_eyes]`: which kinds need a second officer.

use convention::message::Kind;
use serde::Deserialize;
use toml::Spanned;

use super::keys;
use super::source::{Fault, Source};
use crate::four_eyes::{BreakGlass, Policy};

const RULE: &str = "a kind of message has one of the Convention's names here [FOUR-EYES]";

/// The section as it is written.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct WrittenFourEyes {
    kinds: Vec<Spanned<String>>,
    break_glass: bool,
}

impl WrittenFourEyes {
    /// The policy; a kind that does not exist is an error with a suggestion, since it would otherwise protect
    /// nothing.
    pub(super) fn policy(&self, source: &Source<'_>) -> Result<Policy, Fault> {
        let mut policy = Policy {
            break_glass: if self.break_glass {
                BreakGlass::Allowed
            } else {
                BreakGlass::Forbidden
            },
            ..Policy::default()
        };
        for written in &self.kinds {
            let word = written.get_ref().as_str();
            let Ok(kind) = word.parse::<Kind>() else {
                let mut known = Kind::ALL.iter().map(|kind| kind.as_str());
                let meant = keys::nearest(word, &mut known);
                let meant = super::suggestion(meant.as_deref());
                let what = format!("four_eyes.kinds: unknown kind of message \"{word}\"{meant}");
                let mend = "ohrid request template and ohrid answer template name the kinds".to_owned();
                return Err(source.fault(written.span().start, what, RULE, mend));
            };
            policy.kinds.insert(kind);
        }
        Ok(policy)
    }
}
