#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::net::SocketAddr;
use std::path::Path;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixListener};

use super::*;

const CASE: &str = r#"{"case":"01939c5e-7b1a-7cc3-8f00-0102030405aa","reference":"01939c5e",
    "kind":"preservation-request","peer":"XB/police","our_role":"requesting",
    "state":"preserved","state_because":"a message said so","title":"<img src=x>",
    "opened_at":"2026-11-22T03:07:00Z","updated_at":"2026-11-22T03:07:00Z",
    "preserved_until":"2027-02-20T03:07:00Z"}"#;

async fn console(socket: &Path) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = router(socket.to_owned(), Zone::utc());
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// A node that has these cases, whatever it is asked.
async fn node(folder: &TempDir, body: String) -> PathBuf {
    let socket = folder.path().join("control.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = [0_u8; 4096];
            if stream.read(&mut asked).await.unwrap_or(0) > 0 {
                let length = body.len();
                let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}");
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        }
    });
    socket
}

async fn ask(address: SocketAddr, path: &str, host: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn the_cases_of_the_node_are_listed() {
    let folder = TempDir::new().unwrap();
    let socket = node(&folder, format!("[{CASE}]")).await;
    let answer = ask(console(&socket).await, "/", "localhost:8080").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(
        answer.contains("XB/police") && answer.contains("&lt;img src=x&gt;"),
        "{answer}"
    );
    assert!(!answer.contains("Older cases"));
}

#[tokio::test]
async fn a_full_page_leads_to_the_next() {
    let folder = TempDir::new().unwrap();
    let cases = vec![CASE; CASES_PER_PAGE as usize].join(",");
    let socket = node(&folder, format!("[{cases}]")).await;
    let answer = ask(console(&socket).await, "/", "localhost").await;
    assert!(
        answer.contains("/?before=01939c5e-7b1a-7cc3-8f00-0102030405aa"),
        "{answer}"
    );
}

#[tokio::test]
async fn every_answer_forbids_what_it_does_not_need() {
    let folder = TempDir::new().unwrap();
    let socket = node(&folder, "[]".to_owned()).await;
    let address = console(&socket).await;
    for (path, host) in [
        ("/", "127.0.0.1"),
        ("/style.css", "[::1]:1"),
        ("/nowhere", "localhost"),
        ("/", "evil.example"),
    ] {
        let answer = ask(address, path, host).await;
        assert!(
            answer.contains("content-security-policy: default-src 'none'; style-src 'self'"),
            "{path} {answer}"
        );
        assert!(
            answer.contains("x-content-type-options: nosniff"),
            "{path} {answer}"
        );
        assert!(answer.contains("cache-control: no-store"), "{path} {answer}");
    }
}

#[tokio::test]
async fn another_name_for_this_machine_is_refused() {
    let folder = TempDir::new().unwrap();
    let socket = node(&folder, format!("[{CASE}]")).await;
    let address = console(&socket).await;
    for host in [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example:80",
        "",
        "127.0.0.1:80:80",
    ] {
        let answer = ask(address, "/", host).await;
        assert!(
            answer.starts_with("HTTP/1.1 4") && !answer.contains("XB/police"),
            "{host}: {answer}"
        );
    }
}

#[tokio::test]
async fn a_node_that_is_not_there_is_said() {
    let folder = TempDir::new().unwrap();
    let answer = ask(
        console(&folder.path().join("control.sock")).await,
        "/",
        "localhost",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.contains("no node answers at"), "{answer}");
}

#[tokio::test]
async fn an_answer_that_is_none_is_said() {
    let folder = TempDir::new().unwrap();
    let socket = node(&folder, "{}".to_owned()).await;
    let answer = ask(console(&socket).await, "/", "localhost").await;
    assert!(
        answer.starts_with("HTTP/1.1 503") && answer.contains("could not be read"),
        "{answer}"
    );
}
