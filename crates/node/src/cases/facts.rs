//! From a leaf to the facts of a case.

use std::collections::BTreeMap;
use std::sync::Arc;

use convention::case::{CaseFact, Consignment, Event};
use convention::message::ReceivedMessage;
use protocol::completion::Completion;
use protocol::consignment::{Consignment as Report, Verdict};
use protocol::decode::DecodeError;
use protocol::digest::Digest;
use protocol::entry::{Entry, Side};
use protocol::envelope::Header;
use protocol::ids::{ActorId, CaseId, ContactPoint, MessageId};
use protocol::index::InboxKey;
use protocol::receipt::{Receipt, SignedReceipt};
use protocol::rejection::Rejection;
use protocol::time::UnixMillis;

use super::threads::MessageKey;
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
    /// Which officer did it, where one did.
    pub by: Option<ActorId>,
    /// The message that it speaks of, as far as it is one that this ledger has.
    pub about: Option<MessageKey>,
}

/// What the ledger has under one case id: which envelope and which report is about which message.
#[derive(Debug, Default)]
pub(super) struct Known {
    envelopes: BTreeMap<Digest, (MessageKey, ContactPoint)>,
    reports: BTreeMap<Digest, MessageKey>,
}

/// What a leaf says of a message.
#[derive(Debug)]
pub enum Said {
    /// We sent it.
    Submitted(Box<Header>, Digest),
    /// It was received.
    Received(Box<Header>, Digest),
    /// The recipient's node has it.
    Delivered(Box<Receipt>, SignedReceipt),
    /// It was opened; by us or by the recipient. With the report's digest.
    Consigned(Side, Box<Report>, Digest),
    /// The recipient's node refused it, or we did. A peer's rejection names no message where it could not
    /// read our header; the key is our own note of what it is about.
    Rejected(Side, Box<Rejection>, Option<InboxKey>),
    /// Nobody took it: the message, or our report or completion.
    Expired {
        /// The digest of the envelope or report.
        item: Digest,
        /// Which message.
        message: MessageId,
        /// Whom it was for.
        to: ContactPoint,
    },
    /// A peer has recorded our report.
    ReportDelivered(Digest, MessageId),
    /// All attachments are here, or with the recipient. With the statement's digest `[TRANSFER]`.
    Completed(Side, Box<Completion>, Digest),
    /// A peer has recorded our statement that they are here.
    CompletionDelivered(Digest, MessageId),
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
    /// Whether the case counts it. Of several Parties' messages with one id only one counts: ours, or else
    /// that of the Party that opened the case.
    pub counts: bool,
    /// The leaf of the notice by which its content was erased `[ERASE]`.
    pub erased_by: Option<u64>,
}

impl Leaf {
    /// Reads the statement in an entry of our own ledger. Its signature was checked before it was
    /// written.
    pub(super) fn read(index: u64, entry: Entry) -> Result<Self, DecodeError> {
        let at = entry.at();
        let by = match &entry {
            Entry::Submitted { actor, .. }
            | Entry::Retrieved { actor, .. }
            | Entry::Approved { actor, .. }
            | Entry::SentAlone { actor, .. } => Some(*actor),
            _ => None,
        };
        let said = match entry {
            Entry::Submitted { header, .. } => Said::Submitted(Box::new(header.peek()?.0), header.digest()),
            Entry::Received { header, .. } => Said::Received(Box::new(header.peek()?.0), header.digest()),
            Entry::Delivered { receipt, .. } => Said::Delivered(Box::new(receipt.peek()?.0), receipt),
            Entry::Consigned { side, report, .. } => {
                Said::Consigned(side, Box::new(report.peek()?.0), report.digest())
            }
            Entry::Rejected {
                side, rejection, key, ..
            } => Said::Rejected(side, Box::new(rejection.peek()?.0), key),
            Entry::Expired {
                item, message, to, ..
            } => Said::Expired { item, message, to },
            Entry::ReportDelivered { report, message, .. } => Said::ReportDelivered(report, message),
            Entry::Completed { side, statement, .. } => {
                Said::Completed(side, Box::new(statement.peek()?.0), statement.digest())
            }
            Entry::CompletionDelivered {
                statement, message, ..
            } => Said::CompletionDelivered(statement, message),
            Entry::Retrieved { message, .. } => Said::Other("retrieved", Some(message)),
            Entry::Approved { message, .. } => Said::Other("approved", Some(message)),
            Entry::SentAlone { message, .. } => Said::Other("sent-alone", Some(message)),
            _ => Said::Other("other", None),
        };
        let about = None;
        Ok(Self {
            index,
            at,
            said,
            by,
            about,
        })
    }

    /// The word for it.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match &self.said {
            Said::Submitted(..) => "submitted",
            Said::Received(..) => "received",
            Said::Delivered(..) => "delivered",
            Said::Consigned(..) => "consigned",
            Said::Rejected(..) => "rejected",
            Said::Expired { .. } => "expired",
            Said::ReportDelivered(..) => "report-delivered",
            Said::Completed(..) => "attachments-complete",
            Said::CompletionDelivered(..) => "completion-delivered",
            Said::Other(word, _) => word,
        }
    }

    /// The recipient that it speaks of.
    #[must_use]
    pub fn to(&self) -> Option<&ContactPoint> {
        match &self.said {
            Said::Submitted(header, _) | Said::Received(header, _) => Some(&header.to),
            Said::Delivered(receipt, _) => Some(&receipt.to),
            Said::Consigned(_, report, _) => Some(&report.to),
            Said::Completed(_, completion, _) => Some(&completion.to),
            Said::Expired { to, .. } => Some(to),
            Said::Rejected(_, _, key) => key.as_ref().map(|key| &key.to),
            Said::ReportDelivered(..) | Said::CompletionDelivered(..) | Said::Other(..) => None,
        }
    }
}

impl Known {
    /// Takes note of the envelopes and reports that a leaf records.
    pub(super) fn note(&mut self, case: CaseId, leaf: &Leaf) {
        match &leaf.said {
            Said::Submitted(header, digest) | Said::Received(header, digest) if header.case == case => {
                let about = (header.from.party(), header.message);
                self.envelopes.insert(*digest, (about, header.to.clone()));
            }
            Said::Consigned(Side::Issued, report, digest) => {
                self.reports.insert(*digest, (report.from, report.message));
            }
            Said::Completed(Side::Issued, completion, digest) => {
                self.reports
                    .insert(*digest, (completion.from, completion.message));
            }
            _ => {}
        }
    }

    /// The message that a leaf speaks of. What peers say counts only for the envelope that they were sent:
    /// whoever knows an id can make a statement about it.
    pub(super) fn about(&self, leaf: &Leaf) -> Option<MessageKey> {
        let envelope = |digest: &Digest| self.envelopes.get(digest);
        match &leaf.said {
            Said::Submitted(_, digest) | Said::Received(_, digest) => {
                envelope(digest).map(|(about, _)| *about)
            }
            Said::Delivered(receipt, _) => self.sent_to(&receipt.envelope, &receipt.to),
            Said::Consigned(_, report, _) => self.sent_to(&report.envelope, &report.to),
            Said::Completed(_, completion, _) => self.sent_to(&completion.envelope, &completion.to),
            Said::Rejected(_, rejection, key) => match key {
                Some(key) => Some((key.from, key.message)),
                None => envelope(&rejection.envelope).map(|(about, _)| *about),
            },
            Said::Expired { item, .. } => {
                let message = envelope(item).map(|(about, _)| about);
                message.or_else(|| self.reports.get(item)).copied()
            }
            Said::ReportDelivered(report, _) | Said::CompletionDelivered(report, _) => {
                self.reports.get(report).copied()
            }
            Said::Other(_, message) => {
                let mut known = self.envelopes.values().map(|(about, _)| *about);
                known.find(|(_, known)| Some(*known) == *message)
            }
        }
    }

    /// Whether this names an envelope, and not a report.
    pub(super) fn is_envelope(&self, item: &Digest) -> bool {
        self.envelopes.contains_key(item)
    }

    /// Whom the envelope was for that a peer has rejected.
    fn recipient<'a>(&'a self, leaf: &'a Leaf, rejection: &Rejection) -> Option<&'a ContactPoint> {
        let sent = self.envelopes.get(&rejection.envelope).map(|(_, to)| to);
        leaf.to().or(sent)
    }

    fn sent_to(&self, envelope: &Digest, to: &ContactPoint) -> Option<MessageKey> {
        let (about, office) = self.envelopes.get(envelope)?;
        (office == to).then_some(*about)
    }
}

/// The fact that a leaf is, if it is one that the case counts.
pub(super) fn of_leaf(
    case: CaseId,
    leaf: &Leaf,
    known: &Known,
    told: &BTreeMap<MessageKey, Told>,
) -> Option<CaseFact> {
    let at = convention_instant(leaf.at)?;
    let message = told.get(&leaf.about?).filter(|told| told.counts)?;
    let event = |event: Event| {
        let (case, message) = (convention_case(case)?, convention_id(message.header.message)?);
        Some(CaseFact::event(case, message, event, at))
    };
    match &leaf.said {
        Said::Submitted(..) => match &message.reading {
            Ok(read) => Some(CaseFact::submitted(read.message.clone(), at)),
            Err(_) => event(Event::Submitted),
        },
        Said::Received(..) => match &message.reading {
            Ok(read) => Some(CaseFact::received(ReceivedMessage::clone(read), at)),
            Err(_) => event(Event::Received),
        },
        Said::Delivered(receipt, _) => {
            let to = convention_office(&receipt.to)?;
            event(Event::Delivered { to })
        }
        Said::Consigned(_, report, _) => {
            let to = convention_office(&report.to)?;
            let consignment = consignment(&report.verdict);
            event(Event::Consigned { to, consignment })
        }
        Said::Rejected(Side::Received, rejection, _) => {
            let to = convention_office(known.recipient(leaf, rejection)?)?;
            let reason = format!("{:?}", rejection.reason);
            event(Event::Rejected { to, reason })
        }
        Said::Expired { item, to, .. } if known.is_envelope(item) => {
            let to = convention_office(to)?;
            event(Event::Expired { to })
        }
        _ => None,
    }
}

/// Why a message cannot be read that was erased: as a case says it, and a report on a message that was erased
/// before it was opened.
pub const ERASED: &str = "erased";

/// Takes note of a message of the case.
pub(super) fn tell(
    header: &Header,
    ours: bool,
    (at, erased_by): (UnixMillis, Option<u64>),
    messages: &Messages,
    told: &mut BTreeMap<MessageKey, Told>,
) {
    let key = (header.from.party(), header.message);
    let message = told.entry(key).or_insert_with(|| Told {
        header: header.clone(),
        ours,
        to: Vec::new(),
        recorded_at: at,
        reading: match erased_by {
            Some(_) => Err(ERASED),
            None => messages.read(header, at),
        },
        counts: true,
        erased_by,
    });
    if !message.to.contains(&header.to) {
        message.to.push(header.to.clone());
    }
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
