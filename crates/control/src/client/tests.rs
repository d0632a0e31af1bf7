#![allow(clippy::unwrap_used, clippy::expect_used)]

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

mod connections;

use super::stream::EventBuffer;
use super::*;
use crate::events::EventKind;
use crate::limits::EVENT_BYTES_MAX;

/// A node that answers the first request after the connection test with `answer` and hands back what it was
/// asked.
async fn canned(answer: String) -> (TempDir, Client, tokio::task::JoinHandle<String>) {
    let folder = TempDir::new().unwrap();
    let socket = folder.path().join("control.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    let asked = tokio::spawn(async move {
        drop(listener.accept().await.unwrap());
        let (mut stream, _) = listener.accept().await.unwrap();
        let asked = question(&mut stream).await.unwrap();
        stream.write_all(answer.as_bytes()).await.unwrap();
        asked
    });
    let client = Client::connect(&socket).await.unwrap();
    (folder, client, asked)
}

/// The next request on a connection; `None` when it ends first.
async fn question(stream: &mut UnixStream) -> Option<String> {
    let mut asked = Vec::new();
    while !complete(&asked) {
        let mut some = [0_u8; 4096];
        let count = stream.read(&mut some).await.unwrap();
        if count == 0 {
            return None;
        }
        asked.extend_from_slice(&some[..count]);
    }
    Some(String::from_utf8(asked).unwrap())
}

fn complete(asked: &[u8]) -> bool {
    let text = String::from_utf8_lossy(asked);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |length| length.parse().unwrap())
}

fn http(status: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nohrid-request-id: r-1\r\ncontent-length: {length}\r\n\r\n{body}")
}

fn request() -> SendRequest {
    SendRequest {
        from: None,
        to: vec!["XB/police".to_owned()],
        case: None,
        in_reply_to: None,
        draft: serde_json::json!({}),
        priority: crate::types::Priority::Routine,
        expires_at: None,
        break_glass: None,
        attachments: Vec::new(),
    }
}

#[tokio::test]
async fn a_missing_node_is_said_with_the_command_that_starts_it() {
    let folder = TempDir::new().unwrap();
    let socket = folder.path().join("control.sock");
    let error = Client::connect(&socket).await.unwrap_err();
    assert!(error.is_temporary());
    let text = error.to_string();
    assert!(text.contains("no node answers at"), "{text}");
    assert!(
        text.contains(&format!("--config {}", folder.path().join("node.toml").display())),
        "{text}"
    );
}

#[tokio::test]
async fn a_path_too_long_for_a_socket_is_said_as_such() {
    let long = Path::new("/tmp").join("x".repeat(120)).join("control.sock");
    assert!(matches!(
        Client::connect(&long).await,
        Err(ClientError::NotASocketPath { .. })
    ));
}

#[tokio::test]
async fn a_write_carries_officer_and_key() {
    let sent = r#"{"message":"m","case":"c","reference":"c","to":["XB/police"],"leaf_indexes":[4],
        "recorded_at":"2026-11-22T03:07:00Z","advice":[]}"#;
    let (_folder, client, asked) = canned(http("201 Created", sent)).await;
    let key = IdempotencyKey::from_random([7; 16]);
    let sent = client
        .acting_as("Ș. Officer")
        .send(&request(), &key)
        .await
        .unwrap();
    assert_eq!(sent.leaf_indexes, [4]);
    let asked = asked.await.unwrap();
    assert!(asked.starts_with("POST /v1/messages HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains(&format!("idempotency-key: {key}\r\n")), "{asked}");
    assert!(asked.contains("ohrid-officer: %C8%98. Officer\r\n"), "{asked}");
}

#[tokio::test]
async fn a_refusal_brings_all_faults() {
    let body = r#"{"code":"refused_by_rule","message":"not sent","faults":[
        {"rule":"C29-2-E","field":"necessity","what":"missing","mend":"say why","source":"Article 29(2)(e)"},
        {"rule":"C29-2-C","field":"data","what":"missing","mend":"say what","source":"Article 29(2)(c)"}]}"#;
    let (_folder, client, _asked) = canned(http("422 Unprocessable Content", body)).await;
    let error = client.check(&request().into()).await.unwrap_err();
    assert!(!error.is_temporary());
    let ClientError::Refused {
        status,
        problem,
        request_id,
    } = error
    else {
        panic!("{error}")
    };
    assert_eq!(
        (status, problem.faults.len(), request_id.as_deref()),
        (422, 2, Some("r-1"))
    );
}

#[tokio::test]
async fn what_is_not_a_problem_is_still_an_error() {
    let (_folder, client, _asked) = canned(http("503 Service Unavailable", "<html>")).await;
    let error = client.status().await.unwrap_err();
    assert!(error.is_temporary());
    assert!(
        matches!(error, ClientError::Refused { status: 503, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn hostile_answers_are_errors() {
    for body in ["", "{", "[]", "null", "{\"party\":1}", "\u{feff}{}"] {
        let (_folder, client, _asked) = canned(http("200 OK", body)).await;
        assert!(
            matches!(client.status().await, Err(ClientError::NotUnderstood(_))),
            "{body:?}"
        );
    }
    let (_folder, client, _asked) = canned("SSH-2.0-x\r\n".to_owned()).await;
    assert!(matches!(client.status().await, Err(ClientError::Broken(_))));
    let truncated = "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{}".to_owned();
    let (_folder, client, _asked) = canned(truncated).await;
    assert!(matches!(client.status().await, Err(ClientError::Broken(_))));
}

#[tokio::test]
async fn an_answer_beyond_the_limit_is_not_read() {
    let limit = crate::limits::PROBLEM_BYTES_MAX;
    let (_folder, client, _asked) = canned(http("400 Bad Request", &"x".repeat(limit + 1))).await;
    let error = client.status().await.unwrap_err();
    assert!(
        matches!(error, ClientError::TooLarge { limit_bytes } if limit_bytes == limit),
        "{error}"
    );
}

#[test]
fn events_are_read_whatever_the_pieces() {
    let text = ": heartbeat\n\nevent: delivered\ndata: {\"event\":\"delivered\",\"message\":\"m\",\
        \"at\":\"2026-11-22T03:07:00Z\"}\n\nevent: later\ndata: {\"event\":\"later\"}\n\n";
    for piece in 1..text.len() {
        let mut buffer = EventBuffer::default();
        let mut events = Vec::new();
        for bytes in text.as_bytes().chunks(piece) {
            buffer.push(bytes).unwrap();
            while let Some(event) = buffer.take().unwrap() {
                events.push(event.event);
            }
        }
        assert_eq!(events, [EventKind::Delivered], "pieces of {piece}");
    }
}

#[test]
fn an_event_without_end_is_refused() {
    let mut buffer = EventBuffer::default();
    buffer.push(&vec![b'x'; EVENT_BYTES_MAX]).unwrap();
    assert!(buffer.take().unwrap().is_none());
    assert!(matches!(buffer.push(b"x"), Err(ClientError::TooLarge { .. })));
}
