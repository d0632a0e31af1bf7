//! Does the same address appear in another case? `[RELATED]`
//!
//! A [`NormalisedSelector`] is a selector in one spelling, whatever the way in which it was written:
//! `::ffff:192.0.2.17` is `192.0.2.17`, `WWW.Example.ORG.` is `www.example.org`, `+40 (0)21 555-0100` is
//! `+40215550100`. Two selectors are related where they have a key in common. The keys are text, in an order
//! of their own, so that an index from keys to cases is a plain ordered table; where that index is kept is
//! not this crate's business.
//!
//! What many people share relates nothing, and has no key: private addresses, device identifiers too short to
//! mean one device, free descriptions. A URL has two keys, its own and that of its host. A mail address has
//! none for its domain: whoever has a mailbox at a large provider is not related to everybody else there.

mod spelling;

pub(crate) use spelling::is_shared;

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::limits::LINE_CHARACTERS_MAX;
use crate::message::Message;
use crate::message::preservation_request::{Selector, SelectorType};

/// A selector in one spelling: `ip 192.0.2.17`, `account example messenger / grey_heron_9`.
///
/// The first word says what it is. `Debug` tells no more than that: selectors are personal data.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct NormalisedSelector(String);

impl NormalisedSelector {
    /// The key: what it is, a space, and the one spelling.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn new(what: &str, spelling: &str) -> Self {
        NormalisedSelector(format!("{what} {spelling}"))
    }
}

impl fmt::Display for NormalisedSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for NormalisedSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = self.0.split(' ').next().unwrap_or_default();
        write!(f, "NormalisedSelector({what})")
    }
}

impl Selector {
    /// `[RELATED]` The keys under which this selector is found again: none where it relates nothing, or where
    /// it is not what its type says.
    #[must_use]
    pub fn normalised(&self) -> Vec<NormalisedSelector> {
        let value = self.value.as_str();
        if value.len() > LINE_CHARACTERS_MAX * 4 {
            return Vec::new();
        }
        let key = |what: &str, spelling: Option<String>| {
            spelling
                .into_iter()
                .map(|spelling| NormalisedSelector::new(what, &spelling))
                .collect()
        };
        match self.selector_type.permitted() {
            Some(SelectorType::Ip) => key("ip", spelling::public_address(value)),
            Some(SelectorType::Domain) => key("domain", spelling::domain(value)),
            Some(SelectorType::Url) => spelling::url(value).map_or_else(Vec::new, |(url, host)| {
                let mut keys: Vec<NormalisedSelector> = key("url", Some(url));
                keys.extend(host_key(&host));
                keys
            }),
            Some(SelectorType::Email) => key("email", spelling::mail_address(value)),
            Some(SelectorType::Telephone) => key("telephone", spelling::telephone(value)),
            Some(SelectorType::Account) => {
                let service = self.service.as_ref().map(|service| service.as_str());
                key("account", spelling::account(value, service.unwrap_or_default()))
            }
            Some(SelectorType::Device) => key("device", spelling::device(value)),
            Some(SelectorType::Other) | None => Vec::new(),
        }
    }
}

/// The key of the host of a URL.
fn host_key(host: &str) -> Option<NormalisedSelector> {
    match host.parse::<core::net::IpAddr>() {
        Ok(_) => spelling::public_address(host).map(|address| NormalisedSelector::new("ip", &address)),
        Err(_) => Some(NormalisedSelector::new("domain", host)),
    }
}

impl Message {
    /// `[RELATED]` The keys of all its selectors.
    #[must_use]
    pub fn normalised_selectors(&self) -> BTreeSet<NormalisedSelector> {
        self.body()
            .selectors()
            .iter()
            .flat_map(Selector::normalised)
            .collect()
    }
}

#[cfg(test)]
mod tests;
