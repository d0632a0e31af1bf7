#![allow(clippy::unwrap_used, clippy::expect_used)]
//! The index follows from the leaves, and from nothing else.

use super::*;
use crate::decode::Fault;
use crate::entry::Hold;
use crate::envelope::Header;
use crate::example::*;
use crate::ids::ActorId;
use crate::receipt::SignedReceipt;
use crate::rejection::Rejection;

const AT: UnixMillis = UnixMillis(NOW.0 + 400);

fn key() -> InboxKey {
    InboxKey {
        from: xa(),
        message: header().message,
        to: prosecution_of_xb(),
    }
}

fn report() -> SignedConsignment {
    SignedConsignment::sign(&consignment(), &key_of_xb())
}

fn link(index: u64) -> IndexChange {
    IndexChange::LinkMessage {
        message: header().message,
        index,
    }
}

fn outbox_record() -> OutboxRecord {
    OutboxRecord {
        item: signed_header().digest(),
        peer: xb(),
        index: 5,
        recorded_at: AT,
        expires_at: header().expires_at,
        priority: Priority::Urgent,
        content: OutboxContent::Envelope(signed_header()),
    }
}

fn inbox_record() -> InboxRecord {
    let outcome = InboxOutcome::Received {
        index: 5,
        at: AT,
        commit_size: 9,
    };
    InboxRecord {
        envelope: signed_header().digest(),
        outcome,
    }
}

#[test]
fn what_is_submitted_is_to_be_sent_until_it_is_delivered() {
    let submitted = Entry::Submitted {
        at: AT,
        actor: ActorId::from_bytes([1; 16]),
        header: signed_header(),
    };
    let case = header().case;
    let linked = IndexChange::LinkCase {
        case,
        message: header().message,
        index: 5,
    };
    let expected = vec![IndexChange::PutOutbox(outbox_record()), linked, link(5)];
    assert_eq!(index_changes(5, &submitted), Ok(expected));
    let delivered = Entry::Delivered {
        at: AT,
        receipt: signed_receipt(),
    };
    let removed = IndexChange::RemoveOutbox(signed_header().digest());
    assert_eq!(index_changes(8, &delivered), Ok(vec![removed.clone(), link(8)]));
    let (item, message, to) = (signed_header().digest(), header().message, prosecution_of_xb());
    let expired = Entry::Expired {
        at: AT,
        item,
        message,
        to,
    };
    assert_eq!(index_changes(9, &expired), Ok(vec![removed, link(9)]));
}

#[test]
fn what_is_received_is_to_be_opened_until_there_is_a_report() {
    let received = Entry::Received {
        at: AT,
        header: signed_header(),
        commit_size: 9,
    };
    let expected = vec![
        IndexChange::PutInbox(key(), inbox_record()),
        IndexChange::PutUnopened(key(), 5),
        IndexChange::LinkCase {
            case: header().case,
            message: header().message,
            index: 5,
        },
        link(5),
    ];
    assert_eq!(index_changes(5, &received), Ok(expected));
    let consigned = |side| Entry::Consigned {
        at: AT,
        side,
        report: report(),
        expires_at: NOW.plus(DAY),
    };
    let record = OutboxRecord {
        item: report().digest(),
        peer: xa(),
        index: 6,
        recorded_at: AT,
        expires_at: NOW.plus(DAY),
        priority: Priority::Urgent,
        content: OutboxContent::Consignment(report()),
    };
    let expected = vec![
        IndexChange::PutOutbox(record),
        IndexChange::RemoveUnopened(key()),
        link(6),
    ];
    assert_eq!(index_changes(6, &consigned(Side::Issued)), Ok(expected));
    let expected = vec![IndexChange::PutReport(report().digest(), 7), link(7)];
    assert_eq!(index_changes(7, &consigned(Side::Received)), Ok(expected));
    let message = header().message;
    let recorded = Entry::ReportDelivered {
        at: AT,
        report: report().digest(),
        message,
    };
    let expected = vec![IndexChange::RemoveOutbox(report().digest()), link(8)];
    assert_eq!(index_changes(8, &recorded), Ok(expected));
}

/// `[TRANSFER]` What is still to be pulled, and who may see what, follow from the ledger.
#[test]
fn attachments_are_pulled_until_their_completion_and_shared_with_their_recipient() {
    let header = Header {
        attachments: Some(manifest_commitment()),
        ..header()
    };
    let signed = SignedHeader::sign(&header, &key_of_xa());
    let received = Entry::Received {
        at: AT,
        header: signed.clone(),
        commit_size: 9,
    };
    let changes = index_changes(5, &received).unwrap();
    assert_eq!(changes.last(), Some(&IndexChange::PutPulling(key(), 5)));
    let submitted = Entry::Submitted {
        at: AT,
        actor: ActorId::from_bytes([1; 16]),
        header: signed,
    };
    let shared = IndexChange::PutShared {
        manifest: manifest_commitment(),
        peer: xb(),
        index: 5,
    };
    assert_eq!(index_changes(5, &submitted).unwrap().last(), Some(&shared));
    let statement = SignedCompletion::sign(&completion(), &key_of_xb());
    let completed = |side| Entry::Completed {
        at: AT,
        side,
        statement: statement.clone(),
        expires_at: NOW.plus(DAY),
    };
    let record = OutboxRecord {
        item: statement.digest(),
        peer: xa(),
        index: 6,
        recorded_at: AT,
        expires_at: NOW.plus(DAY),
        priority: Priority::Routine,
        content: OutboxContent::Completion(statement.clone()),
    };
    assert_eq!(OutboxRecord::decode(&record.encode()), Ok(record.clone()));
    let expected = vec![
        IndexChange::PutOutbox(record),
        IndexChange::RemovePulling(key()),
        link(6),
    ];
    assert_eq!(index_changes(6, &completed(Side::Issued)), Ok(expected));
    let expected = vec![IndexChange::PutReport(statement.digest(), 7), link(7)];
    assert_eq!(index_changes(7, &completed(Side::Received)), Ok(expected));
    let delivered = Entry::CompletionDelivered {
        at: AT,
        statement: statement.digest(),
        message: header.message,
    };
    let expected = vec![IndexChange::RemoveOutbox(statement.digest()), link(8)];
    assert_eq!(index_changes(8, &delivered), Ok(expected));
}

/// `[ERASE]` For each entry that a notice names, the index has the notice; and which cases are held.
#[test]
fn notices_and_holds_are_found_by_what_they_are_about() {
    let actor = ActorId::from_bytes([1; 16]);
    let basis: crate::ids::Code = "court-order".parse().unwrap();
    let notice = Entry::ErasureNotice {
        at: AT,
        entries: vec![3, 5],
        basis: basis.clone(),
        actor,
    };
    let expected = vec![
        IndexChange::LinkErasure(9),
        IndexChange::PutErased { entry: 3, notice: 9 },
        IndexChange::PutErased { entry: 5, notice: 9 },
    ];
    assert_eq!(index_changes(9, &notice), Ok(expected));
    let case = header().case;
    let changed = |hold| Entry::HoldChanged {
        at: AT,
        case,
        basis: basis.clone(),
        actor,
        hold,
    };
    let placed = index_changes(10, &changed(Hold::Placed));
    assert_eq!(placed, Ok(vec![IndexChange::PutHold(case, 10)]));
    let released = index_changes(11, &changed(Hold::Released));
    assert_eq!(released, Ok(vec![IndexChange::RemoveHold(case)]));
    let ordered = Entry::ErasureOrdered {
        at: AT,
        case,
        basis,
        actor,
        approver: ActorId::from_bytes([2; 16]),
    };
    assert_eq!(index_changes(12, &ordered), Ok(Vec::new()));
}

#[test]
fn a_refusal_is_kept_under_its_key_only() {
    let rejected = |side, message, key| {
        let rejection = Rejection {
            message,
            ..rejection()
        };
        let rejection = crate::rejection::SignedRejection::sign(&rejection, &key_of_xb());
        Entry::Rejected {
            at: AT,
            side,
            rejection,
            key,
        }
    };
    let message = Some(header().message);
    let (envelope, outcome) = (signed_header().digest(), InboxOutcome::Rejected { index: 5 });
    let expected = vec![
        IndexChange::PutInbox(key(), InboxRecord { envelope, outcome }),
        link(5),
    ];
    assert_eq!(
        index_changes(5, &rejected(Side::Issued, message, Some(key()))),
        Ok(expected)
    );
    // `[IDEMPOTENT]`: without a key, what came first stays.
    assert_eq!(
        index_changes(5, &rejected(Side::Issued, message, None)),
        Ok(vec![])
    );
    let removed = IndexChange::RemoveOutbox(signed_header().digest());
    let by_peer = index_changes(5, &rejected(Side::Received, message, None));
    assert_eq!(by_peer, Ok(vec![removed.clone(), link(5)]));
    assert_eq!(
        index_changes(5, &rejected(Side::Received, None, None)),
        Ok(vec![removed])
    );
}

#[test]
fn officers_deeds_are_linked_and_the_nodes_own_facts_change_nothing() {
    let (message, actor) = (header().message, ActorId::from_bytes([1; 16]));
    assert_eq!(
        index_changes(
            3,
            &Entry::Retrieved {
                at: AT,
                message,
                actor
            }
        ),
        Ok(vec![link(3)])
    );
    assert_eq!(
        index_changes(
            3,
            &Entry::Approved {
                at: AT,
                message,
                actor
            }
        ),
        Ok(vec![link(3)])
    );
    let alone = Entry::SentAlone {
        at: AT,
        message,
        actor,
    };
    assert_eq!(index_changes(3, &alone), Ok(vec![link(3)]));
    let accepted = Entry::DirectoryAccepted {
        at: AT,
        version: 7,
        digest: Digest::of(b""),
    };
    assert_eq!(index_changes(3, &accepted), Ok(vec![]));
}

#[test]
fn a_damaged_statement_is_an_error() {
    let receipt = SignedReceipt::from_bytes(b"damaged").unwrap();
    assert!(index_changes(5, &Entry::Delivered { at: AT, receipt }).is_err());
}

#[test]
fn records_are_as_on_the_first_day() {
    assert_golden!("inbox-key.cbor", &key().encode());
    assert_golden!("inbox-record.cbor", &inbox_record().encode());
    assert_golden!("outbox-record.cbor", &outbox_record().encode());
}

#[test]
fn records_survive_in_their_only_form() {
    let rejected = InboxRecord {
        outcome: InboxOutcome::Rejected { index: 5 },
        ..inbox_record()
    };
    for record in [inbox_record(), rejected] {
        assert_only_the_whole(&record.encode(), |bytes| InboxRecord::decode(bytes).is_ok());
        assert_canonical_when_flipped(&record.encode(), |bytes| {
            InboxRecord::decode(bytes).ok().map(|record| record.encode())
        });
    }
    let report = OutboxRecord {
        content: OutboxContent::Consignment(report()),
        ..outbox_record()
    };
    for record in [outbox_record(), report] {
        assert_eq!(OutboxRecord::decode(&record.encode()), Ok(record.clone()));
        assert_only_the_whole(&record.encode(), |bytes| OutboxRecord::decode(bytes).is_ok());
        assert_canonical_when_flipped(&record.encode(), |bytes| {
            OutboxRecord::decode(bytes).ok().map(|record| record.encode())
        });
    }
    assert_only_the_whole(&key().encode(), |bytes| InboxKey::decode(bytes) == Ok(key()));
    let mut other_version = inbox_record().encode();
    other_version[1] = 2;
    assert_eq!(
        InboxRecord::decode(&other_version).unwrap_err().fault,
        Fault::UnknownVersion(2)
    );
}
