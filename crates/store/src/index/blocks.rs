//! Rows as sled has them: some dozens, in the order of their keys, to one of its values.
//!
//! sled keeps at most sixteen values in a page, and some hundred bytes in memory for each page, whatever its
//! cache may hold: a row of forty bytes to a value would cost as much memory as disk. And what it does for a
//! value it does once for all rows that changed in it: messages' ids are in the order of time, so what is
//! recorded together lies together.
//!
//! A block's key in sled is the key of its first row. It holds all rows from there to the next block's, each
//! as
//!
//! ```text
//! length of what its key shares with the first one (2 bytes), length of the rest (2), the rest,
//! length of the value (2), the value
//! ```
//!
//! and, behind the last one, a part of the hash of key and rows: what sled gives back is held against it.

use protocol::digest::Digest;

use crate::index::{Change, Row};
use crate::limits::{INDEX_BLOCK_BYTES_MAX, INDEX_BLOCK_ROWS_MAX, INDEX_VALUE_BYTES_MAX};

/// How much of the hash follows the rows.
const SEAL_BYTES: usize = 16;

/// What the hash begins with, so that it is no other hash.
const DOMAIN: &[u8] = b"ohrid/1 index block\n";

/// Writes rows as a block, under the key of the first one. They are in order, and not too many.
pub(crate) fn encode(rows: &[Row]) -> Vec<u8> {
    let first = rows.first().map_or(&[][..], |(key, _)| key);
    let mut block = Vec::with_capacity(INDEX_BLOCK_BYTES_MAX);
    for (key, value) in rows {
        let shared = shared_by(first, key);
        put_length(&mut block, shared);
        put_bytes(&mut block, &key[shared..]);
        put_bytes(&mut block, value);
    }
    let seal = seal(first, &block);
    block.extend_from_slice(&seal);
    debug_assert!(block.len() <= INDEX_VALUE_BYTES_MAX);
    block
}

/// The rows of a block, in order; `None` where it is not as [`encode`] writes it.
pub(crate) fn decode(first: &[u8], stored: &[u8]) -> Option<Vec<Row>> {
    let mut rows: Vec<Row> = Vec::with_capacity(INDEX_BLOCK_ROWS_MAX);
    for row in Reading::begin(first, stored)? {
        let (shared, rest, value) = row?;
        let key = [first.get(..shared)?, rest].concat();
        let follows = match rows.last() {
            Some((before, _)) => key > *before,
            None => key == first,
        };
        if !follows || shared_by(first, &key) != shared {
            return None;
        }
        rows.push((key, value.to_vec()));
    }
    (!rows.is_empty()).then_some(rows)
}

/// The value of a key in the block where it would be; `None` where that is not as it was written.
pub(crate) fn find(first: &[u8], stored: &[u8], wanted: &[u8]) -> Option<Option<Vec<u8>>> {
    for row in Reading::begin(first, stored)? {
        let (shared, rest, value) = row?;
        let head = first.get(..shared)?;
        if wanted.strip_prefix(head) == Some(rest) {
            return Some(Some(value.to_vec()));
        }
    }
    Some(None)
}

/// The rows after these changes, which are in order.
pub(crate) fn merged(rows: Vec<Row>, changes: impl IntoIterator<Item = Change>) -> Vec<Row> {
    let mut rows = rows.into_iter().peekable();
    let mut merged = Vec::new();
    for (key, value) in changes {
        while let Some(row) = rows.next_if(|(before, _)| *before < key) {
            merged.push(row);
        }
        rows.next_if(|(same, _)| *same == key);
        merged.extend(value.map(|value| (key, value)));
    }
    merged.extend(rows);
    merged
}

/// Rows that are too many for one block, cut into some: full ones where all that is new came behind the
/// others, as it will go on to; and else half full ones, so that there is room for what comes between.
pub(crate) fn cut(rows: &[Row], is_appended: bool) -> Vec<&[Row]> {
    if fits(rows, 1) {
        return vec![rows];
    }
    let share = if is_appended { 1 } else { 2 };
    let mut pieces = Vec::new();
    let mut begin = 0;
    for end in 1..=rows.len() {
        let is_over = end == rows.len() || !fits(&rows[begin..=end], share);
        if is_over {
            pieces.push(&rows[begin..end]);
            begin = end;
        }
    }
    pieces
}

/// Whether rows fit into one of so many parts of a block. One row always does.
fn fits(rows: &[Row], share: usize) -> bool {
    let length = |(key, value): &Row| key.len() + value.len() + 6;
    rows.len() <= 1
        || (rows.len() <= INDEX_BLOCK_ROWS_MAX / share
            && rows.iter().map(length).sum::<usize>() <= INDEX_BLOCK_BYTES_MAX / share)
}

/// How much of the beginning of two keys is the same.
fn shared_by(first: &[u8], key: &[u8]) -> usize {
    first.iter().zip(key).take_while(|(a, b)| a == b).count()
}

fn put_bytes(block: &mut Vec<u8>, bytes: &[u8]) {
    put_length(block, bytes.len());
    block.extend_from_slice(bytes);
}

fn put_length(block: &mut Vec<u8>, length: usize) {
    debug_assert!(length <= INDEX_VALUE_BYTES_MAX);
    block.extend_from_slice(&u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
}

/// A part of the hash of a block.
fn seal(first: &[u8], rows: &[u8]) -> [u8; SEAL_BYTES] {
    let length = u64::try_from(first.len()).unwrap_or(u64::MAX).to_be_bytes();
    let hash = Digest::of(&[DOMAIN, &length, first, rows].concat());
    let mut seal = [0; SEAL_BYTES];
    seal.copy_from_slice(&hash.as_bytes()[..SEAL_BYTES]);
    seal
}

/// What is left to read of a block.
struct Reading<'block>(&'block [u8]);

impl<'block> Reading<'block> {
    fn begin(first: &[u8], stored: &'block [u8]) -> Option<Self> {
        let (rows, sealed) = stored.split_last_chunk::<SEAL_BYTES>()?;
        let is_whole = stored.len() <= INDEX_VALUE_BYTES_MAX && seal(first, rows) == *sealed;
        is_whole.then_some(Self(rows))
    }

    fn length(&mut self) -> Option<usize> {
        let (length, rest) = self.0.split_first_chunk::<2>()?;
        self.0 = rest;
        Some(usize::from(u16::from_be_bytes(*length)))
    }

    fn bytes(&mut self) -> Option<&'block [u8]> {
        let length = self.length()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    fn row(&mut self) -> Option<(usize, &'block [u8], &'block [u8])> {
        Some((self.length()?, self.bytes()?, self.bytes()?))
    }
}

/// Each row: what it shares with the first key, the rest of its key, its value; `None` where it is cut off.
impl<'block> Iterator for Reading<'block> {
    type Item = Option<(usize, &'block [u8], &'block [u8])>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let row = self.row();
        if row.is_none() {
            self.0 = &[];
        }
        Some(row)
    }
}
