//! `[C29-2-B]` The offence under investigation, the provisions, the penalty, and a brief summary of the
//! facts.

use schemars::JsonSchema;
use serde::Serialize;

use crate::message::content::Examination;
use crate::reading::{Form, Need, Section, Stated, words};
use crate::rule::Rule;
use crate::text::{Line, Text};

words! {
    /// The articles of the Convention that define offences. An offence under one of them can never be refused
    /// for want of dual criminality `[C29-4]`.
    Rule::C29_2B;
    ConventionArticle {
        /// Article 2: illegal access.
        IllegalAccess = "2",
        /// Article 3: illegal interception.
        IllegalInterception = "3",
        /// Article 4: data interference.
        DataInterference = "4",
        /// Article 5: system interference.
        SystemInterference = "5",
        /// Article 6: misuse of devices.
        MisuseOfDevices = "6",
        /// Article 7: computer-related forgery.
        Forgery = "7",
        /// Article 8: computer-related fraud.
        Fraud = "8",
        /// Article 9: offences related to child pornography.
        ChildPornography = "9",
        /// Article 10: infringements of copyright and related rights.
        Copyright = "10",
        /// Article 11: attempt, aiding or abetting.
        AttemptOrAiding = "11",
    }
}

/// The offence, and the facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Offence {
    /// What the offence is called.
    pub title: Text,
    /// The provisions of domestic law.
    #[schemars(length(min = 1))]
    pub provisions: Vec<Line>,
    /// The penalty that the law provides for.
    pub penalty: Text,
    /// The articles of the Convention, 2 to 11, under which the offence falls, if it does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub convention_articles: Vec<Stated<ConventionArticle>>,
    /// How serious this case is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seriousness: Option<Text>,
    /// A brief summary of the facts.
    pub facts: Text,
    /// Suspects, as far as they may be named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspects: Option<Text>,
    /// Victims, as far as they may be named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub victims: Option<Text>,
    /// Damage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub damage: Option<Text>,
    /// Related investigations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub related_investigations: Option<Text>,
    /// Earlier preservation requests in the matter, to whomever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earlier_requests: Option<Text>,
}

impl Form for Offence {
    fn read(section: &mut Section<'_>) -> Self {
        Offence {
            title: section.required("title", Need::new(Rule::C29_2B, "name the offence")),
            provisions: section.list(
                "provisions",
                Need::new(Rule::C29_2B, "cite the provisions of your criminal law"),
            ),
            penalty: section.required(
                "penalty",
                Need::new(Rule::C29_2B, "state the penalty that the law provides for"),
            ),
            convention_articles: section.optional_list("convention_articles"),
            seriousness: section.optional("seriousness"),
            facts: section.required(
                "facts",
                Need::new(Rule::C29_2B, "summarise the facts in a few sentences"),
            ),
            suspects: section.optional("suspects"),
            victims: section.optional("victims"),
            damage: section.optional("damage"),
            related_investigations: section.optional("related_investigations"),
            earlier_requests: section.optional("earlier_requests"),
        }
    }
}

/// What the checklist asks beyond the Convention.
pub(in crate::message) fn check(offence: &Offence, examination: &mut Examination<'_>) {
    let wanted = [
        (
            "offence.seriousness",
            &offence.seriousness,
            "say how serious the case is",
        ),
        (
            "offence.suspects",
            &offence.suspects,
            "name suspects, as far as you may; or say that there are none",
        ),
        (
            "offence.victims",
            &offence.victims,
            "describe the victims, as far as you may",
        ),
        ("offence.damage", &offence.damage, "describe the damage"),
        (
            "offence.related_investigations",
            &offence.related_investigations,
            "name related investigations",
        ),
        (
            "offence.earlier_requests",
            &offence.earlier_requests,
            "name earlier preservation requests, or write none",
        ),
    ];
    for (field, text, mend) in wanted {
        examination.advise_if_absent(text.as_ref(), Rule::Checklist, field, mend);
    }
}
