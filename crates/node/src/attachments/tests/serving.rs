//! Who is given what.

use protocol::attachment::{AttachmentId, ManifestRequest};

use super::*;

/// XA's node, which has sent these files to XB.
struct Sender {
    _folder: tempfile::TempDir,
    node: Node,
    files: Files,
}

fn sender(lengths: &[usize]) -> Sender {
    let (folder, disk) = (tempfile::tempdir().unwrap(), MemoryDisk::new());
    let mut node = node(folder.path(), &disk, settings(), NO_LIMITS);
    let files = store_files(&node.transfers.parts.kept, lengths);
    let header = Header {
        attachments: Some(files.commitment),
        ..header("XA", "XB", 1, 1)
    };
    node.record(&Entry::Submitted {
        at: header.sent_at,
        actor: ActorId::from_bytes([7; 16]),
        header: SignedHeader::sign(&header, &EnvelopeKey::from_seed(&[1; 32])),
    });
    Sender {
        _folder: folder,
        node,
        files,
    }
}

impl Sender {
    async fn ask(&self, peer: &str, request: Frame) -> Frame {
        let answer = self.node.transfers.answer(party(peer), request);
        timeout(PATIENCE, answer).await.unwrap().frame
    }

    fn requests(&self) -> Vec<Frame> {
        let manifest = Frame::ManifestRequest(ManifestRequest(self.files.commitment));
        let chunks = self.files.attachments().flat_map(|attachment| {
            let attachment = Arc::clone(attachment);
            attachment.chunks().map(move |index| {
                Frame::ChunkRequest(ChunkRequest {
                    attachment: attachment.id(),
                    index,
                })
            })
        });
        std::iter::once(manifest).chain(chunks).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_recipient_is_given_all_and_nobody_else_can_tell_whether_it_exists() {
    let sender = sender(&[chunks(2) + 7, 1]);
    for request in sender.requests() {
        // Nobody else, whether it asks before the recipient or after.
        assert_eq!(sender.ask("XC", request.clone()).await, Frame::Absent);
        assert_eq!(
            sender.ask("XB", request.clone()).await,
            sender.files.answer(&request)
        );
        assert_eq!(sender.ask("XC", request).await, Frame::Absent);
    }
    let first = sender.files.attachments().next().unwrap().id();
    let beyond = ChunkRequest {
        attachment: first,
        index: ChunkIndex(3),
    };
    let unknown = ChunkRequest {
        attachment: AttachmentId::from_bytes([7; 32]),
        index: ChunkIndex(0),
    };
    for request in [
        Frame::ChunkRequest(beyond),
        Frame::ChunkRequest(unknown),
        Frame::ManifestRequest(ManifestRequest(Commitment::from_bytes([7; 32]))),
    ] {
        assert_eq!(sender.ask("XB", request).await, Frame::Absent);
    }
    let text = sender.node.transfers.parts.metrics.text();
    assert!(
        text.contains("ohrid_attachment_requests_withheld_total{reason=\"not_shared\"} 13"),
        "{text}"
    );
    assert!(text.contains("ohrid_attachment_served_chunks_total 4"), "{text}");
    sender.node.stop().await;
}

/// What was received is not served on: only its sender answers for it.
#[tokio::test(flavor = "multi_thread")]
async fn what_came_from_others_is_not_given_away() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), MemoryDisk::new());
    let mut node = node(folder.path(), &disk, settings(), NO_LIMITS);
    let files = store_files(&node.transfers.parts.kept, &[5]);
    node.receives(&files);
    let request = Frame::ManifestRequest(ManifestRequest(files.commitment));
    for peer in ["XB", "XC"] {
        let answer = node.transfers.answer(party(peer), request.clone()).await;
        assert_eq!(answer.frame, Frame::Absent);
    }
    node.stop().await;
}

/// Erased, or lost: absent, and damage is never passed on.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_or_damaged_is_absent() {
    let sender = sender(&[chunks(2)]);
    let requests = sender.requests();
    assert!(matches!(
        sender.ask("XB", requests[2].clone()).await,
        Frame::Chunk(_)
    ));
    let kept = &sender.node.transfers.parts.kept;
    let attachment = Arc::clone(sender.files.attachments().next().unwrap());
    let name = attachment.id().to_string();
    let path = sender
        ._folder
        .path()
        .join("data/attachment")
        .join(&name[..2])
        .join(&name);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[chunks(1) + 9] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    assert!(matches!(
        sender.ask("XB", requests[1].clone()).await,
        Frame::Chunk(_)
    ));
    assert_eq!(sender.ask("XB", requests[2].clone()).await, Frame::Absent);
    kept.files.remove(attachment.id()).unwrap();
    assert_eq!(sender.ask("XB", requests[1].clone()).await, Frame::Absent);
    kept.manifests.remove(&sender.files.commitment).unwrap();
    assert_eq!(sender.ask("XB", requests[0].clone()).await, Frame::Absent);
    sender.node.stop().await;
}

/// However much a peer asks for and does not read, another is served.
#[tokio::test(flavor = "multi_thread")]
async fn memory_is_bounded_and_nobody_takes_all_of_it() {
    let sender = sender(&[chunks(1)]);
    let request = sender.requests().remove(1);
    let mut held = Vec::new();
    for _ in 0..crate::limits::CHUNKS_SERVED_PER_PEER_MAX {
        held.push(sender.node.transfers.answer(party("XB"), request.clone()).await);
    }
    let one_more = sender.node.transfers.answer(party("XB"), request.clone());
    let one_more = timeout(Duration::from_millis(1), one_more).await;
    assert!(one_more.is_err(), "more than its share");
    // Nobody else is kept waiting.
    let other = sender.node.transfers.answer(party("XC"), request.clone());
    assert_eq!(timeout(PATIENCE, other).await.unwrap().frame, Frame::Absent);
    drop(held);
    assert!(matches!(sender.ask("XB", request).await, Frame::Chunk(_)));
    sender.node.stop().await;
}
