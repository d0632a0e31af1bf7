//! `[ERASE]` A notice is durable before anything is deleted; from then on nobody reads what it names, and the
//! next start ends what a crash has interrupted.

use protocol::digest::Commitment;
use protocol::entry::Entry;
use protocol::ids::ActorId;
use store::{Embedded, Store as _};
use tokio::sync::oneshot;

use super::*;
use crate::wake::{Command, Wake};

/// What the request's leaf commits to.
async fn payload_of(client: &Client, index: u64) -> Commitment {
    let leaf = client.ledger_leaf(index).await.unwrap();
    match Entry::decode(&leaf).unwrap() {
        Entry::Submitted { header, .. } => header.peek().unwrap().0.payload,
        other => panic!("{other:?}"),
    }
}

fn is_stored(data: &Path, payload: &Commitment) -> bool {
    let (store, _) = Embedded::open(data, &store::Settings::default()).unwrap();
    store.reader().payload(payload).unwrap().is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_has_interrupted_is_ended_by_the_next_start() {
    let network = Network::of(&["XA", "XB"]);
    let b = start(&network, 1).await;
    let config = network.config(0);
    let node = Node::start(config.clone()).await.unwrap();
    let (wakes, stopper) = (node.core(), node.stopper());
    let a = client(&config.control_socket).await;
    let ended = tokio::spawn(node.run_to_end());
    let sent = a.send(&request(), &key(1)).await.unwrap();
    let status = a
        .wait_for(&sent.message, Wait::Delivered, PATIENCE)
        .await
        .unwrap();
    assert!(status.reached);
    let payload = payload_of(&a, sent.leaf_indexes[0]).await;

    // As if the power failed right after the notice: nobody was told to delete anything.
    let (answer, recorded) = oneshot::channel();
    let notice = Entry::ErasureNotice {
        at: crate::clock::Clock::default().now(),
        entries: sent.leaf_indexes.clone(),
        basis: "court-order-1".parse().unwrap(),
        actor: ActorId::from_bytes([3; 16]),
    };
    let entry = Box::new(notice);
    let command = Wake::Command(Command::RecordDurably { entry, answer });
    wakes.send(command).await.unwrap();
    let notice = recorded.await.unwrap().unwrap();
    let shown = a.case(&sent.case).await.unwrap();
    let erased = shown.messages[0].erased.as_ref().unwrap();
    assert_eq!(
        (erased.leaf_index, erased.basis.as_str()),
        (notice.index, "court-order-1")
    );
    assert_eq!(shown.messages[0].body, None);
    stopper.stop();
    ended.await.unwrap();
    drop(wakes);
    assert!(is_stored(&config.node.data, &payload), "nothing was deleted yet");

    let a = start(&network, 0).await;
    let mark = config.node.erasures.join("carried-out");
    let carried_out = async {
        while !mark.exists() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, carried_out).await.unwrap();
    let shown = a.client.case(&sent.case).await.unwrap();
    assert_eq!(
        shown.messages[0].erased.as_ref().unwrap().leaf_index,
        notice.index
    );
    a.stop().await;
    assert!(!is_stored(&config.node.data, &payload));
    b.stop().await;
}

/// Without an approver nobody erases alone; a basis is a code and nothing else `[LEAF-PRIVACY]`.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_waits_for_another_person_and_says_no_words() {
    let network = Network::of(&["XA", "XB"]);
    let (a, b) = (start(&network, 0).await, start(&network, 1).await);
    let sent = a.client.send(&request(), &key(1)).await.unwrap();
    let order = |basis: &str| control::types::CaseOrder {
        case: sent.case.clone(),
        basis: basis.to_owned(),
    };
    let words = a
        .client
        .ask_for_erasure(&order("the suspect's name"), &key(2))
        .await;
    assert!(
        words.unwrap_err().to_string().contains("code"),
        "words are refused"
    );
    let status = a
        .client
        .wait_for(&sent.message, Wait::Delivered, PATIENCE)
        .await
        .unwrap();
    assert!(status.reached);
    let asked = a
        .client
        .ask_for_erasure(&order("court-order-1"), &key(3))
        .await
        .unwrap();
    assert_eq!(
        a.client.erasure_orders().await.unwrap(),
        std::slice::from_ref(&asked)
    );
    // Nobody is registered, so a second name would prove nothing.
    let other = a.client.clone().acting_as("Somebody Else");
    assert!(other.approve_erasure(&asked.order, &key(4)).await.is_err());
    assert!(
        a.client.case(&sent.case).await.unwrap().messages[0]
            .erased
            .is_none()
    );
    a.stop().await;
    b.stop().await;
}
