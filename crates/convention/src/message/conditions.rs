//! Conditions under which information is given `[C26-2]` `[C28-2]`: what they ask, and on what they rest.

use schemars::JsonSchema;
use serde::Serialize;

use crate::case::CaseView;
use crate::message::content::Objection;
use crate::party::PartyCode;
use crate::reading::{Form, Need, Section, Stated, words};
use crate::rule::Rule;
use crate::text::Text;

words! {
    /// What a condition asks.
    Rule::C28_2;
    ConditionType {
        /// That the information is kept confidential (Articles 26(2) and 28(2)(a)).
        Confidentiality = "confidentiality",
        /// That it is not used for other investigations or proceedings (Articles 26(2) and 28(2)(b)).
        UseLimitation = "use-limitation",
        /// Something else (Article 27(6)).
        Other = "other",
    }
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Condition {
    /// What it asks.
    #[serde(rename = "type")]
    pub condition_type: Stated<ConditionType>,
    /// The condition, in words.
    pub wording: Text,
}

impl Form for Condition {
    fn read(section: &mut Section<'_>) -> Self {
        const TYPE: &str = "write confidentiality, use-limitation or other";
        Condition {
            condition_type: section.required("type", Need::new(Rule::C28_2, TYPE)),
            wording: section.required("wording", Need::new(Rule::C28_2, "write the condition in words")),
        }
    }
}

/// `[C28-3]` Only conditions that the other side set, and that were not answered yet, can be answered.
pub(super) fn objection_to_answer(case: &CaseView, sender: PartyCode) -> Option<Objection> {
    match &case.conditions {
        None => Some(Objection {
            what: "no conditions were set in this case",
            mend: "send a note, if there is something to say",
        }),
        Some(conditions) if conditions.set_by == sender => Some(Objection {
            what: "the conditions are your own",
            mend: "it is for the other side to accept or decline them",
        }),
        Some(conditions) if conditions.accepted.is_some() || conditions.declined.is_some() => {
            Some(Objection {
                what: "the conditions were answered already",
                mend: "an answer binds; send a note, if there is something to say",
            })
        }
        Some(_) => None,
    }
}
