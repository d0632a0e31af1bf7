//! How far a message is, from the leaves that speak of it.

use control::types::{
    ConsignmentSummary, ConsignmentVerdict, MessageStatus, ReceiptSummary, RecipientState, RecipientStatus,
    Wait,
};
use convention::message::Kind;
use protocol::consignment::{Consignment, Verdict};
use protocol::entry::Side;
use protocol::ids::{ContactPoint, MessageId, PartyCode};
use protocol::receipt::{Receipt, SignedReceipt};

use crate::cases::lines::kind;
use crate::cases::{Case, MessageKey, Said, Told};
use crate::news::timestamp;

/// Where a message of the case is, and whether what is waited for has happened.
pub(in crate::api) fn message_status(
    case: &Case,
    message: MessageId,
    wait: Option<Wait>,
    own: PartyCode,
) -> Option<MessageStatus> {
    let key = case.key_of(message)?;
    let told = case.messages.get(&key)?;
    let to: Vec<_> = told.to.iter().map(|to| recipient(case, key, to)).collect();
    let reached = wait.is_none_or(|wait| is_reached(case, told, &to, wait, own));
    Some(MessageStatus {
        message: message.to_string(),
        case: case.name(),
        kind: kind(told),
        from: told.header.from.to_string(),
        to,
        reached,
    })
}

/// The receipts for a message of ours.
pub(in crate::api) fn receipts(case: &Case, message: MessageId) -> Vec<(&Receipt, &SignedReceipt)> {
    let found = case.leaves.iter().filter_map(|leaf| match &leaf.said {
        Said::Delivered(receipt, signed) if receipt.message == message => Some((&**receipt, signed)),
        _ => None,
    });
    found.collect()
}

/// What a verified receipt says.
pub(super) fn receipt_summary(receipt: &Receipt) -> ReceiptSummary {
    ReceiptSummary {
        origin: receipt.checkpoint.origin.to_string(),
        index: receipt.inclusion.index,
        received_at: timestamp(receipt.received_at),
        tree_size: receipt.checkpoint.size,
        verified: true,
    }
}

/// What the one who opened it said.
pub(super) fn consignment_summary(report: &Consignment) -> ConsignmentSummary {
    let (verdict, rules, code) = match &report.verdict {
        Verdict::Readable => (ConsignmentVerdict::Readable, Vec::new(), None),
        Verdict::Unreadable { code } => (ConsignmentVerdict::Unreadable, Vec::new(), Some(code.to_string())),
        Verdict::NonConforming { rules } => {
            let rules = rules.iter().map(ToString::to_string).collect();
            (ConsignmentVerdict::NonConforming, rules, None)
        }
    };
    ConsignmentSummary {
        verdict,
        rules,
        code,
        at: timestamp(report.opened_at),
    }
}

/// `[C27-9]` How far a message is on its way to one of its recipients.
pub(super) fn recipient(case: &Case, message: MessageKey, to: &ContactPoint) -> RecipientStatus {
    let mut status = RecipientStatus {
        to: to.to_string(),
        state: RecipientState::Pending,
        delivered_at: None,
        receipt: None,
        consignment: None,
    };
    for leaf in case.leaves.iter().filter(|leaf| leaf.about == Some(message)) {
        match &leaf.said {
            Said::Delivered(receipt, _) if receipt.to == *to => {
                status.state = RecipientState::Delivered;
                status.delivered_at = Some(timestamp(leaf.at));
                status.receipt = Some(receipt_summary(receipt));
            }
            Said::Consigned(_, report, _) if report.to == *to => {
                status.consignment = Some(consignment_summary(report));
            }
            Said::Received(header, _) if header.to == *to => {
                status.state = RecipientState::Delivered;
                status.delivered_at = Some(timestamp(leaf.at));
            }
            Said::Rejected(Side::Received, ..) if leaf.to() == Some(to) => {
                status.state = RecipientState::Rejected;
            }
            // What expires after its receipt is our report on it, not the message.
            Said::Expired { to: office, .. } if office == to && status.state == RecipientState::Pending => {
                status.state = RecipientState::Expired;
            }
            _ => {}
        }
    }
    status
}

fn is_reached(case: &Case, told: &Told, to: &[RecipientStatus], wait: Wait, own: PartyCode) -> bool {
    match wait {
        Wait::Delivered => to.iter().all(|one| one.state == RecipientState::Delivered),
        Wait::Consigned => to.iter().all(|one| one.consignment.is_some()),
        // An answer is one of the other side's that came after it.
        Wait::Acknowledged => case.answers(told, own).any(|kind| kind != Kind::Note),
        Wait::Answered => {
            let asked = told.reading.as_ref().map(|read| read.message.kind());
            asked.is_ok_and(|asked| case.answers(told, own).any(|kind| asked.is_answered_by(kind)))
        }
    }
}

impl Case {
    /// The kinds of what the other side has said after a message of ours.
    fn answers<'a>(&'a self, told: &'a Told, own: PartyCode) -> impl Iterator<Item = Kind> + 'a {
        let later = self.messages.values().filter(move |answer| {
            answer.header.from.party() != own && answer.recorded_at >= told.recorded_at
        });
        later.filter_map(|answer| Some(answer.reading.as_ref().ok()?.message.kind()))
    }
}

#[cfg(test)]
mod tests;
