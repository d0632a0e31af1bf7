//! The pages. Everything that a peer or an officer wrote goes through maud, which escapes it.

use control::types::{CaseSummary, OurRole};
use convention::time::{Instant, Zone, ZonedInstant};
use maud::{DOCTYPE, Markup, html};

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

fn row(case: &CaseSummary, zone: &Zone) -> Markup {
    let direction = match case.our_role {
        OurRole::Requesting => "we asked",
        OurRole::Requested => "asked us",
    };
    html! {
        tr {
            th scope="row" { code { (case.reference) } }
            td { (case.title) br; small { (case.kind) } }
            td { (case.peer) br; small { (direction) } }
            td { (case.state) br; small { (case.state_because) } }
            td { (time(case.updated_at.as_millisecond(), zone)) }
            td {
                @match case.preserved_until {
                    Some(until) => (time(until.as_millisecond(), zone)),
                    None => span aria-label="unknown" { "–" },
                }
            }
        }
    }
}

/// Local time and UTC `[TIME-BOTH]`, to the second.
fn time(unix_ms: i64, zone: &Zone) -> Markup {
    let whole_seconds_ms = unix_ms - unix_ms.rem_euclid(1000);
    match Instant::from_unix_ms(whole_seconds_ms) {
        Ok(instant) => {
            let text = ZonedInstant::new(instant, zone.clone()).local_and_utc();
            html! { time datetime=(instant) { (text) } }
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
