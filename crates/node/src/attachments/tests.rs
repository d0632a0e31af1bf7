#![allow(clippy::unwrap_used, clippy::expect_used)]
//! `[TRANSFER]` One node against a peer that the test plays by hand.

use std::path::Path;
use std::time::Duration;

use protocol::attachment::{Attachment, Chunk, ChunkIndex, ChunkRequest, Manifest, ManifestAnswer};
use protocol::digest::{Commitment, Digest, Salt};
use protocol::entry::Entry;
use protocol::envelope::{Header, SignedHeader};
use protocol::exchange::Commit;
use protocol::frame::Frame;
use protocol::ids::ActorId;
use protocol::key::EnvelopeKey;
use protocol::limits::CHUNK_BYTES;
use protocol::time::UnixMillis;
use std::io::Write as _;
use store::memory::{Memory, MemoryDisk};
use store::{AttachmentSettings, Store};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::*;
use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::news::News;
use crate::session::{Admitted, Dialled, Peers, Question, Registration, Unanswered};
use crate::stop::{Stopper, stop_pair};
use crate::testing::ledger::{header, party};
use crate::testing::transfers::kept;
use crate::wake::Wake;

mod refusing;
mod serving;
mod telling;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a condition is looked at that is waited for. Nothing depends on it, but that the machine has
/// time for the rest meanwhile.
const LOOKED_AT_EVERY: Duration = Duration::from_millis(2);
const SALT: Salt = Salt::from_bytes([0x5a; 32]);

/// What a sender has: files, and their manifest.
#[derive(Clone)]
struct Files {
    contents: Vec<Vec<u8>>,
    manifest: Arc<Manifest>,
    commitment: Commitment,
}

/// Files of these lengths, with bytes that no two chunks have alike.
fn files(lengths: &[usize]) -> Files {
    let folder = tempfile::tempdir().unwrap();
    let sender = kept(folder.path(), settings());
    store_files(&sender, lengths)
}

/// The same, kept by the sender.
fn store_files(sender: &Kept, lengths: &[usize]) -> Files {
    let mut contents = Vec::new();
    let mut attachments = Vec::new();
    for (place, length) in lengths.iter().enumerate() {
        let words = (0..length.div_ceil(8)).map(|word| (word * 31 + place) as u64);
        let mut content: Vec<u8> = words.flat_map(u64::to_le_bytes).collect();
        content.truncate(*length);
        let message = header("XB", "XA", 1, 1).message;
        let number = (u8::try_from(place).unwrap() + 1).to_string().parse().unwrap();
        let mut sealed = sender
            .files
            .begin_sealed(message, number, *length as u64)
            .unwrap();
        sealed.write_all(&content).unwrap();
        let name = format!("file-{place}.bin").parse().unwrap();
        let media_type = "application/octet-stream".parse().unwrap();
        let stored = sealed.finish(name, media_type, *length as u64 - 1, Digest::of(b"plain"));
        attachments.push(Arc::clone(stored.unwrap().attachment()));
        contents.push(content);
    }
    let manifest = Manifest::new(attachments).unwrap();
    let bytes = manifest.encode();
    let commitment = Manifest::commitment(&SALT, &bytes);
    sender.manifests.put(&commitment, &SALT, &bytes).unwrap();
    Files {
        contents,
        manifest: Arc::new(manifest),
        commitment,
    }
}

fn settings() -> AttachmentSettings {
    AttachmentSettings {
        free_space_floor_bytes: 0,
        sync_interval_bytes: 2 * CHUNK_BYTES as u64,
    }
}

const NO_LIMITS: AttachmentLimits = AttachmentLimits {
    attachment_bytes_max: u64::MAX,
    message_bytes_max: u64::MAX,
    peer_bytes_max: u64::MAX,
};

/// XA's node, as far as it transfers.
struct Node {
    transfers: Arc<Transfers>,
    peers: Arc<Peers>,
    store: Memory,
    woken: mpsc::Receiver<Wake>,
    stopper: Stopper,
    running: JoinHandle<()>,
}

/// A node over what its folder and its disk have kept.
fn node(folder: &Path, disk: &MemoryDisk, settings: AttachmentSettings, limits: AttachmentLimits) -> Node {
    let (store, _) = disk.open().unwrap();
    let (stopper, stop) = stop_pair();
    let (wakes, woken) = mpsc::channel(64);
    let peers = Peers::new(party("XA"));
    let transfers = Transfers::new(Parts {
        kept: kept(folder, settings),
        reader: store.reader(),
        peers: Arc::clone(&peers),
        clock: Arc::new(Clock::default()),
        metrics: Arc::new(Metrics::new()),
        news: News::default(),
        wakes,
        limits,
        stop,
    });
    let running = tokio::spawn(pulling::run(Arc::clone(&transfers)));
    Node {
        transfers,
        peers,
        store,
        woken,
        stopper,
        running,
    }
}

impl Node {
    /// Records an entry.
    fn record(&mut self, entry: &Entry) {
        let leaf = entry.encode();
        let mut edge = self.store.reader().edge();
        let first_index = edge.size();
        edge.append(::ledger::hash::leaf_hash(&leaf));
        let commit = Commit {
            first_index,
            leaves: vec![leaf].into(),
            payloads: [].into(),
            size_after: edge.size(),
            root_after: edge.root(),
        };
        self.store.commit(&commit).unwrap();
    }

    /// XB's message with these files comes in.
    fn receives(&mut self, files: &Files) -> Header {
        let sent_at = self.transfers.parts.clock.now();
        let header = Header {
            attachments: Some(files.commitment),
            sent_at,
            // Until then its sender must have the files.
            expires_at: sent_at.plus(Duration::from_secs(24 * 3_600)),
            ..header("XB", "XA", 1, 1)
        };
        let signed = SignedHeader::sign(&header, &EnvelopeKey::from_seed(&[9; 32]));
        let index = self.store.reader().size();
        let at = header.sent_at;
        let commit_size = index + 1;
        self.record(&Entry::Received {
            at,
            header: signed.clone(),
            commit_size,
        });
        let key = protocol::index::InboxKey {
            from: party("XB"),
            message: header.message,
            to: header.to.clone(),
        };
        self.transfers.received(key, &header, signed.digest(), index);
        header
    }

    /// Connects to a peer; the test answers what it is asked.
    fn connect(&self, peer: &str) -> Connection {
        let address = "127.0.0.1:1".parse().unwrap();
        let admitted = self
            .peers
            .admit(party(peer), Dialled::ByPeer, address, UnixMillis(1));
        let Admitted::Yes(registration, questions) = admitted else {
            panic!("{admitted:?}")
        };
        Connection {
            _registration: registration,
            questions,
        }
    }

    /// What the core is told next.
    async fn wake(&mut self) -> Wake {
        timeout(PATIENCE, self.woken.recv()).await.unwrap().unwrap()
    }

    async fn state(&self, header: &Header, wanted: TransferState) -> MessageProgress {
        let reached = async {
            loop {
                if let Some(progress) = self.transfers.progress(header.message)
                    && progress.state == wanted
                {
                    return progress;
                }
                sleep(LOOKED_AT_EVERY).await;
            }
        };
        let found = timeout(PATIENCE, reached).await;
        found.unwrap_or_else(|_| panic!("{:?}", self.transfers.progress(header.message)))
    }

    /// Waits until so much is here.
    async fn present(&self, header: &Header, wanted_bytes: u64) {
        let reached = async {
            loop {
                let progress = self.transfers.progress(header.message);
                let files = progress.iter().flat_map(|progress| &progress.files);
                if files.map(|file| file.present_bytes).sum::<u64>() >= wanted_bytes {
                    return;
                }
                sleep(LOOKED_AT_EVERY).await;
            }
        };
        timeout(PATIENCE, reached).await.unwrap();
    }

    async fn stop(self) {
        self.stopper.stop();
        timeout(PATIENCE, self.running).await.unwrap().unwrap();
    }

    /// What the files hold here, by the node's own folder.
    fn holds(&self, files: &Files) {
        for ((_, attachment), content) in files.manifest.attachments().zip(&files.contents) {
            let stored = self.transfers.parts.kept.files.find(Arc::clone(attachment));
            let mut read = Vec::new();
            std::io::Read::read_to_end(&mut stored.unwrap().unwrap().reader(), &mut read).unwrap();
            assert!(read == *content, "another file");
        }
    }
}

/// A connection that the test answers on.
struct Connection {
    _registration: Registration,
    questions: mpsc::Receiver<Question>,
}

impl Connection {
    async fn asked(&mut self) -> (Frame, oneshot::Sender<Result<Frame, Unanswered>>) {
        let question = timeout(PATIENCE, self.questions.recv()).await.unwrap().unwrap();
        (question.frame, question.answer)
    }

    /// Answers as an honest sender does, so many times; says which chunks were asked for.
    async fn serve(&mut self, files: &Files, answers: usize) -> Vec<ChunkRequest> {
        let mut requests = Vec::new();
        for _ in 0..answers {
            let (frame, answer) = self.asked().await;
            if let Frame::ChunkRequest(request) = &frame {
                requests.push(*request);
            }
            // Whoever asked may be gone by now.
            let _ = answer.send(Ok(files.answer(&frame)));
        }
        requests
    }
}

impl Files {
    fn answer(&self, frame: &Frame) -> Frame {
        match frame {
            Frame::ManifestRequest(request) if request.0 == self.commitment => {
                Frame::Manifest(ManifestAnswer {
                    salt: SALT,
                    bytes: self.manifest.encode(),
                })
            }
            Frame::ChunkRequest(request) => self.chunk(request).map_or(Frame::Absent, Frame::Chunk),
            other => panic!("{other:?}"),
        }
    }

    fn chunk(&self, request: &ChunkRequest) -> Option<Chunk> {
        let place = self
            .attachments()
            .position(|one| one.id() == request.attachment)?;
        let range = self.attachments().nth(place)?.chunk_range(request.index)?;
        let (start, end) = (range.start.try_into().unwrap(), range.end.try_into().unwrap());
        let bytes: &[u8] = &self.contents[place][start..end];
        Some(Chunk {
            index: request.index,
            bytes: bytes.to_vec(),
        })
    }

    fn attachments(&self) -> impl Iterator<Item = &Arc<Attachment>> {
        self.manifest.attachments().map(|(_, attachment)| attachment)
    }

    fn chunk_count(&self) -> usize {
        let chunks = self.attachments().map(|attachment| attachment.chunk_count());
        usize::try_from(chunks.sum::<u32>()).unwrap()
    }
}

fn chunks(count: usize) -> usize {
    count * CHUNK_BYTES
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_arrives_in_order_and_the_core_is_told() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), MemoryDisk::new());
    let files = files(&[chunks(3) + 5, 1, chunks(2)]);
    let mut node = node(folder.path(), &disk, settings(), NO_LIMITS);
    let header = node.receives(&files);
    node.state(&header, TransferState::Waiting(Waits::Connection))
        .await;
    let mut sender = node.connect("XB");
    let requests = sender.serve(&files, 1 + files.chunk_count()).await;
    let Wake::Arrived { key, manifest, .. } = node.wake().await else {
        panic!()
    };
    assert_eq!((key.message, manifest), (header.message, files.commitment));
    let progress = node.state(&header, TransferState::Complete).await;
    assert!(
        progress
            .files
            .iter()
            .all(|file| file.present_bytes == file.sealed_bytes)
    );
    node.holds(&files);
    // The first file first; of those that are out at once, any may be quicker.
    let mut of_first: Vec<ChunkIndex> = requests[..4].iter().map(|request| request.index).collect();
    of_first.sort_unstable();
    assert_eq!(of_first, [0, 1, 2, 3].map(ChunkIndex));
    let usage = node.transfers.parts.kept.usage.of(party("XB"));
    assert_eq!(usage, files.manifest.sealed_length_bytes());
    node.stop().await;
}

/// Whatever breaks, at whatever chunk: what has come is not asked for again, also after a restart.
#[tokio::test(flavor = "multi_thread")]
async fn what_has_come_is_never_asked_for_again() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), MemoryDisk::new());
    let files = files(&[chunks(9), chunks(4) + 1]);
    let mut wanted = files.chunk_count();
    let mut served = std::collections::BTreeSet::new();
    let (mut present_bytes, mut header) = (0, None);
    for round in 0..6 {
        let mut node = node(folder.path(), &disk, settings(), NO_LIMITS);
        if round == 0 {
            header = Some(node.receives(&files));
        }
        let header = header.clone().unwrap();
        let mut sender = node.connect("XB");
        // The manifest is asked for once in all, and each chunk once.
        let answers = if round == 0 { 3 } else { 2 };
        for request in sender.serve(&files, answers).await {
            assert!(
                served.insert((request.attachment, request.index)),
                "asked for twice"
            );
            present_bytes += files.chunk(&request).unwrap().bytes.len() as u64;
            wanted -= 1;
        }
        node.present(&header, present_bytes).await;
        if round % 2 == 0 {
            drop(sender);
            node.peers.disconnected(party("XB")).await;
        }
        node.stop().await;
    }
    let mut node = node(folder.path(), &disk, settings(), NO_LIMITS);
    let mut sender = node.connect("XB");
    for request in sender.serve(&files, wanted).await {
        assert!(
            served.insert((request.attachment, request.index)),
            "asked for twice"
        );
    }
    assert!(matches!(node.wake().await, Wake::Arrived { .. }));
    node.holds(&files);
    node.stop().await;
}
