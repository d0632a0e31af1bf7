//! From a leaf to the facts of a case.

use std::collections::BTreeMap;
use std::sync::Arc;

use convention::case::{CaseFact, Consignment, Event};
use convention::message::ReceivedMessage;
use protocol::consignment::{Consignment as Report, Verdict};
use protocol::decode::DecodeError;
use protocol::digest::Digest;
use protocol::entry::{Entry, Side};
use protocol::envelope::Header;
use protocol::ids::{CaseId, ContactPoint, MessageId};
use protocol::receipt::{Receipt, SignedReceipt};
use protocol::rejection::Rejection;
use protocol::time::UnixMillis;

use crate::messages::{Messages, convention_case, convention_id, convention_instant, convention_office};

/// A leaf that speaks of a message, with its signed statement read.
#[derive(Debug)]
pub struct Leaf {
    /// Where it stands in our ledger.
    pub index: u64,
    /// When it was recorded.
    pub at: UnixMillis,
    /// What it says.
    pub said: Said,
}

/// What a leaf says of a message.
#[derive(Debug)]
pub enum Said {
    /// We sent it.
    Submitted(Box<Header>, Digest),
    /// It was received.
    Received(Box<Header>),
    /// The recipient's node has it.
    Delivered(Box<Receipt>, SignedReceipt),
    /// It was opened; by us or by the recipient.
    Consigned(Side, Box<Report>),
    /// The recipient's node refused it, or we did.
    Rejected(Side, Box<Rejection>),
    /// Nobody took it.
    Expired {
        /// Which.
        message: MessageId,
        /// Whom it was for.
        to: ContactPoint,
    },
    /// Something that the case does not depend on, by its word.
    Other(&'static str, Option<MessageId>),
}

/// A message of a case.
#[derive(Debug, Clone)]
pub struct Told {
    /// The header; of several recipients', the first.
    pub header: Header,
    /// Whether it is ours.
    pub ours: bool,
    /// All recipients that we know of.
    pub to: Vec<ContactPoint>,
    /// When it was recorded here.
    pub recorded_at: UnixMillis,
    /// What it says, or why it cannot be read.
    pub reading: Result<Arc<ReceivedMessage>, &'static str>,
}

impl Leaf {
    /// Reads the statement in an entry of our own ledger. Its signature was checked before it was
    /// written.
    pub(super) fn read(index: u64, entry: Entry) -> Result<Self, DecodeError> {
        let at = entry.at();
        let said = match entry {
            Entry::Submitted { header, .. } => Said::Submitted(Box::new(header.peek()?.0), header.digest()),
            Entry::Received { header, .. } => Said::Received(Box::new(header.peek()?.0)),
            Entry::Delivered { receipt, .. } => Said::Delivered(Box::new(receipt.peek()?.0), receipt),
            Entry::Consigned { side, report, .. } => Said::Consigned(side, Box::new(report.peek()?.0)),
            Entry::Rejected { side, rejection, .. } => Said::Rejected(side, Box::new(rejection.peek()?.0)),
            Entry::Expired { message, to, .. } => Said::Expired { message, to },
            Entry::ReportDelivered { message, .. } => Said::Other("report-delivered", Some(message)),
            Entry::Retrieved { message, .. } => Said::Other("retrieved", Some(message)),
            Entry::Approved { message, .. } => Said::Other("approved", Some(message)),
            _ => Said::Other("other", None),
        };
        Ok(Self { index, at, said })
    }

    /// The word for it.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match &self.said {
            Said::Submitted(..) => "submitted",
            Said::Received(_) => "received",
            Said::Delivered(..) => "delivered",
            Said::Consigned(..) => "consigned",
            Said::Rejected(..) => "rejected",
            Said::Expired { .. } => "expired",
            Said::Other(word, _) => word,
        }
    }

    /// The message that it speaks of.
    #[must_use]
    pub fn message(&self) -> Option<MessageId> {
        match &self.said {
            Said::Submitted(header, _) | Said::Received(header) => Some(header.message),
            Said::Delivered(receipt, _) => Some(receipt.message),
            Said::Consigned(_, report) => Some(report.message),
            Said::Rejected(_, rejection) => rejection.message,
            Said::Expired { message, .. } => Some(*message),
            Said::Other(_, message) => *message,
        }
    }

    /// The recipient that it speaks of.
    #[must_use]
    pub fn to(&self) -> Option<&ContactPoint> {
        match &self.said {
            Said::Submitted(header, _) | Said::Received(header) => Some(&header.to),
            Said::Delivered(receipt, _) => Some(&receipt.to),
            Said::Consigned(_, report) => Some(&report.to),
            Said::Expired { to, .. } => Some(to),
            Said::Rejected(..) | Said::Other(..) => None,
        }
    }
}

/// The fact that a leaf is, if it is one of this case; notes the message on the way.
pub(super) fn of_leaf(
    case: CaseId,
    leaf: &Leaf,
    messages: &Messages,
    told: &mut BTreeMap<MessageId, Told>,
) -> Option<CaseFact> {
    let at = convention_instant(leaf.at)?;
    let event = |message: MessageId, event: Event| {
        let (case, message) = (convention_case(case)?, convention_id(message)?);
        Some(CaseFact::event(case, message, event, at))
    };
    match &leaf.said {
        Said::Submitted(header, _) if header.case == case => {
            let message = tell(header, true, leaf.at, messages, told);
            match &message.reading {
                Ok(read) => Some(CaseFact::submitted(read.message.clone(), at)),
                Err(_) => event(header.message, Event::Submitted),
            }
        }
        Said::Received(header) if header.case == case => {
            let message = tell(header, false, leaf.at, messages, told);
            match &message.reading {
                Ok(read) => Some(CaseFact::received(ReceivedMessage::clone(read), at)),
                Err(_) => event(header.message, Event::Received),
            }
        }
        Said::Delivered(receipt, _) => {
            let to = convention_office(&receipt.to)?;
            event(receipt.message, Event::Delivered { to })
        }
        Said::Consigned(_, report) => {
            let to = convention_office(&report.to)?;
            let consignment = consignment(&report.verdict);
            event(report.message, Event::Consigned { to, consignment })
        }
        Said::Rejected(Side::Received, rejection) => {
            let message = rejection.message?;
            let to = convention_office(&told.get(&message)?.header.to)?;
            let reason = format!("{:?}", rejection.reason);
            event(message, Event::Rejected { to, reason })
        }
        Said::Expired { message, to } => {
            let to = convention_office(to)?;
            event(*message, Event::Expired { to })
        }
        _ => None,
    }
}

fn tell<'a>(
    header: &Header,
    ours: bool,
    at: UnixMillis,
    messages: &Messages,
    told: &'a mut BTreeMap<MessageId, Told>,
) -> &'a Told {
    let message = told.entry(header.message).or_insert_with(|| Told {
        header: header.clone(),
        ours,
        to: Vec::new(),
        recorded_at: at,
        reading: messages.read(header, at),
    });
    if !message.to.contains(&header.to) {
        message.to.push(header.to.clone());
    }
    message
}

fn consignment(verdict: &Verdict) -> Consignment {
    match verdict {
        Verdict::Readable => Consignment::Readable,
        Verdict::Unreadable { code } => Consignment::Unreadable {
            reason: code.to_string(),
        },
        Verdict::NonConforming { rules } => Consignment::NonConforming {
            rules: rules.iter().map(ToString::to_string).collect(),
        },
    }
}
