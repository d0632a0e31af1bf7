//! The form that the options of each verb make, held to the rules by the judge itself, in a case in which the
//! verb has its place.

use convention::case::{CaseFact, CaseView};
use convention::message::{CaseReference, Context, Draft, Kind, Message, MessageId};
use convention::party::ContactPoint;
use convention::time::Instant;

use super::{Value, Zoned, parse, verbs};

/// When the examples were sent.
const BEGIN: &str = "2026-03-15T18:00:00+02:00[Europe/Bucharest]";

/// A case between XA, which asks, and XB.
#[derive(Default)]
struct Case {
    messages: Vec<Message>,
}

impl Case {
    /// The case after the examples of these kinds were sent.
    fn of(kinds: &[Kind]) -> Self {
        let mut case = Self::default();
        for kind in kinds {
            let file = format!("../../config/examples/{kind}.toml");
            let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
            let json = Draft::from_toml(&text).unwrap().to_json();
            let draft: Value = serde_json::from_str(&json).unwrap();
            let is_to_asked = draft["to"].to_string().contains("XB/")
                || draft.get("to").is_none() && {
                    let to_asked = [Kind::WarningDecision, Kind::MutualAssistanceNotice];
                    to_asked.contains(kind)
                };
            let sender = if is_to_asked { "XA/police" } else { "XB/police" };
            let message = case
                .judge(&draft, sender)
                .unwrap_or_else(|faults| panic!("{kind}: {faults}"));
            case.messages.push(message);
        }
        case
    }

    /// What the judge makes of a form as the next message of the case.
    fn judge(&self, draft: &Value, sender: &str) -> Result<Message, String> {
        let number = u8::try_from(self.messages.len() + 1).unwrap();
        let now = now(i64::from(number));
        let message_id = id(number);
        let view = self.view();
        let other = if sender == "XA/police" {
            "XB/police"
        } else {
            "XA/police"
        };
        let names_them = draft
            .get("to")
            .is_some_and(|to| !to.as_array().unwrap().is_empty());
        let recipients: Vec<ContactPoint> = match names_them {
            true => Vec::new(),
            false => vec![other.parse().unwrap()],
        };
        let context = Context {
            message_id,
            case: CaseReference::from(id(1)),
            sender: sender.parse().unwrap(),
            recipients,
            officer: None,
            now: Instant::from(now.timestamp()),
            case_view: (!self.messages.is_empty()).then_some(&view),
            own_profile: None,
            recipient_profile: None,
        };
        let judged = Draft::judge_json(&draft.to_string(), &context);
        judged
            .map(|(message, _)| message)
            .map_err(|errors| errors.to_string())
    }

    fn view(&self) -> CaseView {
        let facts = self
            .messages
            .iter()
            .map(|message| CaseFact::submitted(message.clone(), message.sent_at()));
        CaseView::fold(facts)
    }
}

fn id(number: u8) -> MessageId {
    format!("019cdbe4-9a00-7000-8000-0000000000{number:02x}")
        .parse()
        .unwrap()
}

fn now(minutes: i64) -> Zoned {
    let begin: Zoned = BEGIN.parse().unwrap();
    begin.checked_add(jiff::Span::new().minutes(minutes)).unwrap()
}

/// Sends a line in a case; gives the faults where it cannot be sent.
fn said(before: &[Kind], sender: &str, line: &[&str]) -> Result<Message, String> {
    let case = Case::of(before);
    let number = i64::try_from(before.len() + 1).unwrap();
    let saying = parse(line);
    let base = saying.base(&now(number)).unwrap();
    let draft = saying.request(&base, "B. Officer").draft;
    case.judge(&draft, sender)
}

#[track_caller]
fn assert_sent(before: &[Kind], sender: &str, line: &[&str]) {
    let mut line = line.to_vec();
    line.extend(["--role", "inspector"]);
    line.insert(1, "0193");
    let verb = verbs().find(|verb| verb.name == line[0]).unwrap();
    match said(before, sender, &line) {
        Ok(message) => assert_eq!(message.kind(), verb.kind),
        Err(faults) => panic!("{line:?}: {faults}"),
    }
}

/// In these cases the asked side types these lines.
const ASKED: &[(&[Kind], &str)] = &[
    (&[REQUEST], "acknowledge --reference B-7 --next-steps order"),
    (&[REQUEST], "refer --authority Prosecution --contact +999"),
    (
        &[REQUEST],
        "preserve --scope logs --until +90d --category traffic",
    ),
    (&[REQUEST], "preserve --outcome nothing-found --scope everywhere"),
    (
        &[REQUEST, REPORT, NOTICE],
        "preserve --scope logs --since +0s --assistance-reference MLA-1 \
         --assistance-received 2026-03-12T19:00:00[Europe/Bucharest]",
    ),
    (
        &[REQUEST],
        "warn --ground confidentiality-threatened --explanation talkative",
    ),
    (
        &[REQUEST],
        "disclose-traffic --path XC --provider Transit --territory XC",
    ),
    (
        &[REQUEST],
        "refuse --refuses preservation --article 29(5)(b) --ground essential-interests --reasons army",
    ),
    (
        &[REQUEST],
        "postpone --reasons arrest --alternatives-considered --until +2d",
    ),
    (&[REQUEST], "grant --grants logs --use-limitation here"),
    (
        &[REQUEST, REPORT, NOTICE],
        "decide-assistance granted --authority Ministry --grants all",
    ),
    (
        &[REQUEST, REPORT, NOTICE],
        "decide-assistance refused --authority Ministry --article 27(4)(b) --ground essential-interests \
         --reasons army --alternatives-considered",
    ),
    (
        &[REQUEST, REPORT, NOTICE, Kind::MutualAssistanceDecision],
        concat!(
            "disclose --description logs --attachment ",
            env!("CARGO_MANIFEST_DIR"),
            "/Cargo.toml"
        ),
    ),
    (&[REQUEST, REPORT, Kind::Withdrawal], "release --reason withdrawn"),
    (&[REQUEST], "ask --question who --question when --meanwhile safe"),
    (&[Kind::AssistanceRequest], "provide --answer advice"),
];

/// And in these the asking side.
const ASKING: &[(&[Kind], &str)] = &[
    (&[REQUEST, Kind::PreservationWarning], "decide proceed"),
    (
        &[REQUEST, Kind::PreservationWarning],
        "decide withdraw --reasons risky",
    ),
    (&[REQUEST, REPORT], "extend --until +200d --reasons slow"),
    (
        &[REQUEST, REPORT],
        "notice --reference MLA-7 --sent +0s --channel diplomatic",
    ),
    (&[REQUEST], "withdraw --reasons solved"),
    (
        &[REQUEST, REPORT],
        "outcome --usefulness used-in-proceedings --feedback conviction",
    ),
    (
        &[Kind::AssistanceRequest, Kind::InformationNeeded],
        "provide --answer one --answer two",
    ),
    (&[REQUEST, Kind::ConditionalGrant], "accept --binding"),
    (&[REQUEST, Kind::ConditionalGrant], "decline --reasons law"),
    (&[REQUEST], "ask --question who --question when"),
    (&[REQUEST], "note --text hello --language ro"),
];

const REQUEST: Kind = Kind::PreservationRequest;
const REPORT: Kind = Kind::PreservationReport;
const NOTICE: Kind = Kind::MutualAssistanceNotice;

/// `[FORM]` `[ANSWER]` What the options of each verb make can be sent where the verb has its place.
#[test]
fn what_either_side_types_keeps_every_rule() {
    for (sender, lines) in [("XB/police", ASKED), ("XA/police", ASKING)] {
        for (before, line) in lines {
            assert_sent(before, sender, &line.split_whitespace().collect::<Vec<_>>());
        }
    }
}

/// Content of spontaneous information is told below.
#[test]
fn no_verb_is_left_out() {
    for verb in verbs().filter(|verb| verb.name != "content") {
        let begins = |(_, line): &(&[Kind], &str)| line.split(' ').next() == Some(verb.name);
        assert!(ASKED.iter().chain(ASKING).any(begins), "{}", verb.name);
    }
}

/// `[C28-3]` Nobody is bound by accident: without the word that says so, nothing is accepted.
#[test]
fn acceptance_says_that_it_binds() {
    let before = [Kind::PreservationRequest, Kind::ConditionalGrant];
    let refused = said(&before, "XA/police", &["accept", "0193", "--role", "r"]).unwrap_err();
    assert!(refused.contains("binding"), "{refused}");
}

/// `[C26-2]` The verb is there, and the judge keeps the content back until the conditions were accepted.
#[test]
fn content_waits_for_the_acceptance_of_its_conditions() {
    let line = [
        "content",
        "0193",
        "--role",
        "r",
        "--content",
        "the list",
        "--subject",
        "s",
        "--relevance",
        "r",
    ];
    let refused = said(&[Kind::SpontaneousInformation], "XA/police", &line).unwrap_err();
    assert!(refused.contains("C26-2"), "{refused}");
    let mut case = Case::of(&[Kind::SpontaneousInformation]);
    let accept = parse(&["accept", "0193", "--role", "r", "--binding"]);
    let draft = accept.request(&accept.base(&now(2)).unwrap(), "B").draft;
    let accepted = case.judge(&draft, "XB/police").unwrap();
    case.messages.push(accepted);
    let saying = parse(&line);
    let draft = saying.request(&saying.base(&now(3)).unwrap(), "A").draft;
    case.judge(&draft, "XA/police").unwrap();
}

/// `[CASE-STATE]` `[CASE-ROLE]` An impossible answer cannot be sent, whoever types it.
#[test]
fn an_impossible_answer_is_refused() {
    let line = [
        "extend",
        "0193",
        "--role",
        "r",
        "--until",
        "+90d",
        "--reasons",
        "r",
    ];
    let refused = said(&[Kind::PreservationRequest], "XA/police", &line).unwrap_err();
    assert!(refused.contains("CASE-STATE"), "{refused}");
    let line = ["withdraw", "0193", "--role", "r", "--reasons", "r"];
    let refused = said(&[Kind::PreservationRequest], "XB/police", &line).unwrap_err();
    assert!(refused.contains("CASE-ROLE"), "{refused}");
}
