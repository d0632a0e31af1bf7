//! What the directory says about a Party and its contact points, as far as today's rules need it.
//!
//! The profile is part of the signed directory. The rest of what the 2009 paper tabulates (authority matrix,
//! staff, Convention status) joins here when the messages that need it do: every field but the Party has a
//! default, and unknown fields are ignored, so that older nodes can read newer directories.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::party::PartyCode;
use crate::text::Language;

/// What one Party has declared, and what one of its contact points accepts and needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PartyProfile {
    /// The Party.
    pub party: PartyCode,
    /// `[C29-4]` The reservation of Article 29(4), in the words in which the Party made it; `None` where it
    /// made none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dual_criminality_reservation: Option<String>,
    /// The languages that are read, the preferred one first. Empty where nothing is known.
    #[serde(default)]
    pub languages: Vec<Language>,
    /// The IANA zone of the office.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// When the office is staffed, and the arrangement after hours, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub office_hours: Option<String>,
    /// `[C16-2]` The longest single preservation order under domestic law, in days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_maximum_days: Option<u32>,
    /// The formality asked of a preservation request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formality: Option<Formality>,
}

impl PartyProfile {
    /// A profile of which nothing but the Party is known.
    #[must_use]
    pub fn unknown(party: PartyCode) -> Self {
        PartyProfile {
            party,
            dual_criminality_reservation: None,
            languages: Vec::new(),
            time_zone: None,
            office_hours: None,
            order_maximum_days: None,
            formality: None,
        }
    }
}

/// The formality that a contact point asks of a preservation request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Formality {
    /// None.
    None,
    /// A minimum of content.
    MinimumContent,
    /// A signed and stamped letter.
    SignedLetter,
    /// The approval of a prosecutor or a judge.
    JudicialApproval,
}
