//! The whole check of an export, from its checkpoint to its last entry.

use std::path::Path;

use ledger::checkpoint::Checkpoint;
use ledger::note::VerifierKey;
use protocol::directory::Directory;

use crate::excerpt;
use crate::export::Export;
use crate::head::{self, Head};
use crate::inventory;
use crate::options::Options;
use crate::pass::Pass;
use crate::period::PeriodList;
use crate::previous::{Beginning, Previous};
use crate::report::{Place, Report};
use crate::statements::Witnesses;
use crate::trust::{self, Sources, Trusted};

/// Checks the ledger exported to `folder`: everything, on all cores.
///
/// Ends for every input, and keeps no more in memory than [`crate::limits`] allows. A folder that is not
/// there could not be checked; an empty one is an invalid export.
#[must_use]
pub fn check_ledger(folder: &Path, sources: &Sources) -> Report {
    check_ledger_with(folder, sources, &Options::default(), &mut |_, _| {}).0
}

/// As [`check_ledger`], as asked for by `options`; with the list of the period that they ask for, empty if
/// they ask for none.
///
/// `progress` is told, now and then, how many entries are done, and of how many.
#[must_use]
pub fn check_ledger_with(
    folder: &Path,
    sources: &Sources,
    options: &Options,
    progress: &mut dyn FnMut(u64, u64),
) -> (Report, PeriodList) {
    let (mut report, mut list) = (Report::default(), PeriodList::new(options.period));
    let export = Export::new(folder);
    if !folder.is_dir() {
        report.could_not_check(format!("there is no folder {}", folder.display()));
        return (report, list);
    }
    let trusted = trust::load(folder, sources, &mut report);
    let policy = sources
        .policy
        .as_ref()
        .and_then(|file| head::read_policy(file, &mut report));
    let head = Head::read(&export, &trusted, policy.as_ref(), &mut report);
    let checkpoint = head.as_ref().map(|head| &head.checkpoint);
    // A size that nobody has signed is not relied on: the files tell as well.
    let size = checkpoint.map_or_else(|| inventory::size_by_names(&export), |known| known.size);
    let excerpt = excerpt::read(&export, size, &mut report);
    inventory::find_unexpected(&export, size, excerpt.as_ref(), &mut report);
    let witnesses = find_witnesses(&trusted, checkpoint, &mut report);
    let beginning = Beginning::read(&export, size);
    let previous = follow(
        beginning.as_ref(),
        sources,
        checkpoint,
        witnesses.as_ref(),
        &mut report,
    );
    let pass = Pass {
        beginning: beginning.as_ref(),
        previous: previous.as_ref(),
        export: &export,
        size,
        witnesses: witnesses.as_ref(),
        options,
        excerpt: excerpt.as_ref(),
    };
    pass.run(checkpoint, &mut report, &mut list, &mut |done| {
        progress(done, size)
    });
    if let Some(excerpt) = &excerpt {
        excerpt::report_what_is_left_out(excerpt, &export, size, options.period.as_ref(), &mut report);
    }
    check_ledger_key_period(&trusted, witnesses.as_ref(), &mut report);
    check_against_what_was_brought(
        sources,
        &export,
        &trusted,
        policy.as_ref(),
        head.as_ref(),
        &mut report,
    );
    report.head = head.map(|head| head.checkpoint);
    (report, list)
}

/// Checks how the log began, if it follows another one; gives the export of that one, if it was brought
/// along.
fn follow(
    beginning: Option<&Beginning>,
    sources: &Sources,
    checkpoint: Option<&Checkpoint>,
    witnesses: Option<&Witnesses<'_>>,
    report: &mut Report,
) -> Option<Previous> {
    let Some(beginning) = beginning else {
        if let Some(previous) = &sources.previous {
            let reason = "this log follows no other: its first entry does not begin one that does";
            report.find(Place::Entry(0), previous.display(), reason);
        }
        return None;
    };
    beginning.check(checkpoint, witnesses, report);
    beginning.open_previous(sources.previous.as_ref()?, report)
}

/// The auditor's policy and kept checkpoint. Without a head there is nothing to hold against them; that it is
/// missing or damaged was reported.
fn check_against_what_was_brought(
    sources: &Sources,
    export: &Export,
    trusted: &Trusted,
    policy: Option<&ledger::policy::Policy>,
    head: Option<&Head>,
    report: &mut Report,
) {
    let Some(head) = head else {
        if sources.policy.is_some() || sources.since.is_some() {
            report.could_not_check(
                "the policy and the kept checkpoint: there is no checkpoint to hold them against",
            );
        }
        return;
    };
    if let Some(policy) = policy {
        head.check_policy(policy, report);
    }
    if let Some(file) = &sources.since {
        head.check_since(file, export, trusted, report);
    }
}

/// Finds out whose ledger it is, going by its origin.
fn find_witnesses<'a>(
    trusted: &'a Trusted,
    checkpoint: Option<&Checkpoint>,
    report: &mut Report,
) -> Option<Witnesses<'a>> {
    let (directory, directory_digest) = trusted.directory.as_ref()?;
    let key_name = trusted.log_key.as_ref().map(VerifierKey::name);
    let origin = key_name.or(checkpoint.map(|checkpoint| checkpoint.origin.as_str()));
    let Some(origin) = origin else {
        report.could_not_check("signatures in entries: whose ledger this is cannot be told");
        return None;
    };
    let mut with_origin = directory.parties.iter().flat_map(|(party, record)| {
        let of_origin = record.ledger_keys.iter().filter(|key| key.value.name() == origin);
        of_origin.map(|key| (*party, &key.value))
    });
    let Some((own, _)) = with_origin.clone().next() else {
        report.could_not_check(format!(
            "signatures in entries: the directory knows no ledger {origin}"
        ));
        return None;
    };
    if let Some(log_key) = &trusted.log_key
        && !with_origin.any(|(_, known)| known == log_key)
    {
        report.find(
            Place::Elsewhere,
            "verifier key",
            format!("the directory has another key for the ledger {origin} of {own}"),
        );
    }
    Some(Witnesses {
        directory,
        directory_digest: *directory_digest,
        own,
    })
}

/// The log's key must have been valid when the last entry was recorded.
fn check_ledger_key_period(trusted: &Trusted, witnesses: Option<&Witnesses<'_>>, report: &mut Report) {
    let (Some(witnesses), Some(log_key), Some((_, last))) = (witnesses, &trusted.log_key, report.period)
    else {
        return;
    };
    let directory: &Directory = witnesses.directory;
    let keys = directory
        .party(witnesses.own)
        .map(|record| record.ledger_keys.as_slice())
        .unwrap_or_default();
    let mut periods = keys.iter().filter(|key| key.value == *log_key).peekable();
    if periods.peek().is_some() && !periods.any(|period| period.covers(last)) {
        let reason = "the directory does not have this key for the time of the last entries";
        report.find(Place::Elsewhere, "verifier key", reason);
    }
}

#[cfg(test)]
mod tests;
