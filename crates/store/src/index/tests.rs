#![allow(clippy::unwrap_used)]

use super::*;
use crate::limits::INDEX_VALUE_BYTES_MAX;

/// A value may be as long as sled writes it safely, its hash with it, and no longer.
#[test]
fn a_value_as_long_as_may_be_is_read_and_no_longer_one() {
    let longest = INDEX_VALUE_BYTES_MAX - 16;
    let whole = sealed(b"key", &vec![7; longest]);
    assert_eq!(unsealed(b"key", &whole), Some(vec![7; longest].as_slice()));
    assert_eq!(unsealed(b"key", &[whole.as_slice(), &[7]].concat()), None);
}

/// What sled leaves behind of replaced pages is freed, also where rows are only ever written, in large
/// batches.
#[test]
fn memory_does_not_grow_with_what_is_written() {
    let directory = tempfile::TempDir::new().unwrap();
    let sled = sled::Config::new()
        .path(directory.path())
        .flush_every_ms(None)
        .cache_capacity(1 << 20);
    let index = KeyValues::over(sled.open().unwrap());
    let write = |batch: u64| {
        let row = |number: u64| {
            let key = [&b"Z"[..], Digest::of(&number.to_be_bytes()).as_bytes()].concat();
            (key, Some(number.to_be_bytes().to_vec()))
        };
        index.put((batch * 4_096..(batch + 1) * 4_096).map(row));
        index.apply(batch + 1, &ledger::hash::EMPTY_ROOT).unwrap();
    };
    (0..2).for_each(write);
    let before = resident_mib();
    (2..26).for_each(write);
    let grown = resident_mib().saturating_sub(before);
    // A hundred thousand rows: 210 MiB where nothing is freed, 30 otherwise. Other tests run beside it.
    assert!(grown < 120, "{grown} MiB more");
}

/// What this process has in memory (proc(5), `statm`, in pages of 4 KiB).
fn resident_mib() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4 / 1024
}
