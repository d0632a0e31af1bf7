//! Files that were not taken, or not given.

use axum::http::StatusCode;

use super::Refusal;
use crate::attachments::GivingError;
use crate::attachments::staging::StagingError;

impl From<StagingError> for Refusal {
    fn from(error: StagingError) -> Self {
        let message = error.to_string();
        let (mut refusal, mend) = match error {
            StagingError::UnknownMessage(_) | StagingError::Unknown(_) => {
                (Self::not_found(message), "ohrid attachment list --staged")
            }
            StagingError::OtherRoute { .. } => (
                Self::does_not_fit(message),
                "attach the files again for the recipients that the message has; the others cannot open them",
            ),
            StagingError::TooOld(_) => (
                Self::does_not_fit(message),
                "discard it, and attach the file again",
            ),
            StagingError::SeveralMessages(..)
            | StagingError::NotNamed(_)
            | StagingError::Gap(_)
            | StagingError::NamedTwice(_)
            | StagingError::NameTwice
            | StagingError::MessageFull => (Self::does_not_fit(message), "ohrid attachment list --staged"),
            StagingError::UnderWay | StagingError::Claimed => (Self::busy(message), "try again"),
            StagingError::Sent(_) => (Self::conflict("attachments_sent", message), "ohrid case list"),
            StagingError::TooMany(_) | StagingError::TooMuch(_) => (
                Self::conflict("too_many_attachments", message),
                "ohrid attachment list --staged",
            ),
            StagingError::TooLarge(_) => (
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message),
                "cut the file into parts, or have the operator raise attachment_mib_max under [limits]",
            ),
            StagingError::BrokenOff => (Self::malformed(message), "attach it again"),
            StagingError::Seal(_) => (
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "cannot_seal", message),
                "ohrid directory show",
            ),
            StagingError::DiskFull => return Self::disk_full(),
            StagingError::Damaged(_)
            | StagingError::NoKey
            | StagingError::Machine(_)
            | StagingError::Store(_) => return Self::fault(message),
        };
        refusal.problem.mend = Some(mend.to_owned());
        refusal
    }
}

impl From<GivingError> for Refusal {
    fn from(error: GivingError) -> Self {
        let message = error.to_string();
        match error {
            GivingError::Unknown(_) => Self::not_found(message),
            GivingError::NotListed | GivingError::NotWhole(_) => Self::arriving(message),
            GivingError::Refused(refused) if refused.code().is_some() => {
                let mut refusal = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "not_authentic", message);
                let mend = "nothing of it was given; tell the sender by telephone, and have it sent again";
                refusal.problem.mend = Some(mend.to_owned());
                refusal
            }
            GivingError::Refused(_) | GivingError::Store(_) | GivingError::Manifest(_) => {
                Self::fault(message)
            }
        }
    }
}

impl Refusal {
    /// 503: it is on its way; try again.
    pub fn arriving(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "attachment_arriving", message)
    }

    /// 422: these files do not go with this message.
    fn does_not_fit(message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "attachments_do_not_fit",
            message,
        )
    }
}
