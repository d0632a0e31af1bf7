//! `[C29-2-C]` The data and how they belong to the offence; `[C29-2-D]` who holds them; `[C29-1]` where they
//! are.

use schemars::JsonSchema;
use serde::Serialize;

use super::selector::{self, Selector};
use crate::message::content::Examination;
use crate::party::PartyCode;
use crate::reading::{Form, Need, Section, Stated, words};
use crate::rule::Rule;
use crate::text::{Line, Text};

words! {
    /// The categories of data that the Convention tells apart.
    Rule::C29_2C;
    Category {
        /// Who a subscriber is (Article 18(3)).
        Subscriber = "subscriber",
        /// Origin, destination, route, time, size, duration (Article 1(d)).
        Traffic = "traffic",
        /// What was said.
        Content = "content",
    }
}

/// The stored computer data to be preserved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Data {
    /// `[C29-1]` The Party in whose territory the data are, as far as the sender knows.
    #[schemars(required)]
    pub territory: Option<PartyCode>,
    /// The categories that are wanted.
    #[schemars(length(min = 1))]
    pub categories: Vec<Stated<Category>>,
    /// How the data are related to the offence.
    pub relationship: Text,
    /// The log files wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_files: Option<Text>,
    /// What identifies the data.
    #[schemars(length(min = 1))]
    pub selectors: Vec<Selector>,
}

/// `[C29-2-D]` Who holds the data, and where: all of it may be unknown, but then the officer has said so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Custodian {
    /// Whether anything is known of the custodian or the location of the system.
    #[schemars(required)]
    pub known: Option<bool>,
    /// The custodian's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Line>,
    /// How to reach the custodian.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<Line>,
    /// Where the system is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Text>,
}

impl Form for Data {
    fn read(section: &mut Section<'_>) -> Self {
        const TERRITORY: &str = "name the Party in whose territory the data are, as far as you know";
        const SELECTORS: &str = "add at least one [[data.selectors]]: an address, an account, a domain";
        Data {
            territory: section.needed("territory", Need::new(Rule::C29_1, TERRITORY)),
            categories: section.list(
                "categories",
                Need::new(Rule::C29_2C, "choose from subscriber, traffic, content"),
            ),
            relationship: section.required(
                "relationship",
                Need::new(Rule::C29_2C, "say how the data are related to the offence"),
            ),
            log_files: section.optional("log_files"),
            selectors: section.list("selectors", Need::new(Rule::C29_2C, SELECTORS)),
        }
    }
}

impl Form for Custodian {
    fn read(section: &mut Section<'_>) -> Self {
        const KNOWN: &str = "write known = true and what you know, or known = false";
        Custodian {
            known: section.needed("known", Need::new(Rule::C29_2D, KNOWN)),
            name: section.optional("name"),
            contact: section.optional("contact"),
            location: section.optional("location"),
        }
    }
}

pub(in crate::message) fn check(data: &Data, examination: &mut Examination<'_>) {
    check_territory(data, examination);
    for (index, selector) in data.selectors.iter().enumerate() {
        selector::check(selector, &format!("data.selectors[{index}]"), examination);
    }
    examination.advise_if_absent(
        data.log_files.as_ref(),
        Rule::Checklist,
        "data.log_files",
        "say which log files you want",
    );
}

/// `[C29-1]` The request goes to the Party in whose territory the data are.
fn check_territory(data: &Data, examination: &mut Examination<'_>) {
    let Some(territory) = data.territory else { return };
    if examination.sender_party() == Some(territory) {
        let what = "the data are in your own territory";
        let mend = "order the preservation at home (Article 16), or name the Party where the data are";
        examination.fault(Rule::C29_1, "data.territory", what, mend);
        return;
    }
    let recipients = examination.around.recipients;
    if !recipients.is_empty() && !recipients.iter().any(|recipient| recipient.party() == territory) {
        let parties: Vec<String> = recipients
            .iter()
            .map(|recipient| recipient.party().to_string())
            .collect();
        let what = format!(
            "the data are in {territory}, but the request goes to {}",
            parties.join(", ")
        );
        examination.fault(
            Rule::C29_1,
            "data.territory",
            what,
            format!("send it to {territory}"),
        );
    }
}

/// `[C29-2-D]` What is known is said; what is said is known.
pub(in crate::message) fn check_custodian(custodian: &Custodian, examination: &mut Examination<'_>) {
    let is_described =
        custodian.name.is_some() || custodian.contact.is_some() || custodian.location.is_some();
    if custodian.known == Some(true) && !is_described {
        let what = "something is known, but not said";
        let mend = "fill in name, contact or location; if nothing is known, write known = false";
        examination.fault(Rule::C29_2D, "custodian", what, mend);
    }
    if custodian.known == Some(false) && is_described {
        let what = "something is said, but known is false";
        examination.fault(Rule::C29_2D, "custodian.known", what, "write known = true");
    }
}
