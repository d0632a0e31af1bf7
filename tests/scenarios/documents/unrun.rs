//! Blocks of commands that no test can run, each with the reason, and what is tested instead.

/// Document, blocks, and why they are not run.
pub(super) const UNRUN: &[(&str, &[&str], &str)] = &[
    (
        "README.md",
        &["two-commands"],
        "the second runs this test; CI gives both, and a test beside this list compares them with xtask's",
    ),
    (
        "docs/backup.md",
        &["accept-loss"],
        "there must be a loss first, and a year that is not over: `backup::document` gives them after one",
    ),
    (
        "docs/operate.md",
        &["install", "join"],
        "they take root and a Debian that is new: `cargo xtask package --try` gives them in one",
    ),
];
