//! Connections that wait for the next question.
//!
//! A busy client saves the node a connection and a task for each question. A question that meets a
//! connection which has ended meanwhile is put again on a new one, once: reading changes nothing, and a
//! write has a key by which the node knows it again `[IDEMPOTENT]`.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;

use super::ClientError;
use super::call::{broken, open};
use crate::limits::IDLE_CONNECTIONS_MAX;

type Sender = SendRequest<Full<Bytes>>;

/// The connections of a client and of its clones.
#[derive(Debug, Clone, Default)]
pub(super) struct Connections(Arc<Mutex<Vec<Sender>>>);

impl Connections {
    /// Asks on a connection that waits, or on a new one.
    pub(super) async fn ask(
        &self,
        socket: &Path,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, ClientError> {
        if let Some(mut sender) = self.take()
            && let Ok(answer) = sender.send_request(request.clone()).await
        {
            self.give_back(sender);
            return Ok(answer);
        }
        let (mut sender, connection) = handshake(TokioIo::new(open(socket).await?))
            .await
            .map_err(broken)?;
        // The connection lives as long as it is asked or an answer is read; its own error shows there too.
        tokio::spawn(connection);
        let answer = sender.send_request(request).await.map_err(broken)?;
        self.give_back(sender);
        Ok(answer)
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
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
