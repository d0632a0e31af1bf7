//! The core is told once for each message, and again if it did not write it down.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_written_down_is_told_again_after_a_restart() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), MemoryDisk::new());
    let files = files(&[chunks(1)]);
    let mut node = self::node(folder.path(), &disk, settings(), NO_LIMITS);
    node.receives(&files);
    let mut sender = node.connect("XB");
    sender.serve(&files, 1 + files.chunk_count()).await;
    assert!(matches!(node.wake().await, Wake::Arrived { .. }));
    node.stop().await;

    // The core never wrote it down: it is told again, and nothing is asked for.
    let mut node = self::node(folder.path(), &disk, settings(), NO_LIMITS);
    let mut sender = node.connect("XB");
    let Wake::Arrived {
        key,
        envelope,
        manifest,
        ..
    } = node.wake().await
    else {
        panic!()
    };
    assert!(sender.questions.try_recv().is_err());
    let completion = protocol::completion::Completion {
        message: key.message,
        from: key.from,
        to: key.to.clone(),
        envelope,
        manifest,
        completed_at: UnixMillis(1),
    };
    let statement =
        protocol::completion::SignedCompletion::sign(&completion, &EnvelopeKey::from_seed(&[1; 32]));
    node.record(&Entry::Completed {
        at: UnixMillis(1_780_000_000_000),
        side: protocol::entry::Side::Issued,
        statement,
        expires_at: UnixMillis(1_780_000_000_001),
    });
    node.stop().await;

    // Now it has.
    let mut node = self::node(folder.path(), &disk, settings(), NO_LIMITS);
    let _sender = node.connect("XB");
    let this = Arc::clone(&node.transfers);
    timeout(PATIENCE, async move { pulling::look_through_ledger(&this).await })
        .await
        .unwrap();
    assert_eq!(node.transfers.progress(key.message), None);
    assert!(node.woken.try_recv().is_err());
    node.stop().await;
}

/// While there is too much on the board, messages stay in the ledger and are found there.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_nobody_was_told_of_is_found_in_the_ledger() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), MemoryDisk::new());
    let files = files(&[chunks(1)]);
    let mut node = self::node(folder.path(), &disk, settings(), NO_LIMITS);
    let header = Header {
        attachments: Some(files.commitment),
        ..header("XB", "XA", 1, 1)
    };
    node.record(&Entry::Received {
        at: header.sent_at,
        header: SignedHeader::sign(&header, &EnvelopeKey::from_seed(&[9; 32])),
        commit_size: 1,
    });
    pulling::look_through_ledger(&node.transfers).await;
    node.transfers.changed.notify_one();
    let mut sender = node.connect("XB");
    sender.serve(&files, 1 + files.chunk_count()).await;
    assert!(matches!(node.wake().await, Wake::Arrived { .. }));
    node.stop().await;
}
