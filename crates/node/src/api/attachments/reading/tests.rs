#![allow(clippy::unwrap_used, clippy::expect_used)]

use axum::body::Bytes;
use http_body_util::channel::Channel;

use super::*;
use crate::stop::stop_pair;

/// What a thread reads when these blocks come, and then whatever `end` does.
async fn read(
    blocks: &[&'static [u8]],
    end: impl FnOnce(Ending),
) -> (io::Result<Vec<u8>>, Result<(), Ended>) {
    let (mut sender, body) = Channel::<Bytes, io::Error>::new(8);
    let (pump, mut source) = channel();
    let reading = tokio::task::spawn_blocking(move || {
        let mut read = Vec::new();
        source.read_to_end(&mut read).map(|_| read)
    });
    for block in blocks {
        sender.send_data(Bytes::from_static(block)).await.unwrap();
    }
    end(sender);
    let (_stopper, stop) = stop_pair();
    let ended = pump.run(Body::new(body), stop).await;
    (reading.await.unwrap(), ended)
}

type Ending = http_body_util::channel::Sender<Bytes, io::Error>;

#[tokio::test]
async fn all_of_a_body_is_read() {
    let (read, ended) = read(&[b"one ", b"", b"two"], drop).await;
    assert_eq!((read.unwrap(), ended), (b"one two".to_vec(), Ok(())));
}

#[tokio::test]
async fn a_body_that_is_broken_off_is_no_file() {
    let broken = |sender: Ending| sender.abort(io::ErrorKind::BrokenPipe.into());
    let (read, ended) = read(&[b"one "], broken).await;
    assert_eq!(read.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    assert_eq!(ended, Err(Ended::Early));
}

#[tokio::test]
async fn a_node_that_stops_breaks_it_off() {
    let (mut sender, body) = Channel::<Bytes, io::Error>::new(8);
    let (pump, mut source) = channel();
    sender.send_data(Bytes::from_static(b"one")).await.unwrap();
    let (stopper, stop) = stop_pair();
    stopper.stop();
    let reading = tokio::task::spawn_blocking(move || source.read_to_end(&mut Vec::new()));
    assert_eq!(pump.run(Body::new(body), stop).await, Err(Ended::Stopping));
    assert!(reading.await.unwrap().is_err());
    drop(sender);
}
