//! `mutual-assistance-notice`: the mutual assistance request went by another channel `[C29-7]`. From then on
//! the preservation does not end before there is a decision.

use schemars::JsonSchema;
use serde::Serialize;

use super::content::{Content, Examination, Place, Speaker};
use super::kinds::Kind;
use crate::case::{CaseView, Marks, State};
use crate::reading::{Form, Need, Section};
use crate::rule::Rule;
use crate::text::{Line, Text};
use crate::time::ZonedInstant;

/// The mutual assistance request went by another channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MutualAssistanceNotice {
    /// The reference of the request.
    pub reference: Line,
    /// When it was sent.
    #[schemars(required)]
    pub sent: Option<ZonedInstant>,
    /// The channel: diplomatic post, central authority, Interpol.
    pub channel: Line,
    /// The authority that sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_authority: Option<Line>,
    /// The authority that it went to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_authority: Option<Line>,
    /// Anything to add.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remarks: Option<Text>,
}

impl Form for MutualAssistanceNotice {
    fn read(section: &mut Section<'_>) -> Self {
        MutualAssistanceNotice {
            reference: section.required(
                "reference",
                Need::new(Rule::C29_7, "give the reference of the mutual assistance request"),
            ),
            sent: section.needed("sent", Need::new(Rule::C29_7, "say when it was sent")),
            channel: section.required("channel", Need::new(Rule::C29_7, "say by which channel it went")),
            from_authority: section.optional("from_authority"),
            to_authority: section.optional("to_authority"),
            remarks: section.optional("remarks"),
        }
    }
}

impl Content for MutualAssistanceNotice {
    const PLACE: Place = Place::Belongs;
    const SPEAKER: Speaker = Speaker::Requesting;
    const CASES: &'static [Kind] = &[Kind::PreservationRequest];

    fn is_allowed_in(state: State) -> bool {
        state.is_open()
    }

    /// What was not sent yet is not in, and stops nothing from lapsing.
    fn check(&self, examination: &mut Examination<'_>) {
        if let (Some(sent), Some(now)) = (&self.sent, examination.around.now)
            && sent.instant() > now
        {
            let mend = "send the notice once the request was sent; to gain time, send an extension-request";
            examination.fault(Rule::C29_7, "sent", "is in the future", mend);
        }
        let mend = "it is easier to find at its destination";
        examination.advise_if_absent(self.to_authority.as_ref(), Rule::C29_7, "to_authority", mend);
    }

    fn leads_to(&self, case: &CaseView) -> State {
        case.state_with_mutual_assistance()
    }

    fn mark(&self, marks: &mut Marks<'_>) {
        marks.mutual_assistance_received(self.reference.as_str());
    }

    fn summary(&self) -> String {
        format!(
            "mutual assistance request {} sent by {}",
            self.reference, self.channel
        )
    }
}

#[cfg(test)]
mod tests;
