//! The one table from what went wrong to an HTTP status and a text for people. Nothing secret or
//! personal gets into the text: errors of this program hold none.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use control::types::Problem;
use protocol::exchange::SubmitError;
use store::ReadError;

use crate::cases::{CaseError, FindError, IndexError};
use crate::sending::SendError;
use crate::wake::Refused;

/// A request that was not done.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    problem: Box<Problem>,
}

impl Refusal {
    /// 400: the request cannot be understood.
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", message)
    }

    /// 404.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// 429: try again.
    pub fn busy(message: impl Into<String>) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "busy", message)
    }

    /// 503: the node stops.
    #[must_use]
    pub fn stopping() -> Self {
        let message = "the node is stopping";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", message)
    }

    /// 500: this machine or this program is at fault; the details are in the log.
    pub fn fault(message: impl std::fmt::Display) -> Self {
        tracing::error!(error = %message, "a request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            format!("the node failed: {message}"),
        )
    }

    /// The same, where the caller makes something else of it.
    pub(super) fn fault_quietly(message: impl std::fmt::Display) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            format!("the node failed: {message}"),
        )
    }

    /// 507: nothing can be recorded.
    #[must_use]
    pub fn disk_full() -> Self {
        let message = "the disk is full: nothing can be recorded";
        let mut refusal = Self::new(StatusCode::INSUFFICIENT_STORAGE, "disk_full", message);
        refusal.problem.mend = Some("make room on the disk that holds the node's data".to_owned());
        refusal
    }

    /// 409: what is there does not allow it.
    pub fn conflict(code: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            problem: Box::new(Problem::new(code, message)),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(self.problem)).into_response()
    }
}

impl From<SendError> for Refusal {
    fn from(error: SendError) -> Self {
        let message = error.to_string();
        match error {
            SendError::Malformed(_) => Self::malformed(message),
            SendError::Faults(faults) => {
                let problem = Problem::new("refused_by_rule", message).with_faults(faults);
                Self {
                    status: StatusCode::UNPROCESSABLE_ENTITY,
                    problem: Box::new(problem),
                }
            }
            SendError::Case(error) => error.into(),
            SendError::KeyReused => Self::conflict("idempotency_key_reused", message),
            SendError::Refused(refused) => refused.into(),
            SendError::Seal(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "cannot_seal", message),
            SendError::Machine(_) => Self::fault(message),
        }
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        let message = refused.to_string();
        match refused {
            Refused::Stopping => Self::stopping(),
            Refused::Busy | Refused::Submit(SubmitError::Busy | SubmitError::OutboxFull) => {
                Self::busy(message)
            }
            Refused::Submit(SubmitError::TooLarge) => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
            }
            Refused::Submit(SubmitError::AlreadySubmitted) => Self::conflict("already_submitted", message),
            Refused::Submit(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "refused", message),
        }
    }
}

impl From<FindError> for Refusal {
    fn from(error: FindError) -> Self {
        match error {
            FindError::Unknown(_) => Self::not_found(error.to_string()),
            FindError::TooShort(_)
            | FindError::Ambiguous { .. }
            | FindError::Shared { .. }
            | FindError::Number { .. } => Self::malformed(error.to_string()),
            FindError::Case(error) => error.into(),
            FindError::Index(error) => error.into(),
        }
    }
}

impl From<IndexError> for Refusal {
    fn from(error: IndexError) -> Self {
        match error {
            IndexError::BeingMade { .. } => Self::busy(error.to_string()),
            error => Self::fault(error),
        }
    }
}

impl From<CaseError> for Refusal {
    fn from(error: CaseError) -> Self {
        Self::fault(error)
    }
}

impl From<ReadError> for Refusal {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::OutOfRange { .. } => Self::not_found(error.to_string()),
            _ => Self::fault(error),
        }
    }
}

impl From<JsonRejection> for Refusal {
    fn from(rejection: JsonRejection) -> Self {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return Self::new(rejection.status(), "too_large", rejection.body_text());
        }
        Self::malformed(rejection.body_text())
    }
}

impl From<QueryRejection> for Refusal {
    fn from(rejection: QueryRejection) -> Self {
        Self::malformed(rejection.body_text())
    }
}

impl From<PathRejection> for Refusal {
    fn from(rejection: PathRejection) -> Self {
        Self::malformed(rejection.body_text())
    }
}
