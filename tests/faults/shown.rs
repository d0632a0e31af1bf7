//! Everything that a node shows of what it stores: to officers, to their programs, and in its ledger.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use control::client::{Client, ClientError};
use e2e::network::Network;
use e2e::programs::{Ended, program};
use serde::Serialize;
use serde_json::Value;

use crate::arena::Arena;

/// What follows from the time of day, and from who is connected: it is another a minute later.
const VOLATILE: &[&str] = &["alarms", "deadlines", "next_deadline", "why", "last_used_at"];

/// How many cases are asked for at once.
const CASES: u32 = 500;

/// An answer, or why there was none.
pub type Answer = Result<Value, String>;

/// Answers by question.
pub type Answers = BTreeMap<String, Answer>;

/// What there is to be asked: known from a node that is well.
#[derive(Debug, Clone, Default)]
pub struct Questions {
    cases: Vec<String>,
    messages: Vec<String>,
    attachments: Vec<String>,
    drafts: Vec<String>,
}

/// Finds out what can be asked.
pub fn questions(arena: &Arena, party: &str) -> Result<Questions> {
    let socket = arena.network.node_folder(party).join("control.sock");
    arena.ask(async {
        let client = Client::connect(&socket).await?.acting_as("duty officer");
        let mut found = Questions::default();
        for case in client.cases(Some(CASES), None).await? {
            let detail = client.case(&case.case).await?;
            found
                .messages
                .extend(detail.messages.iter().map(|message| message.message.clone()));
            let attachments = detail.messages.iter().flat_map(|message| &message.attachments);
            found
                .attachments
                .extend(attachments.map(|one| one.attachment.clone()));
            found.cases.push(case.case);
        }
        let drafts = client.drafts().await?;
        found.drafts.extend(drafts.into_iter().map(|draft| draft.draft));
        Ok(found)
    })
}

/// Asks a running node everything.
pub fn answers(arena: &Arena, party: &str, questions: &Questions) -> Result<Answers> {
    let socket = arena.network.node_folder(party).join("control.sock");
    let mut answers = arena.ask(asked(&socket, party, questions))?;
    let network = &arena.network;
    for command in [&["inbox", "--json"][..], &["case", "list", "--json"]] {
        let ended = network.officer(party, command.iter().copied())?;
        let answer = if ended.code == 0 {
            Ok(steady(ended.json()?))
        } else {
            Err(ended.stdout + &ended.stderr)
        };
        answers.insert(format!("ohrid {}", command.join(" ")), answer);
    }
    answers.insert("ledger".to_owned(), ledger(network, party));
    Ok(answers)
}

async fn asked(socket: &Path, party: &str, questions: &Questions) -> Result<Answers> {
    let client = Client::connect(socket).await?.acting_as("duty officer");
    let mut answers = Answers::new();
    let mut note = |question: String, answer: Answer| drop(answers.insert(question, answer));
    note("inbox".to_owned(), answer(client.inbox().await));
    note("cases".to_owned(), answer(client.cases(Some(CASES), None).await));
    note("drafts".to_owned(), drafts(&client).await);
    note("officers".to_owned(), answer(client.officers().await));
    note("reviews".to_owned(), answer(client.reviews().await));
    note("staged".to_owned(), answer(client.staged_attachments().await));
    note("directory".to_owned(), answer(client.directory().await));
    for case in &questions.cases {
        note(format!("case {case}"), answer(client.case(case).await));
    }
    for draft in &questions.drafts {
        note(format!("draft {draft}"), answer(client.draft(draft).await));
    }
    for message in &questions.messages {
        if party == "XA" {
            note(
                format!("message {message}"),
                answer(client.message(message).await),
            );
            let receipt = client.receipt(message, "XB/police").await;
            note(format!("receipt {message}"), answer(receipt));
        }
    }
    for attachment in &questions.attachments {
        let content = content(&client, attachment).await;
        note(format!("attachment {attachment}"), content);
    }
    Ok(answers)
}

/// One that the node says it cannot read is a refusal, as it must be, beside those that it shows.
async fn drafts(client: &Client) -> Answer {
    let drafts = client.drafts().await;
    let damaged = drafts.iter().flatten().find_map(|draft| draft.damaged.clone());
    match damaged {
        Some(why) => Err(why),
        None => answer(drafts),
    }
}

/// All bytes of a file, by their hash.
async fn content(client: &Client, attachment: &str) -> Answer {
    let mut content = client
        .attachment_content(attachment)
        .await
        .map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    while let Some(more) = content.next().await.map_err(|error| error.to_string())? {
        bytes.extend_from_slice(&more);
    }
    Ok(format!("{:?}", ledger::hash::leaf_hash(&bytes)).into())
}

fn answer<T: Serialize>(answer: Result<T, ClientError>) -> Answer {
    let value = answer.map_err(|error| error.to_string())?;
    serde_json::to_value(value)
        .map(steady)
        .map_err(|error| error.to_string())
}

/// Without what changes by itself.
fn steady(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            fields.retain(|name, _| !VOLATILE.contains(&name.as_str()));
            for field in fields.values_mut() {
                *field = steady(field.take());
            }
        }
        Value::Array(elements) => {
            for element in elements.iter_mut() {
                *element = steady(element.take());
            }
        }
        _ => {}
    }
    value
}

/// The exported ledger, where the independent verifier finds nothing wrong with it.
fn ledger(network: &Network, party: &str) -> Answer {
    let read = || -> Result<Answer> {
        network.publish_trust_anchor()?;
        let export = network.path("export").join(party.to_lowercase());
        if export.exists() {
            std::fs::remove_dir_all(&export)?;
        }
        let folder = export.to_string_lossy();
        let exported = network.officer(party, ["ledger", "export", "--output", &folder])?;
        if exported.code != 0 {
            return Ok(Err(exported.stdout + &exported.stderr));
        }
        let verified = Ended::of(program("ohrid-verify")?.arg("ledger").arg(&export))?;
        if verified.code != 0 {
            return Ok(Err(verified.stdout + &verified.stderr));
        }
        let entries = e2e::entries::entries(&export).context("the entries")?;
        let lines = entries.iter().map(|entry| format!("{entry:?}").into());
        Ok(Ok(Value::Array(lines.collect())))
    };
    read().unwrap_or_else(|error| Err(format!("{error:#}")))
}

/// What is wrong: questions with another answer than `expected`, and none of refusal. And how many were
/// refused.
pub fn compare(expected: &Answers, shown: &Answers) -> (Vec<String>, usize) {
    let (mut wrong, mut refused) = (Vec::new(), 0);
    for (question, right) in expected {
        match (right, shown.get(question)) {
            (_, None) => wrong.push(format!("{question}: not asked")),
            (_, Some(Err(_))) => refused += 1,
            (Ok(right), Some(Ok(shown))) if is_same(question, right, shown) => {}
            (right, Some(Ok(shown))) => wrong.push(difference(question, right, shown)),
        }
    }
    (wrong, refused)
}

/// The ledger may have grown: a start may record something.
fn is_same(question: &str, right: &Value, shown: &Value) -> bool {
    match (question, right, shown) {
        ("ledger", Value::Array(right), Value::Array(shown)) => shown.starts_with(right),
        _ => right == shown,
    }
}

fn difference(question: &str, right: &Answer, shown: &Value) -> String {
    let right = format!("{right:?}");
    let shown = format!("{:?}", Ok::<_, String>(shown));
    let at = right
        .bytes()
        .zip(shown.bytes())
        .take_while(|(a, b)| a == b)
        .count();
    let around = |text: &str| {
        let bytes = text.as_bytes();
        let (from, to) = (at.saturating_sub(80), bytes.len().min(at + 80));
        String::from_utf8_lossy(&bytes[from.min(to)..to]).into_owned()
    };
    format!("{question}: …{}… instead of …{}…", around(&shown), around(&right))
}
