#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::*;

fn parts(text: &str) -> (TileKind, u64, u16) {
    let path = TilePath::parse(text).expect(text);
    assert_eq!(path.to_string(), text);
    (path.kind(), path.index(), path.width())
}

#[test]
fn names_are_those_of_the_specification() {
    assert_eq!(parts("tile/0/000"), (TileKind::Hashes(0), 0, 256));
    assert_eq!(
        parts("tile/0/x001/x234/067"),
        (TileKind::Hashes(0), 1_234_067, 256)
    );
    assert_eq!(parts("tile/3/999.p/1"), (TileKind::Hashes(3), 999, 1));
    assert_eq!(parts("tile/2/x001/000.p/255"), (TileKind::Hashes(2), 1000, 255));
    assert_eq!(parts("tile/entries/273.p/112"), (TileKind::Entries, 273, 112));
    assert_eq!(parts("tile/7/000.p/127"), (TileKind::Hashes(7), 0, 127));
}

#[test]
fn names_that_are_not_printed_are_refused() {
    let hostile = [
        "",
        "tile",
        "tile/",
        "tile/0",
        "tile/0/",
        "/tile/0/000",
        "tile/0/000/",
        "tile//000",
        "tile/00/000",
        "tile/-1/000",
        "tile/8/000",
        "tile/63/000",
        "tile/64/000",
        "tile/256/000",
        "tile/x/000",
        "tile/Entries/000",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/1234067",
        "tile/0/x000/000",
        "tile/0/x001/x000",
        "tile/0/001/067",
        "tile/0/x1/067",
        "tile/0/x001/067/",
        "tile/0/x001//067",
        "tile/0/X001/067",
        "tile/0/+01",
        "tile/0/000.p",
        "tile/0/000.p/",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/300",
        "tile/0/000.p/65537",
        "tile/0/000.p/1/",
        "tile/0/000.p/1.p/1",
        "tile/0/x001.p/1/067",
        "tile/0/../000",
        "tile/0/000\n",
        "tile/7/000",
        "tile/7/000.p/128",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        "tile/0/٠٠٠",
    ];
    for text in hostile {
        assert_eq!(TilePath::parse(text), Err(TilePathError), "{text:?}");
    }
}

#[test]
fn parts_that_no_log_can_have_are_refused() {
    assert!(TilePath::new(TileKind::Hashes(0), 0, 0).is_err());
    assert!(TilePath::new(TileKind::Hashes(0), 0, 257).is_err());
    assert!(TilePath::new(TileKind::Hashes(8), 0, 1).is_err());
    assert!(TilePath::new(TileKind::Hashes(255), 0, 1).is_err());
    assert!(TilePath::new(TileKind::Entries, u64::MAX, 1).is_err());
    let last_tile = MAX_TREE_SIZE / 256;
    assert!(TilePath::new(TileKind::Entries, last_tile, 255).is_ok());
    assert!(TilePath::new(TileKind::Entries, last_tile, 256).is_err());
}

#[test]
fn a_tile_stands_for_its_leaves() {
    let range = |text| TilePath::parse(text).unwrap().leaf_range();
    assert_eq!(range("tile/entries/273.p/112"), 69_888..70_000);
    assert_eq!(range("tile/0/001"), 256..512);
    assert_eq!(range("tile/1/001.p/17"), 65_536..69_888);
    assert_eq!(range("tile/7/000.p/127"), 0..127 << 56);
}

#[test]
fn a_tree_of_70000_leaves_has_the_tiles_of_the_specification() {
    let count = |kind| {
        let of_kind = tiles_for_size(70_000).filter(|path| path.kind() == kind);
        let (partial, full): (Vec<_>, Vec<_>) = of_kind.partition(TilePath::is_partial);
        (
            full.len(),
            partial.iter().map(TilePath::width).collect::<Vec<_>>(),
        )
    };
    assert_eq!(count(TileKind::Entries), (273, vec![112]));
    assert_eq!(count(TileKind::Hashes(0)), (273, vec![112]));
    assert_eq!(count(TileKind::Hashes(1)), (1, vec![17]));
    assert_eq!(count(TileKind::Hashes(2)), (0, vec![1]));
    assert_eq!(count(TileKind::Hashes(3)), (0, vec![]));
}

#[test]
fn small_trees_have_the_tiles_of_the_specification() {
    let names = |size| {
        tiles_for_size(size)
            .map(|path| path.to_string())
            .collect::<Vec<_>>()
    };
    assert!(names(0).is_empty());
    assert_eq!(names(1), ["tile/entries/000.p/1", "tile/0/000.p/1"]);
    assert_eq!(names(256), ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]);
    assert_eq!(
        names(257),
        [
            "tile/entries/000",
            "tile/entries/001.p/1",
            "tile/0/000",
            "tile/0/001.p/1",
            "tile/1/000.p/1"
        ]
    );
    assert!(names(MAX_TREE_SIZE + 1).is_empty());
    assert_eq!(
        tiles_for_size(MAX_TREE_SIZE)
            .next()
            .map(|path| path.to_string())
            .as_deref(),
        Some("tile/entries/000")
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_can_be_named_parses_back(level in 0_u8..9, index in 0_u64..1 << 40, width in 1_u16..=256) {
        for kind in [TileKind::Hashes(level), TileKind::Entries] {
            if let Ok(path) = TilePath::new(kind, index, width) {
                prop_assert_eq!(TilePath::parse(&path.to_string()), Ok(path));
            }
        }
    }

    #[test]
    fn the_tiles_of_a_tree_cover_its_leaves_once(size in 1_u64..300_000) {
        for kind in [TileKind::Entries, TileKind::Hashes(0), TileKind::Hashes(1)] {
            let mut end = 0;
            for path in tiles_for_size(size).filter(|path| path.kind() == kind) {
                prop_assert_eq!(path.leaf_range().start, end);
                prop_assert_eq!(TilePath::new(kind, path.index(), path.width()), Ok(path));
                end = path.leaf_range().end;
            }
            let unit = if kind == TileKind::Hashes(1) { 256 } else { 1 };
            prop_assert_eq!(end, size / unit * unit);
        }
    }
}
