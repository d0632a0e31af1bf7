//! Every accepted message stands once in each of both ledgers, with all that belongs to it, and nothing else
//! does. Read from the exports, which the independent verifier has checked first.

use std::collections::BTreeMap;
use std::sync::Mutex;

use anyhow::{Result, ensure};
use e2e::entries::entries;
use e2e::network::for_all;
use protocol::entry::{Entry, Side};

use super::Countries;
use super::traffic::Posted;

/// A message for one recipient, as everybody names it, with the Party in whose ledger it was found and as
/// what.
type Fact = (String, String, String, &'static str);

/// Checks the ledgers of all nodes against what was posted.
pub(super) fn check(countries: &Countries, posted: &[Posted]) -> Result<()> {
    let found = Mutex::new(BTreeMap::<Fact, u64>::new());
    for_all(&countries.parties, |party| {
        countries.network.verified_entries(party)?;
        let export = countries.network.path("export").join(party.to_lowercase());
        let entries = entries(&export)?;
        let mut found = found.lock().map_err(|_| anyhow::anyhow!("poisoned"))?;
        for entry in &entries {
            if let Some((message, to, what)) = fact(entry, party)? {
                *found.entry((message, to, party.clone(), what)).or_default() += 1;
            }
        }
        Ok(())
    })?;
    let found = found.into_inner()?;
    let mut expected = BTreeMap::new();
    for one in posted {
        let recipient = one.to.split('/').next().unwrap_or_default().to_owned();
        for (party, whats) in [
            (&one.from, ["submitted", "delivered", "consigned by them"]),
            (&recipient, ["received", "consigned by us", "reported"]),
        ] {
            for what in whats {
                expected.insert((one.message.clone(), one.to.clone(), party.clone(), what), 1);
            }
        }
    }
    let wrong: Vec<_> = expected
        .keys()
        .chain(found.keys())
        .filter(|fact| found.get(*fact) != expected.get(*fact))
        .take(10)
        .collect();
    ensure!(
        wrong.is_empty(),
        "missing, twice, or of nobody, among others: {wrong:#?}"
    );
    ensure!(!found.is_empty(), "nothing was sent");
    Ok(())
}

/// What an entry of this Party's ledger says of a message; `None` for what is about none.
fn fact(entry: &Entry, own: &str) -> Result<Option<(String, String, &'static str)>> {
    let (message, to, what) = match entry {
        Entry::Submitted { header, .. } => {
            let (header, _) = header.peek()?;
            (header.message, header.to, "submitted")
        }
        Entry::Received { header, .. } => {
            let (header, _) = header.peek()?;
            (header.message, header.to, "received")
        }
        Entry::Delivered { receipt, .. } => {
            let (receipt, _) = receipt.peek()?;
            (receipt.message, receipt.to, "delivered")
        }
        Entry::Consigned { side, report, .. } => {
            let (report, _) = report.peek()?;
            let what = match side {
                Side::Issued => "consigned by us",
                Side::Received => "consigned by them",
            };
            (report.message, report.to, what)
        }
        Entry::ReportDelivered { message, .. } => (*message, format!("{own}/police").parse()?, "reported"),
        Entry::Rejected { .. } => anyhow::bail!("a rejection: {entry:?}"),
        Entry::Expired { .. } => anyhow::bail!("something expired: {entry:?}"),
        _ => return Ok(None),
    };
    Ok(Some((message.to_string(), to.to_string(), what)))
}
