//! Files, in either direction, as streams: whatever their length, a few blocks of them are in memory.

use http_body_util::BodyExt;
use http_body_util::channel::{Channel, Sender};
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Response, header};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::timeout;

use super::call::read_json;
use super::{Client, ClientError};
use crate::headers::IdempotencyKey;
use crate::limits::{
    BLOCK_TIMEOUT, FILE_BLOCK_BYTES, FILE_BLOCKS_MAX, OPENING_TIMEOUT, SEALED_TIMEOUT, UPLOAD_TIMEOUT,
};
use crate::paths;
use crate::types::{MessageAttachments, StagedAttachment, UploadQuery};

/// What breaks an upload off, so that the node does not take half a file for a whole one.
type BreakOff = Box<dyn std::error::Error + Send + Sync>;

/// The content of an attachment, on its way. The node has verified all of it before it gave the first byte;
/// it is whole once [`AttachmentContent::next`] has given `None`.
#[derive(Debug)]
pub struct AttachmentContent {
    body: Incoming,
    length_bytes: Option<u64>,
}

impl Client {
    /// Has a file sealed for its recipients while it is read: `source`, to its end. `told` is called with
    /// the bytes that were handed over so far.
    ///
    /// # Errors
    /// [`ClientError::File`] when the file cannot be read, [`ClientError::Refused`] with 413 for one that is
    /// too large, with 507 where there is no room, and with 400 and 409 for what does not fit the message.
    /// Nothing of the file is kept then.
    pub async fn upload<R: AsyncRead + Unpin>(
        &self,
        query: &UploadQuery,
        key: &IdempotencyKey,
        source: R,
        told: impl FnMut(u64),
    ) -> Result<StagedAttachment, ClientError> {
        let (sender, body) = Channel::<Bytes, BreakOff>::new(FILE_BLOCKS_MAX);
        let path = paths::attachment_upload(query);
        let asking = self
            .call(Method::POST, &path)
            .key(key)
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .within(UPLOAD_TIMEOUT)
            .run_with(body);
        let mut asking = Box::pin(asking);
        let feeding = feed(source, sender, told);
        let answer = tokio::select! {
            // A node that refuses does so before it has the whole file.
            answer = &mut asking => answer,
            fed = feeding => match fed {
                Ok(()) => timeout(SEALED_TIMEOUT, asking).await.unwrap_or(Err(ClientError::TimedOut {
                    after: SEALED_TIMEOUT,
                })),
                // The node went away, or refused: its answer says which.
                Err(Fed::Gone) => timeout(BLOCK_TIMEOUT, asking).await.unwrap_or(Err(ClientError::TimedOut {
                    after: BLOCK_TIMEOUT,
                })),
                Err(Fed::Stuck) => Err(ClientError::TimedOut { after: BLOCK_TIMEOUT }),
                Err(Fed::Unreadable(error)) => Err(ClientError::File(error)),
            },
        };
        read_json(answer?).await
    }

    /// The files that are sealed and wait for their message.
    ///
    /// # Errors
    /// As for every question: see [`ClientError`].
    pub async fn staged_attachments(&self) -> Result<Vec<StagedAttachment>, ClientError> {
        self.get(paths::ATTACHMENTS).await
    }

    /// Throws away a file that waits for its message.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 404 for one that does not wait, with 409 for one that a draft names.
    pub async fn discard_attachment(
        &self,
        attachment: &str,
        key: &IdempotencyKey,
    ) -> Result<(), ClientError> {
        let path = paths::attachment_discard(attachment);
        self.call(Method::POST, &path).key(key).run().await.map(drop)
    }

    /// What is attached to a message, and how far it is.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 404 for an unknown message.
    pub async fn message_attachments(&self, message: &str) -> Result<MessageAttachments, ClientError> {
        self.get(&paths::message_attachments(message)).await
    }

    /// Opens an attachment (`MESSAGE.NUMBER`). The node verifies the whole of it before it gives the first
    /// byte, which takes some seconds for each gigabyte.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 503 while it is still arriving, with 404 for an unknown one, and with
    /// 422 when it is not authentic: nothing of it was given then.
    pub async fn attachment_content(&self, attachment: &str) -> Result<AttachmentContent, ClientError> {
        let path = paths::attachment_content(attachment);
        let call = self.call(Method::GET, &path).within(OPENING_TIMEOUT);
        Ok(AttachmentContent::new(call.run().await?))
    }
}

impl AttachmentContent {
    pub(super) fn new(answer: Response<Incoming>) -> Self {
        let length = answer.headers().get(header::CONTENT_LENGTH);
        let length_bytes = length.and_then(|value| value.to_str().ok()?.parse().ok());
        Self {
            body: answer.into_body(),
            length_bytes,
        }
    }

    /// How long the file is, in bytes, as the node says.
    #[must_use]
    pub fn length_bytes(&self) -> Option<u64> {
        self.length_bytes
    }

    /// The next bytes; `None` at the end of the whole file.
    ///
    /// # Errors
    /// When the connection breaks, or the node stops in the middle: what came so far is not the file.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ClientError> {
        loop {
            let frame = timeout(BLOCK_TIMEOUT, self.body.frame()).await;
            let frame = frame.map_err(|_| ClientError::TimedOut { after: BLOCK_TIMEOUT })?;
            match frame {
                None => return Ok(None),
                Some(Err(error)) => return Err(ClientError::Broken(error.to_string())),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
            }
        }
    }
}

/// Why a file was not handed over.
enum Fed {
    /// Nobody takes it any more.
    Gone,
    /// Nobody took a block in time.
    Stuck,
    /// The file.
    Unreadable(std::io::Error),
}

/// Hands the file over, block by block, as fast as the node takes it.
async fn feed<R: AsyncRead + Unpin>(
    mut source: R,
    mut node: Sender<Bytes, BreakOff>,
    mut told: impl FnMut(u64),
) -> Result<(), Fed> {
    let mut handed_over_bytes = 0_u64;
    loop {
        let mut block = Vec::with_capacity(FILE_BLOCK_BYTES);
        let mut next = (&mut source).take(FILE_BLOCK_BYTES as u64);
        if let Err(error) = next.read_to_end(&mut block).await {
            node.abort("the file cannot be read".into());
            return Err(Fed::Unreadable(error));
        }
        if block.is_empty() {
            return Ok(());
        }
        handed_over_bytes += block.len() as u64;
        match timeout(BLOCK_TIMEOUT, node.send_data(block.into())).await {
            Ok(Ok(())) => told(handed_over_bytes),
            Ok(Err(_)) => return Err(Fed::Gone),
            Err(_) => {
                node.abort("the node takes nothing".into());
                return Err(Fed::Stuck);
            }
        }
    }
}
