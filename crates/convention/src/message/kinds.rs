//! The table of kinds. A new kind is one file beside this one, and one line in the table below.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::acknowledgement::Acknowledgement;
use super::assistance_request::AssistanceRequest;
use super::conditional_grant::ConditionalGrant;
use super::conditions_accepted::ConditionsAccepted;
use super::conditions_declined::ConditionsDeclined;
use super::content::{Content, Examination, Objection, Place, Speaker};
use super::disclosure::Disclosure;
use super::drill::Drill;
use super::emergency_disclosure_request::EmergencyDisclosureRequest;
use super::emergency_mutual_assistance_request::EmergencyMutualAssistanceRequest;
use super::extension_request::ExtensionRequest;
use super::information_needed::InformationNeeded;
use super::information_provided::InformationProvided;
use super::mutual_assistance_decision::MutualAssistanceDecision;
use super::mutual_assistance_notice::MutualAssistanceNotice;
use super::mutual_assistance_request::MutualAssistanceRequest;
use super::note::Note;
use super::outcome::Outcome;
use super::postponement::Postponement;
use super::preservation_report::PreservationReport;
use super::preservation_request::{PreservationRequest, Selector};
use super::preservation_warning::PreservationWarning;
use super::referral::Referral;
use super::refusal::Refusal;
use super::release_notice::ReleaseNotice;
use super::spontaneous_information::SpontaneousInformation;
use super::traffic_data_disclosure::TrafficDataDisclosure;
use super::warning_decision::WarningDecision;
use super::withdrawal::Withdrawal;
use crate::case::{CaseView, Marks, State};
use crate::limits::SUMMARY_CHARACTERS_MAX;
use crate::party::PartyCode;
use crate::reading::Section;

/// Builds [`Kind`], [`Body`] and everything that goes from one to the other, so that no kind can be forgotten
/// anywhere.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal;)*) => {
        /// What a message is. Written in kebab case: `preservation-request`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Kind { $($(#[$doc])* $kind,)* }

        /// What a message says.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Body { $($(#[$doc])* $kind(Box<$kind>),)* }

        impl Kind {
            /// Every kind, in the order of the domain's tables.
            pub const ALL: &'static [Kind] = &[$(Kind::$kind),*];

            /// The name, as documents have it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Kind::$kind => $name),* }
            }

            /// Whether it opens a case, belongs to one, or does either.
            #[must_use]
            pub const fn place(self) -> Place {
                match self { $(Kind::$kind => <$kind as Content>::PLACE),* }
            }

            /// The kinds of request in whose cases it has a place.
            #[must_use]
            pub const fn cases(self) -> &'static [Kind] {
                match self { $(Kind::$kind => <$kind as Content>::CASES),* }
            }

            /// Which side of a case it comes from.
            #[must_use]
            pub const fn speaker(self) -> Speaker {
                match self { $(Kind::$kind => <$kind as Content>::SPEAKER),* }
            }

            /// `[CASE-STATE]` Whether it makes sense in a case that is in this state.
            #[must_use]
            pub fn is_allowed_in(self, state: State) -> bool {
                match self { $(Kind::$kind => <$kind as Content>::is_allowed_in(state)),* }
            }

            /// What speaks against it in the case, beyond the case's state.
            pub(crate) fn objection(self, case: &CaseView, sender: PartyCode) -> Option<Objection> {
                match self { $(Kind::$kind => <$kind as Content>::objection(case, sender)),* }
            }

            pub(crate) const fn template(self) -> &'static str {
                match self {
                    $(Kind::$kind => include_str!(concat!("../template/", $name, ".toml"))),*
                }
            }

            #[cfg(test)]
            pub(crate) const fn example(self) -> &'static str {
                match self {
                    $(Kind::$kind => {
                        include_str!(concat!("../../../../config/examples/", $name, ".toml"))
                    }),*
                }
            }

            pub(crate) fn read_body(self, section: &mut Section<'_>) -> Body {
                match self {
                    $(Kind::$kind => Body::$kind(Box::new(crate::reading::Form::read(section)))),*
                }
            }

            pub(crate) fn message_schema(self) -> Schema {
                match self { $(Kind::$kind => super::document_schema::<$kind>()),* }
            }
        }

        impl Body {
            /// Which kind it is.
            #[must_use]
            pub fn kind(&self) -> Kind {
                match self { $(Body::$kind(_) => Kind::$kind),* }
            }

            /// One line for a list of messages.
            #[must_use]
            pub fn summary(&self) -> String {
                let summary = match self { $(Body::$kind(content) => content.summary()),* };
                let is_long = summary.chars().count() > SUMMARY_CHARACTERS_MAX;
                let start: String = summary.chars().take(SUMMARY_CHARACTERS_MAX).collect();
                let line = start.replace(['\n', '\t'], " ");
                if is_long { format!("{line}...") } else { line }
            }

            /// `[RELATED]` What identifies data or persons in it: the selectors of a request.
            #[must_use]
            pub fn selectors(&self) -> &[Selector] {
                match self { $(Body::$kind(content) => content.selectors()),* }
            }

            pub(crate) fn check(&self, examination: &mut Examination<'_>) {
                match self { $(Body::$kind(content) => content.check(examination)),* }
            }

            pub(crate) fn leads_to(&self, case: &CaseView) -> State {
                match self { $(Body::$kind(content) => content.leads_to(case)),* }
            }

            pub(crate) fn mark(&self, marks: &mut Marks<'_>) {
                match self { $(Body::$kind(content) => content.mark(marks)),* }
            }
        }

        impl Serialize for Body {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self { $(Body::$kind(content) => content.serialize(serializer)),* }
            }
        }
    };
}

kinds! {
    /// Article 29: preserve these data.
    PreservationRequest = "preservation-request";
    /// Articles 31, 33, 34: obtain and disclose these data.
    MutualAssistanceRequest = "mutual-assistance-request";
    /// Article 29(7): the mutual assistance request went by another channel.
    MutualAssistanceNotice = "mutual-assistance-notice";
    /// Article 26: information that nobody asked for; first the offer, then the content.
    SpontaneousInformation = "spontaneous-information";
    /// Article 35(1): advice, legal information, locating a suspect, collecting evidence.
    AssistanceRequest = "assistance-request";
    /// Second Additional Protocol, Article 9: data at once, because a life is at risk.
    EmergencyDisclosureRequest = "emergency-disclosure-request";
    /// Second Additional Protocol, Article 10: mutual assistance at once, because a life is at risk.
    EmergencyMutualAssistanceRequest = "emergency-mutual-assistance-request";
    /// Is somebody there?
    Drill = "drill";
    /// An officer of the requested Party has taken charge.
    Acknowledgement = "acknowledgement";
    /// Questions, or what is wrong with a request.
    InformationNeeded = "information-needed";
    /// Answers to questions, and advice that was asked for.
    InformationProvided = "information-provided";
    /// Article 27(9)(c): sent on to the competent authority, which is named.
    Referral = "referral";
    /// What was preserved, from when until when.
    PreservationReport = "preservation-report";
    /// Article 29(6): preservation would not help, or would do harm.
    PreservationWarning = "preservation-warning";
    /// Article 29(6): go on all the same, or not.
    WarningDecision = "warning-decision";
    /// Article 30(1): another provider, and the path.
    TrafficDataDisclosure = "traffic-data-disclosure";
    /// No, with article, ground and reasons.
    Refusal = "refusal";
    /// Preserve for longer.
    ExtensionRequest = "extension-request";
    /// Article 27(5): not now.
    Postponement = "postponement";
    /// Articles 27(6) and 28: yes, if.
    ConditionalGrant = "conditional-grant";
    /// The conditions bind us.
    ConditionsAccepted = "conditions-accepted";
    /// Article 28(3): we cannot comply with the conditions.
    ConditionsDeclined = "conditions-declined";
    /// Granted, partly granted, refused, or impossible.
    MutualAssistanceDecision = "mutual-assistance-decision";
    /// The data themselves, as attachments.
    Disclosure = "disclosure";
    /// The preservation has ended, and why.
    ReleaseNotice = "release-notice";
    /// The request is taken back.
    Withdrawal = "withdrawal";
    /// What the data were used for; closes the case.
    Outcome = "outcome";
    /// Correspondence within a case.
    Note = "note";
}

/// Every kind that opens cases: all cases there are.
pub(crate) const REQUESTS: &[Kind] = &[
    Kind::PreservationRequest,
    Kind::MutualAssistanceRequest,
    Kind::SpontaneousInformation,
    Kind::AssistanceRequest,
    Kind::EmergencyDisclosureRequest,
    Kind::EmergencyMutualAssistanceRequest,
    Kind::Drill,
];

/// The kinds by which data or help is asked for, so that the answer can be no, later, or under conditions.
pub(crate) const ASKING: &[Kind] = &[
    Kind::PreservationRequest,
    Kind::MutualAssistanceRequest,
    Kind::AssistanceRequest,
    Kind::EmergencyDisclosureRequest,
    Kind::EmergencyMutualAssistanceRequest,
];

/// The kinds in whose cases mutual assistance can be under way.
pub(crate) const MUTUAL_ASSISTANCE: &[Kind] = &[
    Kind::PreservationRequest,
    Kind::MutualAssistanceRequest,
    Kind::EmergencyMutualAssistanceRequest,
];

impl Kind {
    /// Whether it can open a case; some of these can also follow in one that is open, see [`Kind::place`].
    #[must_use]
    pub const fn opens_case(self) -> bool {
        !matches!(self.place(), Place::Belongs)
    }

    /// Whether it can stand in a case that is open.
    #[must_use]
    pub const fn belongs_to_case(self) -> bool {
        !matches!(self.place(), Place::Opens)
    }
}

/// There is no kind of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the kinds are: {}", all_names())]
pub struct UnknownKind;

fn all_names() -> String {
    let names: Vec<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
    names.join(", ")
}

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(name: &str) -> Result<Self, UnknownKind> {
        Self::ALL
            .iter()
            .copied()
            .find(|kind| kind.as_str() == name)
            .ok_or(UnknownKind)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Kind {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Kind".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = Self::ALL.iter().map(|kind| kind.as_str()).collect();
        json_schema!({ "type": "string", "enum": names })
    }
}
