#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

#[test]
fn what_leads_elsewhere_is_no_path() {
    let long = "a".repeat(101);
    let deep = ["a"; 129].join("/");
    let hostile = [
        "",
        "/",
        "/etc/passwd",
        "..",
        "../x",
        "data/../x",
        "data//x",
        "data/",
        "./x",
        ".hidden",
        "data/.x",
        "-rf",
        "data/-x",
        "C:\\x",
        "a b",
        "a\nb",
        "a\0",
        "data/é",
        "a%2e",
        "~x",
        "a*",
        &long,
        &deep,
    ];
    for text in hostile {
        assert!(text.parse::<BundlePath>().is_err(), "{text:?}");
    }
    for text in [
        "data/bundle.json",
        "verify.py",
        "data/messages/1/attachments/1-log_extract.csv",
    ] {
        assert_eq!(text.parse::<BundlePath>().unwrap().as_str(), text);
    }
}
