#![allow(clippy::unwrap_used, clippy::expect_used)]
//! What is around every request.

use tokio::sync::oneshot;

use super::*;

/// How long anything may take here before the test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// `[IDEMPOTENT]` An officer's program gave up waiting while the disk was full, asked again with the same
/// key, and the message was sent twice: with whoever asked, the write under way had gone, and its answer with
/// it.
#[tokio::test]
async fn a_write_goes_to_its_end_when_whoever_asked_has_hung_up() {
    let (room, is_room) = oneshot::channel::<()>();
    let (note, noted) = oneshot::channel();
    let write = to_its_end(async {
        is_room.await.unwrap();
        note.send(()).unwrap();
        StatusCode::CREATED.into_response()
    });
    assert!(timeout(Duration::ZERO, write).await.is_err());
    room.send(()).unwrap();
    timeout(PATIENCE, noted).await.unwrap().unwrap();
}

/// A write that panics is an answer as well.
#[tokio::test]
async fn who_waits_for_a_write_is_answered() {
    let response = to_its_end(async { StatusCode::CREATED.into_response() }).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    let response = to_its_end(async { panic!("a handler") }).await;
    assert!(response.status().is_server_error());
}
