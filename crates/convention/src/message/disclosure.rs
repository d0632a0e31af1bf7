//! `disclosure`: the data themselves `[C31]`. They travel as attachments, possibly many gigabytes; the
//! message lists each with its size and SHA-256, so that what arrives can be checked against what was sent.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::content::{Content, Examination, Objection, Place, Speaker};
use super::kinds::Kind;
use super::preservation_request::Category;
use crate::case::{CaseView, Marks, State};
use crate::party::PartyCode;
use crate::reading::{Bytes, Form, Need, Section, Sha256, Stated};
use crate::rule::Rule;
use crate::text::{Line, Text};

/// The data themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Disclosure {
    /// What is disclosed, and how it was obtained.
    pub description: Text,
    /// The attachments, one by one.
    #[schemars(length(min = 1))]
    pub attachments: Vec<DisclosedData>,
    /// Whether more will follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more_follows: Option<bool>,
    /// The requested Party's own reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<Line>,
}

/// One attachment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DisclosedData {
    /// The name of the file, without folders.
    pub name: Line,
    /// What it is, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// Its media type: `application/pdf`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<Line>,
    /// The category of data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<Stated<Category>>,
    /// Its size.
    #[schemars(required)]
    pub size_bytes: Option<Bytes>,
    /// The SHA-256 of the file, before it was sealed: 64 hexadecimal digits.
    #[schemars(required)]
    pub sha256: Option<Sha256>,
}

impl Form for Disclosure {
    fn read(section: &mut Section<'_>) -> Self {
        const ATTACHMENTS: &str = "add at least one [[attachments]]: name, size_bytes, sha256";
        Disclosure {
            description: section.required(
                "description",
                Need::new(Rule::C31, "say what is disclosed, and how it was obtained"),
            ),
            attachments: section.list("attachments", Need::new(Rule::C31, ATTACHMENTS)),
            more_follows: section.optional("more_follows"),
            reference: section.optional("reference"),
        }
    }
}

impl Form for DisclosedData {
    fn read(section: &mut Section<'_>) -> Self {
        DisclosedData {
            name: section.required("name", Need::new(Rule::C31, "give the name of the file")),
            description: section.optional("description"),
            media_type: section.optional("media_type"),
            category: section.under(Rule::C31, |section| section.optional("category")),
            size_bytes: section.needed("size_bytes", Need::new(Rule::C31, "give the size in bytes")),
            sha256: section.needed(
                "sha256",
                Need::new(Rule::C31, "give the SHA-256 of the file: 64 hexadecimal digits"),
            ),
        }
    }
}

/// A name that means the same file everywhere, and no place on anybody's disk.
fn is_plain_name(name: &str) -> bool {
    !name.contains(['/', '\\']) && !matches!(name, "." | "..")
}

impl Content for Disclosure {
    const PLACE: Place = Place::Belongs;
    const SPEAKER: Speaker = Speaker::Requested;
    const CASES: &'static [Kind] = &[
        Kind::PreservationRequest,
        Kind::MutualAssistanceRequest,
        Kind::AssistanceRequest,
        Kind::EmergencyDisclosureRequest,
        Kind::EmergencyMutualAssistanceRequest,
    ];

    fn is_allowed_in(state: State) -> bool {
        state.is_open() && state != State::NothingFound
    }

    /// `[C28-2]` Conditions are accepted first; and mutual assistance is granted first.
    fn objection(case: &CaseView, _: PartyCode) -> Option<Objection> {
        if case
            .conditions
            .as_ref()
            .is_some_and(|conditions| conditions.is_open())
        {
            return Some(Objection {
                what: "your conditions were neither accepted nor declined yet",
                mend: "wait for the answer to them",
            });
        }
        let is_free = matches!(
            case.opened_by,
            Some(Kind::AssistanceRequest | Kind::EmergencyDisclosureRequest)
        );
        let is_granted = case
            .decision
            .as_ref()
            .is_some_and(|decision| decision.outcome.grants());
        (!is_free && !is_granted).then_some(Objection {
            what: "mutual assistance was not granted",
            mend: "send the mutual-assistance-decision first; traffic data under Article 30 go in a \
                   traffic-data-disclosure",
        })
    }

    fn check(&self, examination: &mut Examination<'_>) {
        let mut names = BTreeSet::new();
        for (index, attachment) in self.attachments.iter().enumerate() {
            let field = format!("attachments[{index}].name");
            if !is_plain_name(attachment.name.as_str()) {
                examination.fault(
                    Rule::C31,
                    &field,
                    "is not the plain name of a file",
                    "leave folders out",
                );
            }
            if !names.insert(&attachment.name) {
                examination.fault(
                    Rule::C31,
                    &field,
                    "names a file twice",
                    "give each file its own name",
                );
            }
        }
    }

    fn leads_to(&self, _: &CaseView) -> State {
        State::Disclosed
    }

    fn mark(&self, marks: &mut Marks<'_>) {
        marks.content_given();
    }

    fn summary(&self) -> String {
        let bytes: u64 = self
            .attachments
            .iter()
            .filter_map(|attachment| attachment.size_bytes)
            .fold(0, |sum, size| sum.saturating_add(size.0));
        format!("{} file(s) disclosed, {bytes} bytes", self.attachments.len())
    }
}

#[cfg(test)]
mod tests;
