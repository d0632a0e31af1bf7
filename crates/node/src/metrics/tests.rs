#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

#[test]
fn are_named_as_prometheus_wants() {
    let metrics = Metrics::new();
    metrics.handshake_refused("alpn");
    metrics.handshake_refused("alpn");
    metrics.committed(3, Duration::from_millis(1));
    metrics.happened("received");
    metrics.peer_misbehaved("XB".parse().unwrap());
    metrics.alarms(["receipt-overdue", "receipt-overdue"].into_iter());
    let text = metrics.text();
    for line in [
        "ohrid_handshakes_refused_total{reason=\"alpn\"} 2",
        "ohrid_commit_entries_total 3",
        "ohrid_events_total{event=\"received\"} 1",
        "ohrid_peers_misbehaved_total{peer=\"XB\"} 1",
        "ohrid_build_info{version=",
        "ohrid_ledger_size 0",
        "ohrid_alarms{kind=\"receipt-overdue\"} 2",
        "ohrid_alarms{kind=\"preservation-lapsed\"} 0",
    ] {
        assert!(text.contains(line), "{line} is not in:\n{text}");
    }
    assert!(text.ends_with("# EOF\n"));
}
