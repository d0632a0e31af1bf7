//! From a request's body to a thread that reads it.

use std::io::{self, Read};
use std::time::Duration;

use axum::body::{Body, Bytes};
use http_body_util::BodyExt as _;
use tokio::sync::mpsc::{Receiver, Sender, channel as bounded};
use tokio::time::timeout;

use crate::limits::{FILE_BLOCK_TIMEOUT, FILE_BLOCKS_MAX};
use crate::stop::Stop;

/// The end that has the body.
pub(super) struct Pump(Sender<Part>);

/// The end that is read. What was broken off is an error, and never the end of a file.
pub(super) struct Source {
    parts: Receiver<Part>,
    part: Bytes,
    is_over: bool,
}

enum Part {
    Bytes(Bytes),
    /// The body came to its end.
    End,
}

/// Why a body did not come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// Whoever sends it went away, was too slow, or nobody reads it any more.
    Early,
    /// The node stops.
    Stopping,
}

/// Both ends.
pub(super) fn channel() -> (Pump, Source) {
    let (sender, parts) = bounded(FILE_BLOCKS_MAX);
    let source = Source {
        parts,
        part: Bytes::new(),
        is_over: false,
    };
    (Pump(sender), source)
}

impl Pump {
    /// Hands on what comes, as fast as it is read.
    pub(super) async fn run(self, body: Body, mut stop: Stop) -> Result<(), Ended> {
        tokio::select! {
            ended = self.pump(body, FILE_BLOCK_TIMEOUT) => ended,
            () = stop.stopping() => Err(Ended::Stopping),
        }
    }

    async fn pump(&self, mut body: Body, patience: Duration) -> Result<(), Ended> {
        loop {
            let frame = timeout(patience, body.frame()).await;
            let part = match frame.map_err(|_| Ended::Early)? {
                None => Part::End,
                Some(Err(_)) => return Err(Ended::Early),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(bytes) => Part::Bytes(bytes),
                    Err(_) => continue,
                },
            };
            let is_end = matches!(part, Part::End);
            self.0.send(part).await.map_err(|_| Ended::Early)?;
            if is_end {
                return Ok(());
            }
        }
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.part.is_empty() && !self.is_over {
            match self.parts.blocking_recv() {
                Some(Part::Bytes(part)) => self.part = part,
                Some(Part::End) => self.is_over = true,
                None => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
        let count = buffer.len().min(self.part.len());
        let now = self.part.split_to(count);
        buffer[..count].copy_from_slice(&now);
        Ok(count)
    }
}

#[cfg(test)]
mod tests;
