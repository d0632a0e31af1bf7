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
use crate::drafts::KeepError;
use crate::four_eyes::Withheld;
use crate::officers::{ChangeError, Denied};
use crate::sending::SendError;
use crate::wake::Refused;

mod attachments;

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

    /// 403: this officer may not.
    pub fn not_allowed(message: impl Into<String>, mend: Option<&str>) -> Self {
        let mut refusal = Self::new(StatusCode::FORBIDDEN, "not_allowed", message);
        refusal.problem.mend = mend.map(str::to_owned);
        refusal
    }

    /// 403: not alone `[FOUR-EYES]`; the draft is kept.
    pub fn needs_approval(message: impl Into<String>, mend: impl Into<String>, draft: &str) -> Self {
        let mut refusal = Self::new(StatusCode::FORBIDDEN, "needs_approval", message);
        refusal.problem.rule = Some("FOUR-EYES".to_owned());
        refusal.problem.mend = Some(mend.into());
        refusal.problem.draft = Some(draft.to_owned());
        refusal
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

    /// 503: witnesses know more of the ledger than it does `[ROLLBACK]`.
    pub fn not_signing(message: String) -> Self {
        let mut refusal = Self::new(StatusCode::SERVICE_UNAVAILABLE, "not_signing", message);
        let mend = "ohrid node status says what has happened, and the node's log what to do";
        refusal.problem.mend = Some(mend.to_owned());
        refusal
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

    /// 507: nothing can be recorded.
    #[must_use]
    pub fn disk_full() -> Self {
        let message = "the disk is full: nothing can be recorded";
        let mut refusal = Self::new(StatusCode::INSUFFICIENT_STORAGE, "disk_full", message);
        refusal.problem.mend = Some("make room on the disk that holds the node's data".to_owned());
        refusal
    }

    /// 413: more than is taken, or given.
    pub fn too_large(message: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
    }

    /// 409: what is there does not allow it.
    pub fn conflict(code: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// The same, with what mends it.
    #[must_use]
    pub fn mended_by(mut self, mend: &str) -> Self {
        self.problem.mend = Some(mend.to_owned());
        self
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
            SendError::Withheld(withheld) => withheld.into(),
            SendError::Seal(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "cannot_seal", message),
            SendError::Attachments(error) => error.into(),
            SendError::Machine(_) => Self::fault(message),
        }
    }
}

impl From<Withheld> for Refusal {
    fn from(withheld: Withheld) -> Self {
        let message = withheld.to_string();
        match withheld {
            // Whoever sends keeps the draft first, and says where it is; here nobody did.
            Withheld::NeedsApproval(_) => Self::new(StatusCode::FORBIDDEN, "needs_approval", message),
            Withheld::NotAnEmergency => {
                Self::not_allowed(message, Some("give it the priority emergency, if it is one"))
            }
            Withheld::NoBreakGlass => Self::not_allowed(
                message,
                Some("send it without --break-glass: it is kept, and another officer approves it"),
            ),
            Withheld::NoReason => Self::malformed(message),
        }
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        let mend = denied.mend();
        let mut refusal = match denied {
            Denied::Nameless => Self::malformed(denied.to_string()),
            _ => Self::not_allowed(denied.to_string(), None),
        };
        refusal.problem.mend = Some(mend);
        refusal
    }
}

impl From<ChangeError> for Refusal {
    fn from(error: ChangeError) -> Self {
        let message = error.to_string();
        let (mut refusal, mend) = match error {
            ChangeError::Name | ChangeError::NoRole => (Self::malformed(message), None),
            ChangeError::UnixUser(_) => (
                Self::malformed(message),
                Some("name one of /etc/passwd, or give its number (id -u NAME)".to_owned()),
            ),
            ChangeError::Taken(_) => (
                Self::conflict("name_taken", message),
                Some("names are told apart by people: choose another, or remove the first".to_owned()),
            ),
            ChangeError::Unknown { meant, .. } => (
                Self::not_found(message),
                meant.map(|meant| format!("did you mean \"{meant}\"?")),
            ),
            ChangeError::Full => (Self::conflict("register_full", message), None),
            ChangeError::Machine(_) => (Self::fault(message), None),
        };
        refusal.problem.mend = mend;
        refusal
    }
}

impl From<KeepError> for Refusal {
    fn from(error: KeepError) -> Self {
        let message = error.to_string();
        match error {
            KeepError::KeyReused => Self::conflict("idempotency_key_reused", message),
            KeepError::Full => Self::conflict("too_many_drafts", message),
            KeepError::Machine(_) => Self::fault(message),
        }
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        let message = refused.to_string();
        match refused {
            Refused::Stopping => Self::stopping(),
            Refused::NotSigning | Refused::Submit(SubmitError::NotSigning) => Self::not_signing(message),
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
        match error {
            CaseError::Read(error @ ReadError::InColdStorage { .. }) => error.into(),
            error => Self::fault(error),
        }
    }
}

impl From<ReadError> for Refusal {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::OutOfRange { .. } => Self::not_found(error.to_string()),
            ReadError::InColdStorage { .. } => {
                let what = format!("{error}; mend: put it back (ohrid-node log-back)");
                Self::new(StatusCode::CONFLICT, "in_cold_storage", what)
            }
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
