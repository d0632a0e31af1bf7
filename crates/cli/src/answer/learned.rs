//! What the case tells, so that the officer need not: filled in where nothing else was said.

use control::types::CaseDetail;
use convention::message::Kind;
use serde_json::Value;

/// Fields, with what the case says of them.
pub(super) type Learned = Vec<(&'static str, Value)>;

/// What a refusal in this case refuses.
pub(super) fn refused(case: &CaseDetail) -> Learned {
    let has_assistance = case
        .view
        .get("mutual_assistance")
        .is_some_and(|one| !one.is_null());
    let refused = match case.summary.kind.parse() {
        Ok(Kind::PreservationRequest) if !has_assistance => "preservation",
        Ok(Kind::AssistanceRequest) => "assistance",
        Ok(Kind::EmergencyDisclosureRequest) => "emergency-disclosure",
        Ok(
            Kind::PreservationRequest
            | Kind::MutualAssistanceRequest
            | Kind::EmergencyMutualAssistanceRequest,
        ) => "mutual-assistance",
        _ => return Vec::new(),
    };
    vec![("refuses", refused.into())]
}

/// `[C26-2]` What the content is about: what its offer said.
pub(super) fn offered(case: &CaseDetail) -> Learned {
    let mut messages = case.messages.iter();
    let offer = messages.find(|message| message.kind == Kind::SpontaneousInformation.as_str());
    let Some(body) = offer.and_then(|offer| offer.body.as_ref()) else {
        return Vec::new();
    };
    ["subject", "relevance", "reference"]
        .into_iter()
        .filter_map(|field| Some((field, body.get(field)?.clone())))
        .collect()
}
