//! `[four_eyes]`: which kinds need a second officer.

use convention::message::Kind;
use serde::Deserialize;
use toml::Spanned;

use super::{ConfigError, keys};
use crate::four_eyes::{BreakGlass, Policy};

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
    pub(super) fn policy(&self, text: &str, file: &str) -> Result<Policy, ConfigError> {
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
                return Err(ConfigError::Invalid {
                    file: file.to_owned(),
                    line: keys::line_of(text, written.span().start),
                    what: format!(
                        "four_eyes.kinds: unknown kind of message \"{word}\"{}",
                        super::suggestion(meant.as_deref())
                    ),
                });
            };
            policy.kinds.insert(kind);
        }
        Ok(policy)
    }
}
