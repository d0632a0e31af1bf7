#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

use std::collections::BTreeMap;

use super::*;
use crate::limits::INDEX_VALUE_BYTES_MAX;

fn row(key: &[u8], value: &[u8]) -> Row {
    (key.to_vec(), value.to_vec())
}

/// A value may be as long as sled writes it safely, its key's length and hash with it, and no longer.
#[test]
fn a_block_as_long_as_may_be_is_read_and_no_longer_one() {
    let rows = [row(b"key", &vec![7; INDEX_VALUE_BYTES_MAX - 16 - 6])];
    let whole = block_encoded(&rows);
    assert_eq!(whole.len(), INDEX_VALUE_BYTES_MAX);
    assert_eq!(block_decoded(b"key", &whole).unwrap(), rows);
    assert_eq!(block_decoded(b"key", &[whole.as_slice(), &[7]].concat()), None);
}

/// Whatever byte is another one, and under another key.
#[test]
fn a_block_that_is_not_as_it_was_written_is_none() {
    let rows = [
        row(b"key", b"1"),
        row(b"key\0", b""),
        row(b"kez", b"3"),
        row(b"z", b"4"),
    ];
    let whole = block_encoded(&rows);
    assert_eq!(block_decoded(b"key", &whole).unwrap(), rows);
    for (key, value) in &rows {
        assert_eq!(found_in_block(b"key", &whole, key).unwrap().as_ref(), Some(value));
    }
    assert_eq!(found_in_block(b"key", &whole, b"kez\0"), Some(None));
    assert_eq!(block_decoded(b"kez", &whole), None);
    assert_eq!(found_in_block(b"kez", &whole, b"kez"), None);
    for at in 0..whole.len() {
        let mut other = whole.clone();
        other[at] ^= 1;
        assert_eq!(block_decoded(b"key", &other), None, "byte {at}");
        assert_eq!(found_in_block(b"key", &other, b"key"), None, "byte {at}");
    }
    assert_eq!(block_decoded(b"key", b""), None);
}

/// What has the right hash and is no block of ours: rows in another order, one under the key of another.
#[test]
fn a_block_with_a_good_hash_and_rows_that_we_would_not_write_is_none() {
    let swapped = [row(b"key", b"1"), row(b"kez", b"3"), row(b"key\0", b"")];
    assert_eq!(block_decoded(b"key", &block_encoded(&swapped)), None);
    let twice = [row(b"key", b"1"), row(b"key", b"1")];
    assert_eq!(block_decoded(b"key", &block_encoded(&twice)), None);
    assert_eq!(block_decoded(b"", &block_encoded(&[])), None);
}

fn over_sled(directory: &tempfile::TempDir) -> KeyValues {
    let sled = sled::Config::new()
        .path(directory.path())
        .flush_every_ms(None)
        .cache_capacity(1 << 20);
    KeyValues::over(sled.open().unwrap())
}

/// Puts, removals, look-ups and scans by chance, beside a map in memory: whatever is in which block.
#[test]
fn rows_in_blocks_are_those_of_a_map() {
    for seed in 0..6_u64 {
        let directory = tempfile::TempDir::new().unwrap();
        let index = over_sled(&directory);
        let mut model: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
        let mut random = seed;
        // Numerical Recipes' generator: the same each time.
        let mut below = |limit: u64| {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % limit
        };
        let mut time = 0_u64;
        for _ in 0..60 {
            let changes: Vec<Change> = (0..below(120))
                .map(|_| {
                    // Some come in order, as ids do, and some anywhere, as digests.
                    let key = match below(3) {
                        0 => {
                            time += 1;
                            [&b"M"[..], &time.to_be_bytes()].concat()
                        }
                        1 => vec![b'A' + below(4) as u8, below(40) as u8, 0xff],
                        _ => [&b"R"[..], &below(600).to_string().into_bytes()].concat(),
                    };
                    let long = if below(25) == 0 { 3_000 } else { 30 };
                    let value = (below(4) > 0).then(|| vec![below(250) as u8; below(long) as usize]);
                    (key, value)
                })
                .collect();
            for (key, value) in changes.clone() {
                match value {
                    Some(value) => model.insert(key, value),
                    None => model.remove(&key),
                };
            }
            index.put(changes);
            if below(3) > 0 {
                index
                    .move_to_sled((below(2) == 0).then_some((b"size", b"1")))
                    .unwrap();
            }
            compare(&index, &model, &mut below);
        }
        index.move_to_sled(None).unwrap();
        let other = tempfile::TempDir::new().unwrap();
        let copy = over_sled(&other);
        index.copy_to(&copy, &|key| key[0] != b'R').unwrap();
        model.retain(|key, _| key[0] != b'R');
        assert_eq!(
            rows_but_size(copy.scan(b"", b"", usize::MAX).unwrap()),
            rows_in(&model)
        );
        assert!(!index.is_suspect());
    }
}

fn compare(index: &KeyValues, model: &BTreeMap<Vec<u8>, Vec<u8>>, below: &mut impl FnMut(u64) -> u64) {
    let all = rows_in(model);
    assert_eq!(rows_but_size(index.scan(b"", b"", usize::MAX).unwrap()), all);
    for prefix in [&b"A"[..], b"B", b"M", b"R", b"R1", b"Z"] {
        let keys: Vec<&Vec<u8>> = model.keys().filter(|key| key.starts_with(prefix)).collect();
        let bound = match below(3) {
            0 => Vec::new(),
            _ => keys
                .get(below(40) as usize)
                .map_or_else(Vec::new, |key| (*key).clone()),
        };
        let limit = 1 + below(30) as usize;
        let after = all
            .iter()
            .filter(|(key, _)| key.starts_with(prefix) && *key > bound);
        let expected: Vec<Row> = after.take(limit).cloned().collect();
        assert_eq!(index.scan(prefix, &bound, limit).unwrap(), expected);
        let before = all.iter().rev();
        let before = before.filter(|(key, _)| key.starts_with(prefix) && (bound.is_empty() || *key < bound));
        let expected: Vec<Row> = before.take(limit).cloned().collect();
        assert_eq!(index.scan_back(prefix, &bound, limit).unwrap(), expected);
    }
    for number in 0..20 {
        let key = [&b"R"[..], &(number * 31).to_string().into_bytes()].concat();
        assert_eq!(index.get(&key).unwrap(), model.get(&key).cloned());
    }
}

fn rows_in(model: &BTreeMap<Vec<u8>, Vec<u8>>) -> Vec<Row> {
    model.iter().map(|(key, value)| row(key, value)).collect()
}

fn rows_but_size(rows: Vec<Row>) -> Vec<Row> {
    rows.into_iter().filter(|(key, _)| key != b"size").collect()
}

/// Rows that stay as they are, while others come between them and blocks are cut: whoever looks finds them.
#[test]
fn a_row_that_goes_to_another_block_is_never_missed() {
    let directory = tempfile::TempDir::new().unwrap();
    let index = over_sled(&directory);
    let place = |number: u64| [&b"M"[..], &number.to_be_bytes()].concat();
    let standing = |number: u64| place(number * 1_000);
    index.put((0..2_000).map(|number| (standing(number), Some(b"stands".to_vec()))));
    index.move_to_sled(None).unwrap();
    let count = |rows: &[Row]| rows.iter().filter(|(_, value)| value == b"stands").count();
    let is_done = std::sync::atomic::AtomicBool::new(false);
    let order = std::sync::atomic::Ordering::Relaxed;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut number = 0;
            while !is_done.load(order) {
                number = (number + 1_237) % 2_000;
                assert!(index.get(&standing(number)).unwrap().is_some(), "{number}");
            }
        });
        scope.spawn(|| {
            while !is_done.load(order) {
                assert_eq!(count(&index.scan(b"M", b"", usize::MAX).unwrap()), 2_000);
                assert_eq!(count(&index.scan_back(b"M", b"", usize::MAX).unwrap()), 2_000);
            }
        });
        for batch in 0..100_u64 {
            let row = |number: u64| {
                (
                    place((batch * 7_919 + number * 6_007) % 2_000_000 / 1_000 * 1_000 + 1 + batch),
                    Some(Vec::new()),
                )
            };
            index.put((0..300).map(row));
            index.move_to_sled(None).unwrap();
        }
        is_done.store(true, order);
    });
}

/// A row costs a fraction of a page: what is recorded in order fills its blocks, and what is not leaves none
/// of them nearly empty.
#[test]
fn blocks_are_filled() {
    for in_order in [true, false] {
        let directory = tempfile::TempDir::new().unwrap();
        let index = over_sled(&directory);
        for batch in 0..40_u64 {
            let row = |number: u64| {
                let place = if in_order {
                    number
                } else {
                    number.wrapping_mul(0x9e37_79b9_7f4a_7c15)
                };
                ([&b"M"[..], &place.to_be_bytes()].concat(), Some(Vec::new()))
            };
            index.put((batch * 100..(batch + 1) * 100).map(row));
            index.move_to_sled(None).unwrap();
        }
        let blocks = index.block_count().unwrap();
        let most = if in_order { 4_000 / 30 } else { 4_000 / 12 };
        assert!(blocks <= most, "{blocks} blocks, in order: {in_order}");
    }
}

/// What sled leaves behind of replaced pages is freed, also where rows are only ever written, in large
/// batches.
#[test]
fn memory_does_not_grow_with_what_is_written() {
    let directory = tempfile::TempDir::new().unwrap();
    let index = over_sled(&directory);
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
