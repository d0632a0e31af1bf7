//! Who did what in a case: the numbers in the ledger's leaves, as names `[FOUR-EYES]`.

use control::types::{Approval, CaseDetail, SentAlone};
use serde_json::Value;

use super::super::{Parts, approvals::author_name};
use crate::cases::Case;
use crate::news::timestamp;
use crate::officers::Reader;

/// Puts officers' names, approvals and what was sent alone into what is shown of a case.
pub(super) fn annotate(detail: &mut CaseDetail, case: &Case, parts: &Parts) {
    for leaf in &case.leaves {
        let (Some(actor), Some(key)) = (leaf.by, leaf.about) else {
            continue;
        };
        let officer = parts.officers.name_of(actor, author_name(case, key).as_deref());
        let mut items = detail.timeline.iter_mut();
        if let Some(item) = items.find(|item| item.leaf_index == leaf.index) {
            let by = officer.as_deref().map(|name| format!("by {name}"));
            item.detail = item.detail.take().or(by);
            item.officer.clone_from(&officer);
        }
        let id = key.1.to_string();
        let from = &case.messages.get(&key).map(|told| told.header.from.to_string());
        let Some(message) = detail
            .messages
            .iter_mut()
            .find(|message| message.message == id && Some(&message.from) == from.as_ref())
        else {
            continue;
        };
        let (actor, at, leaf_index) = (actor.to_string(), timestamp(leaf.at), leaf.index);
        match leaf.word() {
            "approved" => message.approvals.push(Approval {
                officer,
                actor,
                at,
                leaf_index,
            }),
            "sent-alone" => {
                message.sent_alone = Some(SentAlone {
                    officer,
                    actor,
                    at,
                    leaf_index,
                    reviewed: false,
                });
            }
            _ => {}
        }
    }
    for message in &mut detail.messages {
        if let Some(alone) = &mut message.sent_alone {
            alone.reviewed = !message.approvals.is_empty();
        }
    }
}

/// The case was shown: notes who has read it. An auditor is shown what happened and who did it, not what was
/// said: so nothing is read, and nothing is noted.
pub(super) fn shown_to(reader: &Reader, mut detail: CaseDetail, case: &Case, parts: &Parts) -> CaseDetail {
    match reader {
        Reader::Officer(officer) => parts.readings.note(case, officer, parts.clock.now()),
        Reader::Auditor => {
            detail.view = Value::Null;
            detail.summary.title.clear();
            for message in &mut detail.messages {
                message.body = None;
                message.attachments.clear();
            }
        }
        Reader::Nobody => {}
    }
    detail
}
