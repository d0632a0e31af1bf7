//! A case, as people see it.

use control::types::{CaseDetail, CaseMessage, TimelineItem};
use protocol::ids::{ContactPoint, PartyCode};
use serde_json::Value;

use super::super::Refusal;
use super::status::{consignment_summary, recipient};
use crate::cases::lines::{check_words, kind, nonconformities, summary};
use crate::cases::{Case, Leaf, MessageKey, Said, Told};
use crate::news::timestamp;

/// Everything about the case.
pub(super) fn detail(case: &Case, own: PartyCode) -> Result<CaseDetail, Refusal> {
    let ours = case.our_office(own);
    let ours = ours.as_ref().and_then(crate::messages::convention_office);
    let allowed = ours
        .map(|office| case.view.allowed_answers(&office))
        .unwrap_or_default();
    let mut messages: Vec<_> = case
        .messages
        .iter()
        .map(|(key, told)| case_message(case, *key, told))
        .collect();
    messages.sort_by_key(|message| message.sent_at);
    Ok(CaseDetail {
        summary: summary(case, own),
        view: serde_json::to_value(&case.view).map_err(Refusal::fault)?,
        timeline: case
            .leaves
            .iter()
            .filter_map(|leaf| timeline(case, leaf))
            .collect(),
        messages,
        allowed_answers: allowed.iter().map(|kind| kind.as_str().to_owned()).collect(),
        alarms: Vec::new(),
        deadlines: Vec::new(),
        related: Vec::new(),
        hold: None,
    })
}

fn case_message(case: &Case, key: MessageKey, told: &Told) -> CaseMessage {
    let read = told.reading.as_ref().ok();
    CaseMessage {
        message: key.1.to_string(),
        check_words: check_words(&told.header.payload),
        kind: kind(told),
        from: told.header.from.to_string(),
        to: told.to.iter().map(ToString::to_string).collect(),
        sent_at: timestamp(told.header.sent_at),
        author: read.map(|read| read.message.author().name.as_str().to_owned()),
        body: read.and_then(|read| body(&read.message.to_json())),
        nonconformities: nonconformities(case, key),
        recipients: told.to.iter().map(|to| recipient(case, key, to)).collect(),
        approvals: Vec::new(),
        sent_alone: None,
        attachments: Vec::new(),
        attachment_receipts: Vec::new(),
        erased: None,
    }
}

fn timeline(case: &Case, leaf: &Leaf) -> Option<TimelineItem> {
    let key = leaf.about?;
    let told = case.messages.get(&key);
    let detail = match &leaf.said {
        Said::Delivered(receipt, _) => Some(format!(
            "leaf {} of {}",
            receipt.inclusion.index, receipt.checkpoint.origin
        )),
        Said::Consigned(_, report, _) => {
            let report = consignment_summary(report);
            let more = report.code.unwrap_or_else(|| report.rules.join(", "));
            let word = serde_json::to_value(report.verdict).ok()?;
            Some(format!("{} {more}", word.as_str()?).trim_end().to_owned())
        }
        Said::Rejected(_, rejection, _) => Some(format!("{:?}", rejection.reason)),
        _ => None,
    };
    let office = |office: &ContactPoint| office.to_string();
    Some(TimelineItem {
        at: timestamp(leaf.at),
        what: leaf.word().to_owned(),
        message: key.1.to_string(),
        from: told.map(|told| office(&told.header.from)),
        to: leaf.to().map(office),
        leaf_index: leaf.index,
        officer: None,
        detail,
    })
}

fn body(json: &[u8]) -> Option<Value> {
    let mut document: Value = serde_json::from_slice(json).ok()?;
    Some(document.get_mut("body")?.take())
}
