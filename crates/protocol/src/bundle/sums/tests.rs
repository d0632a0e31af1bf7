#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::example::assert_canonical_when_flipped;

fn manifest() -> String {
    let paths: [BundlePath; 2] = [
        "data/bundle.json".parse().unwrap(),
        "data/case.html".parse().unwrap(),
    ];
    let sums = [[0xc5; 64], [0x00; 64]];
    write(paths.iter().zip(&sums))
}

#[test]
fn what_is_read_is_what_is_written() {
    let text = manifest();
    assert_eq!(parse(text.as_bytes()).unwrap().len(), 2);
    assert_canonical_when_flipped(text.as_bytes(), |bytes| {
        let files = parse(bytes).ok()?;
        Some(write(files.iter().map(|(path, sum)| (path, sum))).into_bytes())
    });
}

#[test]
fn hostile_manifests_are_refused() {
    let line = manifest().lines().next().unwrap().to_owned();
    let hostile = [
        line.clone(),
        format!("{line}\n{line}\n"),
        format!("{}\n", line.to_uppercase()),
        format!("{line}\n\n"),
        format!("{}  ../etc/passwd\n", "a".repeat(128)),
        format!("{} *data/x\n", "a".repeat(128)),
        format!("{}  data/x\r\n", "a".repeat(128)),
        format!("{}  data/x\n", "a".repeat(127)),
    ];
    for text in hostile {
        assert!(parse(text.as_bytes()).is_err(), "{text:?}");
    }
}
