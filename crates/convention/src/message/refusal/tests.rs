#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::{Value, json};

use crate::case::CaseView;
use crate::examples::{
    answer_context, assert_allowed, assert_fault, case_of, form, id, open_case, request_context, tampered,
    with, without,
};
use crate::message::{Body, Kind, Message};
use crate::profile::PartyProfile;
use crate::rule::Rule;
use crate::story::Story;

fn example() -> Value {
    form(Kind::Refusal)
}

/// The example case, but for an offence that is none of those of Articles 2 to 11.
fn case_of_another_offence() -> CaseView {
    let request = without(form(Kind::PreservationRequest), "/offence/convention_articles");
    case_of(&[assert_allowed(&request, &request_context()).0])
}

fn with_reservation() -> PartyProfile {
    let mut profile = PartyProfile::unknown("XB".parse().unwrap());
    profile.dual_criminality_reservation = Some("XB reserves the right under Article 29(4).".to_owned());
    profile
}

fn on_dual_criminality() -> Value {
    let form = with(
        with(example(), "/article", "29(4)"),
        "/ground",
        "dual-criminality",
    );
    let conditions =
        json!({ "offence_outside_articles_2_to_11": true, "belief": "XB does not punish the act." });
    with(form, "/dual_criminality", conditions)
}

fn on_traffic_data() -> Value {
    with(
        with(example(), "/refuses", "traffic-data-disclosure"),
        "/article",
        "30(2)(b)",
    )
}

/// `[C29-5]` The two grounds, each under its letter, with reasons.
#[test]
fn c29_5_only_the_permitted_grounds() {
    let case = open_case();
    let context = answer_context(2, &case, None);
    assert_allowed(&example(), &context);
    let political = with(
        with(example(), "/ground", "political-offence"),
        "/article",
        "29(5)(a)",
    );
    assert_allowed(&political, &context);

    let invented = with(example(), "/ground", "not-a-priority");
    let fault = assert_fault(&invented, &context, Rule::C29_5, "ground");
    for ground in ["political-offence", "essential-interests", "dual-criminality"] {
        assert!(fault.mend.contains(ground), "{}", fault.mend);
    }
    assert_fault(
        &with(example(), "/article", "27(4)(b)"),
        &context,
        Rule::C29_5,
        "article",
    );
    assert_fault(
        &with(example(), "/article", "29(5)(a)"),
        &context,
        Rule::C29_5,
        "article",
    );
    assert_fault(
        &with(example(), "/article", "30(2)(b)"),
        &context,
        Rule::C29_5,
        "article",
    );
    for pointer in ["/article", "/ground", "/reasons"] {
        assert_fault(&without(example(), pointer), &context, Rule::C29_5, &pointer[1..]);
    }
}

/// `[C29-5]` On receipt an invented ground is a non-conformity, and its words are kept.
#[test]
fn c29_5_an_invented_ground_is_recorded_as_such() {
    let case = open_case();
    let (message, _) = assert_allowed(&example(), &answer_context(2, &case, None));
    assert_eq!(Message::read(&message.to_json()).unwrap().nonconformities, []);
    let bytes = tampered(&message, |document| {
        document["body"]["ground"] = json!("too much work")
    });
    let received = Message::read(&bytes).unwrap();
    let found: Vec<(Rule, &str)> = received
        .nonconformities
        .iter()
        .map(|fault| (fault.rule, fault.field.as_str()))
        .collect();
    assert_eq!(found, [(Rule::C29_5, "body.ground")]);
    let Body::Refusal(refusal) = received.message.body() else {
        panic!("another kind")
    };
    assert_eq!(refusal.ground.as_str(), "too much work");
    assert_eq!(refusal.ground.permitted(), None);
    // It is a refusal all the same: the case says so, and says that it does not conform.
    let view = case_of(&[crate::examples::request(), received.message.clone()]);
    assert_eq!(view.state, crate::case::State::Refused);
    assert_eq!(view.messages[1].nonconformities[0].rule, Rule::C29_5);
    assert_eq!(view.reason.because, Some(id(2)));
}

/// `[C29-4]` Reservation, offence outside Articles 2 to 11, stated belief: all three, or none of it.
#[test]
fn c29_4_dual_criminality_needs_all_three_conditions() {
    let (case, profile) = (case_of_another_offence(), with_reservation());
    let context = answer_context(2, &case, Some(&profile));
    assert_allowed(&on_dual_criminality(), &context);

    let none = PartyProfile::unknown("XB".parse().unwrap());
    let unreserved = answer_context(2, &case, Some(&none));
    assert_fault(&on_dual_criminality(), &unreserved, Rule::C29_4, "ground");
    let undeclared = answer_context(2, &case, None);
    assert_fault(&on_dual_criminality(), &undeclared, Rule::C29_4, "ground");

    let silent = without(on_dual_criminality(), "/dual_criminality");
    assert_fault(&silent, &context, Rule::C29_4, "dual_criminality");
    let unbelieving = without(on_dual_criminality(), "/dual_criminality/belief");
    assert_fault(&unbelieving, &context, Rule::C29_4, "dual_criminality.belief");

    let field = "dual_criminality.offence_outside_articles_2_to_11";
    let inside = with(
        on_dual_criminality(),
        "/dual_criminality/offence_outside_articles_2_to_11",
        false,
    );
    assert_fault(&inside, &context, Rule::C29_4, field);
    let case_of_articles_2_and_8 = open_case();
    let context = answer_context(2, &case_of_articles_2_and_8, Some(&profile));
    assert_fault(&on_dual_criminality(), &context, Rule::C29_4, field);
}

/// `[C29-4]` On receipt the reservation is looked up in the sender's profile, where that is known.
#[test]
fn c29_4_a_received_refusal_is_weighed_against_its_sender() {
    let (case, profile) = (case_of_another_offence(), with_reservation());
    let (message, _) = assert_allowed(&on_dual_criminality(), &answer_context(2, &case, Some(&profile)));
    let received = Message::read(&message.to_json()).unwrap();
    assert_eq!(received.nonconformities, []);
    assert_eq!(
        received
            .clone()
            .weighed(Some(&profile), Some(&case))
            .nonconformities,
        []
    );
    let none = PartyProfile::unknown("XB".parse().unwrap());
    let weighed = received.weighed(Some(&none), Some(&case));
    assert_eq!(weighed.nonconformities.len(), 1);
    assert_eq!(weighed.nonconformities[0].rule, Rule::C29_4);
}

/// `[C29-3]` Want of dual criminality is no condition, and no make-weight beside a ground that is one.
#[test]
fn c29_3_dual_criminality_is_no_condition() {
    let case = open_case();
    let context = answer_context(2, &case, None);
    assert_allowed(&example(), &context);
    let beside = with(
        example(),
        "/dual_criminality",
        json!({ "offence_outside_articles_2_to_11": true, "belief": "XB does not punish the act." }),
    );
    assert_fault(&beside, &context, Rule::C29_3, "dual_criminality");
}

/// `[C30-2]` Traffic data are withheld on grounds (a) and (b) only.
#[test]
fn c30_2_traffic_data_are_withheld_on_two_grounds() {
    let (case, profile) = (open_case(), with_reservation());
    let context = answer_context(2, &case, Some(&profile));
    assert_allowed(&on_traffic_data(), &context);
    let political = with(
        with(on_traffic_data(), "/ground", "political-offence"),
        "/article",
        "30(2)(a)",
    );
    assert_allowed(&political, &context);

    assert_fault(
        &with(on_traffic_data(), "/ground", "cost"),
        &context,
        Rule::C30_2,
        "ground",
    );
    assert_fault(
        &with(on_traffic_data(), "/article", "29(5)(b)"),
        &context,
        Rule::C30_2,
        "article",
    );
    let dual = with(
        with(on_traffic_data(), "/ground", "dual-criminality"),
        "/article",
        "29(4)",
    );
    assert_fault(&dual, &context, Rule::C30_2, "ground");
    assert_fault(
        &without(on_traffic_data(), "/reasons"),
        &context,
        Rule::C30_2,
        "reasons",
    );
}

/// `[CASE-STATE]` What was not asked cannot be refused; what was reported cannot be refused either.
#[test]
fn case_state_a_refusal_answers_what_was_asked() {
    let unasked = with(
        form(Kind::PreservationRequest),
        "/follow_up/disclose_traffic_data",
        false,
    );
    let case = case_of(&[assert_allowed(&unasked, &request_context()).0]);
    assert_fault(
        &on_traffic_data(),
        &answer_context(2, &case, None),
        Rule::CaseState,
        "refuses",
    );

    let open = open_case();
    let (report, _) = assert_allowed(&form(Kind::PreservationReport), &answer_context(2, &open, None));
    let preserved = case_of(&[crate::examples::request(), report]);
    assert_fault(
        &example(),
        &answer_context(3, &preserved, None),
        Rule::CaseState,
        "refuses",
    );
    assert_allowed(&on_traffic_data(), &answer_context(3, &preserved, None));
}

fn on_mutual_assistance(article: &str, ground: &str) -> Value {
    let form = with(example(), "/refuses", "mutual-assistance");
    let form = with(form, "/alternatives_considered", true);
    with(with(form, "/article", article), "/ground", ground)
}

/// `[C27-4]` `[C25-4]` Mutual assistance is refused on the two grounds, or on one of domestic law or treaty;
/// `[C27-7]` with reasons, `[C27-6]` and after a thought for less.
#[test]
fn c27_4_mutual_assistance_is_refused_on_three_grounds() {
    let story = Story::of(&[Kind::MutualAssistanceRequest]);
    for (article, ground) in [
        ("27(4)(a)", "political-offence"),
        ("27(4)(b)", "essential-interests"),
        ("25(4)", "domestic-law-or-treaty"),
    ] {
        let refused = story.and(&on_mutual_assistance(article, ground));
        assert_eq!(refused.state(), crate::case::State::Refused);
    }
    let form = on_mutual_assistance("27(4)(b)", "essential-interests");
    story.assert_refused(
        &with(form.clone(), "/article", "29(5)(b)"),
        Rule::C27_4,
        "article",
    );
    story.assert_refused(&with(form.clone(), "/ground", "cost"), Rule::C27_4, "ground");
    story.assert_refused(&without(form.clone(), "/reasons"), Rule::C27_7, "reasons");
    let field = "alternatives_considered";
    story.assert_refused(
        &without(form.clone(), "/alternatives_considered"),
        Rule::C27_6,
        field,
    );
    let dual = on_mutual_assistance("29(4)", "dual-criminality");
    story.assert_refused(&dual, Rule::C27_4, "ground");
    Story::of(&[Kind::PreservationRequest]).assert_refused(&form, Rule::CaseState, "refuses");
}

/// `[C29-5]` `[C30-2]` Domestic law and treaties are no ground for refusing a preservation or traffic data.
#[test]
fn c29_5_domestic_law_is_no_ground() {
    let case = open_case();
    let context = answer_context(2, &case, None);
    for (form, rule) in [(example(), Rule::C29_5), (on_traffic_data(), Rule::C30_2)] {
        assert_fault(
            &with(form, "/ground", "domestic-law-or-treaty"),
            &context,
            rule,
            "ground",
        );
    }
}

/// `[C35-1]` Assistance of the contact point is refused under Article 35(1).
#[test]
fn c35_1_assistance_is_refused_under_its_article() {
    let story = Story::of(&[Kind::AssistanceRequest]);
    let form = with(
        with(example(), "/refuses", "assistance"),
        "/ground",
        "domestic-law-or-treaty",
    );
    story.and(&with(form.clone(), "/article", "35(1)"));
    story.assert_refused(&with(form, "/article", "25(4)"), Rule::C35_1, "article");
}

/// A refusal of mutual assistance leaves the preservation in sight until it is released.
#[test]
fn c27_4_a_refusal_in_the_case_of_a_preservation_is_a_decision() {
    let story = Story::before(Kind::MutualAssistanceDecision);
    let refused = story.and(&on_mutual_assistance("27(4)(b)", "essential-interests"));
    assert_eq!(refused.state(), crate::case::State::Decided);
    assert!(refused.view().preservation.is_some());
}
