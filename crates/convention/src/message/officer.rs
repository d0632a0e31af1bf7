//! The person on duty who speaks.

use schemars::JsonSchema;
use serde::Serialize;

use crate::reading::{Form, Need, Section};
use crate::rule::Rule;
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
