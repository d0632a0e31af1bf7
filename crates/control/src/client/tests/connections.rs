//! Which questions go over which connection.

#![allow(clippy::unwrap_used)]

use super::*;

/// What a node does with the questions on one connection, in turn.
#[derive(Clone, Copy)]
enum Turn {
    Answers,
    /// The head of an answer that goes on for ever.
    Begins,
    /// Hangs up without an answer.
    HangsUp,
}

/// A node that takes one connection for each list of turns, at the same time.
async fn node(connections: &'static [&'static [Turn]]) -> (TempDir, Client) {
    let folder = TempDir::new().unwrap();
    let socket = folder.path().join("control.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    tokio::spawn(async move {
        drop(listener.accept().await.unwrap());
        for turns in connections {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(take(stream, turns));
        }
        // Whoever connects once more waits for ever.
        std::future::pending::<()>().await;
    });
    let client = Client::connect(&socket).await.unwrap();
    (folder, client)
}

async fn take(mut stream: UnixStream, turns: &'static [Turn]) {
    for turn in turns {
        question(&mut stream).await.unwrap();
        let answer = match turn {
            Turn::Answers => http("200 OK", "yes"),
            Turn::Begins => "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_owned(),
            Turn::HangsUp => return,
        };
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
    assert_eq!(question(&mut stream).await, None);
}

async fn ask(client: &Client) {
    assert_eq!(client.directory_document().await.unwrap(), b"yes");
}

/// One connection serves the questions of a client and of its clones, one after the other.
#[tokio::test]
async fn questions_share_a_connection() {
    let (_folder, client) = node(&[&[Turn::Answers; 3]]).await;
    ask(&client).await;
    ask(&client.clone().acting_as("Officer")).await;
    ask(&client).await;
}

/// A question on a connection that ends before the answer is put again on a new one, once.
#[tokio::test]
async fn a_question_on_a_connection_that_ended_is_put_again() {
    let (_folder, client) = node(&[&[Turn::Answers, Turn::HangsUp], &[Turn::Answers]]).await;
    ask(&client).await;
    ask(&client).await;
    let (_folder, client) = node(&[&[Turn::Answers, Turn::HangsUp], &[Turn::HangsUp]]).await;
    ask(&client).await;
    let error = client.directory_document().await.unwrap_err();
    assert!(matches!(error, ClientError::Broken(_)), "{error}");
}

/// A connection whose answer is still coming takes no other question.
#[tokio::test]
async fn a_connection_is_not_shared_before_its_answer_was_read() {
    let (_folder, client) = node(&[&[Turn::Begins], &[Turn::Answers; 2]]).await;
    let events = client.events().await.unwrap();
    ask(&client).await;
    ask(&client).await;
    drop(events);
}
