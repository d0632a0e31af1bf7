//! Will this Party accept this, and what will it need? `[PROFILE-PREFLIGHT]`
//!
//! Shown to an officer before a request is sent, from the other side's profile alone: nothing of it blocks.
//! It says whether somebody is there now, which languages are read, what formality is asked for, what the
//! contact point may do itself, which declarations matter, and what is missing in the profile.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::message::Kind;
use crate::message::assistance_request::Assistance;
use crate::profile::{AuthorityMatrix, Formality, May, Membership, PartyProfile};
use crate::rule::{Advice, Rule};
use crate::text::Language;
use crate::time::{Instant, ZonedInstant};

/// What is to be sent.
#[derive(Debug, Clone)]
pub struct Intention {
    /// Which kind of request.
    pub kind: Kind,
    /// For an assistance request: which assistance.
    pub assistance: Option<Assistance>,
    /// The language in which it is written, where that is known.
    pub language: Option<Language>,
    /// Whether the offence falls under Articles 2 to 11, where that is known.
    pub offence_in_convention: Option<bool>,
}

/// Whether somebody is there now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Presence {
    /// The office is staffed.
    Staffed,
    /// It is after hours.
    AfterHours,
    /// Hours or zone are not known.
    Unknown,
}

/// What the profile says about what is to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Preflight {
    /// Whether somebody is there now.
    pub presence: Presence,
    /// The time there.
    pub local_time: Option<ZonedInstant>,
    /// Who can be reached after hours, and how.
    pub after_hours: Option<String>,
    /// The languages that are read.
    pub languages: Vec<Language>,
    /// The formality asked for.
    pub formality: Option<Formality>,
    /// Whether the contact point may do itself what is asked.
    pub authority: Option<May>,
    /// What to do about it, the most pressing first.
    pub advice: Vec<Advice>,
}

/// What the profile of the other side says about what is to be sent now. Without a profile, that there is
/// none.
#[must_use]
pub fn preflight(profile: Option<&PartyProfile>, intention: &Intention, now: Instant) -> Preflight {
    let Some(profile) = profile else {
        let mut nothing = Preflight {
            presence: Presence::Unknown,
            local_time: None,
            after_hours: None,
            languages: Vec::new(),
            formality: None,
            authority: None,
            advice: Vec::new(),
        };
        nothing.advise(
            "the directory has no profile of this contact point",
            "ask it what it needs, by telephone",
        );
        return nothing;
    };
    let presence = match profile.is_staffed(now) {
        Some(true) => Presence::Staffed,
        Some(false) => Presence::AfterHours,
        None => Presence::Unknown,
    };
    let mut found = Preflight {
        presence,
        local_time: profile.local_time(now),
        after_hours: profile.after_hours.clone(),
        languages: profile.languages.clone(),
        formality: profile.formality,
        authority: authority_for(&profile.authority, intention).cloned(),
        advice: Vec::new(),
    };
    found.weigh_status(profile, intention);
    found.weigh_authority(profile, intention);
    found.weigh_reservations(profile, intention);
    found.weigh_formality(profile, intention);
    found.weigh_language(intention);
    found.weigh_presence();
    found.weigh_gaps(profile);
    found
}

/// What of the matrix the request needs.
fn authority_for<'a>(matrix: &'a AuthorityMatrix, intention: &Intention) -> Option<&'a May> {
    match intention.kind {
        Kind::PreservationRequest => matrix.order_preservation.as_ref(),
        Kind::AssistanceRequest => match intention.assistance? {
            Assistance::TechnicalAdvice => matrix.technical_advice.as_ref(),
            Assistance::LegalInformation => matrix.legal_information.as_ref(),
            Assistance::LocatingSuspect => matrix.locate_suspects.as_ref(),
            Assistance::CollectingEvidence => matrix.collect_evidence.as_ref(),
        },
        Kind::MutualAssistanceRequest | Kind::EmergencyMutualAssistanceRequest => {
            matrix.collect_evidence.as_ref()
        }
        _ => matrix.direct_communication.as_ref(),
    }
}

impl Preflight {
    fn advise(&mut self, what: impl Into<String>, mend: impl Into<String>) {
        self.advice
            .push(Advice::new(Rule::ProfilePreflight, "to", what, mend));
    }

    fn weigh_status(&mut self, profile: &PartyProfile, intention: &Intention) {
        if let Some(convention) = &profile.convention
            && convention.status != Membership::InForce
        {
            let what = format!("the Convention is not in force for {}", profile.party);
            self.advise(what, "expect help under domestic law or another treaty only");
        }
        let needs_protocol = matches!(
            intention.kind,
            Kind::EmergencyDisclosureRequest | Kind::EmergencyMutualAssistanceRequest
        );
        if needs_protocol && profile.second_protocol_since.is_none() {
            let what = format!(
                "the Second Additional Protocol is not known to be in force for {}",
                profile.party
            );
            self.advise(what, "call the contact point, and ask on which basis it can help");
        }
    }

    fn weigh_authority(&mut self, profile: &PartyProfile, intention: &Intention) {
        let is_assistance = matches!(
            intention.kind,
            Kind::MutualAssistanceRequest | Kind::EmergencyMutualAssistanceRequest
        );
        match self.authority.clone() {
            Some(May::No) => {
                let what = format!("the contact point of {} may not do this itself", profile.party);
                self.advise(what, "ask it which authority can, or let it refer the request");
            }
            Some(May::OnCondition(condition)) => {
                self.advise(
                    format!("it may do this on a condition: {condition}"),
                    "see that it is met",
                );
            }
            Some(May::Yes) | None => {}
        }
        if let Some(central) = profile.central_authority.as_ref().filter(|_| is_assistance) {
            let what = format!("the authority for mutual assistance is: {central}");
            self.advise(what, "send the request to it, or in copy to it");
        }
    }

    /// `[C29-4]` Who made the reservation can refuse, but only outside Articles 2 to 11.
    fn weigh_reservations(&mut self, profile: &PartyProfile, intention: &Intention) {
        let is_preservation = intention.kind == Kind::PreservationRequest;
        let is_reserved = profile.dual_criminality_reservation.is_some();
        if is_preservation && is_reserved && intention.offence_in_convention != Some(true) {
            let what = format!(
                "{} has reserved the right to refuse for want of dual criminality",
                profile.party
            );
            let mend =
                "name the article of the Convention, 2 to 11, under which the offence falls, if it does";
            self.advice.push(Advice::new(
                Rule::C29_4,
                "offence.convention_articles",
                what,
                mend,
            ));
        }
        for reservation in profile
            .convention
            .iter()
            .flat_map(|convention| &convention.reservations)
        {
            let what = format!("{} has made a reservation: {reservation}", profile.party);
            self.advise(what, "see whether it touches your request");
        }
    }

    fn weigh_formality(&mut self, profile: &PartyProfile, intention: &Intention) {
        if intention.kind == Kind::Drill {
            return;
        }
        let asked = match profile.formality {
            Some(Formality::SignedLetter) => "a signed and stamped letter",
            Some(Formality::JudicialApproval) => "the approval of a prosecutor or a judge",
            Some(Formality::MinimumContent) => "a minimum of content",
            Some(Formality::None) | None => return,
        };
        let detail = profile
            .formality_detail
            .as_ref()
            .map_or_else(String::new, |detail| format!(": {detail}"));
        self.advise(
            format!("{} asks for {asked}{detail}", profile.party),
            "have it ready",
        );
    }

    fn weigh_language(&mut self, intention: &Intention) {
        let Some(written) = &intention.language else {
            return;
        };
        let is_read = |language: &Language| language.primary() == written.primary();
        if !self.languages.is_empty() && !self.languages.iter().any(is_read) {
            let read: Vec<&str> = self.languages.iter().map(Language::as_str).collect();
            self.advise(
                format!("{} is read there, not {written}", read.join(", ")),
                "send a translation with it",
            );
        }
    }

    fn weigh_presence(&mut self) {
        if self.presence != Presence::AfterHours {
            return;
        }
        let time = self
            .local_time
            .as_ref()
            .map_or_else(String::new, ZonedInstant::local_and_utc);
        let mend = match &self.after_hours {
            Some(arrangement) => format!("after hours: {arrangement}"),
            None => "if it cannot wait, call".to_owned(),
        };
        self.advise(format!("nobody is in the office there: it is {time}"), mend);
    }

    fn weigh_gaps(&mut self, profile: &PartyProfile) {
        let gaps = [
            ("hours", profile.staffed.is_empty() || self.local_time.is_none()),
            ("languages", profile.languages.is_empty()),
            ("formality", profile.formality.is_none()),
            ("authority for this", self.authority.is_none()),
        ];
        let missing: Vec<&str> = gaps
            .iter()
            .filter(|(_, is_gap)| *is_gap)
            .map(|(name, _)| *name)
            .collect();
        if !missing.is_empty() {
            let what = format!("the profile does not say: {}", missing.join(", "));
            self.advise(what, "ask the contact point to complete its profile");
        }
    }
}

#[cfg(test)]
mod tests;
