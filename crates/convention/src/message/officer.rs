//! The person on duty who speaks.

use schemars::JsonSchema;
use serde::Serialize;

use super::Kind;
use crate::reading::{Form, Need, Section};
use crate::rule::{Fault, Rule};
use crate::text::Line;

/// `[C29-2-A]` The officer who wrote a message, and how to reach that officer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Officer {
    /// The officer's name.
    pub name: Line,
    /// Rank or function.
    pub role: Line,
    /// Telephone, in international form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub telephone: Option<Line>,
    /// Fax, in international form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fax: Option<Line>,
    /// Mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Line>,
}

impl Officer {
    /// The rule under which a message of this kind names its officer: Article 29(2)(a) is about requests
    /// only.
    pub(crate) fn rule(kind: Kind) -> Rule {
        match kind {
            Kind::PreservationRequest => Rule::C29_2A,
            kind if kind.opens_case() => Rule::Request,
            _ => Rule::Answer,
        }
    }

    /// Puts what was found on reading an officer under the rule of the kind of message.
    pub(crate) fn under_rule_of(kind: Kind, place: &str, faults: &mut [Fault]) {
        let is_ours = |fault: &&mut Fault| fault.rule == Rule::C29_2A && fault.field.starts_with(place);
        for fault in faults.iter_mut().filter(is_ours) {
            fault.rule = Self::rule(kind);
        }
    }
}

impl Form for Officer {
    fn read(section: &mut Section<'_>) -> Self {
        Officer {
            name: section.required("name", Need::new(Rule::C29_2A, "name the officer who sends this")),
            role: section.required(
                "role",
                Need::new(Rule::C29_2A, "give the officer's rank or function"),
            ),
            telephone: section.optional("telephone"),
            fax: section.optional("fax"),
            email: section.optional("email"),
        }
    }
}
