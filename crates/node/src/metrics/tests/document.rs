//! `docs/metrics.md`: every metric once, made from the registry itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::*;
use crate::rotation::terms::{KeyKind, Stage, Term};

const HEAD: &str = "# Metrics

What `/metrics` shows: on the control socket, and where `[health] listen` says. Made from the program
itself; a test compares them, and another one that no label holds anything but what stands here. Whoever
asks for OpenMetrics is given that (Prometheus does), everybody else the older text format, with the same
names.

No metric has a name of a person, a message's or case's id, or a word that was said. `peer` is a Party's
code, and there are at most a hundred; every other label has a fixed, small set of values. A scrape folds no
case and opens no message: it asks the core how its queues stand, looks at the disk and at the process, and
counts drafts only when there are others. What each alert means stands in [alarms.md](alarms.md).

Two figures are measured and not counted, so it is said how. *Clocks*: each connection begins with a signed
hello that says the peer's time; `ohrid_peer_clock_ahead_seconds` is that minus ours when it came, its
travel of some milliseconds included, and nothing that drifted since. `ohrid_clock_skew_seconds` is our
distance from the median of those. *Receipts*: `ohrid_receipt_duration_seconds` counts by our clock alone,
from the commit of the message to the receipt that was verified; a message that waited for days because the
peer was away counts as days.

";

/// Makes every line that there can be, once.
fn populated() -> Metrics {
    let metrics = Metrics::new();
    let (xb, second, at) = ("XB".parse().unwrap(), Duration::from_secs(1), UnixMillis(1_000));
    metrics.handshake_refused("flood");
    metrics.peer_misbehaved(xb);
    metrics.answer_ignored(xb);
    metrics.put_off(xb, "crowded");
    metrics.stream_given_up(xb, "slow");
    metrics.throttled(xb);
    metrics.happened("received");
    metrics.alarms([].into_iter());
    metrics.dialled();
    metrics.committed(1, second, Some(second));
    metrics.checks([("core", 2)].into_iter());
    metrics.directory.asked("newer");
    metrics.directory.set_key_terms(&[Term {
        kind: KeyKind::Tls,
        office: None,
        id: String::new(),
        stage: Stage::InUse,
        valid_from: None,
        valid_until: Some(at),
        used_from: None,
        is_held: true,
        is_named: true,
        is_succeeded: false,
    }]);
    metrics.queues.connected(xb);
    metrics.queues.set_queued(Some(&[]), at);
    let standing = PeerStanding {
        connected: true,
        last_seen: Some(at),
        clock_ahead_seconds: Some(0.0),
    };
    metrics
        .queues
        .set_peers(1, &[(xb, standing)].into(), Some(&[]), at);
    metrics.people.set_drafts(0, 0);
    metrics.people.set_erasures(0, 0);
    metrics.people.set_deadlines(&Deadlines::default());
    metrics.transfers.wrong(xb);
    metrics.transfers.withheld("room");
    metrics.transfers.set_state(0, &[("room", 1)].into());
    metrics.outside.asked("tile", 200);
    metrics.outside.stamp_missed("refused");
    metrics.witness.asked(200);
    metrics
}

/// Name, kind, labels and meaning of each.
fn rows() -> Vec<(String, String, BTreeSet<String>, String)> {
    let text = classic(&populated().text());
    let (mut help, mut kinds) = (BTreeMap::new(), BTreeMap::new());
    let mut labels: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in text.lines() {
        if let Some((name, said)) = line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' ')) {
            help.insert(name.to_owned(), said.to_owned());
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' '))
        {
            assert!(
                kinds.insert(name.to_owned(), kind.to_owned()).is_none(),
                "{name} is there twice"
            );
        } else if let Some((series, _)) = line.rsplit_once(' ') {
            let (name, inner) = series.split_once('{').unwrap_or((series, ""));
            let base = ["_bucket", "_sum", "_count"]
                .iter()
                .find_map(|end| name.strip_suffix(end));
            let base = base.filter(|base| kinds.get(*base).is_some_and(|kind| kind == "histogram"));
            let found = inner.split("\",").filter_map(|part| part.split_once('='));
            let found = found
                .map(|(label, _)| label.to_owned())
                .filter(|label| label != "le");
            labels
                .entry(base.unwrap_or(name).to_owned())
                .or_default()
                .extend(found);
        }
    }
    let row = |(name, kind): (String, String)| {
        let labels = labels.remove(&name).unwrap_or_default();
        let said = help.remove(&name).unwrap_or_default();
        (name, kind, labels, said)
    };
    kinds.into_iter().map(row).collect()
}

/// The names that are registered, as the source has them: so that one that nothing above makes is missed.
fn registered() -> BTreeSet<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files: Vec<_> = std::fs::read_dir(source.join("metrics")).unwrap().collect();
    files.retain(|file| file.as_ref().unwrap().path().is_file());
    let mut files: Vec<_> = files.into_iter().map(|file| file.unwrap().path()).collect();
    files.push(source.join("metrics.rs"));
    let mut names = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for (call, prefix) in [(".register(", "ohrid_"), ("show(", "")] {
            for rest in text.split(call).skip(1) {
                if let Some(name) = rest
                    .trim_start()
                    .strip_prefix('"')
                    .and_then(|rest| rest.split('"').next())
                {
                    names.insert(format!("{prefix}{name}"));
                }
            }
        }
    }
    names
}

/// No label can hold what only a few may know: their names are these, and none takes a text from outside.
#[test]
fn labels_are_few() {
    let known = BTreeSet::from(
        [
            "check", "due", "event", "kind", "needs", "outcome", "peer", "priority", "reason", "stage",
            "status", "version", "what",
        ]
        .map(str::to_owned),
    );
    let used: BTreeSet<String> = rows().into_iter().flat_map(|(_, _, labels, _)| labels).collect();
    assert_eq!(used, known);
}

#[test]
fn every_metric_is_in_the_checked_in_table() {
    let rows = rows();
    let bare = |name: &str| {
        let name = name.strip_suffix("_total").unwrap_or(name);
        name.strip_suffix("_info").unwrap_or(name).to_owned()
    };
    let shown: BTreeSet<String> = rows.iter().map(|(name, ..)| bare(name)).collect();
    assert_eq!(shown, registered());
    let mut text = HEAD.to_owned();
    text.push_str("| metric | type | labels | what it is |\n|---|---|---|---|\n");
    for (name, kind, labels, said) in &rows {
        assert!(!said.is_empty(), "{name} says nothing");
        let labels: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
        let said = said.strip_suffix('.').unwrap_or(said);
        text.push_str(&format!(
            "| `{name}` | {kind} | {} | {said} |\n",
            labels.join(", ")
        ));
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/metrics.md");
    if std::env::var_os("OHRID_REGENERATE").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        written == text,
        "docs/metrics.md is old: run OHRID_REGENERATE=1 cargo test --workspace --lib -- checked_in"
    );
}
