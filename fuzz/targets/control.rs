//! What programs say to a node and a node to programs, as JSON and as a stream of events. Whatever the bytes
//! are, nothing panics; and what was read says the same when it is written and read again.
#![no_main]

use control::events::Event;
use control::types::{
    Alarm, CaseDetail, CaseOrder, CaseSummary, CheckReport, CheckRequest, DirectorySummary, Erasure,
    ErasureOrder, InboxItem, LegalHold, MessageAttachments, MessageStatus, NewOfficer, NodeStatus,
    OfficersState, PeerDetail, PeerTest, PreflightReport, Problem, ReceiptDocument, RetentionReport, Review,
    SendRequest, Sent, StagedAttachment, StoredDraft,
};
use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;

fuzz_target!(|bytes: &[u8]| {
    // What a node reads.
    again::<SendRequest>(bytes);
    again::<CheckRequest>(bytes);
    again::<NewOfficer>(bytes);
    again::<Review>(bytes);
    again::<ErasureOrder>(bytes);
    again::<CaseOrder>(bytes);
    again::<LegalHold>(bytes);
    // What programs read.
    again::<Sent>(bytes);
    again::<StoredDraft>(bytes);
    again::<CheckReport>(bytes);
    again::<MessageStatus>(bytes);
    again::<ReceiptDocument>(bytes);
    again::<NodeStatus>(bytes);
    again::<CaseSummary>(bytes);
    again::<CaseDetail>(bytes);
    again::<InboxItem>(bytes);
    again::<Alarm>(bytes);
    again::<PeerDetail>(bytes);
    again::<PeerTest>(bytes);
    again::<DirectorySummary>(bytes);
    again::<PreflightReport>(bytes);
    again::<OfficersState>(bytes);
    again::<Erasure>(bytes);
    again::<RetentionReport>(bytes);
    again::<StagedAttachment>(bytes);
    again::<MessageAttachments>(bytes);
    again::<Problem>(bytes);
    again::<Event>(bytes);
    control::hostile::events(bytes);
});

fn again<T: DeserializeOwned + Serialize>(bytes: &[u8]) {
    match serde_json::from_slice::<T>(bytes) {
        Ok(read) => {
            let written = serde_json::to_vec(&read).expect("what was read can be written");
            let again: T = serde_json::from_slice(&written).expect("and read again");
            assert_eq!(serde_json::to_vec(&again).expect("and written"), written);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
