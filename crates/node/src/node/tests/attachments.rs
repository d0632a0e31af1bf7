//! Files and their messages, between two nodes in one process `[TRANSFER]`.

use control::client::ClientError;
use control::types::{StagedAttachment, UploadQuery};

use super::*;

/// A file that is longer than some blocks and no multiple of any.
fn file(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at / 7 % 251) as u8).collect()
}

fn query(name: &str) -> UploadQuery {
    UploadQuery {
        name: name.to_owned(),
        to: Some("XB/police".to_owned()),
        ..UploadQuery::default()
    }
}

async fn upload(node: &Running, query: &UploadQuery, file: &[u8], number: u8) -> StagedAttachment {
    node.client
        .upload(query, &key(number), file, |_| {})
        .await
        .unwrap()
}

fn refused(error: ClientError) -> (u16, String) {
    match error {
        ClientError::Refused { status, problem, .. } => (status, problem.code),
        other => panic!("{other}"),
    }
}

fn with(attachments: &[&StagedAttachment]) -> SendRequest {
    let names = attachments.iter().map(|one| one.attachment.clone());
    SendRequest {
        attachments: names.collect(),
        to: vec!["XB/police".to_owned()],
        ..request()
    }
}

async fn content(node: &Running, attachment: &str) -> Vec<u8> {
    let mut content = node.client.attachment_content(attachment).await.unwrap();
    let mut file = Vec::new();
    while let Some(block) = content.next().await.unwrap() {
        file.extend_from_slice(&block);
    }
    assert_eq!(content.length_bytes(), Some(file.len() as u64));
    file
}

/// What is staged is sealed, is there after a restart, and goes with the message that it was sealed for; the
/// sender can open its own copy.
#[tokio::test(flavor = "multi_thread")]
async fn files_wait_across_a_restart_and_go_with_their_message() {
    let network = Network::of(&["XA", "XB"]);
    let a = start(&network, 0).await;
    let large = file(3_000_001);
    let first = upload(&a, &query("image.bin"), &large, 1).await;
    assert_eq!((first.number, first.size_bytes), (1, 3_000_001));
    let more = UploadQuery {
        message: Some(first.message.clone()),
        ..query("note.txt")
    };
    let second = upload(&a, &more, b"short", 2).await;
    assert_eq!((second.number, &second.message), (2, &first.message));
    let plain = b"short";
    for folder in ["data/attachment", "staged"] {
        for path in files_below(&network.members[0].folder.join(folder)) {
            let bytes = std::fs::read(path).unwrap();
            let is_there = |text: &[u8]| bytes.windows(text.len()).any(|part| part == text);
            assert!(!is_there(plain) && !is_there(&large[..64]) && !is_there(b"note.txt"));
        }
    }
    a.stop().await;

    let a = start(&network, 0).await;
    let staged = a.client.staged_attachments().await.unwrap();
    assert_eq!(staged, [first.clone(), second.clone()]);
    let sent = a.client.send(&with(&[&second, &first]), &key(3)).await.unwrap();
    assert_eq!(sent.message, first.message);
    assert!(a.client.staged_attachments().await.unwrap().is_empty());
    let listed = a.client.message_attachments(&sent.message).await.unwrap();
    let names: Vec<_> = listed.attachments.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["image.bin", "note.txt"]);
    assert_eq!(content(&a, &first.attachment).await, large);
    assert_eq!(content(&a, &second.attachment).await, plain);
    a.stop().await;

    // `[IDEMPOTENT]`
    let a = start(&network, 0).await;
    let again = a.client.send(&with(&[&second, &first]), &key(3)).await.unwrap();
    assert_eq!(
        (&again.message, &again.leaf_indexes),
        (&sent.message, &sent.leaf_indexes)
    );
    let other = a
        .client
        .send(&with(&[&second, &first]), &key(4))
        .await
        .unwrap_err();
    assert_eq!(refused(other), (409, "attachments_sent".to_owned()));
    a.stop().await;
}

fn files_below(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// Only the recipients that a file was sealed for can open it, so a message to others is refused; and so is
/// one that leaves a file out.
#[tokio::test(flavor = "multi_thread")]
async fn files_go_to_exactly_those_they_were_sealed_for() {
    let network = Network::of(&["XA", "XB", "XC"]);
    let a = start(&network, 0).await;
    let first = upload(&a, &query("a.csv"), b"one", 1).await;
    let more = UploadQuery {
        message: Some(first.message.clone()),
        ..UploadQuery::default()
    };
    let second = upload(
        &a,
        &UploadQuery {
            name: "b.csv".to_owned(),
            ..more.clone()
        },
        b"two",
        2,
    )
    .await;
    let mut wrong = with(&[&first, &second]);
    wrong.to.push("XC/police".to_owned());
    wrong.draft["to"] = wrong.to.clone().into();
    let error = a.client.send(&wrong, &key(10)).await.unwrap_err();
    assert!(error.to_string().contains("sealed for XB/police"), "{error}");
    assert_eq!(refused(error), (422, "attachments_do_not_fit".to_owned()));
    let error = a.client.check(&wrong.into()).await.unwrap_err();
    assert_eq!(refused(error).1, "attachments_do_not_fit");
    let fewer = a.client.send(&with(&[&first]), &key(11)).await.unwrap_err();
    assert_eq!(refused(fewer), (422, "attachments_do_not_fit".to_owned()));
    let elsewhere = UploadQuery {
        to: Some("XC/police".to_owned()),
        name: "c.csv".to_owned(),
        ..more.clone()
    };
    let error = a
        .client
        .upload(&elsewhere, &key(12), &b"three"[..], |_| {})
        .await
        .unwrap_err();
    assert_eq!(refused(error).1, "attachments_do_not_fit");
    let same_name = UploadQuery {
        name: "a.csv".to_owned(),
        ..more
    };
    let error = a
        .client
        .upload(&same_name, &key(13), &b"four"[..], |_| {})
        .await
        .unwrap_err();
    assert_eq!(refused(error).1, "attachments_do_not_fit");
    for name in ["../up", "a/b", "", ".", "line\nfeed", "\u{202e}gpj.exe"] {
        let error = a
            .client
            .upload(&query(name), &key(14), &b"x"[..], |_| {})
            .await
            .unwrap_err();
        assert_eq!(refused(error).0, 400, "{name:?}");
    }
    a.client.send(&with(&[&first, &second]), &key(15)).await.unwrap();
    a.stop().await;
}

/// A client that goes away in the middle leaves nothing behind, and its place is free for the next.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_broken_off_leaves_nothing() {
    let network = Network::of(&["XA", "XB"]);
    let a = start(&network, 0).await;
    struct Breaks(usize);
    impl tokio::io::AsyncRead for Breaks {
        fn poll_read(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
            buffer: &mut tokio::io::ReadBuf<'_>,
        ) -> std::task::Poll<std::io::Result<()>> {
            if self.0 == 0 {
                return std::task::Poll::Ready(Err(std::io::ErrorKind::InvalidData.into()));
            }
            self.0 -= 1;
            buffer.put_slice(&[7; 1024][..buffer.remaining().min(1024)]);
            std::task::Poll::Ready(Ok(()))
        }
    }
    let error = a
        .client
        .upload(&query("a.bin"), &key(1), Breaks(2_000), |_| {})
        .await;
    assert!(matches!(error, Err(ClientError::File(_))), "{error:?}");
    let folder = network.members[0].folder.join("data/attachment");
    let gone = async {
        while !files_below(&folder).is_empty() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, gone).await.unwrap();
    assert!(a.client.staged_attachments().await.unwrap().is_empty());
    let whole = upload(&a, &query("a.bin"), b"whole", 1).await;
    // The same upload again is the same file; under the same key another one is refused.
    assert_eq!(upload(&a, &query("a.bin"), b"whole", 1).await, whole);
    let error = a
        .client
        .upload(&query("b.bin"), &key(1), &b"whole"[..], |_| {})
        .await
        .unwrap_err();
    assert_eq!(refused(error), (409, "idempotency_key_reused".to_owned()));
    a.client
        .discard_attachment(&whole.attachment, &key(2))
        .await
        .unwrap();
    assert!(files_below(&folder).is_empty());
    a.stop().await;
}

/// `[FOUR-EYES]` A message that waits for a second officer keeps its files, and takes them with it when it is
/// thrown away; until it is sent, nothing of them is kept for peers to ask for.
#[tokio::test(flavor = "multi_thread")]
async fn a_draft_keeps_its_files_until_it_is_sent_or_discarded() {
    let network = Network::of(&["XA", "XB"]);
    let mut config = network.config(0);
    config
        .four_eyes
        .kinds
        .insert(convention::message::Kind::PreservationRequest);
    let a = start_with(config).await;
    let staged = upload(&a, &query("order.pdf"), b"order", 1).await;
    let error = a.client.send(&with(&[&staged]), &key(2)).await.unwrap_err();
    assert_eq!(refused(error), (403, "needs_approval".to_owned()));
    let draft = a.client.drafts().await.unwrap().remove(0).draft;
    let waiting = a.client.staged_attachments().await.unwrap();
    assert_eq!(waiting.first(), Some(&staged));
    let manifests = network.members[0].folder.join("manifests");
    assert!(files_below(&manifests).is_empty());
    let error = a
        .client
        .discard_attachment(&staged.attachment, &key(3))
        .await
        .unwrap_err();
    assert_eq!(refused(error), (409, "in_a_draft".to_owned()));
    a.client.discard_draft(&draft, &key(4)).await.unwrap();
    assert!(a.client.staged_attachments().await.unwrap().is_empty());
    assert!(files_below(&network.members[0].folder.join("data/attachment")).is_empty());
    a.stop().await;
}
