#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

/// Of `node.example/ledger\n`, by `openssl ts -reply` (see `protocol::time_stamp`).
const REPLY: &[u8] = include_bytes!("../../../protocol/golden/time-stamp.tsr");

#[test]
fn only_days_are_days() {
    assert!(is_day("2026-11-22") && is_day("2028-02-29"));
    for wrong in [
        "",
        "2026-11-2",
        "2026-02-29",
        "../../etc/a",
        "2026/11/22",
        "+026-11-22",
        "20261122  ",
    ] {
        assert!(!is_day(wrong), "{wrong}");
    }
    assert_eq!(day_of(UnixMillis(1_795_305_599_999)), "2026-11-21");
    assert_eq!(day_of(UnixMillis(1_795_305_600_000)), "2026-11-22");
}

#[test]
fn what_lies_there_and_is_no_stamp_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let stamps = Stamps::new(&folder.path().join("stamps"));
    assert!(stamps.days().is_empty() && stamps.newest().is_none());
    std::fs::create_dir(folder.path().join("stamps")).unwrap();
    let write = |name: &str, bytes: &[u8]| {
        std::fs::write(folder.path().join("stamps").join(name), bytes).unwrap();
    };
    // Of bytes that are no checkpoint, without its checkpoint, of other bytes, and a stray file.
    write("2026-11-20.tsr", REPLY);
    write("2026-11-20.checkpoint", b"node.example/ledger\n");
    write("2026-11-21.tsr", REPLY);
    write("2026-11-22.tsr", REPLY);
    write("2026-11-22.checkpoint", b"other");
    write("notes.tsr", b"");
    assert_eq!(stamps.days(), ["2026-11-20", "2026-11-21", "2026-11-22"]);
    assert!(stamps.newest().is_none());
    assert!(stamps.of_day("notes").is_none());
    assert!(stamps.covering("node.example/ledger", 0).is_none());
}

/// The golden checkpoint of c2sp.org formats, with its cosignature, and `openssl ts -reply` to it.
const NOTE: &[u8] = include_bytes!("example.checkpoint");
const STAMPED: &[u8] = include_bytes!("example.tsr");

#[test]
fn a_stamp_is_kept_and_found_again_by_what_it_covers() {
    let folder = tempfile::tempdir().unwrap();
    let stamps = Stamps::new(&folder.path().join("stamps"));
    for day in ["2026-11-22", "2026-11-23"] {
        stamps
            .keep(&Stamp::of(day, NOTE.to_vec(), STAMPED.to_vec()).unwrap())
            .unwrap();
    }
    let newest = stamps.newest().unwrap();
    assert_eq!(
        (newest.day.as_str(), newest.checkpoint.size),
        ("2026-11-23", 70_000)
    );
    // 2026-11-22T10:32:12.868Z, in whole seconds.
    assert_eq!(newest.at, UnixMillis(1_795_343_532_000));
    assert_eq!(
        (newest.note.as_bytes(), newest.response.as_slice()),
        (NOTE, STAMPED)
    );
    let origin = "node.example/ledger";
    assert_eq!(
        stamps.covering(origin, 70_000).unwrap().day,
        "2026-11-22",
        "the first"
    );
    assert!(stamps.covering(origin, 70_001).is_none());
    assert!(stamps.covering("node.example/other", 1).is_none());
    assert!(Stamp::of("2026-11-22", b"other".to_vec(), STAMPED.to_vec()).is_none());
}

#[test]
fn what_fails_is_told_with_its_beginning_until_it_ends() {
    let stamps = Stamps::new(std::path::Path::new("nowhere"));
    assert!(stamps.failing().since().is_none());
    assert!(stamps.failing().note("first", UnixMillis(1)));
    assert!(!stamps.failing().note("second", UnixMillis(2)));
    assert_eq!(
        stamps.failing().since(),
        Some((UnixMillis(1), "second".to_owned()))
    );
    stamps.failing().end();
    assert!(stamps.failing().since().is_none());
}
