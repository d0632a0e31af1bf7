#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

#[test]
fn a_new_store_is_empty_and_open_for_one() {
    let directory = tempfile::tempdir().unwrap();
    let settings = Settings {
        segment_bytes: 64 * 1024,
        reserve_bytes: 0,
        ..Settings::default()
    };
    let (store, report) = Embedded::open(directory.path(), &settings).unwrap();
    assert_eq!(report.size, 0);
    assert!(matches!(
        Embedded::open(directory.path(), &settings),
        Err(OpenError::InUse { .. })
    ));
    Box::new(store).close().unwrap();
    let (_, report) = Embedded::open(directory.path(), &settings).unwrap();
    assert_eq!(report.index, IndexReport::UpToDate);
}
