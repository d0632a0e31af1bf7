//! A year ends under running nodes: a new log begins, and nothing else does.

use protocol::directory::Period;
use protocol::time::UnixMillis;
use protocol::verifier;

use super::*;
use crate::clock::Clock;
use crate::testing::secret;

const OLD: &str = "ledger/2026";
const NEW: &str = "ledger/2027";

/// The directory names the next year's log of a Party, from now on, under a key of its own.
fn name_next_log(network: &mut Network, number: usize) {
    let member = &mut network.members[number];
    let now = Clock::default().now();
    let byte = 0x90 + u8::try_from(number).unwrap();
    let hex = format!("{}\n", format!("{byte:02x}").repeat(32));
    secret(&member.folder.join("ledger.next.seed"), hex.as_bytes());
    let old = &mut member.record.ledger_keys[0];
    // What was received in the old year is receipted with the old key for as long as that lasts.
    old.valid_until = Some(UnixMillis(now.0 + 60 * 60 * 1000));
    let name = old.value.name().replace("2026", "2027");
    member.record.ledger_keys.push(Period {
        value: verifier::ledger_key(&name, &[byte; 32]).unwrap(),
        valid_from: now,
        valid_until: None,
    });
}

async fn origin(node: &Running) -> String {
    node.client.status().await.unwrap().ledger.origin
}

/// Until the node keeps its new log, which it begins by itself.
async fn turned(node: &Running) {
    let turned = async {
        while !origin(node).await.ends_with(NEW) {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, turned).await.unwrap();
}

/// Sends, waits until the other side has read it, and says which log the receipt is from, and its index
/// there.
async fn sent(a: &Running, number: u8) -> (String, control::types::ReceiptSummary) {
    let sent = a.client.send(&request(), &key(number)).await.unwrap();
    let receipt = receipt(a, &sent.message).await;
    (sent.message, receipt)
}

async fn receipt(a: &Running, message: &str) -> control::types::ReceiptSummary {
    let status = a
        .client
        .wait_for(message, Wait::Consigned, PATIENCE)
        .await
        .unwrap();
    assert!(status.reached, "{status:?}");
    status.to[0].receipt.clone().unwrap()
}

/// `[IDEMPOTENT]` Messages before, at and after the turn of the year, each with a receipt of its year's log;
/// and
/// the same receipts, cases and messages after a restart.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_log_begins_by_itself_and_nothing_else_does() {
    let mut network = Network::of(&["XA", "XB"]);
    let (a, b) = (start(&network, 0).await, start(&network, 1).await);
    let (first, old_receipt) = sent(&a, 1).await;
    assert!(old_receipt.origin.ends_with(OLD));
    assert!(origin(&a).await.ends_with(OLD));
    // This one is recorded in the old year, and receipted and answered in the new one.
    b.stop().await;
    let between = a.client.send(&request(), &key(2)).await.unwrap();
    name_next_log(&mut network, 0);
    name_next_log(&mut network, 1);
    network.publish();
    a.client.reload(&key(9)).await.unwrap();
    turned(&a).await;
    // The year ended while this one did not run: it begins before it takes anything.
    let b = start(&network, 1).await;
    assert!(origin(&b).await.ends_with(NEW));
    let second = receipt(&a, &between.message).await;
    assert!(second.origin.ends_with(NEW), "{second:?}");
    assert!(
        second.index < old_receipt.index + 4,
        "{second:?} begins at 0 again"
    );
    let (third, new_receipt) = sent(&a, 3).await;
    assert!(new_receipt.origin.ends_with(NEW) && new_receipt.verified);
    let sizes = (
        a.client.status().await.unwrap().ledger.size,
        b.client.status().await.unwrap().ledger.size,
    );
    let cases = a.client.cases(None, None).await.unwrap();
    assert_eq!(cases.len(), 3);

    a.stop().await;
    b.stop().await;
    let (a, b) = (start(&network, 0).await, start(&network, 1).await);
    assert!(origin(&a).await.ends_with(NEW) && origin(&b).await.ends_with(NEW));
    let after = a.client.status().await.unwrap().ledger.size;
    assert!(after >= sizes.0 && after < sizes.0 + 4, "the same log goes on");
    for (message, known) in [
        (&first, &old_receipt),
        (&between.message, &second),
        (&third, &new_receipt),
    ] {
        assert_eq!(receipt(&a, message).await.index, known.index);
        assert_eq!(receipt(&a, message).await.origin, known.origin);
    }
    assert_eq!(a.client.cases(None, None).await.unwrap().len(), 3);
    assert_eq!(b.client.cases(None, None).await.unwrap().len(), 3);
    let answer: SendRequest = serde_json::from_value(serde_json::json!({
        "case": between.case, "draft": draft(ACKNOWLEDGEMENT),
    }))
    .unwrap();
    b.client.send(&answer, &key(4)).await.unwrap();
    let waited = a
        .client
        .wait_for(&between.message, Wait::Acknowledged, PATIENCE)
        .await;
    assert!(waited.unwrap().reached);
    a.stop().await;
    b.stop().await;
}
