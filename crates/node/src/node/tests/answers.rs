//! Answers that are not to the request itself.

use super::*;

const WARNING: &str = include_str!("../../../../../config/examples/preservation-warning.toml");
const DECISION: &str = include_str!("../../../../../config/examples/warning-decision.toml");

/// `[C29-6]` A warning waits for an officer of the side that asked, is answered by the decision on it without
/// anybody naming it, and waits no longer.
#[tokio::test(flavor = "multi_thread")]
async fn a_warning_waits_for_its_decision() {
    let network = Network::of(&["XA", "XB"]);
    let (a, b) = (start(&network, 0).await, start(&network, 1).await);
    let sent = a.client.send(&request(), &key(1)).await.unwrap();
    let status = a.client.wait_for(&sent.message, Wait::Consigned, PATIENCE).await;
    assert!(status.unwrap().reached);
    let in_case = |form: &str| -> SendRequest {
        let json = serde_json::json!({ "case": sent.case, "draft": draft(form) });
        serde_json::from_value(json).unwrap()
    };
    let warning = b.client.send(&in_case(WARNING), &key(2)).await.unwrap();
    let status = b
        .client
        .wait_for(&warning.message, Wait::Consigned, PATIENCE)
        .await;
    assert!(status.unwrap().reached);
    let waiting = |inbox: Vec<control::types::InboxItem>| -> Vec<String> {
        let items = inbox.into_iter().filter(|item| item.needs_action);
        items.map(|item| item.message).collect()
    };
    assert_eq!(
        waiting(a.client.inbox().await.unwrap()),
        std::slice::from_ref(&warning.message)
    );
    // The request waits for the decision too, so nothing waits there.
    assert!(waiting(b.client.inbox().await.unwrap()).is_empty());

    let decision = a.client.send(&in_case(DECISION), &key(3)).await.unwrap();
    let status = b
        .client
        .wait_for(&warning.message, Wait::Answered, PATIENCE)
        .await;
    assert!(status.unwrap().reached);
    assert!(waiting(a.client.inbox().await.unwrap()).is_empty());
    assert_eq!(
        waiting(b.client.inbox().await.unwrap()),
        std::slice::from_ref(&sent.message)
    );
    let view = b.client.case(&sent.case).await.unwrap().view;
    let messages = view["messages"].as_array().unwrap();
    let decided = messages.iter().find(|one| one["id"] == decision.message.as_str());
    assert_eq!(decided.unwrap()["in_reply_to"], warning.message.as_str());
    a.stop().await;
    b.stop().await;
}
