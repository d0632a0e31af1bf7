//! Witnesses in `ohrid node status`: what is wrong first.

use control::types::{LedgerFork, SigningState, WitnessState};
use jiff::tz::TimeZone;

use crate::{table, when};

/// What is to be said. `own` is the node's Party.
pub(super) fn lines(state: &WitnessState, own: &str, zone: &TimeZone) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    match state.signing {
        SigningState::Allowed => {}
        SigningState::Checking => lines.push(("Witnesses", "being asked what they know".to_owned())),
        SigningState::Waiting => {
            lines.push((
                "ALARM",
                "nothing is signed before more witnesses are reached".to_owned(),
            ));
        }
        SigningState::Refused => lines.push((
            "ALARM",
            format!(
                "nothing is signed: {} know more of this ledger than it does;\nan old backup was put back, \
                 or another node has the same keys",
                state.against.join(", ")
            ),
        )),
    }
    lines.extend(state.forks.iter().map(|fork| ("ALARM", told(fork, own))));
    let size = state.published_size;
    let published = size.map_or("nothing yet".to_owned(), table::entries);
    let names: Vec<&str> = state
        .witnesses
        .iter()
        .filter(|witness| witness.trouble.is_none())
        .map(|witness| witness.name.as_str())
        .collect();
    let by = if names.is_empty() {
        String::new()
    } else {
        format!(", by {}", names.join(" "))
    };
    lines.push(("Witnessed", format!("{published}{by}")));
    if state.lagging {
        let since = when::both_or_dash(state.behind_since, zone);
        lines.push((
            "ALARM",
            format!("what was signed is without its quorum of witnesses since {since}"),
        ));
    }
    lines
}

fn told(fork: &LedgerFork, own: &str) -> String {
    let LedgerFork { party, proof, .. } = fork;
    match fork.shows.as_str() {
        "rollback" => format!("the ledger of {party} does not have what it has signed\n{proof}"),
        _ if own == party => format!("our ledger has shown two histories\n{proof}"),
        _ => format!("the ledger of {party} has shown two histories: nothing is exchanged with it\n{proof}"),
    }
}

#[cfg(test)]
mod tests;
