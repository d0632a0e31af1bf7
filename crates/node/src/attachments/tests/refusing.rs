//! What keeps a transfer from going on, and what makes it go on again.

use protocol::attachment::WrongChunk;
use protocol::check::PeerMisbehaved;

use super::*;

/// A sender of wrong chunks is named, nothing of them is written, and the next connection goes on.
#[tokio::test(flavor = "multi_thread")]
async fn wrong_chunks_are_the_senders_fault_and_cost_nothing_that_was_right() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), MemoryDisk::new());
    let files = files(&[chunks(6)]);
    let mut node = node(folder.path(), &disk, settings(), NO_LIMITS);
    let header = node.receives(&files);
    let mut served = Vec::new();
    let lies: [fn(&mut Chunk); 4] = [
        |chunk| chunk.bytes[77] ^= 1,
        |chunk| chunk.bytes.truncate(CHUNK_BYTES - 1),
        |chunk| chunk.bytes.clear(),
        |chunk| chunk.index = ChunkIndex(chunk.index.0 + 1),
    ];
    for (round, lie) in lies.into_iter().enumerate() {
        let mut sender = node.connect("XB");
        let honest = if round == 0 { 2 } else { 1 };
        served.extend(sender.serve(&files, honest).await);
        node.present(&header, chunks(served.len()) as u64).await;
        let (frame, answer) = sender.asked().await;
        let Frame::ChunkRequest(request) = frame else {
            panic!("{frame:?}")
        };
        let mut chunk = files.chunk(&request).unwrap();
        lie(&mut chunk);
        answer.send(Ok(Frame::Chunk(chunk))).unwrap();
        let Wake::Misbehaved { peer, what } = node.wake().await else {
            panic!()
        };
        assert_eq!(peer, party("XB"));
        assert!(matches!(
            what,
            PeerMisbehaved::WrongChunk(WrongChunk::Content { .. } | WrongChunk::Length { .. })
        ));
        node.state(&header, TransferState::Waiting(Waits::Sender)).await;
        // The core closes the connection; a transfer rests for a second or more.
        drop(sender);
        node.peers.disconnected(party("XB")).await;
    }
    let mut sender = node.connect("XB");
    served.extend(sender.serve(&files, files.chunk_count() - served.len()).await);
    assert!(matches!(node.wake().await, Wake::Arrived { .. }));
    node.holds(&files);
    let text = node.transfers.parts.metrics.text();
    assert!(
        text.contains("ohrid_attachment_wrong_answers_total{peer=\"XB\"} 4"),
        "{text}"
    );
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_manifest_than_the_headers_is_a_breach() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), MemoryDisk::new());
    let (files, others) = (files(&[5]), files(&[6]));
    let mut node = node(folder.path(), &disk, settings(), NO_LIMITS);
    let header = node.receives(&files);
    let mut sender = node.connect("XB");
    let (_, answer) = sender.asked().await;
    let other = Frame::Manifest(ManifestAnswer {
        salt: SALT,
        bytes: others.manifest.encode(),
    });
    answer.send(Ok(other)).unwrap();
    let Wake::Misbehaved { what, .. } = node.wake().await else {
        panic!()
    };
    assert_eq!(what, PeerMisbehaved::WrongManifest);
    node.state(&header, TransferState::Waiting(Waits::Sender)).await;
    assert!(
        node.transfers
            .parts
            .kept
            .manifests
            .get(&files.commitment)
            .unwrap()
            .is_none()
    );
    node.stop().await;
}

/// What is no answer to such a question is a breach as well.
#[tokio::test(flavor = "multi_thread")]
async fn another_kind_of_answer_is_a_breach() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), MemoryDisk::new());
    let files = files(&[5]);
    let mut node = node(folder.path(), &disk, settings(), NO_LIMITS);
    node.receives(&files);
    let mut sender = node.connect("XB");
    sender.serve(&files, 1).await;
    let (_, answer) = sender.asked().await;
    answer.send(Ok(Frame::Pong(7))).unwrap();
    let Wake::Misbehaved { what, .. } = node.wake().await else {
        panic!()
    };
    assert!(matches!(what, PeerMisbehaved::Unexpected(_)));
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_sender_lacks_waits_for_its_next_connection() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), MemoryDisk::new());
    let files = files(&[chunks(2)]);
    let mut node = node(folder.path(), &disk, settings(), NO_LIMITS);
    let header = node.receives(&files);
    let mut sender = node.connect("XB");
    let (_, answer) = sender.asked().await;
    answer.send(Ok(Frame::Absent)).unwrap();
    node.state(&header, TransferState::Waiting(Waits::Absent)).await;
    drop(sender);
    node.peers.disconnected(party("XB")).await;
    let mut sender = node.connect("XB");
    sender.serve(&files, 1 + files.chunk_count()).await;
    assert!(matches!(node.wake().await, Wake::Arrived { .. }));
    node.stop().await;
}

/// Refusal loses nothing: people are told, and the transfer goes on once the limit was raised.
#[tokio::test(flavor = "multi_thread")]
async fn limits_refuse_before_a_byte_is_asked_for_and_lose_nothing() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), MemoryDisk::new());
    let files = files(&[chunks(2), chunks(1)]);
    let two = chunks(2) as u64;
    let cases = [
        (
            Waits::AttachmentLimit,
            AttachmentLimits {
                attachment_bytes_max: two - 1,
                ..NO_LIMITS
            },
        ),
        (
            Waits::MessageLimit,
            AttachmentLimits {
                message_bytes_max: two,
                ..NO_LIMITS
            },
        ),
        (
            Waits::PeerLimit,
            AttachmentLimits {
                peer_bytes_max: two,
                ..NO_LIMITS
            },
        ),
    ];
    let mut header = None;
    for (round, (waits, limits)) in cases.into_iter().enumerate() {
        let mut node = node(folder.path(), &disk, settings(), limits);
        if round == 0 {
            header = Some(node.receives(&files));
        }
        let header = header.clone().unwrap();
        let mut news = node.transfers.parts.news.listen();
        let mut sender = node.connect("XB");
        if round == 0 {
            sender.serve(&files, 1).await;
        }
        node.state(&header, TransferState::Waiting(waits)).await;
        let told = timeout(PATIENCE, news.recv()).await.unwrap().unwrap();
        assert_eq!(told.event, control::events::EventKind::AttachmentsRefused);
        assert!(sender.questions.try_recv().is_err(), "asked for what is refused");
        assert!(node.transfers.parts.kept.files.incoming().unwrap().is_empty());
        let text = node.transfers.parts.metrics.text();
        let figure = format!(
            "ohrid_attachment_transfers_waiting{{reason=\"{}\"}} 1",
            waits.word()
        );
        assert!(text.contains(&figure), "{text}");
        node.stop().await;
    }
    let mut node = node(folder.path(), &disk, settings(), NO_LIMITS);
    let mut sender = node.connect("XB");
    sender.serve(&files, files.chunk_count()).await;
    assert!(matches!(node.wake().await, Wake::Arrived { .. }));
    node.holds(&files);
    node.stop().await;
}

/// Room is looked for before anything is written, for all files of the message.
#[tokio::test(flavor = "multi_thread")]
async fn without_room_nothing_is_begun_and_with_room_it_goes_on() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), MemoryDisk::new());
    let files = files(&[chunks(1), chunks(1)]);
    let full = AttachmentSettings {
        free_space_floor_bytes: u64::MAX / 2,
        ..settings()
    };
    let mut node = self::node(folder.path(), &disk, full, NO_LIMITS);
    let header = node.receives(&files);
    let mut sender = node.connect("XB");
    sender.serve(&files, 1).await;
    node.state(&header, TransferState::Waiting(Waits::Room)).await;
    assert!(sender.questions.try_recv().is_err());
    assert!(node.transfers.parts.kept.files.incoming().unwrap().is_empty());
    node.stop().await;
    let mut node = self::node(folder.path(), &disk, settings(), NO_LIMITS);
    let mut sender = node.connect("XB");
    sender.serve(&files, files.chunk_count()).await;
    assert!(matches!(node.wake().await, Wake::Arrived { .. }));
    node.stop().await;
}
