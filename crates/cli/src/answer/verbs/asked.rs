//! What the side says that was asked.

use convention::message::Kind;

use crate::answer::field::{argument, column, condition, text, texts, time, word, yes};
use crate::answer::learned;
use crate::answer::verb::Verb;

const REFERENCE: &str = "Your own reference";

/// See above.
pub(super) static VERBS: &[Verb] = &[
    Verb {
        name: "acknowledge",
        kind: Kind::Acknowledgement,
        about: "Take charge: your name, your reference, and what happens next",
        fixed: &[],
        fields: &[
            text("reference", REFERENCE),
            text("next-steps", "What happens next"),
            time(
                "expected",
                "When more can be expected: +2d, or 2026-12-01T12:00:00[Europe/Bucharest]",
            ),
        ],
        learn: None,
    },
    Verb {
        name: "refer",
        kind: Kind::Referral,
        about: "Say that you sent the request on to the authority that is competent",
        fixed: &[],
        fields: &[
            text("authority", "The authority that has the request now"),
            text("contact", "How to reach it"),
            text(
                "contact-point",
                "Its contact point, where it is on this network: XB/prosecution",
            ),
            text("reference", "Under which reference it has the request"),
            text("reasons", "Why"),
        ],
        learn: None,
    },
    Verb {
        name: "preserve",
        kind: Kind::PreservationReport,
        about: "Report what was preserved, from when until when",
        fixed: &[],
        fields: &[
            word(
                "outcome",
                "preserved, partly-preserved or nothing-found; preserved where left out",
            )
            .otherwise("preserved"),
            text("reference", REFERENCE),
            text(
                "scope",
                "What is preserved; if nothing was found, where you looked",
            ),
            text("not-preserved", "What of the request is not preserved, and why"),
            texts(
                "category",
                "subscriber, traffic or content; several times if there are several",
            )
            .at("categories"),
            text("custodian", "Who holds the data"),
            time("since", "Since when; now where only --until is given")
                .at("from")
                .with("until", "+0s"),
            time(
                "until",
                "Until when: +90d, or 2026-12-01T12:00:00[Europe/Bucharest]; at least 60 days",
            ),
            text("order-reference", "The number of the domestic order").at("order.reference"),
            text("order-authority", "The authority that gave it")
                .at("order.authority")
                .requires("order-reference"),
            time("order-since", "When the order begins; now where this is left out")
                .at("order.from")
                .with("order-reference", "+0s")
                .requires("order-reference"),
            time("order-until", "When the order ends")
                .at("order.until")
                .requires("order-reference"),
            text(
                "assistance-reference",
                "The mutual assistance request that is in, by its reference",
            )
            .at("mutual_assistance.reference"),
            time("assistance-received", "When it came in")
                .at("mutual_assistance.received")
                .requires("assistance-reference"),
        ],
        learn: None,
    },
    Verb {
        name: "warn",
        kind: Kind::PreservationWarning,
        about: "Warn that preservation would not help, or would do harm; the other side decides",
        fixed: &[],
        fields: &[
            texts(
                "ground",
                "availability-not-ensured, confidentiality-threatened or investigation-prejudiced; \
                 several times if there are several",
            )
            .at("grounds"),
            text("explanation", "Why, so that the other side can decide"),
            text("meanwhile", "What was done so far"),
            time("wanted-by", "Until when a decision would still help: +6h"),
            text("reference", REFERENCE),
        ],
        learn: None,
    },
    Verb {
        name: "disclose-traffic",
        kind: Kind::TrafficDataDisclosure,
        about: "Disclose enough traffic data to identify another provider, and the path (Article 30)",
        fixed: &[],
        fields: &[
            text("path", "The path of the communication, with times"),
            column(
                "provider",
                "A provider that took part; several times if there are several",
            )
            .at("providers.name"),
            column(
                "territory",
                "The state in which it is; in the order of --provider",
            )
            .at("providers.territory")
            .requires("provider"),
            column(
                "identified-by",
                "How it was identified; in the order of --provider",
            )
            .at("providers.identified_by")
            .requires("provider"),
            column("provider-contact", "How to reach it; in the order of --provider")
                .at("providers.contact")
                .requires("provider"),
            text("reference", REFERENCE),
            text("remarks", "Anything to add"),
        ],
        learn: None,
    },
    Verb {
        name: "refuse",
        kind: Kind::Refusal,
        about: "Refuse, with the article, the ground, and the reasons",
        fixed: &[],
        fields: &[
            word(
                "refuses",
                "preservation, traffic-data-disclosure, mutual-assistance, assistance or \
                 emergency-disclosure; what was asked where this is left out",
            ),
            word(
                "article",
                "29(4), 29(5)(a), 29(5)(b), 30(2)(a), 30(2)(b), 27(4)(a), 27(4)(b), 25(4) or 35(1)",
            ),
            word(
                "ground",
                "political-offence, essential-interests, dual-criminality or domestic-law-or-treaty; \
                 there are no others",
            ),
            text("reasons", "The reasons, in words"),
            yes(
                "alternatives-considered",
                "For mutual assistance: a grant in part or under conditions was considered",
            ),
            yes(
                "outside-articles-2-to-11",
                "For dual criminality: the offence falls outside Articles 2 to 11",
            )
            .at("dual_criminality.offence_outside_articles_2_to_11"),
            text(
                "belief",
                "For dual criminality: why the condition cannot be fulfilled at disclosure",
            )
            .at("dual_criminality.belief"),
            text("reference", REFERENCE),
        ],
        learn: Some(learned::refused),
    },
    Verb {
        name: "postpone",
        kind: Kind::Postponement,
        about: "Not now: it would prejudice your own investigations or proceedings",
        fixed: &[],
        fields: &[
            text("reasons", "Which investigations or proceedings would suffer"),
            yes(
                "alternatives-considered",
                "A grant in part or under conditions was considered (Article 27(6))",
            ),
            time("until", "Until when"),
            text("meanwhile", "Whether the data are safe meanwhile"),
            text("reference", REFERENCE),
        ],
        learn: None,
    },
    Verb {
        name: "grant",
        kind: Kind::ConditionalGrant,
        about: "Yes, if the other side accepts conditions (Articles 27(6) and 28)",
        fixed: &[],
        fields: &[
            text("grants", "What will be done once the conditions are accepted"),
            condition(
                "confidentiality",
                "confidentiality",
                "A condition on who may know; several times",
            ),
            condition(
                "use-limitation",
                "use-limitation",
                "A condition on the use; several times",
            ),
            condition("condition", "other", "Another condition; several times"),
            text("reasons", "Why they are set"),
            text("reference", REFERENCE),
        ],
        learn: None,
    },
    Verb {
        name: "decide-assistance",
        kind: Kind::MutualAssistanceDecision,
        about: "Tell the decision on mutual assistance",
        fixed: &[],
        fields: &[
            argument(
                "decision",
                "DECISION",
                "granted, partly-granted, refused or impossible",
            ),
            text("authority", "The authority that decided"),
            text("reference", "Its reference"),
            text("grants", "What is granted, and what happens next"),
            word("article", "For a refusal: 27(4)(a), 27(4)(b) or 25(4)"),
            word(
                "ground",
                "For a refusal: political-offence, essential-interests or domestic-law-or-treaty",
            ),
            text("reasons", "For whatever is not granted: the reasons"),
            yes(
                "alternatives-considered",
                "For a refusal: a grant in part or under conditions was considered",
            ),
        ],
        learn: None,
    },
    Verb {
        name: "disclose",
        kind: Kind::Disclosure,
        about: "Disclose data: what they are, how they were obtained, and the files (--attachment)",
        fixed: &[],
        fields: &[
            text("description", "What is disclosed, and how it was obtained"),
            yes("more-follows", "More will follow"),
            text("reference", REFERENCE),
        ],
        learn: None,
    },
    Verb {
        name: "release",
        kind: Kind::ReleaseNotice,
        about: "Say that the preservation has ended, and why",
        fixed: &[],
        fields: &[
            word("reason", "time-up, withdrawn, decided, disclosed or lost"),
            time("released", "When it ended; now where this is left out").otherwise("+0s"),
            text("explanation", "More about it; needed where data were lost"),
            text("order-reference", "The number of the order that has ended"),
        ],
        learn: None,
    },
];
