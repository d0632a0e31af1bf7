#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

fn export_with(names: &[&str]) -> (tempfile::TempDir, Export) {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, b"").unwrap();
    }
    let export = Export::new(folder.path());
    (folder, export)
}

#[test]
fn the_size_is_told_by_the_names_of_bundles() {
    let size = |names: &[&str]| size_by_names(&export_with(names).1);
    assert_eq!(size(&[]), 0);
    assert_eq!(size(&["tile/entries/000.p/13"]), 13);
    assert_eq!(
        size(&["tile/entries/000", "tile/entries/001.p/1", "tile/0/002"]),
        257
    );
    assert_eq!(size(&["tile/entries/x001/000"]), 1001 * 256);
    assert_eq!(size(&["tile/entries/1", "tile/entries/000.p/0", "checkpoint"]), 0);
}

#[test]
fn files_that_a_ledger_of_this_size_does_not_have_are_reported() {
    let names = ["checkpoint", "tile/entries/000.p/3", "tile/0/000.p/3"];
    let (_folder, export) = export_with(&names);
    let unexpected = |size| {
        let mut report = Report::default();
        find_unexpected(&export, size, None, &mut report);
        let names = report
            .findings()
            .iter()
            .map(|finding| finding.file.clone())
            .collect::<Vec<_>>();
        (names.len(), report.first_bad_index())
    };
    assert_eq!(unexpected(3), (0, None));
    assert_eq!(unexpected(2), (2, Some(0)));
    assert_eq!(unexpected(0), (2, Some(0)));
}

#[test]
fn folders_nested_without_end_are_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let deep = (0..100).fold(folder.path().to_owned(), |path, _| path.join("d"));
    fs::create_dir_all(deep).unwrap();
    let mut report = Report::default();
    find_unexpected(&Export::new(folder.path()), 0, None, &mut report);
    assert_eq!(report.findings_total(), 1);
}
