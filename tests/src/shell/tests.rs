#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

/// The rest of the scenarios needs our programs; this one does not run them.
fn shell(place: &Path) -> Option<Shell> {
    folder().is_ok().then(|| Shell::start(place).unwrap())
}

#[test]
fn commands_share_a_shell_and_what_they_start_ends_with_it() {
    let place = tempfile::tempdir().unwrap();
    let Some(mut shell) = shell(place.path()) else {
        return;
    };
    assert_eq!(shell.run("export WORD=seen; mkdir below; cd below").unwrap().1, 0);
    assert_eq!(
        shell.run("echo \"$WORD\"; pwd; echo talk >&2").unwrap().0,
        "seen\n~/below\ntalk\n"
    );
    assert_eq!(shell.run("false").unwrap(), (String::new(), 1));
    assert_eq!(shell.run("sleep 600 &").unwrap().1, 0);
    let sleeper = shell.run("jobs -p").unwrap().0;
    drop(shell);
    assert!(!Path::new("/proc").join(sleeper.trim()).exists(), "{sleeper}");
}

#[test]
fn ports_of_documents_are_others_here() {
    let place = tempfile::tempdir().unwrap();
    let Some(mut shell) = shell(place.path()) else {
        return;
    };
    let line = "echo 127.0.0.1:44331 localhost:9090 127.0.0.1:44331 127.0.0.1:0";
    let (said, _) = shell.run(line).unwrap();
    assert_eq!(
        said,
        "127.0.0.1:44331 localhost:9090 127.0.0.1:44331 127.0.0.1:0\n"
    );
    let (shown, _) = shell.run("cat .said/1").unwrap();
    assert_eq!(shown, said);
    let raw = std::fs::read_to_string(place.path().join(".said/1")).unwrap();
    assert_ne!(raw, said);
}

#[test]
fn a_shell_that_ends_is_told() {
    let place = tempfile::tempdir().unwrap();
    let Some(mut shell) = shell(place.path()) else {
        return;
    };
    assert!(shell.run("exit 3").is_err());
}
