#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::layout::{is_below_tile, paths, size_of};

#[test]
fn the_files_of_a_tree() {
    assert!(paths(0).is_empty());
    assert_eq!(paths(1), ["0/000.p/1", "entries/000.p/1"]);
    assert_eq!(paths(255), ["0/000.p/255", "entries/000.p/255"]);
    assert_eq!(paths(256), ["0/000", "1/000.p/1", "entries/000"]);
    assert_eq!(
        paths(257),
        [
            "0/000",
            "0/001.p/1",
            "1/000.p/1",
            "entries/000",
            "entries/001.p/1"
        ]
    );
}

/// The example of c2sp.org/tlog-tiles: a tree of 70 000 leaves.
#[test]
fn the_example_of_the_specification() {
    let paths = paths(70_000);
    assert_eq!(paths.iter().filter(|path| path.starts_with("0/")).count(), 274);
    assert!(paths.contains(&"0/272".to_owned()));
    assert!(paths.contains(&"0/273.p/112".to_owned()));
    assert!(paths.contains(&"1/000".to_owned()));
    assert!(paths.contains(&"1/001.p/17".to_owned()));
    assert!(paths.contains(&"2/000.p/1".to_owned()));
    assert!(paths.contains(&"entries/273.p/112".to_owned()));
    assert_eq!(
        paths
            .iter()
            .filter(|path| !path.starts_with("0/") && !path.starts_with("entries/"))
            .count(),
        3
    );
}

#[test]
fn large_numbers_are_grouped() {
    let size = 256 * 1_234_068;
    assert!(paths(size).contains(&"entries/x001/x234/067".to_owned()));
}

#[test]
fn a_size_has_one_spelling() {
    assert_eq!(size_of("origin\n7\nroot\n\n"), Some(7));
    for wrong in [
        "",
        "origin",
        "origin\n",
        "origin\n+7\n",
        "origin\n07\n",
        "origin\n-1\n",
        "origin\n7 \nroot",
    ] {
        assert_eq!(size_of(wrong), None, "{wrong:?}");
    }
}

#[test]
fn a_path_leads_nowhere_but_below_the_tiles() {
    assert!(paths(70_000).iter().all(|path| is_below_tile(path)));
    for wrong in [
        "",
        "/",
        "/0/000",
        "../checkpoint",
        "0/../../x",
        "0//000",
        "0/000/",
        "0/.p",
        "0/a b",
        "~",
    ] {
        assert!(!is_below_tile(wrong), "{wrong:?}");
    }
}
