//! Connections that wait for the next question.
//!
//! A busy client saves the node a connection and a task for each question. A question that meets a
//! connection which has ended meanwhile is put again on a new one, once: reading changes nothing, and a
//! write has a key by which the node knows it again `[IDEMPOTENT]`.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http_body_util::Full;
use hyper::body::{Body, Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;

use super::ClientError;
use super::call::{broken, open};
use crate::limits::IDLE_CONNECTIONS_MAX;

type Sender = SendRequest<Full<Bytes>>;

/// Where a node answers, and the connections of a client and of its clones to it.
#[derive(Debug, Clone)]
pub(super) struct Connections {
    socket: PathBuf,
    waiting: Arc<Mutex<Vec<Sender>>>,
}

impl Connections {
    pub(super) fn to(socket: &Path) -> Self {
        Self {
            socket: socket.to_owned(),
            waiting: Arc::default(),
        }
    }

    pub(super) fn socket(&self) -> &Path {
        &self.socket
    }

    /// Asks on a connection that waits, or on a new one.
    pub(super) async fn ask(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, ClientError> {
        if let Some(mut sender) = self.take()
            && let Ok(answer) = sender.send_request(request.clone()).await
        {
            self.give_back(sender);
            return Ok(answer);
        }
        let mut sender = self.connect().await?;
        let answer = sender.send_request(request).await.map_err(broken)?;
        self.give_back(sender);
        Ok(answer)
    }

    /// A new connection. It lives as long as somebody may ask, or an answer is read; its own error shows
    /// there too.
    pub(super) async fn connect<B>(&self) -> Result<SendRequest<B>, ClientError>
    where
        B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + Unpin + 'static,
    {
        let stream = TokioIo::new(open(&self.socket).await?);
        let (sender, connection) = handshake(stream).await.map_err(broken)?;
        tokio::spawn(connection);
        Ok(sender)
    }

    /// One whose last answer was read to its end.
    fn take(&self) -> Option<Sender> {
        let mut waiting = self.lock();
        waiting.retain(|sender| !sender.is_closed());
        let ready = waiting.iter().position(Sender::is_ready)?;
        Some(waiting.swap_remove(ready))
    }

    fn give_back(&self, sender: Sender) {
        let mut waiting = self.lock();
        if waiting.len() < IDLE_CONNECTIONS_MAX {
            waiting.push(sender);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Sender>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
