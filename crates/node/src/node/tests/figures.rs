//! What is counted, and drills.

use super::*;

const DRILL: &str = include_str!("../../../../../config/examples/drill.toml");

/// `[DRILL]` A drill is answered by the machine, which waits for nobody, and by a human; both are measured
/// and in the figures of both sides, which are the same after a restart.
#[tokio::test(flavor = "multi_thread")]
async fn a_drill_is_answered_measured_and_counted() {
    let network = Network::of(&["XA", "XB"]);
    let (a, b) = (start(&network, 0).await, start(&network, 1).await);
    let drill = serde_json::from_value(serde_json::json!({ "draft": draft(DRILL) })).unwrap();
    let sent = a.client.send(&drill, &key(1)).await.unwrap();
    let status = a.client.wait_for(&sent.message, Wait::Consigned, PATIENCE).await;
    assert!(status.unwrap().reached);
    let inbox = b.client.inbox().await.unwrap();
    assert_eq!((inbox[0].kind.as_str(), inbox[0].needs_action), ("drill", true));
    let quiet = a.client.message(&sent.message).await.unwrap();
    assert!(quiet.reached && quiet.to[0].delivered_at.is_some());

    let answer = serde_json::json!({ "case": sent.case, "draft": draft(ACKNOWLEDGEMENT) });
    let answer: SendRequest = serde_json::from_value(answer).unwrap();
    b.client.send(&answer, &key(2)).await.unwrap();
    let status = a.client.wait_for(&sent.message, Wait::Answered, PATIENCE).await;
    assert!(status.unwrap().reached);
    assert!(!b.client.inbox().await.unwrap()[0].needs_action);
    a.client.send(&request(), &key(3)).await.unwrap();

    let year = jiff::Timestamp::now().strftime("%Y").to_string();
    let figures = a.client.statistics(&year, None).await.unwrap();
    let sent = &figures.total.sent;
    assert_eq!((sent.drills.held, sent.drills.answered.count), (1, 1));
    assert!(sent.drills.receipt.median_ms.is_some());
    assert_eq!((sent.requests.total, sent.requests.preservation), (1, 1));
    let there = b
        .client
        .statistics(&year, Some("Europe/Bucharest"))
        .await
        .unwrap();
    assert_eq!(there.total.received.drills.held, 1);
    let quarter = a.client.statistics("1999-Q1", None).await.unwrap();
    assert!(quarter.peers.is_empty());
    for (period, zone) in [("2026-Q5", None), ("2026", Some("Nowhere/Place"))] {
        let refused = a.client.statistics(period, zone).await.unwrap_err();
        assert!(
            matches!(refused, control::client::ClientError::Refused { status: 400, .. }),
            "{refused}"
        );
    }

    // Reproducible from the ledger and the store alone.
    a.stop().await;
    let a = start(&network, 0).await;
    let again = a.client.statistics(&year, None).await.unwrap();
    assert_eq!(again.total.sent.drills, figures.total.sent.drills);
    assert_eq!(again.total.sent.requests, figures.total.sent.requests);
    a.stop().await;
    b.stop().await;
}
