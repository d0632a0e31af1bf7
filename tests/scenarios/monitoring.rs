//! Watching a node: a real Prometheus scrapes it, its alerts and its dashboard are run, and one message is
//! followed through two nodes' logs in which nothing that was said can be found.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use e2e::network::Network;
use e2e::outsider::http;
use e2e::programs::checkout;
use e2e::prometheus::{Prometheus, deployed, promtool};
use e2e::running::{PATIENCE, Running};
use serde_json::Value;

mod logs;

/// Panels of which a query may have no result here, and why.
const MAY_BE_EMPTY: &[(&str, &str)] = &[
    (
        "Receipts: median and the slowest tenth",
        "a quantile of nothing is NaN or absent",
    ),
    ("Attachments that wait", "no attachment waits in this test"),
    ("Put off and refused", "nobody is over a quota"),
    ("Outsiders' requests", "[public] is off"),
    ("Time stamps", "[time_stamp] is off"),
    ("Away, by peer", "everybody is connected"),
    ("Waiting, by peer", "nothing waits"),
    ("Oldest waiting, by peer", "nothing waits"),
    ("Connections refused, by reason", "nobody was refused"),
    ("Misbehaviour and over quota", "nobody misbehaves"),
    (
        "Cosignatures asked of us",
        "counted when the first one is asked for",
    ),
    (
        "Full within (days), at the rate of six hours",
        "there are no six hours yet",
    ),
    (
        "Days until keys end",
        "a key without an end, or with a successor, has no line",
    ),
    (
        "Inodes and faults",
        "the file system may have no fixed number of inodes",
    ),
];

/// Serves metrics and health on a loopback port, and logs as asked.
fn watched(network: &Network, party: &str, level: &str) -> Result<()> {
    let file = network.node_folder(party).join("node.toml");
    let text = std::fs::read_to_string(&file)?;
    let log = format!("format = \"json\"\nlevel = \"{level}\"");
    let changed = text.replace("format = \"text\"\nlevel = \"info\"", &log);
    ensure!(changed != text, "[log] is written otherwise:\n{text}");
    Ok(std::fs::write(
        &file,
        format!("{changed}\n[health]\nlisten = \"127.0.0.1:0\"\n"),
    )?)
}

/// Where a node serves them, as its log says.
fn health_address(node: &Running) -> Result<SocketAddr> {
    let line: Value = serde_json::from_str(&node.wait_for_line("metrics and health are served")?)?;
    let address = line.pointer("/fields/address").and_then(Value::as_str);
    address.context("an address")?.parse().context("an address")
}

fn send(network: &Network) -> Result<Value> {
    let request = Network::example_request();
    let request = request.to_string_lossy();
    let sent = network.officer(
        "XA",
        [
            "request",
            "send",
            &request,
            "--to",
            "XB/police",
            "--wait",
            "consigned",
            "--json",
        ],
    )?;
    sent.expect_code(0)?.json()
}

fn metrics(address: SocketAddr) -> Result<String> {
    Ok(http(address, "GET", "/metrics", b"")?.text()?.to_owned())
}

/// Targets are up, the series of an exchange are there, every alert can be evaluated, and every query of
/// the dashboard is run: each gives something, or there is a reason why not.
#[test]
fn a_real_prometheus_scrapes_nodes_and_runs_alerts_and_dashboard() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::make(folder.path())?;
    ["XA", "XB"]
        .iter()
        .try_for_each(|party| watched(&network, party, "info"))?;
    let (xa, xb) = (network.start("XA")?, network.start("XB")?);
    let targets = [health_address(&xa)?, health_address(&xb)?];
    network.wait_until_connected("XA")?;
    send(&network)?;

    let linted = promtool(&["check", "metrics"], metrics(targets[0])?.as_bytes())?.expect_code(0)?;
    assert_eq!((linted.stdout.as_str(), linted.stderr.as_str()), ("", ""));
    let ready = http(targets[0], "GET", "/readyz?verbose", b"")?;
    let json: Value = serde_json::from_slice(&ready.body)?;
    assert_eq!(
        (ready.status, &json["ready"]),
        (200, &Value::Bool(true)),
        "{json:#}"
    );

    let prometheus = Prometheus::start(&network.path("prometheus"), &targets)?;
    // A rate needs two scrapes.
    prometheus.wait_for("count_over_time(ohrid_build_info{job=\"ohrid\"}[1m]) >= 3", 2)?;
    assert_eq!(prometheus.query("up{job=\"ohrid\"} == 1")?.len(), 2);
    for expression in [
        "ohrid_receipt_duration_seconds_count{priority=\"urgent\"} + ignoring(priority) \
         ohrid_receipt_duration_seconds_count{priority=\"routine\"} >= 1",
        "ohrid_events_total{event=\"delivered\"} >= 1",
        "ohrid_peer_connected{peer=\"XB\"} == 1",
        "ohrid_commit_sync_duration_seconds_count > 0",
        "ohrid_core_answering == 1",
        "ohrid_check{check=\"keys\"} == 2",
        "ohrid_disk_free_bytes > 0",
        "process_resident_memory_bytes > 1e6",
        "ohrid_key_expiry_timestamp_seconds{kind=\"tls\", stage=\"in_use\"} > time()",
        "ohrid_clock_peers_compared == 1",
    ] {
        assert!(!prometheus.query(expression)?.is_empty(), "{expression}");
    }
    rules_are_evaluated(&prometheus)?;
    dashboard_works(&prometheus)
}

/// Prometheus has evaluated every rule, none with an error; and no alert that wakes somebody fires on two
/// nodes that are well.
fn rules_are_evaluated(prometheus: &Prometheus) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let mut unevaluated = true;
    while unevaluated {
        let groups = prometheus.ask("/api/v1/rules")?;
        let groups = groups
            .pointer("/data/groups")
            .and_then(Value::as_array)
            .context("groups")?
            .clone();
        let rules: Vec<&Value> = groups
            .iter()
            .filter_map(|group| group["rules"].as_array())
            .flatten()
            .collect();
        assert!(rules.len() > 40, "{}", rules.len());
        ensure!(Instant::now() < deadline, "rules are not evaluated: {groups:#?}");
        unevaluated = rules.iter().any(|rule| rule["health"] == "unknown");
        for rule in rules {
            assert_ne!(rule["health"], "err", "{rule:#}");
            let wakes = rule["labels"]["severity"] == "critical" && rule["state"] == "firing";
            // A file system may be short of room on the machine that runs this.
            assert!(
                !wakes
                    || rule["name"]
                        .as_str()
                        .is_some_and(|name| name.starts_with("OhridDisk")),
                "{rule:#}"
            );
        }
    }
    Ok(())
}

fn dashboard_works(prometheus: &Prometheus) -> Result<()> {
    let text = std::fs::read_to_string(checkout().join("deploy/grafana/ohrid.json"))?;
    let dashboard: Value = serde_json::from_str(&text)?;
    let panels = dashboard["panels"].as_array().context("panels")?;
    let (mut queries, mut ids) = (0, BTreeSet::new());
    for panel in panels {
        assert!(
            ids.insert(panel["id"].as_u64()),
            "two panels have the id {}",
            panel["id"]
        );
        let title = panel["title"].as_str().context("a title")?;
        for target in panel["targets"].as_array().into_iter().flatten() {
            queries += 1;
            assert_eq!(target["datasource"]["uid"], "${datasource}", "{title}");
            let expression = target["expr"].as_str().context("a query")?;
            let asked = expression
                .replace("$instance", ".+")
                .replace("$__rate_interval", "1m");
            let found = prometheus
                .query(&asked)
                .with_context(|| format!("{title}: {expression}"))?;
            let may_be_empty = MAY_BE_EMPTY.iter().any(|(panel, _)| *panel == title);
            assert!(
                !found.is_empty() || may_be_empty,
                "{title}: nothing comes of {expression}"
            );
        }
    }
    assert!(queries > 50, "{queries} queries");
    for (title, reason) in MAY_BE_EMPTY {
        let is_there = panels.iter().any(|panel| panel["title"] == *title);
        assert!(is_there && !reason.is_empty(), "there is no panel {title:?}");
    }
    Ok(())
}

/// The rules are good, the example configuration is, and each alert fires when it should and is silent when
/// not.
#[test]
fn promtool_finds_no_fault_in_the_alerts() -> Result<()> {
    let file = |name: &str| deployed().join(name).to_string_lossy().into_owned();
    promtool(&["check", "rules", &file("alerts.yml")], b"")?.expect_code(0)?;
    promtool(&["check", "config", &file("prometheus.yml")], b"")?.expect_code(0)?;
    promtool(&["test", "rules", &file("alerts_test.yml")], b"")?.expect_code(0)?;
    let tests = std::fs::read_to_string(deployed().join("alerts_test.yml"))?;
    for (alert, _) in alerts()? {
        for case in ["fires", "is silent"] {
            assert!(
                tests.contains(&format!("- name: {alert} {case}\n")),
                "{alert}: no test that it {case}"
            );
        }
    }
    Ok(())
}

/// The alerts with what stands below each.
fn alerts() -> Result<Vec<(String, String)>> {
    let text = std::fs::read_to_string(deployed().join("alerts.yml"))?;
    let parts = text.split("      - alert: ").skip(1);
    let alerts = parts.filter_map(|part| part.split_once('\n'));
    Ok(alerts
        .map(|(name, rest)| (name.to_owned(), rest.to_owned()))
        .collect())
}

/// Each alert has its section and each section its alert. That the commands there exist, `documents` tests.
#[test]
fn every_alarm_has_its_section() -> Result<()> {
    let text = std::fs::read_to_string(checkout().join("docs/alarms.md"))?;
    let sections: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("### "))
        .collect();
    let alerts = alerts()?;
    let names: BTreeSet<&str> = alerts.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(sections, names);
    for (name, rule) in &alerts {
        let anchor = format!("runbook_url: docs/alarms.md#{}\n", name.to_lowercase());
        assert!(rule.contains(&anchor), "{name}:\n{rule}");
        for part in ["severity: ", "summary: ", "description: "] {
            assert!(rule.contains(part), "{name} has no {part}");
        }
    }
    for kind in convention::clock::AlarmKind::NAMES {
        assert!(
            text.contains(&format!("\n| `{kind}` |")),
            "{kind} is not in the table"
        );
    }
    for link in text
        .split("](#")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
    {
        assert!(
            names.iter().any(|name| name.to_lowercase() == link),
            "#{link} leads nowhere"
        );
    }
    Ok(())
}
