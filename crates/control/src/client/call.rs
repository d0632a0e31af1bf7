//! One question and its answer, with limits on time and size.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::HeaderName;
use hyper::{Method, Request, Response, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;

use super::ClientError;
use super::connections::Connections;
use crate::headers::{IDEMPOTENCY_KEY, IdempotencyKey, OFFICER, REQUEST_ID, encode_officer};
use crate::limits::{ANSWER_BYTES_MAX, ANSWER_TIMEOUT, CONNECT_TIMEOUT, PROBLEM_BYTES_MAX};
use crate::types::Problem;

/// A question that is being put together.
pub(super) struct Call<'a> {
    connections: &'a Connections,
    request: hyper::http::request::Builder,
    body: Bytes,
    within: Duration,
}

impl<'a> Call<'a> {
    pub(super) fn new(
        connections: &'a Connections,
        method: Method,
        path: &str,
        officer: Option<&str>,
    ) -> Self {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost");
        if let Some(officer) = officer {
            request = request.header(OFFICER, encode_officer(officer));
        }
        Self {
            connections,
            request,
            body: Bytes::new(),
            within: ANSWER_TIMEOUT,
        }
    }

    pub(super) fn key(mut self, key: &IdempotencyKey) -> Self {
        self.request = self.request.header(IDEMPOTENCY_KEY, key.as_str());
        self
    }

    pub(super) fn json<T: Serialize>(mut self, body: &T) -> Result<Self, ClientError> {
        let body = serde_json::to_vec(body).map_err(|error| ClientError::Broken(error.to_string()))?;
        self.request = self.request.header(header::CONTENT_TYPE, "application/json");
        self.body = Bytes::from(body);
        Ok(self)
    }

    pub(super) fn header(mut self, name: HeaderName, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub(super) fn within(mut self, within: Duration) -> Self {
        self.within = within;
        self
    }

    /// Asks, and returns the head of a 2xx answer; its body is still to be read.
    pub(super) async fn run(self) -> Result<Response<Incoming>, ClientError> {
        let request = self.request.body(Full::new(self.body)).map_err(broken)?;
        answered(self.within, self.connections.ask(request)).await
    }

    /// The same with a body that is a stream, on a connection of its own.
    pub(super) async fn run_with<B>(self, body: B) -> Result<Response<Incoming>, ClientError>
    where
        B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + Unpin + 'static,
    {
        let request = self.request.body(body).map_err(broken)?;
        let ask = async {
            let mut sender = self.connections.connect().await?;
            sender.send_request(request).await.map_err(broken)
        };
        answered(self.within, ask).await
    }
}

/// The head of an answer, if it comes in time and says yes.
async fn answered(
    within: Duration,
    asked: impl Future<Output = Result<Response<Incoming>, ClientError>>,
) -> Result<Response<Incoming>, ClientError> {
    let answer = async {
        let answer = asked.await?;
        match answer.status().is_success() {
            true => Ok(answer),
            false => Err(refused(answer).await),
        }
    };
    let answer = tokio::time::timeout(within, answer).await;
    answer.unwrap_or(Err(ClientError::TimedOut { after: within }))
}

/// Connects to the socket.
pub(super) async fn open(socket: &Path) -> Result<UnixStream, ClientError> {
    let attempt = tokio::time::timeout(CONNECT_TIMEOUT, UnixStream::connect(socket)).await;
    let error = match attempt {
        Ok(Ok(stream)) => return Ok(stream),
        Ok(Err(error)) => error,
        Err(_) => {
            return Err(ClientError::TimedOut {
                after: CONNECT_TIMEOUT,
            });
        }
    };
    let socket = socket.to_owned();
    Err(match error.kind() {
        ErrorKind::NotFound | ErrorKind::ConnectionRefused => {
            let config = socket.with_file_name("node.toml");
            ClientError::NotRunning { socket, config }
        }
        ErrorKind::PermissionDenied => ClientError::NotAllowed { socket },
        ErrorKind::InvalidInput => ClientError::NotASocketPath { socket },
        _ => ClientError::Broken(error.to_string()),
    })
}

pub(super) async fn read_json<T: DeserializeOwned>(answer: Response<Incoming>) -> Result<T, ClientError> {
    let bytes = read_bytes(answer).await?;
    serde_json::from_slice(&bytes).map_err(|error| ClientError::NotUnderstood(error.to_string()))
}

pub(super) async fn read_text(answer: Response<Incoming>) -> Result<String, ClientError> {
    let bytes = read_bytes(answer).await?;
    String::from_utf8(bytes).map_err(|_| ClientError::NotUnderstood("it is not UTF-8".to_owned()))
}

pub(super) async fn read_bytes(answer: Response<Incoming>) -> Result<Vec<u8>, ClientError> {
    read_limited(answer.into_body(), ANSWER_BYTES_MAX).await
}

async fn read_limited(body: Incoming, limit_bytes: usize) -> Result<Vec<u8>, ClientError> {
    let collected = tokio::time::timeout(ANSWER_TIMEOUT, Limited::new(body, limit_bytes).collect()).await;
    match collected {
        Ok(Ok(collected)) => Ok(collected.to_bytes().into()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(ClientError::TooLarge { limit_bytes }),
        Ok(Err(error)) => Err(ClientError::Broken(error.to_string())),
        Err(_) => Err(ClientError::TimedOut {
            after: ANSWER_TIMEOUT,
        }),
    }
}

async fn refused(answer: Response<Incoming>) -> ClientError {
    let status = answer.status().as_u16();
    let request_id = answer
        .headers()
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let bytes = match read_limited(answer.into_body(), PROBLEM_BYTES_MAX).await {
        Ok(bytes) => bytes,
        Err(error) => return error,
    };
    let problem = serde_json::from_slice(&bytes).unwrap_or_else(|_| {
        Problem::new(
            "unknown",
            format!("the node answered with HTTP status {status} and did not say why"),
        )
    });
    ClientError::Refused {
        status,
        problem: Box::new(problem),
        request_id,
    }
}

pub(super) fn broken(error: impl std::fmt::Display) -> ClientError {
    ClientError::Broken(error.to_string())
}
