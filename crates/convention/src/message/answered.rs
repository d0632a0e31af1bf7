//! Which messages are the answer that another one waits for.

use super::Kind;

impl Kind {
    /// Whether a message of the other side, sent after one of this kind, gives what that one waits for: an
    /// outcome, a decision, what was asked. An acknowledgement, a question or a note does not, save where
    /// nothing more can be expected.
    ///
    /// A postponement, a referral and a grant under conditions are outcomes: officers have decided, though
    /// not for the last time.
    #[must_use]
    pub const fn is_answered_by(self, answer: Kind) -> bool {
        match self {
            Kind::Drill => matches!(answer, Kind::Acknowledgement),
            Kind::Note => true,
            Kind::SpontaneousInformation => matches!(
                answer,
                Kind::ConditionsAccepted | Kind::ConditionsDeclined | Kind::Outcome
            ),
            Kind::PreservationWarning => matches!(answer, Kind::WarningDecision | Kind::Withdrawal),
            Kind::InformationNeeded => matches!(answer, Kind::InformationProvided | Kind::Withdrawal),
            Kind::ConditionalGrant => matches!(
                answer,
                Kind::ConditionsAccepted | Kind::ConditionsDeclined | Kind::Withdrawal
            ),
            Kind::Withdrawal => matches!(answer, Kind::ReleaseNotice),
            Kind::AssistanceRequest => answer.is_outcome() || matches!(answer, Kind::InformationProvided),
            Kind::PreservationRequest
            | Kind::MutualAssistanceRequest
            | Kind::MutualAssistanceNotice
            | Kind::EmergencyDisclosureRequest
            | Kind::EmergencyMutualAssistanceRequest
            | Kind::ExtensionRequest
            | Kind::WarningDecision => answer.is_outcome(),
            Kind::InformationProvided | Kind::ConditionsAccepted | Kind::ConditionsDeclined => {
                answer.is_outcome() || matches!(answer, Kind::SpontaneousInformation | Kind::Outcome)
            }
            // What the asked side has said is answered by what became of it.
            Kind::Acknowledgement
            | Kind::Referral
            | Kind::PreservationReport
            | Kind::TrafficDataDisclosure
            | Kind::Refusal
            | Kind::Postponement
            | Kind::MutualAssistanceDecision
            | Kind::Disclosure
            | Kind::ReleaseNotice
            | Kind::Outcome => matches!(answer, Kind::Outcome),
        }
    }

    /// Whether officers of the asked side have decided something with it.
    const fn is_outcome(self) -> bool {
        matches!(
            self,
            Kind::PreservationReport
                | Kind::Refusal
                | Kind::Referral
                | Kind::Postponement
                | Kind::ConditionalGrant
                | Kind::MutualAssistanceDecision
                | Kind::Disclosure
                | Kind::ReleaseNotice
        )
    }
}

#[cfg(test)]
mod tests;
