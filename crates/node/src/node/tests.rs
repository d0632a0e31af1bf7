#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

use control::client::Client;
use control::headers::IdempotencyKey;
use control::types::{RecipientState, SendRequest, Wait};
use convention::message::Draft;

use super::*;
use crate::testing::Network;

mod answers;
mod attachments;
mod conditions;
mod directory;
mod erasure;
mod exports;
mod figures;
mod four_eyes;
mod index;
mod new_year;
mod rotation;
mod several;
mod transfers;

const REQUEST: &str = include_str!("../../../../config/examples/preservation-request.toml");
const ACKNOWLEDGEMENT: &str = include_str!("../../../../config/examples/acknowledgement.toml");

/// Longer than anything here takes; a wait ends when what it waits for is there.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running node, as a program on this machine sees it.
struct Running {
    client: Client,
    stopper: Stopper,
    ended: JoinHandle<()>,
}

async fn start(network: &Network, number: usize) -> Running {
    start_with(network.config(number)).await
}

async fn start_with(config: Config) -> Running {
    let socket = config.control_socket.clone();
    // The last tasks of a node that was stopped in this process may still hold its port for a moment.
    let free = async {
        while std::net::UdpSocket::bind(config.listen).is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, free).await.unwrap();
    let node = Node::start(config).await.unwrap();
    let stopper = node.stopper();
    Running {
        client: client(&socket).await,
        stopper,
        ended: tokio::spawn(node.run_to_end()),
    }
}

impl Running {
    async fn stop(self) {
        self.stopper.stop();
        self.ended.await.unwrap();
    }
}

async fn client(socket: &Path) -> Client {
    Client::connect(socket).await.unwrap().acting_as("Officer One")
}

fn draft(form: &str) -> serde_json::Value {
    serde_json::from_str(&Draft::from_toml(form).unwrap().to_json()).unwrap()
}

fn request() -> SendRequest {
    serde_json::from_value(serde_json::json!({ "draft": draft(REQUEST) })).unwrap()
}

fn key(number: u8) -> IdempotencyKey {
    IdempotencyKey::from_random([number; 16])
}

/// The whole of it: sent, receipted, opened and reported on, answered, shown as one case on both sides.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_goes_all_the_way_and_is_answered() {
    let network = Network::of(&["XA", "XB"]);
    let (a, b) = (start(&network, 0).await, start(&network, 1).await);

    let sent = a.client.send(&request(), &key(1)).await.unwrap();
    let status = a
        .client
        .wait_for(&sent.message, Wait::Consigned, PATIENCE)
        .await
        .unwrap();
    assert!(status.reached, "{status:?}");
    let to = &status.to[0];
    assert_eq!(to.state, RecipientState::Delivered);
    assert_eq!(to.receipt.as_ref().unwrap().origin, "node.xb.example/ledger/2026");
    assert_eq!(
        to.consignment.as_ref().unwrap().verdict,
        control::types::ConsignmentVerdict::Readable
    );

    let inbox = b.client.inbox().await.unwrap();
    assert_eq!(inbox.len(), 1);
    assert_eq!(inbox[0].message, sent.message);
    assert!(inbox[0].readable && inbox[0].needs_action);

    let answer: SendRequest = serde_json::from_value(serde_json::json!({
        "case": sent.case, "draft": draft(ACKNOWLEDGEMENT),
    }))
    .unwrap();
    b.client.send(&answer, &key(2)).await.unwrap();
    let status = a
        .client
        .wait_for(&sent.message, Wait::Acknowledged, PATIENCE)
        .await
        .unwrap();
    assert!(status.reached, "{status:?}");
    for node in [&a, &b] {
        let case = node.client.case(&sent.case).await.unwrap();
        assert_eq!(case.summary.state, "acknowledged");
        assert_eq!(case.messages.len(), 2);
    }
    a.stop().await;
    b.stop().await;
}

/// `[IDEMPOTENT]` A key is looked for among the messages of the case that it names, whoever opened it.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_in_a_peers_case_is_the_same_message_after_a_restart() {
    let network = Network::of(&["XA", "XB"]);
    let (a, b) = (start(&network, 0).await, start(&network, 1).await);
    let sent = a.client.send(&request(), &key(1)).await.unwrap();
    let status = a.client.wait_for(&sent.message, Wait::Consigned, PATIENCE).await;
    assert!(status.unwrap().reached);
    let answer: SendRequest = serde_json::from_value(serde_json::json!({
        "case": sent.case, "draft": draft(ACKNOWLEDGEMENT),
    }))
    .unwrap();
    let first = b.client.send(&answer, &key(2)).await.unwrap();
    b.stop().await;

    let b = start(&network, 1).await;
    let again = b.client.send(&answer, &key(2)).await.unwrap();
    assert_eq!(
        (&first.message, &first.leaf_indexes),
        (&again.message, &again.leaf_indexes)
    );
    assert_eq!(b.client.case(&sent.case).await.unwrap().messages.len(), 2);
    a.stop().await;
    b.stop().await;
}

/// `[IDEMPOTENT]` An answer that is no longer kept whole is made anew from the ledger, and is the same.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_has_the_same_answer_when_many_others_came_since() {
    let network = Network::of(&["XA", "XB"]);
    let a = start(&network, 0).await;
    let first = a.client.send(&request(), &key(1)).await.unwrap();
    for number in 0..crate::limits::IDEMPOTENCY_ANSWERS_MAX {
        let mut random = [9; 16];
        random[..8].copy_from_slice(&number.to_be_bytes());
        let other = IdempotencyKey::from_random(random);
        a.client.send(&request(), &other).await.unwrap();
    }
    let again = a.client.send(&request(), &key(1)).await.unwrap();
    // The others are related to it, and were not there when it was sent.
    assert!(first.related.is_empty() && !again.related.is_empty());
    assert_eq!(
        first,
        control::types::Sent {
            related: Vec::new(),
            ..again
        }
    );
    a.stop().await;
}

/// `[IDEMPOTENT]` The same key is the same message, in the life of a process and after a restart.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_is_the_same_message_also_after_a_restart() {
    let network = Network::of(&["XA", "XB"]);
    let a = start(&network, 0).await;
    let first = a.client.send(&request(), &key(1)).await.unwrap();
    let again = a.client.send(&request(), &key(1)).await.unwrap();
    assert_eq!(first, again);
    let mut other = request();
    other.priority = control::types::Priority::Urgent;
    let refused = a.client.send(&other, &key(1)).await.unwrap_err();
    assert!(refused.to_string().contains("idempotency key"), "{refused}");
    let other_key = a.client.send(&request(), &key(3)).await.unwrap();
    assert_ne!(first.message, other_key.message);
    let shown = a.client.case(&first.case).await.unwrap();
    a.stop().await;

    let a = start(&network, 0).await;
    // Now read from our own sealed copy, and before from what was sealed: the same.
    assert_eq!(shown, a.client.case(&first.case).await.unwrap());
    let again = a.client.send(&request(), &key(1)).await.unwrap();
    assert_eq!(
        (&first.message, &first.leaf_indexes),
        (&again.message, &again.leaf_indexes)
    );
    assert_eq!(a.client.cases(None, None).await.unwrap().len(), 2);
    // What was sent while nobody was there arrives once somebody is.
    let b = start(&network, 1).await;
    let status = a
        .client
        .wait_for(&again.message, Wait::Delivered, PATIENCE)
        .await
        .unwrap();
    assert!(status.reached);
    a.stop().await;
    b.stop().await;
}
