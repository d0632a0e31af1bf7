//! Reads server-sent events, one at a time, bounded.

use http_body_util::BodyExt;
use hyper::Response;
use hyper::body::Incoming;

use super::ClientError;
use crate::events::Event;
use crate::limits::EVENT_BYTES_MAX;

/// What happens in the node, as it happens.
#[derive(Debug)]
pub struct EventStream {
    body: Incoming,
    buffer: EventBuffer,
}

impl EventStream {
    pub(super) fn new(answer: Response<Incoming>) -> Self {
        Self {
            body: answer.into_body(),
            buffer: EventBuffer::default(),
        }
    }

    /// Waits for the next event. `None` when the node ends the stream, as it does when it stops.
    ///
    /// # Errors
    /// When the connection breaks, or what comes is not an event.
    pub async fn next(&mut self) -> Result<Option<Event>, ClientError> {
        loop {
            if let Some(event) = self.buffer.take()? {
                return Ok(Some(event));
            }
            match self.body.frame().await {
                None => return Ok(None),
                Some(Err(error)) => return Err(ClientError::Broken(error.to_string())),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.buffer.push(&data)?;
                    }
                }
            }
        }
    }
}

/// Bytes that came and are not yet a whole event.
#[derive(Debug, Default)]
pub(crate) struct EventBuffer(Vec<u8>);

impl EventBuffer {
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), ClientError> {
        if self.0.len() + bytes.len() > EVENT_BYTES_MAX {
            return Err(ClientError::TooLarge {
                limit_bytes: EVENT_BYTES_MAX,
            });
        }
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    /// The next whole event; comments (a heartbeat is one) and unknown kinds are passed over.
    pub(crate) fn take(&mut self) -> Result<Option<Event>, ClientError> {
        while let Some(end) = self.0.windows(2).position(|pair| pair == b"\n\n") {
            let block: Vec<u8> = self.0.drain(..end + 2).collect();
            let block = String::from_utf8(block)
                .map_err(|_| ClientError::NotUnderstood("an event is not UTF-8".to_owned()))?;
            let data: Vec<&str> = block
                .lines()
                .filter_map(|line| line.strip_prefix("data:"))
                .map(|data| data.strip_prefix(' ').unwrap_or(data))
                .collect();
            if data.is_empty() {
                continue;
            }
            match serde_json::from_str(&data.join("\n")) {
                Ok(event) => return Ok(Some(event)),
                // A later release may know more kinds of event than this one.
                Err(error) if error.is_data() => continue,
                Err(error) => return Err(ClientError::NotUnderstood(error.to_string())),
            }
        }
        Ok(None)
    }
}
