//! `refusal`: no, with article, ground and reasons.
//!
//! `[C29-5]` A preservation is refused on two grounds only: a political offence, or essential interests.
//! `[C29-3]` Want of dual criminality is no ground, `[C29-4]` save for a Party that made the reservation, for
//! an offence outside Articles 2 to 11, where it believes that the condition will fail at disclosure.
//! `[C30-2]` Disclosure of traffic data is withheld on the same two grounds, and on no third. `[C27-4]`
//! Mutual assistance is refused on these, or on those of domestic law or treaty `[C25-4]`; `[C27-6]` but
//! first the Party considers whether it can be granted in part or under conditions. `[C27-7]` Reasons are
//! always given.

use schemars::JsonSchema;
use serde::Serialize;

use super::content::{Content, Examination, Place, Speaker};
use super::kinds::{ASKING, Kind};
use super::mutual_assistance_decision::DecisionOutcome;
use crate::case::{CaseView, Marks, State};
use crate::reading::{Form, Need, Section, Stated, words};
use crate::rule::Rule;
use crate::text::{Line, Text};

words! {
    /// What is refused.
    Rule::Answer;
    Refused {
        /// The preservation itself (Article 29).
        Preservation = "preservation",
        /// The expedited disclosure of traffic data only (Article 30); the preservation stands.
        TrafficData = "traffic-data-disclosure",
        /// Mutual assistance (Articles 31, 33 and 34).
        MutualAssistance = "mutual-assistance",
        /// Advice, information, or other help of the contact point (Article 35).
        Assistance = "assistance",
        /// Emergency disclosure (Second Additional Protocol, Article 9).
        EmergencyDisclosure = "emergency-disclosure",
    }
}

words! {
    /// The provision on which a refusal rests.
    Rule::C29_5;
    RefusalArticle {
        /// Article 25(4): domestic law of the requested Party, or an applicable treaty.
        A25_4 = "25(4)",
        /// Article 27(4)(a): political offence.
        A27_4a = "27(4)(a)",
        /// Article 27(4)(b): essential interests.
        A27_4b = "27(4)(b)",
        /// Article 29(4): dual criminality, under a reservation.
        A29_4 = "29(4)",
        /// Article 29(5)(a): political offence.
        A29_5a = "29(5)(a)",
        /// Article 29(5)(b): essential interests.
        A29_5b = "29(5)(b)",
        /// Article 30(2)(a): political offence.
        A30_2a = "30(2)(a)",
        /// Article 30(2)(b): essential interests.
        A30_2b = "30(2)(b)",
        /// Article 35(1): domestic law and practice.
        A35_1 = "35(1)",
        /// Second Additional Protocol, Article 9.
        P2_9 = "2AP-9",
    }
}

words! {
    /// The grounds that the Convention permits. There are no others.
    Rule::C29_5;
    RefusalGround {
        /// (a) The offence is political, or connected with a political offence.
        PoliticalOffence = "political-offence",
        /// (b) Execution would prejudice sovereignty, security, *ordre public* or other essential interests.
        EssentialInterests = "essential-interests",
        /// Article 29(4), under a reservation only.
        DualCriminality = "dual-criminality",
        /// Article 25(4): a ground of domestic law, or of an applicable treaty. Never for a preservation.
        DomesticLawOrTreaty = "domestic-law-or-treaty",
    }
}

/// No, with article, ground and reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Refusal {
    /// What is refused.
    pub refuses: Stated<Refused>,
    /// The provision.
    pub article: Stated<RefusalArticle>,
    /// The ground. On receipt, an invented one is kept in its own words.
    pub ground: Stated<RefusalGround>,
    /// The reasons, in words.
    pub reasons: Text,
    /// The requested Party's own reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<Line>,
    /// `[C29-4]` What a refusal for want of dual criminality must state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dual_criminality: Option<DualCriminality>,
    /// `[C27-6]` For mutual assistance: that a grant in part or under conditions was considered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alternatives_considered: Option<bool>,
}

/// `[C29-4]` The two conditions of Article 29(4) that the refusing Party itself must vouch for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DualCriminality {
    /// That the offence is none of those established under Articles 2 to 11.
    #[schemars(required)]
    pub offence_outside_articles_2_to_11: Option<bool>,
    /// Why the Party believes that the condition of dual criminality cannot be fulfilled at the time of
    /// disclosure.
    pub belief: Text,
}

impl Form for Refusal {
    fn read(section: &mut Section<'_>) -> Self {
        let refuses: Stated<Refused> = section.required(
            "refuses",
            Need::new(
                Rule::Answer,
                "say what is refused: preservation, traffic-data-disclosure, mutual-assistance, assistance \
                 or emergency-disclosure",
            ),
        );
        let rule = rule_of(refuses.permitted());
        Refusal {
            article: section.word("article", Need::new(rule, "cite the provision, such as 29(5)(b)")),
            ground: section.word(
                "ground",
                Need::new(
                    rule,
                    "the grounds are political-offence, essential-interests, dual-criminality; for mutual \
                     assistance also domestic-law-or-treaty",
                ),
            ),
            reasons: section.required(
                "reasons",
                Need::new(rule_of_reasons(refuses.permitted()), "give the reasons in words"),
            ),
            reference: section.optional("reference"),
            dual_criminality: section.optional_form("dual_criminality"),
            alternatives_considered: section.optional("alternatives_considered"),
            refuses,
        }
    }
}

impl Form for DualCriminality {
    fn read(section: &mut Section<'_>) -> Self {
        DualCriminality {
            offence_outside_articles_2_to_11: section.needed(
                "offence_outside_articles_2_to_11",
                Need::new(
                    Rule::C29_4,
                    "state whether the offence is none of those of Articles 2 to 11",
                ),
            ),
            belief: section.required(
                "belief",
                Need::new(
                    Rule::C29_4,
                    "say why the condition cannot be fulfilled at the time of disclosure",
                ),
            ),
        }
    }
}

fn rule_of(refused: Option<Refused>) -> Rule {
    match refused {
        Some(Refused::TrafficData) => Rule::C30_2,
        Some(Refused::MutualAssistance) => Rule::C27_4,
        Some(Refused::Assistance) => Rule::C35_1,
        Some(Refused::EmergencyDisclosure) => Rule::Answer,
        Some(Refused::Preservation) | None => Rule::C29_5,
    }
}

fn rule_of_reasons(refused: Option<Refused>) -> Rule {
    match refused {
        Some(Refused::MutualAssistance) => Rule::C27_7,
        other => rule_of(other),
    }
}

/// The provision that goes with a ground, or nothing where the ground does not exist for what is refused.
pub(super) fn article_for(refused: Refused, ground: RefusalGround) -> Option<RefusalArticle> {
    match (refused, ground) {
        (Refused::MutualAssistance, RefusalGround::PoliticalOffence) => Some(RefusalArticle::A27_4a),
        (Refused::MutualAssistance, RefusalGround::EssentialInterests) => Some(RefusalArticle::A27_4b),
        (Refused::MutualAssistance, RefusalGround::DomesticLawOrTreaty) => Some(RefusalArticle::A25_4),
        // A want of dual criminality can be a ground of domestic law or treaty (Article 25(5)); it is cited
        // as that.
        (Refused::MutualAssistance | Refused::Assistance, RefusalGround::DualCriminality) => None,
        (Refused::Assistance, _) => Some(RefusalArticle::A35_1),
        (Refused::EmergencyDisclosure, _) => Some(RefusalArticle::P2_9),
        (Refused::Preservation | Refused::TrafficData, RefusalGround::DomesticLawOrTreaty) => None,
        (Refused::Preservation, RefusalGround::PoliticalOffence) => Some(RefusalArticle::A29_5a),
        (Refused::Preservation, RefusalGround::EssentialInterests) => Some(RefusalArticle::A29_5b),
        (Refused::Preservation, RefusalGround::DualCriminality) => Some(RefusalArticle::A29_4),
        (Refused::TrafficData, RefusalGround::PoliticalOffence) => Some(RefusalArticle::A30_2a),
        (Refused::TrafficData, RefusalGround::EssentialInterests) => Some(RefusalArticle::A30_2b),
        (Refused::TrafficData, RefusalGround::DualCriminality) => None,
    }
}

/// The provision must permit what is refused to be refused on that ground. Serves refusals and decisions.
pub(super) fn check_ground(
    refused: Refused,
    ground: RefusalGround,
    cited: Option<RefusalArticle>,
    examination: &mut Examination<'_>,
) {
    let rule = rule_of(Some(refused));
    let Some(article) = article_for(refused, ground) else {
        let what = format!("{ground} is no ground for refusing {refused}");
        let mend = match refused {
            Refused::TrafficData => {
                "the grounds are political-offence (30(2)(a)) and essential-interests (30(2)(b))"
            }
            Refused::Preservation => {
                "the grounds are political-offence (29(5)(a)) and essential-interests (29(5)(b))"
            }
            _ => "cite it as domestic-law-or-treaty, if it is a ground of your law or of a treaty",
        };
        examination.fault(rule, "ground", what, mend);
        return;
    };
    if let Some(cited) = cited
        && cited != article
    {
        let what = format!("Article {cited} does not permit {refused} to be refused on {ground}");
        let mend = format!("cite {article}, or choose another ground");
        examination.fault(rule, "article", what, mend);
    }
}

impl Refusal {
    fn check_article(&self, refused: Refused, ground: RefusalGround, examination: &mut Examination<'_>) {
        if refused == Refused::EmergencyDisclosure {
            let what = "the Second Additional Protocol's grounds are not checked here";
            examination.advise(Rule::P2_9, "ground", what, "have the provision at hand");
            return;
        }
        check_ground(refused, ground, self.article.permitted(), examination);
    }

    /// `[C27-6]` In part, or under conditions: that comes before no.
    fn check_alternatives(&self, refused: Refused, examination: &mut Examination<'_>) {
        if refused == Refused::MutualAssistance && self.alternatives_considered != Some(true) {
            let what = "nothing says that a grant in part or under conditions was considered";
            let mend = "consider it, and write alternatives_considered = true";
            examination.fault(Rule::C27_6, "alternatives_considered", what, mend);
        }
    }

    /// `[C29-4]` All three conditions; `[C29-3]` without them dual criminality is no condition at all.
    fn check_dual_criminality(&self, examination: &mut Examination<'_>) {
        if let Some(profile) = examination.around.sender_profile
            && profile.dual_criminality_reservation.is_none()
        {
            let what = format!("{} has made no reservation under Article 29(4)", profile.party);
            let mend = "without it dual criminality is no condition of preservation (Article 29(3))";
            examination.fault(Rule::C29_4, "ground", what, mend);
        }
        if examination.is_sending() && examination.around.sender_profile.is_none() {
            let what = "your Party's profile is not known here, so that no reservation can be seen";
            let mend = "only a Party that made the reservation of Article 29(4) can refuse on it";
            examination.fault(Rule::C29_4, "ground", what, mend);
        }
        let Some(stated) = &self.dual_criminality else {
            let what = "the conditions of Article 29(4) are not stated";
            let mend = "fill in [dual_criminality]: offence_outside_articles_2_to_11 and belief";
            examination.fault(Rule::C29_4, "dual_criminality", what, mend);
            return;
        };
        let request = examination.around.case.and_then(|case| case.request.as_ref());
        let cited: Vec<String> = request
            .map(|request| request.convention_articles.clone())
            .unwrap_or_default();
        let field = "dual_criminality.offence_outside_articles_2_to_11";
        if stated.offence_outside_articles_2_to_11 == Some(false) {
            let what = "the offence is not stated to be outside Articles 2 to 11";
            let mend = "for an offence of Articles 2 to 11 the ground does not exist; preserve";
            examination.fault(Rule::C29_4, field, what, mend);
        } else if !cited.is_empty() {
            let what = format!("the request names Article {} of the Convention", cited.join(", "));
            let mend = "for an offence of Articles 2 to 11 the ground does not exist; preserve";
            examination.fault(Rule::C29_4, field, what, mend);
        }
    }

    /// A refusal to disclose traffic data answers a wish to have them, once.
    fn check_against_case(&self, refused: Refused, examination: &mut Examination<'_>) {
        let Some(case) = examination.around.case else {
            return;
        };
        let is_fitting = match refused {
            Refused::Preservation | Refused::TrafficData => case
                .opened_by
                .is_none_or(|kind| kind == Kind::PreservationRequest),
            Refused::MutualAssistance => case.mutual_assistance.is_some(),
            Refused::Assistance => case.opened_by == Some(Kind::AssistanceRequest),
            Refused::EmergencyDisclosure => case.opened_by == Some(Kind::EmergencyDisclosureRequest),
        };
        if !is_fitting {
            let what = format!("{refused} was not asked for in this case");
            examination.fault(Rule::CaseState, "refuses", what, "refuse what was asked for");
            return;
        }
        let is_wanted = case
            .request
            .as_ref()
            .is_none_or(|request| request.discloses_traffic_data);
        if refused == Refused::TrafficData && !is_wanted {
            let what = "the request does not ask for disclosure of traffic data";
            let mend = "there is nothing to refuse; to refuse the preservation, write so";
            examination.fault(Rule::CaseState, "refuses", what, mend);
        }
        let is_settled = case.preservation.is_some() || case.state == State::NothingFound;
        if refused == Refused::Preservation && is_settled {
            let what = format!("the case is {} already", case.state);
            let mend = "what was reported cannot be refused; send a note";
            examination.fault(Rule::CaseState, "refuses", what, mend);
        }
    }
}

impl Content for Refusal {
    const PLACE: Place = Place::Belongs;
    const SPEAKER: Speaker = Speaker::Requested;
    const CASES: &'static [Kind] = ASKING;

    /// A preservation that was reported can no longer be refused, but disclosure of its traffic data still
    /// can.
    fn is_allowed_in(state: State) -> bool {
        state.is_open() && !matches!(state, State::Decided | State::Disclosed | State::Answered)
    }

    fn check(&self, examination: &mut Examination<'_>) {
        let Some(refused) = self.refuses.permitted() else {
            return;
        };
        self.check_against_case(refused, examination);
        self.check_alternatives(refused, examination);
        let Some(ground) = self.ground.permitted() else {
            return;
        };
        self.check_article(refused, ground, examination);
        match (refused, ground) {
            (Refused::Preservation, RefusalGround::DualCriminality) => {
                self.check_dual_criminality(examination);
            }
            _ if self.dual_criminality.is_some() => {
                let what = "want of dual criminality is given beside another ground";
                let mend = "leave [dual_criminality] out";
                examination.fault(Rule::C29_3, "dual_criminality", what, mend);
            }
            _ => {}
        }
    }

    fn leads_to(&self, case: &CaseView) -> State {
        match self.refuses.permitted() {
            Some(Refused::TrafficData) => case.state,
            // The preservation stays in sight until it is released.
            Some(Refused::MutualAssistance) if case.preservation.is_some() => State::Decided,
            _ => State::Refused,
        }
    }

    fn mark(&self, marks: &mut Marks<'_>) {
        if self.refuses.is(Refused::TrafficData) {
            marks.traffic_data_refused();
        }
        if self.refuses.is(Refused::MutualAssistance) {
            marks.decided(DecisionOutcome::Refused);
        }
    }

    fn summary(&self) -> String {
        format!(
            "{} refused, Article {}: {}",
            self.refuses, self.article, self.ground
        )
    }
}

#[cfg(test)]
mod tests;
