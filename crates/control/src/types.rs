//! What is said on the control socket. JSON, field names in snake case, times in RFC 3339 (UTC).
//!
//! Requests are strict: an unknown field is refused, so that a misspelt option cannot be silently without
//! effect. Answers may gain fields within version 1; a client ignores those it does not know. Ids and contact
//! points are text here; the node parses them and says which one is wrong.

mod alarm;
mod attachment;
mod case;
mod directory;
mod erasure;
mod export;
mod keys;
mod logs;
mod message;
mod officers;
mod peer;
mod preflight;
mod problem;
mod range;
mod statistics;
mod status;
mod witness;

pub use alarm::{Alarm, Deadline, DeadlineFamily, RelatedCase};
pub use attachment::{
    AttachmentReceipt, AttachmentState, AttachmentStatus, MessageAttachments, StagedAttachment, UploadQuery,
};
pub use case::{CaseDetail, CaseMessage, CaseSummary, CasesQuery, InboxItem, OurRole, TimelineItem};
pub use directory::{ContactPointSummary, DirectorySummary, PartySummary};
pub use erasure::{
    CaseOrder, DueCase, ErasedMessage, Erasure, ErasureOrder, LegalHold, RetentionReport, RetentionTerm,
};
pub use export::ExportQuery;
pub use keys::{KeyKind, KeyStage, KeyTerm, Reloaded};
pub use logs::{LedgerLog, LogState};
pub use message::{
    CheckReport, CheckRequest, ConsignmentSummary, ConsignmentVerdict, DraftDetail, MessageQuery,
    MessageStatus, Priority, ReceiptDocument, ReceiptQuery, ReceiptSummary, RecipientState, RecipientStatus,
    SendRequest, Sent, StoredDraft, Wait,
};
pub use officers::{Approval, NewOfficer, Officer, OfficersState, Review, Role, SentAlone, UnixUser};
pub use peer::{
    Blame, Dialled, Greeting, PeerDetail, PeerFailure, PeerTest, StepName, StepOutcome, TestStep,
};
pub use preflight::{PreflightQuery, PreflightReport};
pub use problem::{Fault, Problem};
pub use range::{LedgerRange, LedgerRangeQuery, TimeStampState, TimeStampSummary};
pub use statistics::StatisticsQuery;
pub use status::{
    DirectoryFork, DirectoryState, ForkedDocument, LedgerState, NodeState, NodeStatus, PeerStatus, ProofQuery,
};
pub use witness::{LedgerFork, SigningState, WitnessState, WitnessStatus};
