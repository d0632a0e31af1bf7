//! `traffic-data-disclosure`: while executing a preservation, the requested Party found that a provider in
//! another State took part; this is enough to identify it, and the path `[C30-1]`.

use schemars::JsonSchema;
use serde::Serialize;

use super::content::{Content, Examination, Place, Speaker};
use super::kinds::Kind;
use crate::case::{Marks, State};
use crate::party::PartyCode;
use crate::reading::{Form, Need, Section};
use crate::rule::Rule;
use crate::text::{Line, Text};

/// Another provider, and the path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TrafficDataDisclosure {
    /// The providers that took part.
    #[schemars(length(min = 1))]
    pub providers: Vec<Provider>,
    /// The path through which the communication was transmitted, with times.
    pub path: Text,
    /// The requested Party's own reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<Line>,
    /// Anything to add: what else was seen, what would have to be asked of whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remarks: Option<Text>,
}

/// A provider that took part in the transmission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Provider {
    /// Its name.
    pub name: Line,
    /// The state where it is, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub territory: Option<PartyCode>,
    /// How it was identified: address, autonomous system, contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identified_by: Option<Line>,
    /// How to reach it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<Line>,
}

impl Form for TrafficDataDisclosure {
    fn read(section: &mut Section<'_>) -> Self {
        const PROVIDERS: &str = "add at least one [[providers]]: who took part in the transmission";
        TrafficDataDisclosure {
            providers: section.list("providers", Need::new(Rule::C30_1, PROVIDERS)),
            path: section.required(
                "path",
                Need::new(Rule::C30_1, "describe the path of the communication, with times"),
            ),
            reference: section.optional("reference"),
            remarks: section.optional("remarks"),
        }
    }
}

impl Form for Provider {
    fn read(section: &mut Section<'_>) -> Self {
        Provider {
            name: section.required("name", Need::new(Rule::C30_1, "name the provider")),
            territory: section.optional("territory"),
            identified_by: section.optional("identified_by"),
            contact: section.optional("contact"),
        }
    }
}

impl Content for TrafficDataDisclosure {
    const PLACE: Place = Place::Belongs;
    const SPEAKER: Speaker = Speaker::Requested;
    const CASES: &'static [Kind] = &[Kind::PreservationRequest];

    /// It is owed whenever such a provider is found, whether it was asked for or not.
    fn is_allowed_in(state: State) -> bool {
        state.is_open()
    }

    fn check(&self, examination: &mut Examination<'_>) {
        for (index, provider) in self.providers.iter().enumerate() {
            let field = format!("providers[{index}].territory");
            let mend = "say in which state it is: the next request goes there";
            examination.advise_if_absent(provider.territory.as_ref(), Rule::C30_1, &field, mend);
        }
    }

    fn mark(&self, marks: &mut Marks<'_>) {
        marks.traffic_data_disclosed();
    }

    fn summary(&self) -> String {
        let names: Vec<&str> = self
            .providers
            .iter()
            .map(|provider| provider.name.as_str())
            .collect();
        format!("traffic data: through {}", names.join(", "))
    }
}

#[cfg(test)]
mod tests;
