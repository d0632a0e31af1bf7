#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::*;

/// The example of the module's documentation.
const GOLDEN: &str = "ledger-excerpt/1\nentries 512 700\nbundle 0\nbundle 17\n";

fn golden() -> Excerpt {
    Excerpt::new(512..700, [17, 0, 2, 0]).unwrap()
}

#[test]
fn the_golden_text_is_read_and_written_back() {
    assert_eq!(golden().to_string(), GOLDEN);
    assert_eq!(Excerpt::parse(GOLDEN.as_bytes()), Ok(golden()));
    assert_eq!(golden().entries(), 512..700);
}

#[test]
fn only_one_spelling_is_read() {
    for wrong in [
        "",
        "ledger-excerpt/1\n",
        "ledger-excerpt/2\nentries 0 1\n",
        "ledger-excerpt/1\nentries 1 1\n",
        "ledger-excerpt/1\nentries 2 1\n",
        "ledger-excerpt/1\nentries 0 1",
        "ledger-excerpt/1\nentries 0 01\n",
        "ledger-excerpt/1\nentries 0  1\n",
        "ledger-excerpt/1\nentries 0 9223372036854775808\n",
        "ledger-excerpt/1\nentries 0 1\n\n",
        "ledger-excerpt/1\r\nentries 0 1\n",
        "ledger-excerpt/1\nentries 512 700\nbundle 2\n",
        "ledger-excerpt/1\nentries 512 700\nbundle 17\nbundle 0\n",
        "ledger-excerpt/1\nentries 512 700\nbundle 0\nbundle 0\n",
        "ledger-excerpt/1\nentries 512 700\nbundle 9223372036854775807\n",
        "ledger-excerpt/1\nentries 512 700\nbundles 0\n",
    ] {
        assert_eq!(Excerpt::parse(wrong.as_bytes()), Err(ExcerptError), "{wrong:?}");
    }
    let long = format!("{GOLDEN}{}", "x".repeat(MAX_EXCERPT_BYTES));
    assert_eq!(Excerpt::parse(long.as_bytes()), Err(ExcerptError));
    assert_eq!(Excerpt::parse(b"\xff"), Err(ExcerptError));
}

#[test]
fn an_excerpt_has_its_bundles_the_partial_edge_and_all_upper_tiles() {
    let shown = |size| {
        let golden = golden();
        let tiles = golden.tiles(size).map(|path| path.to_string());
        tiles.collect::<Vec<_>>()
    };
    assert_eq!(
        shown(5_000),
        [
            "tile/entries/000",
            "tile/entries/002",
            "tile/entries/017",
            "tile/entries/019.p/136",
            "tile/0/000",
            "tile/0/002",
            "tile/0/017",
            "tile/0/019.p/136",
            "tile/1/000.p/19",
        ]
    );
    let of_70_000 = shown(70_000);
    for upper in ["tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"] {
        assert!(of_70_000.iter().any(|path| path == upper), "{upper}");
    }
    assert!(of_70_000.iter().any(|path| path == "tile/0/273.p/112"));
    // A log that ends with a full bundle has no partial edge.
    assert!(!golden().has_bundle(19, 5_120) && !golden().has_bundle(20, 5_120));
}

#[test]
fn a_range_of_nothing_or_beyond_all_trees_is_refused() {
    for (start, end) in [(0, 0), (5, 4), (0, u64::MAX)] {
        assert_eq!(Excerpt::new(start..end, []), Err(ExcerptError));
    }
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back(
        first in 0u64..100_000,
        length in 1u64..5_000,
        also in prop::collection::vec(0u64..1_000, 0..8),
    ) {
        let excerpt = Excerpt::new(first..first + length, also).unwrap();
        prop_assert_eq!(Excerpt::parse(excerpt.to_string().as_bytes()), Ok(excerpt));
    }

    #[test]
    fn no_text_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(excerpt) = Excerpt::parse(&bytes) {
            prop_assert_eq!(excerpt.to_string().into_bytes(), bytes);
        }
    }
}
