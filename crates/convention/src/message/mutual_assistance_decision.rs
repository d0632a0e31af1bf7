//! `mutual-assistance-decision`: granted, partly granted, refused, or impossible.
//!
//! `[C27-4]` `[C25-4]` A refusal rests on a ground of Article 27(4), or of domestic law or treaty. `[C27-6]`
//! Before it the Party considers a grant in part or under conditions. `[C27-7]` Reasons are given for
//! whatever is not granted.

use schemars::JsonSchema;
use serde::Serialize;

use super::content::{Content, Examination, Objection, Place, Speaker};
use super::kinds::{Kind, MUTUAL_ASSISTANCE};
use super::refusal::{RefusalArticle, RefusalGround, Refused, check_ground};
use crate::case::{CaseView, Marks, State};
use crate::party::PartyCode;
use crate::reading::{Form, Need, Section, Stated, words};
use crate::rule::Rule;
use crate::text::{Line, Text};

words! {
    /// What was decided.
    Rule::C27_7;
    DecisionOutcome {
        /// All of it will be done.
        Granted = "granted",
        /// Some of it will be done.
        PartlyGranted = "partly-granted",
        /// None of it will be done.
        Refused = "refused",
        /// It cannot be done.
        Impossible = "impossible",
    }
}

/// A decision on mutual assistance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MutualAssistanceDecision {
    /// What was decided.
    pub decision: Stated<DecisionOutcome>,
    /// The authority that decided.
    pub authority: Line,
    /// Its reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<Line>,
    /// What is granted, and what happens next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grants: Option<Text>,
    /// For a refusal: the provision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub article: Option<Stated<RefusalArticle>>,
    /// For a refusal: the ground.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ground: Option<Stated<RefusalGround>>,
    /// `[C27-7]` For whatever is not granted: the reasons.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasons: Option<Text>,
    /// `[C27-6]` For a refusal: that a grant in part or under conditions was considered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alternatives_considered: Option<bool>,
}

impl Form for MutualAssistanceDecision {
    fn read(section: &mut Section<'_>) -> Self {
        const DECISION: &str = "write granted, partly-granted, refused or impossible";
        MutualAssistanceDecision {
            decision: section.required("decision", Need::new(Rule::C27_7, DECISION)),
            authority: section.required(
                "authority",
                Need::new(Rule::C27_7, "name the authority that decided"),
            ),
            reference: section.optional("reference"),
            grants: section.optional("grants"),
            article: section.optional_word("article", Rule::C27_4),
            ground: section.optional_word("ground", Rule::C27_4),
            reasons: section.optional("reasons"),
            alternatives_considered: section.optional("alternatives_considered"),
        }
    }
}

impl MutualAssistanceDecision {
    /// `[C27-4]` Article and ground, which go together; `[C27-6]` and a thought for less than no.
    fn check_refusal(&self, examination: &mut Examination<'_>) {
        if self.article.is_none() {
            let mend = "cite 27(4)(a), 27(4)(b) or 25(4)";
            examination.fault(Rule::C27_4, "article", "is missing", mend);
        }
        match self.ground.as_ref() {
            None => {
                let mend = "the grounds are political-offence, essential-interests, domestic-law-or-treaty";
                examination.fault(Rule::C27_4, "ground", "is missing", mend);
            }
            Some(ground) => {
                if let Some(ground) = ground.permitted() {
                    let cited = self.article.as_ref().and_then(Stated::permitted);
                    check_ground(Refused::MutualAssistance, ground, cited, examination);
                }
            }
        }
        if self.alternatives_considered != Some(true) {
            let what = "nothing says that a grant in part or under conditions was considered";
            let mend = "consider it, and write alternatives_considered = true";
            examination.fault(Rule::C27_6, "alternatives_considered", what, mend);
        }
    }

    fn check_grant(&self, examination: &mut Examination<'_>) {
        let written = [
            ("article", self.article.is_some()),
            ("ground", self.ground.is_some()),
        ];
        for (field, _) in written.into_iter().filter(|(_, is_written)| *is_written) {
            let mend = "leave it out, or write decision = \"refused\"";
            examination.fault(Rule::C27_4, field, "only a refusal rests on a ground", mend);
        }
        let mend = "say what is granted, and what happens next";
        examination.advise_if_absent(self.grants.as_ref(), Rule::Answer, "grants", mend);
    }
}

impl Content for MutualAssistanceDecision {
    const PLACE: Place = Place::Belongs;
    const SPEAKER: Speaker = Speaker::Requested;
    const CASES: &'static [Kind] = MUTUAL_ASSISTANCE;

    fn is_allowed_in(state: State) -> bool {
        state.is_open()
    }

    /// A decision needs a request on which to decide.
    fn objection(case: &CaseView, _: PartyCode) -> Option<Objection> {
        case.mutual_assistance.is_none().then_some(Objection {
            what: "no mutual assistance request is in, nor a notice of one",
            mend: "ask for it with a note",
        })
    }

    fn check(&self, examination: &mut Examination<'_>) {
        match self.decision.permitted() {
            Some(DecisionOutcome::Granted) => self.check_grant(examination),
            Some(DecisionOutcome::Refused) => self.check_refusal(examination),
            Some(DecisionOutcome::PartlyGranted | DecisionOutcome::Impossible) | None => {}
        }
        let needs_reasons = !matches!(self.decision.permitted(), Some(DecisionOutcome::Granted) | None);
        if needs_reasons && self.reasons.is_none() {
            let mend = "give the reasons in words";
            examination.fault(Rule::C27_7, "reasons", "is missing", mend);
        }
    }

    fn leads_to(&self, case: &CaseView) -> State {
        // More data may follow a first disclosure; a second decision does not undo it.
        if case.state == State::Disclosed {
            State::Disclosed
        } else {
            State::Decided
        }
    }

    fn mark(&self, marks: &mut Marks<'_>) {
        if let Some(outcome) = self.decision.permitted() {
            marks.decided(outcome);
        }
    }

    fn summary(&self) -> String {
        format!("mutual assistance {}", self.decision)
    }
}

impl DecisionOutcome {
    /// Whether something was granted, so that data can follow.
    #[must_use]
    pub fn grants(self) -> bool {
        matches!(self, DecisionOutcome::Granted | DecisionOutcome::PartlyGranted)
    }
}

#[cfg(test)]
mod tests;
