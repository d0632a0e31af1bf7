//! From a thread that writes to an answer's body.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, Bytes};
use http_body_util::channel::{Channel, Sender};
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::limits::{FILE_BLOCK_TIMEOUT, FILE_BLOCKS_MAX};

type Stream = Sender<Bytes, io::Error>;

/// The end that is written.
pub(in crate::api) struct Sink {
    stream: Arc<Mutex<Option<Stream>>>,
    runtime: Handle,
}

/// Breaks the body off, so that nobody takes what came for the whole.
pub(in crate::api) struct Breaker(Arc<Mutex<Option<Stream>>>);

/// Both ends. The body ends when sink and breaker are gone.
pub(in crate::api) fn channel() -> (Body, Sink) {
    let (stream, body) = Channel::new(FILE_BLOCKS_MAX);
    let sink = Sink {
        stream: Arc::new(Mutex::new(Some(stream))),
        runtime: Handle::current(),
    };
    (Body::new(body), sink)
}

impl Sink {
    /// What breaks it off.
    pub(in crate::api) fn breaker(&self) -> Breaker {
        Breaker(Arc::clone(&self.stream))
    }
}

impl Breaker {
    /// Breaks the body off.
    pub(in crate::api) fn break_off(self) {
        let stream = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(stream) = stream {
            stream.abort(io::ErrorKind::InvalidData.into());
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        let stream = stream.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        let send = stream.send_data(Bytes::copy_from_slice(bytes));
        let sent = self
            .runtime
            .block_on(async { timeout(FILE_BLOCK_TIMEOUT, send).await });
        sent.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
            .map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
