//! What readers find while the writer moves rows to sled.

use std::sync::{Arc, LazyLock};

use shuttle::thread;

use super::Change;
use super::values::KeyValues;
use crate::schedules;

/// sled, for all schedules: it has threads and locks of its own, which are not at stake.
static SLED: LazyLock<sled::Db> = LazyLock::new(|| {
    sled::Config::new()
        .temporary(true)
        .flush_every_ms(None)
        .open()
        .unwrap()
});

/// Runs `work` in so many schedules, as `shuttle::check_random`, with stacks that are large enough for sled.
fn check(work: impl Fn() + Send + Sync + 'static) {
    LazyLock::force(&SLED);
    let mut config = shuttle::Config::new();
    config.stack_size = 1024 * 1024;
    let scheduler = shuttle::scheduler::RandomScheduler::new(schedules());
    shuttle::Runner::new(scheduler, config).run(work);
}

fn row(key: &[u8], value: u8) -> Change {
    (key.to_vec(), Some(vec![value]))
}

fn value(values: &KeyValues, key: &[u8]) -> Option<u8> {
    values.get(key).unwrap().map(|value| value[0])
}

/// What was once visible stays visible, in its newest form, to look-ups and to scans, while it moves to sled.
#[test]
fn a_row_is_never_missed_while_it_moves_to_sled() {
    check(|| {
        SLED.clear().unwrap();
        let values = Arc::new(KeyValues::over(SLED.clone()));
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let values = Arc::clone(&values);
                thread::spawn(move || read(&values))
            })
            .collect();
        values.put([row(b"a1", 1), row(b"a2", 1)]);
        values.move_to_sled(None).unwrap();
        values.put([row(b"a1", 2), (b"a2".to_vec(), None)]);
        values.put([row(b"a3", 3)]);
        values.move_to_sled(Some((b"size", b"3"))).unwrap();
        for reader in readers {
            reader.join().unwrap();
        }
        assert_eq!(value(&values, b"a1"), Some(2));
        assert_eq!(values.scan(b"a", b"", 9).unwrap().len(), 2);
        assert_eq!(values.scan_back(b"a", b"", 9).unwrap().len(), 2);
        assert_eq!(values.pending_count(), 0);
    });
}

fn read(values: &KeyValues) {
    let (mut newest, mut is_removed) = (None, false);
    for _ in 0..2 {
        let now = value(values, b"a1");
        assert!(now >= newest, "{now:?} after {newest:?}");
        newest = now;
        let second = value(values, b"a2");
        assert!(!is_removed || second.is_none(), "what was removed is back");
        is_removed |= newest == Some(2) && second.is_none();
        for rows in [
            values.scan(b"a", b"", 9).unwrap(),
            values.scan_back(b"a", b"", 9).unwrap(),
        ] {
            let found = rows
                .iter()
                .find(|(key, _)| key == b"a1")
                .map(|(_, value)| value[0]);
            assert!(found >= newest, "a scan shows {found:?} after {newest:?}");
            newest = found;
            let has_second = rows.iter().any(|(key, _)| key == b"a2");
            assert!(!is_removed || !has_second, "a scan shows what was removed");
        }
    }
}
