#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

fn session(dir: Option<&Path>, socket: Option<&str>, officer: Option<&str>) -> Session {
    Session::new(Global {
        json: true,
        no_input: true,
        dir: dir.map(Path::to_owned),
        socket: socket.map(PathBuf::from),
        officer: officer.map(str::to_owned),
    })
}

#[test]
fn what_was_typed_says_which_node() {
    let dir = Path::new("/nodes/xa");
    assert_eq!(
        session(Some(dir), None, None).socket(),
        Path::new("/nodes/xa/control.sock")
    );
    assert_eq!(
        session(Some(dir), Some("/run/s"), None).socket(),
        Path::new("/run/s")
    );
}

#[tokio::test]
async fn a_node_that_was_named_must_be_there() {
    let folder = tempfile::TempDir::new().unwrap();
    let failure = session(Some(folder.path()), None, None)
        .client_if_any()
        .await
        .unwrap_err();
    assert_eq!(failure.exit, Exit::Temporary);
    assert!(
        failure.mend.as_ref().unwrap().contains("ohrid-node --config"),
        "{failure}"
    );
}

#[test]
fn an_officer_is_named_or_nothing_is_written() {
    assert_eq!(
        session(None, None, Some(" A. Officer ")).officer(None).unwrap(),
        "A. Officer"
    );
    assert_eq!(
        session(None, None, None).officer(Some("of the form")).unwrap(),
        "of the form"
    );
    assert_eq!(
        session(None, None, Some("first"))
            .officer(Some("second"))
            .unwrap(),
        "first"
    );
    if std::env::var_os("OHRID_OFFICER").is_none() {
        assert_eq!(
            session(None, None, None).officer(Some("  ")).unwrap_err().exit,
            Exit::Usage
        );
    }
}

#[test]
fn a_folder_says_in_its_configuration_where_the_socket_is() {
    let folder = tempfile::tempdir().unwrap();
    let of = |text: &str| {
        std::fs::write(folder.path().join(CONFIG_NAME), text).unwrap();
        session(Some(folder.path()), None, None).socket()
    };
    assert_eq!(
        of("[control]\nsocket = \"/run/ohrid/control.sock\"\n"),
        Path::new(SYSTEM_SOCKET)
    );
    assert_eq!(
        of("[control]\nsocket = \"here.sock\"\n"),
        folder.path().join("here.sock")
    );
    for other in ["", "[control]\n", "not TOML", "control = 3"] {
        assert_eq!(of(other), folder.path().join(SOCKET_NAME));
    }
}
