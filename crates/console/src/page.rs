//! The pages. Everything that a peer or an officer wrote goes through maud, which escapes it.

use control::types::{CaseSummary, Deadline, DeadlineFamily, OurRole};
use convention::message::Kind;
use convention::time::{Instant, Zone, ZonedInstant};
use maud::{DOCTYPE, Markup, html};

/// The state of a case in which nothing lapses before somebody decides, as the control API names it.
const AWAITS_DECISION: &str = "mutual-assistance-received";

/// The list of cases. `older` is the case after which the next page begins, where there is one.
pub(crate) fn cases(cases: &[CaseSummary], older: Option<&str>, zone: &Zone) -> Markup {
    frame(
        "Cases",
        html! {
            h1 { "Cases" }
            @if cases.is_empty() {
                p { "There is no case here yet." }
                p { "A case begins with a request: " code { "ohrid request new --form preservation" } }
            } @else {
                table {
                    caption { "The latest change first." }
                    thead {
                        tr {
                            th scope="col" { "Case" }
                            th scope="col" { "About" }
                            th scope="col" { "With" }
                            th scope="col" { "State" }
                            th scope="col" { "Next date" }
                            th scope="col" { "Last change" }
                            th scope="col" { "Preserved until" }
                        }
                    }
                    tbody {
                        @for case in cases { (row(case, zone)) }
                    }
                }
            }
            @if let Some(older) = older {
                p { a href={ "/?before=" (older) } rel="next" { "Older cases" } }
            }
        },
    )
}

/// What is shown when the node gives no answer.
pub(crate) fn failure(what: &str) -> Markup {
    frame(
        "No answer from the node",
        html! {
            h1 { "The node gives no answer" }
            p role="alert" { (what) }
            p { "Nothing is lost." }
            p { code { "ohrid node status" } " shows how the node is; then reload this page." }
        },
    )
}

/// What is shown for an address that leads nowhere.
pub(crate) fn not_found() -> Markup {
    frame(
        "No such page",
        html! {
            h1 { "There is no such page" }
            p { a href="/" { "The list of cases" } }
        },
    )
}

/// One case. Each cell bears its heading as well: on a telephone the table is shown as a list.
fn row(case: &CaseSummary, zone: &Zone) -> Markup {
    let direction = match case.our_role {
        OurRole::Requesting => "we asked",
        OurRole::Requested => "asked us",
    };
    html! {
        tr {
            th scope="row" { code { (case.reference) } }
            td data-heading="About" {
                (case.title) br;
                // A drill cannot be taken for a real request.
                @if case.kind == Kind::Drill.as_str() {
                    strong { "DRILL: an exercise" }
                } @else {
                    small { (words(&case.kind)) }
                }
            }
            td data-heading="With" { (case.peer) br; small { (direction) } }
            td data-heading="State" {
                (words(&case.state)) br; small { (because(case)) }
                @for alarm in &case.alarms {
                    p.alarm { strong { (words(&alarm.kind)) } ": " (alarm.what) " " (alarm.action) }
                }
            }
            td data-heading="Next date" { (next_date(case.next_deadline.as_ref(), zone)) }
            td data-heading="Last change" { (time(case.updated_at.as_millisecond(), zone)) }
            td data-heading="Preserved until" { (preserved(case, zone)) }
        }
    }
}

/// A name of the control API, as people write it.
fn words(name: &str) -> String {
    name.replace('-', " ")
}

/// Why the case is in its state, which stands above it already.
fn because(case: &CaseSummary) -> &str {
    let said = case.state_because.strip_prefix(&case.state);
    said.and_then(|rest| rest.strip_prefix(", "))
        .unwrap_or(&case.state_because)
}

/// What runs out next, and whether the law says so or we do.
fn next_date(deadline: Option<&Deadline>, zone: &Zone) -> Markup {
    let Some(deadline) = deadline else {
        return html! { span aria-label="none" { "–" } };
    };
    let family = match deadline.family {
        DeadlineFamily::Law => "the law",
        DeadlineFamily::Policy => "our policy",
    };
    html! {
        (time(deadline.at.as_millisecond(), zone)) br;
        small { (words(&deadline.kind)) " (" (family) ")" }
    }
}

/// Until when the data are preserved: with no end once mutual assistance is asked for (Article 29(7)).
fn preserved(case: &CaseSummary, zone: &Zone) -> Markup {
    match case.preserved_until {
        Some(until) => time(until.as_millisecond(), zone),
        None if case.state == AWAITS_DECISION => html! { "the decision on mutual assistance" },
        None => html! { span aria-label="no date" { "–" } },
    }
}

/// Local time and UTC `[TIME-BOTH]`, to the second. A line ends between the two, and not within a date.
fn time(unix_ms: i64, zone: &Zone) -> Markup {
    let whole_seconds_ms = unix_ms - unix_ms.rem_euclid(1000);
    match Instant::from_unix_ms(whole_seconds_ms) {
        Ok(instant) => {
            let text = ZonedInstant::new(instant, zone.clone()).local_and_utc();
            let (local, utc) = text.split_once(" (").unwrap_or((&text, ""));
            let (day, rest) = local.split_once(' ').unwrap_or((local, ""));
            html! {
                time datetime=(instant) {
                    span.whole { (day) } " " (rest)
                    @if !utc.is_empty() { " " small.whole { "(" (utc) } }
                }
            }
        }
        Err(_) => html! { "unknown" },
    }
}

fn frame(title: &str, content: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " – Ohrid" }
                link rel="stylesheet" href="/style.css";
            }
            body {
                main { (content) }
                footer {
                    p { "Read only. To write, check and send: the " code { "ohrid" } " command." }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
