//! The bundle of a case: the same bytes again, what is in it, and what is left out.

use std::collections::BTreeMap;

use control::client::ClientError;
use control::types::{ExportQuery, NewOfficer, Role, UploadQuery};
use protocol::bundle::signature::SignedBundle;
use protocol::bundle::zip::{Crc32, LOCAL_HEADER_BYTES, Layout, LocalHeader};
use protocol::bundle::{Bundle, Direction, LeafKind, Part, Why, names, sums};
use protocol::directory::SignedDirectory;
use protocol::entry::Entry;
use sha2::{Digest as _, Sha512};

use super::*;

type Files = BTreeMap<String, Vec<u8>>;

async fn export(client: &Client, case: &str, query: &ExportQuery) -> Vec<u8> {
    let mut bundle = client.export_case(case, query).await.unwrap();
    assert!(bundle.name().unwrap().ends_with(".zip"));
    let mut zip = Vec::new();
    while let Some(bytes) = bundle.next().await.unwrap() {
        zip.extend_from_slice(&bytes);
    }
    assert_eq!(bundle.length_bytes(), Some(zip.len() as u64));
    zip
}

/// The files of a bundle, whose container is as `docs/bundle.md` says to the last byte.
fn opened(zip: &[u8]) -> (Files, Bundle) {
    let mut files = Files::new();
    let mut at = 0;
    let mut written = Vec::new();
    let mut layout = None;
    loop {
        let header = zip[at..at + LOCAL_HEADER_BYTES].try_into().unwrap();
        let Some(header) = LocalHeader::parse(&header).unwrap() else {
            break;
        };
        let start = at + LOCAL_HEADER_BYTES + usize::from(header.name_length_bytes);
        let name = std::str::from_utf8(&zip[at + LOCAL_HEADER_BYTES..start]).unwrap();
        let (folder, path) = name.split_once('/').unwrap();
        let layout = layout.get_or_insert_with(|| Layout::new(folder));
        let content = &zip[start..start + header.length_bytes as usize];
        assert_eq!(Crc32::of(content), header.crc);
        written.extend(
            layout
                .entry(&path.parse().unwrap(), header.crc, content.len() as u64)
                .unwrap(),
        );
        written.extend(content);
        files.insert(path.to_owned(), content.to_vec());
        at = start + content.len();
    }
    written.extend(layout.unwrap().finish().unwrap());
    assert!(written == zip, "the zip file has another form");
    let bundle = Bundle::parse(&files[names::CONTENTS]).unwrap();
    check_sums(&files, &bundle);
    (files, bundle)
}

/// Every file has its sum and its place, and the node has signed all of it.
fn check_sums(files: &Files, bundle: &Bundle) {
    let payload: Vec<_> = files
        .iter()
        .filter(|(path, _)| path.starts_with("data/"))
        .collect();
    let listed = sums::parse(&files[names::MANIFEST]).unwrap();
    assert_eq!(listed.len(), payload.len());
    let tags = sums::parse(&files[names::TAG_MANIFEST]).unwrap();
    for (path, sum) in listed.iter().chain(&tags) {
        let digest: [u8; 64] = Sha512::digest(&files[path.as_str()]).into();
        assert_eq!(*sum, digest, "{path}");
    }
    let mut named: Vec<String> = bundle.files().iter().map(ToString::to_string).collect();
    named.extend(names::ALWAYS.map(str::to_owned));
    named.sort();
    assert_eq!(
        named,
        payload
            .iter()
            .map(|(path, _)| (*path).clone())
            .collect::<Vec<_>>()
    );
    assert_eq!(files.len(), payload.len() + names::TAG_FILES.len());
    let newest = &bundle.directories.last().unwrap().file;
    let directory = SignedDirectory::from_bytes(&files[newest.as_str()])
        .unwrap()
        .peek()
        .unwrap();
    let signed = SignedBundle::from_bytes(&files[names::SIGNATURE]).unwrap();
    let seal = signed.verify(&directory).unwrap();
    let digest: [u8; 64] = Sha512::digest(&files[names::TAG_MANIFEST]).into();
    assert_eq!((seal.tag_manifest, seal.case), (digest, bundle.case.id));
    assert_eq!(
        (seal.party, seal.state_at),
        (bundle.made_by.party, bundle.state_at_ms)
    );
}

fn left_out(bundle: &Bundle) -> Vec<(u32, Part, Why)> {
    bundle
        .left_out
        .iter()
        .map(|one| (one.message, one.part, one.why))
        .collect()
}

/// A request with a file, and its acknowledgement, seen and reported on by both.
async fn exchange(a: &Running, b: &Running) -> String {
    let query = UploadQuery {
        name: "order of the court.pdf".to_owned(),
        to: Some("XB/police".to_owned()),
        ..UploadQuery::default()
    };
    let file = &b"It is ordered."[..];
    let staged = a.client.upload(&query, &key(9), file, |_| {}).await.unwrap();
    let mut request = request();
    request.attachments = vec![staged.attachment];
    request.to = vec!["XB/police".to_owned()];
    let sent = a.client.send(&request, &key(1)).await.unwrap();
    let waiting = a.client.wait_for(&sent.message, Wait::Consigned, PATIENCE);
    assert!(waiting.await.unwrap().reached);
    let answer: SendRequest = serde_json::from_value(serde_json::json!({
        "case": sent.case, "draft": draft(ACKNOWLEDGEMENT),
    }))
    .unwrap();
    let answered = b.client.send(&answer, &key(2)).await.unwrap();
    let waiting = b.client.wait_for(&answered.message, Wait::Consigned, PATIENCE);
    assert!(waiting.await.unwrap().reached);
    settled(a, &sent.case).await;
    settled(b, &sent.case).await;
    sent.case
}

/// Waits until nothing more is on its way: reports and completions are recorded on both sides.
async fn settled(node: &Running, case: &str) {
    let settled = async {
        let mut before = 0;
        let mut same = 0;
        while same < 8 {
            let now = node.client.case(case).await.unwrap().timeline.len();
            same = if now == before { same + 1 } else { 0 };
            before = now;
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    };
    timeout(PATIENCE, settled).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_state_gives_the_same_bytes_on_either_side() {
    let network = Network::of(&["XA", "XB"]);
    let (a, b) = (start(&network, 0).await, start(&network, 1).await);
    let case = exchange(&a, &b).await;
    let plain = ExportQuery::default();
    let first = export(&a.client, &case, &plain).await;
    // Another case changes the ledger, and not this case.
    a.client.send(&request(), &key(3)).await.unwrap();
    let again = export(&a.client, &case, &plain).await;
    assert!(first == again, "the same state gives other bytes");
    let (files, bundle) = opened(&first);
    let kinds: Vec<_> = bundle.leaves.iter().map(|leaf| leaf.kind).collect();
    for kind in [
        LeafKind::Submitted,
        LeafKind::Delivered,
        LeafKind::Received,
        LeafKind::Retrieved,
    ] {
        assert!(kinds.contains(&kind), "{kind:?} of {kinds:?}");
    }
    assert_eq!(bundle.messages.len(), 2);
    assert_eq!(bundle.messages[0].direction, Direction::Sent);
    assert_eq!(left_out(&bundle), [(1, Part::AttachmentFiles, Why::NotAsked)]);
    // What the other node wrote is in the bundle, byte for byte, and in its own bundle as its own.
    let delivered = bundle.leaves.iter().find_map(|leaf| leaf.peer.as_ref()).unwrap();
    let there = export(&b.client, &case, &plain).await;
    let (there, theirs) = opened(&there);
    let received = &files[delivered.leaf.as_str()];
    assert!(
        theirs
            .leaves
            .iter()
            .any(|leaf| there[leaf.file.as_str()] == *received)
    );
    assert!(matches!(Entry::decode(received), Ok(Entry::Received { .. })));
    for (one, other) in bundle.messages.iter().zip(&theirs.messages) {
        assert_eq!((one.id, one.commitment), (other.id, other.commitment));
        let (content, other) = (one.content.as_ref().unwrap(), other.content.as_ref().unwrap());
        assert_eq!(files[content.as_str()], there[other.as_str()]);
    }
    a.stop().await;
    let a = start(&network, 0).await;
    assert!(
        first == export(&a.client, &case, &plain).await,
        "a restart changes it"
    );
    a.stop().await;
    b.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn attachments_are_given_when_they_are_asked_for() {
    let network = Network::of(&["XA", "XB"]);
    let (a, b) = (start(&network, 0).await, start(&network, 1).await);
    let case = exchange(&a, &b).await;
    let query = ExportQuery {
        attachments: true,
        session_keys: Some(false),
        ..ExportQuery::default()
    };
    let (files, bundle) = opened(&export(&b.client, &case, &query).await);
    let keys = [1, 2].map(|message| (message, Part::SessionKey, Why::Redacted));
    assert_eq!(left_out(&bundle), keys);
    let given = &bundle.messages[0].attachments.as_ref().unwrap().files[0];
    assert_eq!(
        given.file.as_str(),
        "data/messages/1/attachments/1-order_of_the_court.pdf"
    );
    assert_eq!(files[given.file.as_str()], b"It is ordered.");
    let page = String::from_utf8(files[names::PAGE].clone()).unwrap();
    assert!(page.contains("order of the court.pdf"));
    a.stop().await;
    b.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_out_is_nowhere_and_the_rest_verifies() {
    let network = Network::of(&["XA", "XB"]);
    let (a, b) = (start(&network, 0).await, start(&network, 1).await);
    let case = exchange(&a, &b).await;
    let query = ExportQuery {
        redact: Some("content:1,sealed:2".to_owned()),
        attachments: true,
        ..ExportQuery::default()
    };
    let (files, bundle) = opened(&export(&a.client, &case, &query).await);
    let redacted = |message, part| (message, part, Why::Redacted);
    let expected = [
        redacted(1, Part::Content),
        redacted(1, Part::Sealed),
        redacted(1, Part::SessionKey),
        redacted(1, Part::AttachmentList),
        redacted(2, Part::Sealed),
        redacted(2, Part::SessionKey),
    ];
    assert_eq!(left_out(&bundle), expected);
    let secrets = [
        "order of the court",
        "port_alba",
        "203.0.113",
        "198.51.100",
        "192.0.2",
    ];
    for (path, content) in &files {
        let is_there = |text: &&str| content.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(!secrets.iter().any(is_there), "{path}");
    }
    let refused = |redact: &str| {
        let query = ExportQuery {
            redact: Some(redact.to_owned()),
            ..ExportQuery::default()
        };
        let (client, case) = (a.client.clone(), case.clone());
        async move {
            match client.export_case(&case, &query).await {
                Err(ClientError::Refused { status, .. }) => status,
                other => panic!("{other:?}"),
            }
        }
    };
    assert_eq!(refused("content:3").await, 404);
    assert_eq!(refused("everything").await, 400);
    a.stop().await;
    b.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_gets_what_was_done_and_not_what_was_said() {
    let network = Network::of(&["XA", "XB"]);
    let (a, b) = (start(&network, 0).await, start(&network, 1).await);
    let case = exchange(&a, &b).await;
    let auditor = NewOfficer {
        name: "Auditor".to_owned(),
        roles: vec![Role::Auditor],
        unix_user: None,
    };
    b.client.add_officer(&auditor, &key(5)).await.unwrap();
    let query = ExportQuery {
        attachments: true,
        ..ExportQuery::default()
    };
    let before = b.client.clone().acting_as("Auditor").case(&case).await.unwrap();
    let (files, bundle) = opened(&export(&b.client.clone().acting_as("Auditor"), &case, &query).await);
    assert!(bundle.left_out.iter().all(|one| one.why == Why::Role));
    assert_eq!(bundle.left_out.len(), 7);
    assert!(
        !files
            .keys()
            .any(|path| path.ends_with(".json") && path.contains("messages"))
    );
    let after = b.client.clone().acting_as("Auditor").case(&case).await.unwrap();
    assert_eq!(
        before.timeline.len(),
        after.timeline.len(),
        "an auditor has read nothing"
    );
    let nobody = b
        .client
        .clone()
        .acting_as("Nobody")
        .export_case(&case, &query)
        .await;
    assert!(
        matches!(nobody, Err(ClientError::Refused { status: 403, .. })),
        "{nobody:?}"
    );
    a.stop().await;
    b.stop().await;
}
