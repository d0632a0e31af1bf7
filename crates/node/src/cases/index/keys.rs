//! The keys of the case index's rows: ids, times and keyed hashes, and nothing else.
//!
//! | key | value |
//! |---|---|
//! | `S` case, opener | the case's line, and what its clocks depend on |
//! | `I` time backwards, case, sender, message | a line of the inbox |
//! | `A` time backwards, case, sender, message | nothing: that line waits for an officer |
//! | `D` time, case, opener | nothing: a deadline |
//! | `W` time, case, opener | nothing: the first time at which an alarm stands |
//! | `E` time, case, opener | nothing: the first term of the retention policy is over |
//! | `B` mark of a selector, case | nothing |
//! | `N` mark of a number, case | nothing |
//! | `H` mark of check words, case | nothing |
//! | `U` case | nothing: something in it could not be read |
//! | `Y` year | the greatest number that we gave to a case of that year |
//! | `made-from` | salt; size and root of the ledger, policy, version |
//!
//! Times are milliseconds since 1970, in 8 bytes that sort as the times do; backwards, the latest first.

use protocol::ids::{CaseId, MessageId, PartyCode};

use super::vault::Mark;

pub(super) const CASES: &[u8] = b"S";
pub(super) const INBOX: &[u8] = b"I";
pub(super) const WAITING: &[u8] = b"A";
pub(super) const DEADLINES: &[u8] = b"D";
pub(super) const ALARMS: &[u8] = b"W";
pub(super) const TERMS: &[u8] = b"E";
pub(super) const UNREAD: &[u8] = b"U";
pub(super) const MADE_FROM: &[u8] = b"made-from";

/// Names one case: several Parties may use one id.
pub(super) type CaseKey = (CaseId, PartyCode);

/// What a case can be found by.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sort {
    Selector,
    Number,
    CheckWords,
}

impl Sort {
    fn table(self) -> &'static [u8] {
        match self {
            Self::Selector => b"B",
            Self::Number => b"N",
            Self::CheckWords => b"H",
        }
    }

    /// What distinguishes its marks.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Selector => "selector",
            Self::Number => "number",
            Self::CheckWords => "check words",
        }
    }
}

/// All cases with an id, or whose id begins with these bytes.
pub(super) fn cases_with(id: &[u8]) -> Vec<u8> {
    [CASES, id].concat()
}

pub(super) fn case((id, opener): &CaseKey) -> Vec<u8> {
    [CASES, id.first_message().as_bytes(), opener.as_str().as_bytes()].concat()
}

/// The case whose key, in any table that ends with one, this is.
pub(super) fn case_at_end(key: &[u8]) -> Option<CaseKey> {
    let (rest, opener) = key.split_last_chunk::<2>()?;
    Some((id_at_end(rest)?, party(opener)?))
}

/// The case id that a key ends with.
pub(super) fn id_at_end(key: &[u8]) -> Option<CaseId> {
    let (_, id) = key.split_last_chunk::<16>()?;
    MessageId::from_bytes(*id).ok().map(CaseId::opened_by)
}

/// The case that a row is about, in whichever table it stands; `None` for the few that are about none.
pub(super) fn case_in(key: &[u8]) -> Option<CaseId> {
    match key.first()? {
        b'S' | b'D' | b'W' | b'E' => Some(case_at_end(key)?.0),
        b'I' | b'A' => Some(in_inbox(key)?.0),
        b'B' | b'N' | b'H' | b'U' => id_at_end(key),
        _ => None,
    }
}

pub(super) fn timed(table: &[u8], at_ms: i64, (id, opener): &CaseKey) -> Vec<u8> {
    let id = id.first_message();
    [table, &sortable(at_ms), id.as_bytes(), opener.as_str().as_bytes()].concat()
}

/// The time in a key of a table of times.
pub(super) fn time_in(key: &[u8]) -> Option<i64> {
    let bytes = key.get(1..)?.first_chunk::<8>()?;
    Some((u64::from_be_bytes(*bytes) ^ (1 << 63)).cast_signed())
}

pub(super) fn inbox(table: &[u8], at_ms: i64, id: CaseId, sender: PartyCode, message: MessageId) -> Vec<u8> {
    let backwards = (!u64::from_be_bytes(sortable(at_ms))).to_be_bytes();
    let id = id.first_message();
    let sender = sender.as_str().as_bytes();
    [table, &backwards, id.as_bytes(), sender, message.as_bytes()].concat()
}

/// The case, sender and message in a key of the inbox.
pub(super) fn in_inbox(key: &[u8]) -> Option<(CaseId, PartyCode, MessageId)> {
    let id = MessageId::from_bytes(*key.get(9..)?.first_chunk()?).ok()?;
    let sender = party(key.get(25..)?.first_chunk()?)?;
    let message = MessageId::from_bytes(*key.get(27..)?.first_chunk()?).ok()?;
    Some((CaseId::opened_by(id), sender, message))
}

/// All cases that something of this sort leads to.
pub(super) fn marked(sort: Sort, mark: &Mark) -> Vec<u8> {
    [sort.table(), mark].concat()
}

pub(super) fn marked_case(sort: Sort, mark: &Mark, id: CaseId) -> Vec<u8> {
    [sort.table(), mark, id.first_message().as_bytes()].concat()
}

pub(super) fn unread(id: CaseId) -> Vec<u8> {
    [UNREAD, id.first_message().as_bytes()].concat()
}

pub(super) fn year(year: u16) -> Vec<u8> {
    [&b"Y"[..], &year.to_be_bytes()].concat()
}

fn party(bytes: &[u8; 2]) -> Option<PartyCode> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

fn sortable(at_ms: i64) -> [u8; 8] {
    (at_ms.cast_unsigned() ^ (1 << 63)).to_be_bytes()
}
