#![allow(clippy::unwrap_used, clippy::expect_used)]
//! Names that a sender chose, by the harm that they would do.

use super::*;

#[test]
fn ordinary_file_names_are_taken() {
    for name in [
        "a",
        "log of 3 May.csv",
        "протокол.pdf",
        "..csv",
        "-rf",
        "C:x",
        &"x".repeat(255),
    ] {
        assert_eq!(name.parse::<FileName>().unwrap().as_str(), name);
    }
}

#[test]
fn names_that_lead_elsewhere_or_look_like_others_are_refused() {
    for name in [
        "",
        ".",
        "..",
        "a/b",
        "/a",
        "..\\a",
        "a\nb",
        "a\0",
        "\u{1b}[31m",
        " a",
        "a ",
        "invoice\u{202e}fdp.exe",
        "a\u{200b}b",
        "\u{feff}a",
        &"x".repeat(256),
    ] {
        assert_eq!(
            name.parse::<FileName>(),
            Err(AttachmentNameError::FileName),
            "{name:?}"
        );
    }
}

#[test]
fn media_types_have_one_form() {
    for good in ["text/csv", "application/vnd.ms-excel", "image/svg+xml", "a/b"] {
        assert_eq!(good.parse::<MediaType>().unwrap().to_string(), good);
    }
    let long = format!("a/{}", "b".repeat(128));
    for bad in [
        "",
        "text",
        "/csv",
        "text/",
        "Text/csv",
        "text/csv; charset=utf-8",
        "a/b/c",
        "-a/b",
        &long,
    ] {
        assert_eq!(
            bad.parse::<MediaType>(),
            Err(AttachmentNameError::MediaType),
            "{bad:?}"
        );
    }
}

#[test]
fn numbers_begin_at_one_and_have_one_form() {
    for number in [1_usize, 9, 10, ATTACHMENTS_PER_MESSAGE_MAX] {
        let parsed: AttachmentNumber = number.to_string().parse().unwrap();
        assert_eq!(parsed.place(), number - 1);
        assert_eq!(AttachmentNumber::at_place(number - 1), Some(parsed));
    }
    for bad in ["", "0", "01", "+1", "-1", "65", "256", "1 "] {
        assert_eq!(
            bad.parse::<AttachmentNumber>(),
            Err(AttachmentNameError::Number),
            "{bad:?}"
        );
    }
    assert_eq!(AttachmentNumber::at_place(ATTACHMENTS_PER_MESSAGE_MAX), None);
    assert_eq!(AttachmentNumber::at_place(usize::MAX), None);
}

/// A file name is content, and content is in no log.
#[test]
fn names_are_not_shown() {
    let name: FileName = "canary.csv".parse().unwrap();
    let media_type: MediaType = "text/canary".parse().unwrap();
    assert!(!format!("{name:?}{media_type:?}").contains("canary"));
}

/// `Debug` goes into logs: a name says what the file is about.
#[test]
fn names_are_displayed_and_not_debugged() {
    let name: FileName = "subscribers.csv".parse().unwrap();
    assert_eq!(
        (name.to_string(), format!("{name:?}")),
        ("subscribers.csv".into(), "FileName(15 bytes)".into())
    );
    let kind: MediaType = "text/csv".parse().unwrap();
    assert_eq!(
        (kind.to_string(), format!("{kind:?}")),
        ("text/csv".into(), "MediaType(8 bytes)".into())
    );
}
