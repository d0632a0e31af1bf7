//! What the side says that asks.

use convention::message::Kind;

use crate::answer::field::{argument, text, time};
use crate::answer::learned;
use crate::answer::verb::Verb;

/// See above.
pub(super) static VERBS: &[Verb] = &[
    Verb {
        name: "decide",
        kind: Kind::WarningDecision,
        about: "Decide on a warning: go on all the same, or take the request back",
        fixed: &[],
        fields: &[
            argument("decision", "DECISION", "proceed, or withdraw"),
            text("reasons", "Why, and what to take care of"),
        ],
        learn: None,
    },
    Verb {
        name: "extend",
        kind: Kind::ExtensionRequest,
        about: "Ask that the data be preserved for longer",
        fixed: &[],
        fields: &[
            time(
                "until",
                "Until when: a time with its place, such as 2026-12-01T12:00:00[Europe/Bucharest]",
            ),
            text("reasons", "Why"),
            time(
                "assistance-expected",
                "When the mutual assistance request can be expected: +30d",
            )
            .at("mutual_assistance_expected"),
            text("earlier-ticket", "The number of the earlier ticket"),
        ],
        learn: None,
    },
    Verb {
        name: "notice",
        kind: Kind::MutualAssistanceNotice,
        about: "Give notice that the mutual assistance request went by another channel: no lapse from now on",
        fixed: &[],
        fields: &[
            text("reference", "The reference of the mutual assistance request"),
            time(
                "sent",
                "When it was sent: 2026-12-01T12:00:00[Europe/Bucharest], or +0s for now",
            ),
            text("channel", "By which channel"),
            text("from-authority", "The authority that sent it"),
            text("to-authority", "The authority that it went to"),
            text("remarks", "Anything to add"),
        ],
        learn: None,
    },
    Verb {
        name: "content",
        kind: Kind::SpontaneousInformation,
        about: "Send the content of spontaneous information: step two, once the conditions were accepted",
        fixed: &[("step", "content")],
        fields: &[
            text("content", "The information"),
            text("origin", "Where it comes from"),
            text(
                "subject",
                "What it is about; as in the offer where this is left out",
            ),
            text(
                "relevance",
                "What it might help; as in the offer where this is left out",
            ),
            text(
                "reference",
                "Your reference; as in the offer where this is left out",
            ),
        ],
        learn: Some(learned::offered),
    },
    Verb {
        name: "withdraw",
        kind: Kind::Withdrawal,
        about: "Take the request back",
        fixed: &[],
        fields: &[text("reasons", "Why")],
        learn: None,
    },
];
