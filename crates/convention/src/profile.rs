//! What the directory says about a Party and one of its contact points: what the paper of 2009 tabulates, and
//! what the Party has declared.
//!
//! The profile is part of the signed directory. Every field but the Party has a default, and unknown fields
//! are ignored, so that older nodes can read newer directories. What a sender makes of it is in
//! [`preflight`](crate::preflight).

mod hours;

pub use hours::{Hours, HoursError};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::party::PartyCode;
use crate::text::Language;
use crate::time::{Instant, Zone, ZonedInstant};

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
    /// When the office is staffed, so that a machine can tell: `mon-fri 08:20-17:30`. Empty where not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub staffed: Vec<Hours>,
    /// Who can be reached after hours, and how, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_hours: Option<String>,
    /// What the formality is about, in the contact point's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formality_detail: Option<String>,
    /// The office.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub office: Option<OfficeProfile>,
    /// What the contact point may do itself.
    #[serde(default)]
    pub authority: AuthorityMatrix,
    /// The authority for mutual assistance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub central_authority: Option<String>,
    /// Where the Party stands towards the Convention.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub convention: Option<ConventionStatus>,
    /// Whether the Second Additional Protocol is in force for the Party: the day since when. Off by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_protocol_since: Option<String>,
    /// Where these facts come from, and of which year they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// The office that a contact point is. Institutions only, never persons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OfficeProfile {
    /// Its official name.
    pub name: String,
    /// What kind of office it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub office_type: Option<OfficeType>,
    /// The year in which it was established.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub established: Option<u16>,
    /// The body that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superior_body: Option<String>,
    /// How many people work there, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff: Option<String>,
    /// The institutional mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The institutional telephone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub telephone: Option<String>,
}

/// What kind of office a contact point is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OfficeType {
    /// Police.
    Police,
    /// Prosecution.
    Prosecution,
    /// Both.
    Hybrid,
}

/// What a contact point may do itself (the paper's 2.2.2). `None` where nothing is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct AuthorityMatrix {
    /// Give technical advice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub technical_advice: Option<May>,
    /// Order preservation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_preservation: Option<May>,
    /// Collect evidence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collect_evidence: Option<May>,
    /// Give legal information.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub legal_information: Option<May>,
    /// Locate suspects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locate_suspects: Option<May>,
    /// Communicate directly with foreign contact points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direct_communication: Option<May>,
}

/// Whether a contact point may do something itself: `"yes"`, `"no"`, or `{ on-condition = "..." }`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum May {
    /// It may.
    Yes,
    /// It may not; another authority can be asked.
    No,
    /// It may, on this condition.
    OnCondition(String),
}

/// Where a Party stands towards the Convention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConventionStatus {
    /// Whether it is bound.
    pub status: Membership,
    /// The day of entry into force, or of signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Declarations, each in the words in which it was made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub declarations: Vec<String>,
    /// Reservations other than that of Article 29(4), each in the words in which it was made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reservations: Vec<String>,
}

/// Whether a state is bound by the Convention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Membership {
    /// It is in force for the state.
    InForce,
    /// It was signed, and is not in force.
    Signed,
    /// Neither.
    None,
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
            staffed: Vec::new(),
            after_hours: None,
            formality_detail: None,
            office: None,
            authority: AuthorityMatrix::default(),
            central_authority: None,
            convention: None,
            second_protocol_since: None,
            source: None,
        }
    }

    /// The time there; `None` where the zone is not known.
    #[must_use]
    pub fn local_time(&self, now: Instant) -> Option<ZonedInstant> {
        let zone = Zone::named(self.time_zone.as_deref()?).ok()?;
        Some(ZonedInstant::new(now, zone))
    }

    /// Whether the office is staffed at a time; `None` where its hours or its zone are not known.
    #[must_use]
    pub fn is_staffed(&self, now: Instant) -> Option<bool> {
        let there = self.local_time(now)?;
        if self.staffed.is_empty() {
            return None;
        }
        Some(self.staffed.iter().any(|hours| hours.contain(&there)))
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

#[cfg(test)]
pub(crate) mod tests;
