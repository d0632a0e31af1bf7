//! `[TRANSFER]` Attachments between whole nodes, over QUIC on loopback.

use std::io::Write as _;
use std::sync::Arc;

use control::events::EventKind;
use protocol::attachment::{AttachmentNumber, ChunkIndex, ChunkRequest, Manifest, ManifestRequest};
use protocol::digest::{Commitment, Digest, Salt};
use protocol::entry::{Entry, Side};
use protocol::envelope::Priority;
use protocol::exchange::{Oversight, Submission};
use protocol::frame::Frame;
use protocol::ids::{ActorId, CaseId, MessageId, PartyCode};
use protocol::payload::SealedPayload;
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;

use super::*;
use crate::attachments::{Kept, Transfers};
use crate::clock::Clock;
use crate::session::Urgency;
use crate::wake::{Command, Wake};

/// How often a condition is looked at that is waited for. Nothing depends on it, but that the machine has
/// time for the rest meanwhile.
const LOOKED_AT_EVERY: Duration = Duration::from_millis(2);

/// A node, and what of it the tests here look into.
struct Up {
    running: Running,
    transfers: Arc<Transfers>,
    wakes: mpsc::Sender<Wake>,
}

async fn up(network: &Network, number: usize) -> Up {
    let config = network.config(number);
    let socket = config.control_socket.clone();
    let free = async {
        while std::net::UdpSocket::bind(config.listen).is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, free).await.unwrap();
    let node = Node::start(config).await.unwrap();
    let (transfers, wakes) = (Arc::clone(&node.transfers), node.core());
    let running = Running {
        client: client(&socket).await,
        stopper: node.stopper(),
        ended: tokio::spawn(node.run_to_end()),
    };
    Up {
        running,
        transfers,
        wakes,
    }
}

/// Files of these lengths, kept as if they had been sealed for a message.
fn keep(kept: &Kept, message: MessageId, lengths: &[usize]) -> (Commitment, Arc<Manifest>) {
    let attachments = lengths.iter().enumerate().map(|(place, length)| {
        let number: AttachmentNumber = (place + 1).to_string().parse().unwrap();
        let mut sealed = kept.files.begin_sealed(message, number, *length as u64).unwrap();
        let bytes: Vec<u8> = (0..*length)
            .map(|at| (at / 7 + at / 4096 + place) as u8)
            .collect();
        sealed.write_all(&bytes).unwrap();
        let name = format!("records-{place}.csv").parse().unwrap();
        let stored = sealed.finish(
            name,
            "text/csv".parse().unwrap(),
            *length as u64 - 1,
            Digest::of(b""),
        );
        Arc::clone(stored.unwrap().attachment())
    });
    let manifest = Manifest::new(attachments.collect()).unwrap();
    let (salt, bytes) = (Salt::from_bytes([9; 32]), manifest.encode());
    let commitment = Manifest::commitment(&salt, &bytes);
    let manifest = kept.manifests.put(&commitment, &salt, &bytes).unwrap();
    (commitment, manifest)
}

impl Up {
    /// Sends a message with files of these lengths. What it says cannot be read, and need not be: the files
    /// are fetched all the same.
    async fn send(
        &self,
        from: &str,
        to: &[&str],
        lengths: &[usize],
    ) -> (MessageId, Arc<Manifest>, Commitment) {
        let now = Clock::default().now();
        let message = MessageId::from_parts(now.0, [0xaa; 10]);
        let kept = self.transfers.parts.kept.clone();
        let (commitment, manifest) = keep(&kept, message, lengths);
        let submission = Box::new(Submission {
            message,
            case: CaseId::opened_by(message),
            in_reply_to: None,
            from: from.parse().unwrap(),
            to: to.iter().map(|to| to.parse().unwrap()).collect(),
            sent_at: now,
            expires_at: now.plus(Duration::from_secs(3600)),
            priority: Priority::Urgent,
            payload: SealedPayload {
                salt: Salt::from_bytes([7; 32]),
                bytes: b"no OpenPGP message".as_slice().into(),
            },
            attachments: Some(commitment),
            actor: ActorId::from_bytes([9; 16]),
            oversight: Oversight::NotNeeded,
        });
        let (answer, answered) = oneshot::channel();
        let command = Command::Submit { submission, answer };
        self.wakes.send(Wake::Command(command)).await.unwrap();
        answered.await.unwrap().unwrap();
        (message, manifest, commitment)
    }

    /// What the ledger says of a message, once it says something that fits.
    async fn says(&self, message: MessageId, fits: impl Fn(&Entry) -> bool) -> Vec<Entry> {
        let reader = Arc::clone(&self.transfers.parts.reader);
        let said = async {
            loop {
                let leaves = reader.message_entries(message).unwrap();
                let entries: Vec<Entry> = leaves
                    .into_iter()
                    .map(|leaf| Entry::decode(&reader.leaf(leaf).unwrap()).unwrap())
                    .collect();
                if entries.iter().any(&fits) {
                    return entries;
                }
                sleep(LOOKED_AT_EVERY).await;
            }
        };
        timeout(PATIENCE, said).await.unwrap()
    }

    fn chunks_received(&self) -> u64 {
        figure(&self.transfers, "ohrid_attachment_received_chunks_total")
    }

    async fn ask(&self, peer: &str, request: Frame) -> Frame {
        let peer: PartyCode = peer.parse().unwrap();
        let connected = async {
            loop {
                if let Some(asker) = self.transfers.parts.peers.asker(peer) {
                    return asker;
                }
                sleep(LOOKED_AT_EVERY).await;
            }
        };
        let asker = timeout(PATIENCE, connected).await.unwrap();
        asker.ask(request, Urgency::Bulk, PATIENCE).await.unwrap()
    }
}

fn figure(transfers: &Transfers, name: &str) -> u64 {
    let text = transfers.parts.metrics.text();
    let line = text
        .lines()
        .find(|line| line.starts_with(name) && !line.starts_with('#'));
    line.unwrap().rsplit(' ').next().unwrap().parse().unwrap()
}

fn holds(node: &Up, manifest: &Manifest, other: &Up) {
    for (_, attachment) in manifest.attachments() {
        let read = |up: &Up| {
            let stored = up.transfers.parts.kept.files.find(Arc::clone(attachment));
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut stored.unwrap().unwrap().reader(), &mut bytes).unwrap();
            bytes
        };
        assert!(read(node) == read(other), "another file");
    }
}

const MIB: usize = 1024 * 1024;

/// Both recipients get all files, both ledgers say so, and a third Party can see nothing of it.
#[tokio::test(flavor = "multi_thread")]
async fn files_reach_all_recipients_and_nobody_else() {
    let network = Network::of(&["XA", "XB", "XC", "XD"]);
    let (a, b) = (up(&network, 0).await, up(&network, 1).await);
    let (c, d) = (up(&network, 2).await, up(&network, 3).await);
    let mut news = a.transfers.parts.news.listen();
    let lengths = [3 * MIB + 17, 1, 2 * MIB];
    let (message, manifest, commitment) = a.send("XA/police", &["XB/police", "XC/police"], &lengths).await;
    for recipient in [&b, &c] {
        let ours = |entry: &Entry| matches!(entry, Entry::CompletionDelivered { .. });
        let entries = recipient.says(message, ours).await;
        let issued = entries.iter().filter(|entry| {
            matches!(
                entry,
                Entry::Completed {
                    side: Side::Issued,
                    ..
                }
            )
        });
        assert_eq!(issued.count(), 1);
        assert_eq!(recipient.chunks_received(), 7);
        holds(recipient, &manifest, &a);
    }
    let theirs = |entry: &Entry| {
        matches!(
            entry,
            Entry::Completed {
                side: Side::Received,
                ..
            }
        )
    };
    let entries = a.says(message, theirs).await;
    assert_eq!(entries.iter().filter(|entry| theirs(entry)).count(), 2);
    let mut told = Vec::new();
    while told.len() < 2 {
        let event = timeout(PATIENCE, news.recv()).await.unwrap().unwrap();
        if event.event == EventKind::AttachmentsComplete {
            assert_eq!(event.message, message.to_string());
            told.extend(event.to);
        }
    }
    told.sort();
    assert_eq!(told, ["XB/police", "XC/police"]);

    let (_, first) = manifest.attachments().next().unwrap();
    let chunk = Frame::ChunkRequest(ChunkRequest {
        attachment: first.id(),
        index: ChunkIndex(0),
    });
    for request in [Frame::ManifestRequest(ManifestRequest(commitment)), chunk] {
        assert_eq!(d.ask("XA", request.clone()).await, Frame::Absent);
        assert_eq!(d.ask("XB", request.clone()).await, Frame::Absent);
        assert_eq!(c.ask("XB", request.clone()).await, Frame::Absent);
        assert_ne!(c.ask("XA", request).await, Frame::Absent);
    }
    for node in [a, b, c, d] {
        node.running.stop().await;
    }
}

/// Either side may stop at any moment: what has come is never fetched again.
#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_survives_restarts_of_both_sides() {
    let network = Network::of(&["XA", "XB"]);
    let (mut a, mut b) = (up(&network, 0).await, up(&network, 1).await);
    let (message, manifest, _) = a.send("XA/police", &["XB/police"], &[24 * MIB, 8 * MIB]).await;
    let (mut received, mut rounds) = (0, 0);
    while received < 32 && rounds < 4 {
        // Some have come since this side came up.
        let come = async {
            while b.chunks_received() < 3 && received + b.chunks_received() < 32 {
                sleep(LOOKED_AT_EVERY).await;
            }
        };
        timeout(PATIENCE, come).await.unwrap();
        if rounds % 2 == 0 {
            b.running.stopper.stop();
            (&mut b.running.ended).await.unwrap();
            received += b.chunks_received();
            drop(b);
            b = up(&network, 1).await;
        } else {
            let Up {
                running,
                transfers,
                wakes,
            } = a;
            drop((transfers, wakes));
            running.stop().await;
            a = up(&network, 0).await;
        }
        rounds += 1;
    }
    b.says(message, |entry| {
        matches!(entry, Entry::CompletionDelivered { .. })
    })
    .await;
    a.says(message, |entry| {
        matches!(
            entry,
            Entry::Completed {
                side: Side::Received,
                ..
            }
        )
    })
    .await;
    holds(&b, &manifest, &a);
    received += b.chunks_received();
    assert_eq!(received, 32, "after {rounds} restarts");
    a.running.stop().await;
    b.running.stop().await;
}
