#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

#[test]
fn the_longest_numbers_and_names_make_paths() {
    let long = "ж".repeat(300) + ".pdf";
    let made = attachment(u32::MAX, u32::MAX, &long);
    assert!(made.as_str().ends_with(".pdf"));
    for name in ["", "...", "../../etc/passwd", "-rf", "a/b\\c", "\u{202e}gpj.exe"] {
        let made = attachment(1, 1, name);
        assert_eq!(made.as_str().matches('/').count(), 4, "{made}");
    }
    assert_eq!(
        peer_witnessed(u32::MAX, u32::MAX, u64::MAX)
            .as_str()
            .matches('/')
            .count(),
        3
    );
    assert_eq!(
        directory(u64::MAX).as_str(),
        "data/directory/18446744073709551615.cose"
    );
}

#[test]
fn a_folder_is_called_like_its_case() {
    assert_eq!(folder("XA-2026-0412-7K"), "XA-2026-0412-7K");
    assert_eq!(folder("019a.../x@XB"), "019a..._x_XB");
    assert_eq!(folder("//"), "__");
    assert_eq!(folder(".-"), "case");
}

#[test]
fn the_tag_files_are_in_order() {
    assert!(TAG_FILES.is_sorted());
}
