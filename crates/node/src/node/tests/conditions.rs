//! `[C26-2]` End to end: content of spontaneous information is neither sealed nor sent before the conditions
//! of its offer were accepted, on no way to send it.

use std::sync::Arc;

use control::client::ClientError;
use control::types::{Fault, NewOfficer, Role};
use convention::message::Kind;
use protocol::digest::Salt;
use protocol::entry::Entry;
use protocol::envelope::Priority;
use protocol::exchange::{Oversight, Submission};
use protocol::ids::{ActorId, CaseId, ContactPoint, MessageId};
use protocol::payload::SealedPayload;
use tokio::sync::{mpsc, oneshot};

use super::four_eyes::ledger;
use super::*;
use crate::clock::Clock;
use crate::directory::CurrentDirectory;
use crate::keys::Keystore;
use crate::messages::system_time;
use crate::wake::{Command, Wake};

const OFFER: &str = include_str!("../../../../../config/examples/spontaneous-information.toml");
const CONTENT: &str = include_str!("../../../../../config/examples/spontaneous-information-content.toml");
const ACCEPTANCE: &str = include_str!("../../../../../config/examples/conditions-accepted.toml");

fn say(form: &str, to: &[&str], case: Option<&str>) -> SendRequest {
    let mut form = draft(form);
    form["to"] = to.to_vec().into();
    let mut request = serde_json::json!({ "draft": form });
    if let Some(case) = case {
        request["case"] = case.into();
    }
    serde_json::from_value(request).unwrap()
}

fn faults(error: ClientError) -> Vec<Fault> {
    match error {
        ClientError::Refused {
            status: 422, problem, ..
        } => problem.faults,
        other => panic!("{other}"),
    }
}

/// What would be there if anything had been sealed: leaves of what was sent, and payloads on the disk.
async fn traces(node: &Running, config: &Config) -> (usize, usize) {
    let entries = ledger(&node.client).await;
    let submitted = entries
        .iter()
        .filter(|entry| matches!(entry, Entry::Submitted { .. }));
    (submitted.count(), files_below(&config.node.data.join("payloads")))
}

fn files_below(folder: &Path) -> usize {
    let Ok(files) = std::fs::read_dir(folder) else {
        return 0;
    };
    let count = |path: std::path::PathBuf| if path.is_dir() { files_below(&path) } else { 1 };
    files.map(|file| count(file.unwrap().path())).sum()
}

#[track_caller]
fn assert_c26_2<T: std::fmt::Debug>(refused: Result<T, ClientError>) {
    let faults = faults(refused.unwrap_err());
    assert!(faults.iter().any(|fault| fault.rule == "C26-2"), "{faults:?}");
}

/// Every way to send content, each of which must be closed.
async fn assert_content_is_closed(node: &Running, config: &Config, case: &str, number: u8) {
    let before = traces(node, config).await;
    let (ana, boris) = (
        node.client.clone().acting_as("Ana Example"),
        node.client.clone().acting_as("Boris Example"),
    );
    let content = say(CONTENT, &["XB/police"], Some(case));
    assert_c26_2(ana.check(&content.clone().into()).await);
    assert_c26_2(ana.send(&content, &key(number)).await);
    assert_c26_2(ana.store_draft(&content, &key(number + 1)).await);
    let mut alone = content.clone();
    alone.priority = control::types::Priority::Emergency;
    alone.break_glass = Some("it cannot wait".to_owned());
    assert_c26_2(ana.send(&alone, &key(number + 2)).await);
    // A draft that somebody has put there, or that was stored when the rules were others.
    let name = key(number + 3).to_string();
    let officers = ana.officers().await.unwrap();
    let author = officers.iter().find(|one| one.name == "Ana Example").unwrap();
    let kept = serde_json::json!({
        "about": {
            "draft": name, "kind": "spontaneous-information", "to": ["XB/police"], "advice": [],
            "stored_at": "2026-11-22T03:07:00Z", "author": "Ana Example",
        },
        "request": content, "author_actor": author.actor,
    });
    std::fs::create_dir_all(&config.node.drafts).unwrap();
    std::fs::write(config.node.drafts.join(format!("{name}.json")), kept.to_string()).unwrap();
    assert_c26_2(ana.send_draft(&name, &key(number + 4)).await);
    assert_c26_2(boris.approve_draft(&name, &key(number + 5)).await);
    boris.discard_draft(&name, &key(number + 6)).await.unwrap();
    assert_eq!(
        traces(node, config).await,
        before,
        "something was sealed or recorded"
    );
    assert!(boris.reviews().await.unwrap().is_empty());
}

/// A Party whose node keeps no rules: sends an acceptance under a case of others, sealed and signed as it
/// should be.
async fn intrude(intruder: &Intruder, config: &Config, case: CaseId, to: &ContactPoint) {
    let now = Clock::default().now();
    let id = MessageId::from_parts(now.0, [0xcc; 10]);
    let from: ContactPoint = "XC/police".parse().unwrap();
    let directory =
        CurrentDirectory::load(&config.directory, &config.node.directory_floor, None, now).unwrap();
    let recipients = directory.current().certificates(to).to_vec();
    let binding = seal::Binding {
        message: id,
        case,
        from: from.clone(),
        to: vec![to.clone()],
    };
    let mut body = intruder.acceptance.clone();
    body["id"] = id.to_string().into();
    body["from"] = from.to_string().into();
    body["to"] = serde_json::json!([to.to_string()]);
    body["sent_at"] = crate::news::timestamp(now).to_string().into();
    let key = intruder.keys.openpgp(&from).unwrap();
    let text = body.to_string();
    let sealed = seal::seal(&key, &recipients, &binding, text.as_bytes(), system_time(now)).unwrap();
    let (answer, answered) = oneshot::channel();
    let submission = Box::new(Submission {
        message: id,
        case,
        in_reply_to: None,
        from,
        to: vec![to.clone()],
        sent_at: now,
        expires_at: now.plus(Duration::from_secs(3600)),
        priority: Priority::Urgent,
        payload: SealedPayload {
            salt: Salt::from_bytes([7; 32]),
            bytes: sealed.into(),
        },
        attachments: None,
        actor: ActorId::from_bytes([9; 16]),
        oversight: Oversight::NotNeeded,
    });
    let command = Command::Submit { submission, answer };
    intruder.wakes.send(Wake::Command(command)).await.unwrap();
    answered.await.unwrap().unwrap();
    let named = id.to_string();
    let status = intruder
        .running
        .client
        .wait_for(&named, Wait::Consigned, PATIENCE);
    assert!(status.await.unwrap().reached);
}

struct Intruder {
    running: Running,
    wakes: mpsc::Sender<Wake>,
    keys: Arc<Keystore>,
    /// A true acceptance by XB, to be made into a false one.
    acceptance: serde_json::Value,
}

async fn intruder(network: &Network, acceptance: serde_json::Value) -> Intruder {
    let config = network.config(2);
    let keys = Keystore::load(config.node.party, &config.keys).unwrap();
    let socket = config.control_socket.clone();
    let node = Node::start(config).await.unwrap();
    let (stopper, wakes) = (node.stopper(), node.core());
    Intruder {
        running: Running {
            client: client(&socket).await,
            stopper,
            ended: tokio::spawn(node.run_to_end()),
        },
        wakes,
        keys: Arc::new(keys),
        acceptance,
    }
}

/// A document as it stands in a message of XB that accepts.
fn acceptance(case: &str) -> serde_json::Value {
    let mut body = draft(ACCEPTANCE);
    let form = body.as_object_mut().unwrap();
    let officer = form.remove("officer").unwrap();
    for field in ["kind", "language", "to"] {
        form.remove(field);
    }
    serde_json::json!({
        "version": 1, "kind": "conditions-accepted", "id": "", "case": case, "from": "", "to": [],
        "sent_at": "", "language": "en", "author": officer, "body": body,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn content_waits_for_the_acceptance_by_the_party_that_it_was_offered_to() {
    let network = Network::of(&["XA", "XB", "XC"]);
    let mut config = network.config(0);
    config.four_eyes.kinds = [Kind::SpontaneousInformation].into();
    config.four_eyes.break_glass = crate::four_eyes::BreakGlass::Allowed;
    let (a, b) = (start_with(config.clone()).await, start(&network, 1).await);
    for (number, name) in [(200, "Ana Example"), (201, "Boris Example")] {
        let new = NewOfficer {
            name: name.to_owned(),
            roles: vec![Role::Officer, Role::Approver],
            unix_user: None,
        };
        a.client.add_officer(&new, &key(number)).await.unwrap();
    }
    let (ana, boris) = (
        a.client.clone().acting_as("Ana Example"),
        a.client.clone().acting_as("Boris Example"),
    );
    let offered = ana
        .send(&say(OFFER, &["XB/police"], None), &key(1))
        .await
        .unwrap_err();
    let ClientError::Refused { problem, .. } = offered else {
        panic!()
    };
    let offer = boris
        .approve_draft(&problem.draft.unwrap(), &key(2))
        .await
        .unwrap();
    let there = ana.wait_for(&offer.message, Wait::Consigned, PATIENCE);
    assert!(there.await.unwrap().reached);
    assert_content_is_closed(&a, &config, &offer.case, 10).await;

    // A third Party accepts what was never offered to it.
    let c = intruder(&network, acceptance(&offer.case)).await;
    let case: CaseId = offer.case.parse().unwrap();
    intrude(&c, &network.config(2), case, &"XA/police".parse().unwrap()).await;
    let named = format!("{}@XA", offer.case);
    assert_content_is_closed(&a, &config, &named, 30).await;

    // The Party that it was offered to accepts; then it can be sent.
    let yes = say(ACCEPTANCE, &["XA/police"], Some(&offer.case));
    let accepted = b.client.send(&yes, &key(50)).await.unwrap();
    let there = b.client.wait_for(&accepted.message, Wait::Consigned, PATIENCE);
    assert!(there.await.unwrap().reached);
    let content = say(CONTENT, &["XB/police"], Some(&named));
    let ClientError::Refused { problem, .. } = ana.send(&content, &key(51)).await.unwrap_err() else {
        panic!()
    };
    let sent = boris
        .approve_draft(&problem.draft.unwrap(), &key(52))
        .await
        .unwrap();
    let there = ana.wait_for(&sent.message, Wait::Consigned, PATIENCE);
    assert!(there.await.unwrap().reached);
    // The acceptance by one binds no other.
    let to_another = say(CONTENT, &["XB/police", "XC/police"], Some(&named));
    assert_c26_2(ana.check(&to_another.into()).await);
    a.stop().await;
    b.stop().await;
    c.running.stop().await;
}
