//! One message to several recipients, at one node and at two.

use super::*;

/// `[C27-9]` `[PROFILE-PREFLIGHT]` Each recipient has its own envelope and its own receipt, each reads it,
/// and the case shows who has it; and each was looked up before.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_reaches_two_offices_of_one_node_and_one_of_another() {
    let mut network = Network::of(&["XA", "XB", "XC"]);
    network.add_office(1, "prosecution", 3);
    let profile = r#"{"languages":["fr"],"formality":"signed-letter"}"#;
    network.members[2].record.contact_points[0].profile = profile.to_owned();
    network.publish();
    let a = start(&network, 0).await;
    let to = ["XB/police", "XB/prosecution", "XC/police"].map(str::to_owned);

    let preflight = a.client.preflight(&to, "preservation-request", Some("en")).await;
    let preflight = preflight.unwrap();
    let named: Vec<_> = preflight.iter().map(|one| one.to.clone()).collect();
    assert_eq!(named, to);
    assert!(preflight.iter().all(|one| one.in_directory && !one.connected));
    let advice = preflight[2].profile["advice"].to_string();
    assert!(advice.contains("fr is read there, not en"), "{advice}");
    assert!(advice.contains("signed and stamped letter"), "{advice}");

    let (b, c) = (start(&network, 1).await, start(&network, 2).await);
    let mut request = request();
    request.draft["to"] = to.to_vec().into();
    let report = a.client.check(&request.clone().into()).await.unwrap();
    assert_eq!(report.preflight.len(), 3);
    let sent = a.client.send(&request, &key(1)).await.unwrap();
    assert_eq!(sent.to, to);
    assert_eq!(sent.leaf_indexes.len(), 3);
    let status = a.client.wait_for(&sent.message, Wait::Consigned, PATIENCE).await;
    assert!(status.unwrap().reached);

    let case = a.client.case(&sent.case).await.unwrap();
    let recipients = &case.messages[0].recipients;
    assert_eq!(
        recipients.iter().map(|one| &one.to).collect::<Vec<_>>(),
        to.iter().collect::<Vec<_>>()
    );
    for one in recipients {
        assert_eq!(one.state, RecipientState::Delivered);
        assert!(one.receipt.as_ref().unwrap().verified);
        let verdict = one.consignment.as_ref().unwrap().verdict;
        assert_eq!(verdict, control::types::ConsignmentVerdict::Readable);
    }
    let leaves: Vec<_> = recipients
        .iter()
        .map(|one| {
            one.receipt
                .as_ref()
                .map(|receipt| (receipt.origin.clone(), receipt.index))
                .unwrap()
        })
        .collect();
    assert_ne!(leaves[0], leaves[1]);
    assert_eq!(leaves[0].0, leaves[1].0);
    assert_eq!(leaves[2].0, "node.xc.example/ledger/2026");
    for office in &to {
        a.client.receipt(&sent.message, office).await.unwrap();
    }

    let inbox = b.client.inbox().await.unwrap();
    assert_eq!(inbox.len(), 1);
    assert_eq!(inbox[0].to, "XB/police XB/prosecution");
    assert!(inbox[0].readable && inbox[0].needs_action);
    assert!(c.client.inbox().await.unwrap()[0].readable);
    let there = b.client.case(&sent.case).await.unwrap();
    assert_eq!(there.messages[0].recipients.len(), 2);
    for node in [a, b, c] {
        node.stop().await;
    }
}

/// What cannot be looked up is refused with what it should be; who is unknown is told so.
#[tokio::test(flavor = "multi_thread")]
async fn a_preflight_for_nobody_known() {
    let network = Network::of(&["XA", "XB"]);
    let a = start(&network, 0).await;
    let unknown = a
        .client
        .preflight(&["XD/police".to_owned()], "drill", None)
        .await
        .unwrap();
    assert!(!unknown[0].in_directory);
    let advice = unknown[0].profile["advice"].to_string();
    assert!(advice.contains("no profile"), "{advice}");
    for (to, kind, language) in [
        ("police", "drill", None),
        ("XB/police", "letter", None),
        ("XB/police", "drill", Some("not a language")),
    ] {
        let refused = a
            .client
            .preflight(&[to.to_owned()], kind, language)
            .await
            .unwrap_err();
        assert!(
            matches!(refused, control::client::ClientError::Refused { status: 400, .. }),
            "{refused}"
        );
    }
    a.stop().await;
}
