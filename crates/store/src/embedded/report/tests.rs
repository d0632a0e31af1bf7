use super::*;

/// Whoever reads the error finds the file, and the first leaf that is touched, where one is.
#[test]
fn damage_is_said_with_its_file_and_its_first_leaf() {
    let said = |index| {
        let damaged = OpenError::Damaged {
            file: PathBuf::from("journal/1"),
            index,
            what: "a hole",
        };
        damaged.to_string()
    };
    assert_eq!(
        said(Some(7)),
        "journal/1 is damaged at leaf 7: a hole; nothing was changed"
    );
    assert_eq!(said(None), "journal/1 is damaged: a hole; nothing was changed");
}
