//! What either side says.

use convention::message::Kind;

use crate::answer::field::{text, texts, word, yes};
use crate::answer::verb::Verb;

const REFERENCE: &str = "Your own reference";

/// See above.
pub(super) static VERBS: &[Verb] = &[
    Verb {
        name: "ask",
        kind: Kind::InformationNeeded,
        about: "Ask questions, or say what is wrong with a request",
        fixed: &[],
        fields: &[
            word(
                "lacking",
                "information, translation, substance or form; information where this is left out",
            )
            .otherwise("information"),
            texts("question", "A question; several times if there are several").at("questions"),
            text(
                "meanwhile",
                "What happens meanwhile: are the data safe while you wait?",
            ),
            text("reference", REFERENCE),
        ],
        learn: None,
    },
    Verb {
        name: "provide",
        kind: Kind::InformationProvided,
        about: "Answer questions, or give the advice that was asked for",
        fixed: &[],
        fields: &[
            texts(
                "answer",
                "An answer, in the order of the questions; several times",
            )
            .at("answers"),
            text("reference", REFERENCE),
        ],
        learn: None,
    },
    Verb {
        name: "accept",
        kind: Kind::ConditionsAccepted,
        about: "Accept the conditions of the other side: they bind your Party",
        fixed: &[],
        fields: &[
            yes(
                "binding",
                "Your Party is bound by the conditions: without this nothing is accepted",
            ),
            text("statement", "Anything to add; it cannot change the conditions"),
        ],
        learn: None,
    },
    Verb {
        name: "decline",
        kind: Kind::ConditionsDeclined,
        about: "Decline the conditions of the other side",
        fixed: &[],
        fields: &[text("reasons", "Which condition, and why")],
        learn: None,
    },
    Verb {
        name: "outcome",
        kind: Kind::Outcome,
        about: "Tell what came of it; closes the case",
        fixed: &[],
        fields: &[
            word(
                "usefulness",
                "used-in-proceedings, used-in-investigation, of-no-use or not-known",
            ),
            text("feedback", "What the data were used for"),
            text("proceedings", "The proceedings"),
        ],
        learn: None,
    },
    Verb {
        name: "note",
        kind: Kind::Note,
        about: "Write a note: correspondence within the case",
        fixed: &[],
        fields: &[text("subject", "What it is about"), text("text", "The note")],
        learn: None,
    },
];
