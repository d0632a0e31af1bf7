#![allow(clippy::unwrap_used, clippy::expect_used)]

use protocol::envelope::Priority;
use protocol::exchange::Queued;

use super::*;

mod document;

#[test]
fn are_named_as_prometheus_wants() {
    let metrics = Metrics::new();
    metrics.handshake_refused("alpn");
    metrics.handshake_refused("alpn");
    metrics.committed(3, Duration::from_millis(2), Some(Duration::from_millis(1)));
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
        "ohrid_commit_batch_entries_bucket{le=\"4.0\"} 1",
        "ohrid_commit_sync_duration_seconds_count 1",
        "process_open_fds ",
        "ohrid_alarms{kind=\"receipt-overdue\"} 2",
        "ohrid_alarms{kind=\"preservation-lapsed\"} 0",
    ] {
        assert!(text.contains(line), "{line} is not in:\n{text}");
    }
    assert!(text.ends_with("# EOF\n"));
}

/// `promtool check metrics` and `curl` are given the older format, in which a counter is named as its lines
/// are.
#[test]
fn the_older_format_says_the_same() {
    let metrics = Metrics::new();
    metrics.happened("received");
    let text = classic(&metrics.text());
    for line in [
        "# TYPE ohrid_events_total counter",
        "# TYPE ohrid_build_info gauge",
        "# TYPE ohrid_commit_duration_seconds histogram",
        "# TYPE process_cpu_seconds_total counter",
        "ohrid_events_total{event=\"received\"} 1",
    ] {
        assert!(text.lines().any(|one| one == line), "{line} is not in:\n{text}");
    }
    assert!(!text.contains("# EOF") && !text.contains("# UNIT"));
    assert!(text.contains("# HELP ohrid_events_total What happened to messages"));
}

/// What a peer that left the directory had is gone, and a core that does not answer leaves what was known.
#[test]
fn peers_come_and_go_with_the_directory() {
    let metrics = Metrics::new();
    let (xb, now) = ("XB".parse().unwrap(), UnixMillis(100_000));
    let queued = [Queued {
        peer: xb,
        priority: Priority::Urgent,
        items: 2,
        oldest_at: UnixMillis(40_000),
    }];
    let standing = PeerStanding {
        connected: true,
        last_seen: Some(UnixMillis(99_000)),
        clock_ahead_seconds: Some(-1.5),
    };
    let peers = [(xb, standing)].into();
    metrics.queues.set_queued(Some(&queued), now);
    metrics.queues.set_peers(1, &peers, Some(&queued), now);
    for line in [
        "ohrid_outbox_oldest_seconds{priority=\"urgent\"} 60.0",
        "ohrid_outbox_oldest_seconds{priority=\"emergency\"} 0.0",
        "ohrid_peer_outbox_items{peer=\"XB\"} 2",
        "ohrid_peer_outbox_oldest_seconds{peer=\"XB\"} 60.0",
        "ohrid_peer_last_seen_timestamp_seconds{peer=\"XB\"} 99",
        "ohrid_peer_clock_ahead_seconds{peer=\"XB\"} -1.5",
        "ohrid_core_answering 1",
    ] {
        assert!(
            metrics.text().contains(line),
            "{line} is not in:\n{}",
            metrics.text()
        );
    }
    metrics.queues.set_queued(None, now);
    metrics.queues.set_peers(1, &peers, None, now);
    assert!(metrics.text().contains("ohrid_peer_outbox_items{peer=\"XB\"} 2"));
    assert!(metrics.text().contains("ohrid_core_answering 0"));
    metrics.queues.set_peers(0, &[].into(), Some(&[]), now);
    assert!(!metrics.text().contains("peer=\"XB\""), "{}", metrics.text());
}
