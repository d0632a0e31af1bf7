//! `[DIRECTORY]` Real nodes in one process: a version goes from one to all, and old messages stay readable.

use std::fs;
use std::ops::ControlFlow;

use protocol::directory::SignedDirectory;
use protocol::entry::Entry;
use store::{Embedded, Store as _};

use super::*;

/// A node that can still be told to read its directory again.
struct Member {
    client: Client,
    node: Node,
}

impl Member {
    async fn start(network: &Network, number: usize) -> Self {
        let config = network.config(number);
        let socket = config.control_socket.clone();
        let node = Node::start(config).await.unwrap();
        Self {
            client: client(&socket).await,
            node,
        }
    }

    async fn stop(self) {
        self.node.stopper().stop();
        self.node.run_to_end().await;
    }

    async fn version(&self) -> u64 {
        self.client.status().await.unwrap().directory.unwrap().version
    }

    /// Waits until that version is in use.
    async fn has(&self, version: u64) {
        self.until(async || self.version().await == version).await;
    }

    /// Waits until it is connected to exactly these Parties, of those in its directory.
    async fn talks_to(&self, parties: &[&str]) {
        self.until(async || self.connected().await == parties).await;
    }

    async fn connected(&self) -> Vec<String> {
        let peers = self.client.status().await.unwrap().peers;
        let connected = peers.into_iter().filter(|peer| peer.connected);
        connected.map(|peer| peer.party).collect()
    }

    async fn until(&self, holds: impl AsyncFn() -> bool) {
        let waiting = async {
            while !holds().await {
                tokio::task::yield_now().await;
            }
        };
        if timeout(PATIENCE, waiting).await.is_err() {
            panic!("{:#?}", self.client.status().await);
        }
    }
}

/// XA and XC cannot be dialled: XA - XB - XC, and nobody else talks to anybody.
fn chain() -> Network {
    let mut network = Network::of(&["XA", "XB", "XC"]);
    for end in [0, 2] {
        network.members[end].record.node.addresses.clear();
    }
    network.publish();
    network
}

fn kept(network: &Network, number: usize, version: u64) -> Option<SignedDirectory> {
    let folder = network.members[number].folder.join("directories");
    let bytes = fs::read(folder.join(format!("{version}.cbor"))).ok()?;
    Some(SignedDirectory::from_bytes(&bytes).unwrap())
}

/// Only XA is given the new version; then one that cuts XC off, which XB learns from XA.
#[tokio::test(flavor = "multi_thread")]
async fn a_version_goes_along_a_chain_and_cuts_off_at_its_end() {
    let network = chain();
    let a = Member::start(&network, 0).await;
    let b = Member::start(&network, 1).await;
    let c = Member::start(&network, 2).await;
    for end in [&a, &c] {
        end.talks_to(&["XB"]).await;
    }
    b.talks_to(&["XA", "XC"]).await;
    let third = network.sign(&network.directory(3));
    network.give(0, &third);
    a.node.reload().await;
    assert_eq!(a.version().await, 3, "in use on return");
    for node in [&b, &c] {
        node.has(3).await;
    }
    for number in 0..3 {
        assert_eq!(kept(&network, number, 3), Some(third.clone()), "node {number}");
        let file = fs::read(network.members[number].folder.join("directory.cose")).unwrap();
        assert_eq!(file, third.as_bytes());
    }

    let asked = "ohrid_directories_asked_for_total{outcome=\"newer\"} 1";
    assert!(
        b.node.metrics().text().contains(asked),
        "{}",
        b.node.metrics().text()
    );

    let mut fourth = network.directory(4);
    fourth.parties.remove(&network.members[2].party);
    let fourth = network.sign(&fourth);
    network.give(0, &fourth);
    a.node.reload().await;
    b.has(4).await;
    c.talks_to(&[]).await;
    assert_eq!(b.connected().await, ["XA"]);
    assert_eq!(c.version().await, 3, "nobody talks to it any more");
    for node in [a, b, c] {
        node.stop().await;
    }
    // Each version that was in use is an entry, once, also after a start.
    Member::start(&network, 1).await.stop().await;
    assert_eq!(recorded(&network, 1), [2, 3, 4]);
    assert_eq!(recorded(&network, 2), [2, 3]);
}

/// The versions that a node's ledger tells of, in its order.
fn recorded(network: &Network, number: usize) -> Vec<u64> {
    let data = network.config(number).node.data;
    let (store, _) = Embedded::open(&data, &store::Settings::default()).unwrap();
    let reader = store.reader();
    let mut versions = Vec::new();
    reader
        .leaves(0..reader.size(), &mut |_, leaf| {
            if let Ok(Entry::DirectoryAccepted { version, .. }) = Entry::decode(leaf) {
                versions.push(version);
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    versions
}

/// A node that was away asks when it comes back; one that was given another directory finds out, and so do
/// its peers.
#[tokio::test(flavor = "multi_thread")]
async fn who_was_away_catches_up_and_forks_are_found_by_talking() {
    let network = chain();
    let a = Member::start(&network, 0).await;
    let third = network.sign(&network.directory(3));
    network.give(0, &third);
    a.node.reload().await;
    let b = Member::start(&network, 1).await;
    b.has(3).await;
    // XC is told something else under the same number.
    let mut other = network.directory(3);
    other.expires_at = other.expires_at.plus(Duration::from_secs(60));
    let other = network.sign(&other);
    network.give(2, &other);
    let c = Member::start(&network, 2).await;
    for (node, theirs) in [(&b, &other), (&c, &third)] {
        node.until(async || {
            !node
                .client
                .status()
                .await
                .unwrap()
                .directory
                .unwrap()
                .forks
                .is_empty()
        })
        .await;
        let state = node.client.status().await.unwrap().directory.unwrap();
        assert_eq!((state.version, state.forks[0].number), (3, 3));
        assert_eq!(fs::read(&state.forks[0].proof).unwrap(), theirs.as_bytes());
    }
    assert_eq!(kept(&network, 1, 3), Some(third));
    assert_eq!(kept(&network, 2, 3), Some(other));
    for node in [a, b, c] {
        node.stop().await;
    }
}

/// `[SEAL]` A message stays readable after its sender's certificate has left the directory.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_message_is_read_with_a_certificate_that_has_left() {
    let mut network = Network::of(&["XA", "XB"]);
    let (a, b) = (start(&network, 0).await, start(&network, 1).await);
    let sent = a.client.send(&request(), &key(1)).await.unwrap();
    let status = a
        .client
        .wait_for(&sent.message, Wait::Consigned, PATIENCE)
        .await
        .unwrap();
    assert!(status.reached, "{status:?}");
    let shown = b.client.case(&sent.case).await.unwrap();
    a.stop().await;
    b.stop().await;

    network.recertify(0, 3);
    network.publish();
    // Nothing is in memory after a start.
    let b = start(&network, 1).await;
    let inbox = b.client.inbox().await.unwrap();
    assert!(inbox[0].readable, "{inbox:?}");
    assert_eq!(b.client.case(&sent.case).await.unwrap().messages, shown.messages);
    b.stop().await;
}
