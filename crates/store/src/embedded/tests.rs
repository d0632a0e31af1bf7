#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::contract::suite::{self, Medium};
use tempfile::TempDir;

/// Small segments, so that they are filled and retired within a test.
fn small() -> Settings {
    Settings {
        segment_bytes: 64 * 1024,
        payload_cache_bytes: 8 * 1024,
        free_space_floor_bytes: 0,
        reserve_bytes: 0,
        index_headroom_bytes: 0,
        index_cache_bytes: 1024 * 1024,
    }
}

impl Medium for TempDir {
    fn open(&self) -> Box<dyn Store> {
        Box::new(Embedded::open(self.path(), &small()).unwrap().0)
    }
}

suite::for_every_store!(TempDir::new().unwrap());

#[test]
fn a_second_opener_is_refused() {
    let directory = TempDir::new().unwrap();
    let (store, report) = Embedded::open(directory.path(), &small()).unwrap();
    assert_eq!(report.size, 0);
    assert!(matches!(
        Embedded::open(directory.path(), &small()),
        Err(OpenError::InUse { .. })
    ));
    Box::new(store).close().unwrap();
    let (_, report) = Embedded::open(directory.path(), &small()).unwrap();
    assert_eq!(report.index, IndexReport::UpToDate);
}
