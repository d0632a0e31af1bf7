//! Keys change under two running nodes.

use protocol::directory::Period;
use protocol::key::EnvelopeKey;
use protocol::time::UnixMillis;
use protocol::verifier;

use super::*;
use crate::clock::Clock;
use crate::testing::secret;

/// A node that can be told to read again.
async fn start_whole(network: &Network, number: usize) -> (Node, Client) {
    let config = network.config(number);
    let socket = config.control_socket.clone();
    let node = Node::start(config).await.unwrap();
    let client = client(&socket).await;
    (node, client)
}

fn hex(byte: u8) -> Vec<u8> {
    format!("{}\n", format!("{byte:02x}").repeat(32)).into_bytes()
}

fn since<T>(value: T, valid_from: UnixMillis) -> Period<T> {
    Period {
        value,
        valid_from,
        valid_until: None,
    }
}

/// XA's next envelope and ledger key are in its folder and in its record.
fn add_keys(network: &mut Network) {
    let member = &mut network.members[0];
    secret(&member.folder.join("envelope.next.seed"), &hex(0x71));
    secret(&member.folder.join("ledger.next.seed"), &hex(0x72));
    let now = Clock::default().now();
    let key = EnvelopeKey::from_seed(&[0x71; 32]);
    member.record.envelope_keys.push(since(key.public(), now));
    let name = member.record.ledger_keys[0].value.name().to_owned();
    let key = verifier::ledger_key(&name, &[0x72; 32]).unwrap();
    member.record.ledger_keys.push(since(key, now));
}

/// `[RETRY]` A peer whose directory is older does not know the new keys. It refuses nothing: the message goes
/// again until its directory has them, and a restart changes nothing of that.
#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_has_not_heard_of_the_new_keys_gets_everything_once_it_has() {
    let mut network = Network::of(&["XA", "XB"]);
    let (xa, a) = start_whole(&network, 0).await;
    let (xb, b) = start_whole(&network, 1).await;
    let first = a.send(&request(), &key(1)).await.unwrap();
    let wait = async |client: &Client, message: &str| {
        let waited = client.wait_for(message, Wait::Consigned, PATIENCE).await;
        assert!(waited.unwrap().reached);
    };
    wait(&a, &first.message).await;

    add_keys(&mut network);
    network.publish();
    let before = a.reload(&key(9)).await.unwrap();
    assert_eq!(before.problem, None);
    let id = EnvelopeKey::from_seed(&[0x71; 32]).id();
    assert_eq!(before.envelope_key, id.to_string());
    let second = a.send(&request(), &key(2)).await.unwrap();
    let waited = a
        .wait_for(&second.message, Wait::Delivered, Duration::from_millis(300))
        .await;
    assert!(!waited.unwrap().reached, "nobody can have verified it");

    b.reload(&key(9)).await.unwrap();
    wait(&a, &second.message).await;
    // Both ways: XB verifies what XA signs now, receipts under the new ledger key among it.
    let answer: SendRequest = serde_json::from_value(serde_json::json!({
        "case": second.case, "draft": draft(ACKNOWLEDGEMENT),
    }))
    .unwrap();
    let answered = b.send(&answer, &key(3)).await.unwrap();
    wait(&b, &answered.message).await;
    let in_use = |keys: Vec<control::types::KeyTerm>| -> Vec<String> {
        let used = keys
            .into_iter()
            .filter(|key| key.stage == control::types::KeyStage::InUse);
        used.map(|key| key.id).collect()
    };
    let used = in_use(a.keys().await.unwrap());
    assert!(used.contains(&id.to_string()), "{used:?}");
    assert_eq!(
        a.status().await.unwrap().ledger.origin,
        "node.xa.example/ledger/2026"
    );

    xa.stopper().stop();
    xa.run_to_end().await;
    let again = start(&network, 0).await;
    assert_eq!(in_use(again.client.keys().await.unwrap()), used);
    again.stop().await;
    xb.stopper().stop();
    xb.run_to_end().await;
}
