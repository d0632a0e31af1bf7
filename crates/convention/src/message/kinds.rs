//! The table of kinds. A new kind is one file beside this one, and one line in the table below.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::acknowledgement::Acknowledgement;
use super::content::{Content, Examination, Speaker};
use super::note::Note;
use super::preservation_report::PreservationReport;
use super::preservation_request::PreservationRequest;
use super::refusal::Refusal;
use crate::case::{Marks, State};
use crate::limits::SUMMARY_CHARACTERS_MAX;
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

            /// Whether it opens a case, instead of belonging to one.
            #[must_use]
            pub const fn opens_case(self) -> bool {
                match self { $(Kind::$kind => <$kind as Content>::OPENS_CASE),* }
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

            pub(crate) fn check(&self, examination: &mut Examination<'_>) {
                match self { $(Body::$kind(content) => content.check(examination)),* }
            }

            pub(crate) fn leads_to(&self, state: State) -> State {
                match self { $(Body::$kind(content) => content.leads_to(state)),* }
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
    /// An officer of the requested Party has taken charge.
    Acknowledgement = "acknowledgement";
    /// What was preserved, from when until when.
    PreservationReport = "preservation-report";
    /// No, with article, ground and reasons.
    Refusal = "refusal";
    /// Correspondence within a case.
    Note = "note";
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
