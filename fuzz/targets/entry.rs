//! Leaves of a ledger, as an auditor reads them from an export that anybody may have written: entries and
//! every signed statement in them. Whatever the bytes are, nothing panics; an entry has one form; and what a
//! receipt says can be written for others' tools.
#![no_main]

use ledger::tlog_proof::TlogProof;
use libfuzzer_sys::fuzz_target;
use protocol::consignment::SignedConsignment;
use protocol::entry::Entry;
use protocol::envelope::SignedHeader;
use protocol::index::index_changes;
use protocol::receipt::SignedReceipt;
use protocol::rejection::SignedRejection;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(entry) = Entry::decode(bytes) {
        assert_eq!(entry.encode(), bytes);
        let _ = index_changes(0, &entry);
        let _ = index_changes(u64::MAX, &entry);
    }
    if let Ok(header) = SignedHeader::from_bytes(bytes) {
        assert_eq!(header.as_bytes(), bytes);
        let _ = header.peek();
    }
    if let Ok(receipt) = SignedReceipt::from_bytes(bytes)
        && let Ok((receipt, _)) = receipt.peek()
    {
        let text = receipt.tlog_proof();
        let proof = TlogProof::parse(text.as_bytes()).expect("a receipt has a proof for anybody's tools");
        assert_eq!(proof.to_string(), text);
        assert_eq!(proof.inclusion, receipt.inclusion);
    }
    if let Ok(rejection) = SignedRejection::from_bytes(bytes) {
        let _ = rejection.peek();
    }
    if let Ok(report) = SignedConsignment::from_bytes(bytes) {
        let _ = report.peek();
    }
});
