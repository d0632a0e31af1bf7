//! Both ledgers, exported, checked by the independent verifier, and counted message by message.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use e2e::entries::entries;
use e2e::network::Network;
use e2e::programs::{Ended, program};
use protocol::entry::Entry;

use crate::table::{Harm, found};

/// What must be there of each message: in which Party's ledger, and as what.
const EXPECTED: [(&str, &str); 3] = [("XA", "submitted"), ("XA", "delivered"), ("XB", "received")];

/// Checks that each accepted message is once in both ledgers, and that nothing else is.
pub fn check<'a>(
    network: &Network,
    accepted: impl Iterator<Item = &'a String>,
    expired: &BTreeSet<String>,
) -> Result<()> {
    let mut counts = BTreeMap::<(String, &'static str, &'static str), u64>::new();
    for party in ["XA", "XB"] {
        for entry in verified(network, party)? {
            if let Some((message, what)) = fact(&entry)? {
                if expired.contains(&message) && what != "received" {
                    continue;
                }
                *counts.entry((message, party, what)).or_default() += 1;
            }
        }
    }
    for message in accepted {
        for (party, what) in EXPECTED {
            match counts.remove(&(message.clone(), party, what)) {
                None => return found(Harm::Lost, format!("{message} is not {what} in {party}'s ledger")),
                Some(1) => {}
                Some(times) => {
                    let what = format!("{message} is {what} {times} times in {party}'s ledger");
                    return found(Harm::Double, what);
                }
            }
        }
    }
    match counts.first_key_value() {
        None => Ok(()),
        Some(((message, party, what), _)) => found(
            Harm::Wrong,
            format!("{message} is {what} in {party}'s ledger, and nobody was told so"),
        ),
    }
}

/// How often each message stands in one Party's ledger as received.
pub fn received(network: &Network, party: &str) -> Result<BTreeMap<String, u64>> {
    standing(network, party, "received")
}

/// How often each message stands in one Party's ledger as submitted.
pub fn submitted(network: &Network, party: &str) -> Result<BTreeMap<String, u64>> {
    standing(network, party, "submitted")
}

fn standing(network: &Network, party: &str, wanted: &str) -> Result<BTreeMap<String, u64>> {
    let mut counts = BTreeMap::new();
    for entry in verified(network, party)? {
        if let Some((message, what)) = fact(&entry)?
            && what == wanted
        {
            *counts.entry(message).or_default() += 1;
        }
    }
    Ok(counts)
}

/// Exports the ledger of a running node, has it verified, and reads its entries.
pub fn verified(network: &Network, party: &str) -> Result<Vec<Entry>> {
    network.publish_trust_anchor()?;
    let export = network.path("export").join(party.to_lowercase());
    if export.exists() {
        std::fs::remove_dir_all(&export)?;
    }
    let folder = export.to_string_lossy();
    let exported = network.officer(party, ["ledger", "export", "--output", &folder])?;
    if exported.code != 0 {
        return found(
            Harm::Stuck,
            format!("{party}'s ledger is not exported: {exported:?}"),
        );
    }
    let verified = Ended::of(program("ohrid-verify")?.arg("ledger").arg(&export).arg("--json"))?;
    if verified.code != 0 {
        return found(
            Harm::Wrong,
            format!("{party}'s ledger does not verify: {verified:?}"),
        );
    }
    entries(&export).with_context(|| format!("{party}'s entries"))
}

/// What an entry says of a message.
fn fact(entry: &Entry) -> Result<Option<(String, &'static str)>> {
    Ok(match entry {
        Entry::Submitted { header, .. } => Some((header.peek()?.0.message.to_string(), "submitted")),
        Entry::Received { header, .. } => Some((header.peek()?.0.message.to_string(), "received")),
        Entry::Delivered { receipt, .. } => Some((receipt.peek()?.0.message.to_string(), "delivered")),
        Entry::Rejected { rejection, .. } => {
            let message = rejection.peek()?.0.message;
            Some((message.map_or_else(String::new, |id| id.to_string()), "rejected"))
        }
        Entry::Expired { message, .. } => Some((message.to_string(), "expired")),
        _ => None,
    })
}
