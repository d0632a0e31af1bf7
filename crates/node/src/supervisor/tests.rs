#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

fn told(socket: &UnixDatagram) -> String {
    let mut bytes = [0; 1024];
    let length = socket.recv(&mut bytes).unwrap();
    String::from_utf8(bytes[..length].to_vec()).unwrap()
}

#[test]
fn it_is_told_by_path_and_by_abstract_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let by_path = UnixDatagram::bind(&path).unwrap();
    Supervisor::new(Some(path.as_os_str()), None)
        .unwrap()
        .ready("well");
    assert_eq!(told(&by_path), "READY=1\nSTATUS=well");

    let name = format!("ohrid-test-{}", std::process::id());
    let abstract_name = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    let supervisor = Supervisor::new(Some(OsStr::new(&format!("@{name}"))), None).unwrap();
    supervisor.stopping();
    assert!(told(&abstract_name).starts_with("STOPPING=1\nSTATUS="));
}

#[test]
fn a_reload_says_when_it_began_by_the_monotonic_clock() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    let supervisor = Supervisor::new(Some(path.as_os_str()), None).unwrap();
    let micros = || {
        supervisor.reloading();
        let said = told(&socket);
        let line = said.lines().find_map(|line| line.strip_prefix("MONOTONIC_USEC="));
        assert!(said.starts_with("RELOADING=1\n"), "{said}");
        line.unwrap().parse::<u64>().unwrap()
    };
    let (first, second) = (micros(), micros());
    assert!(first > 0 && second >= first);
}

#[test]
fn without_a_supervisor_nothing_is_told_and_nothing_fails() {
    for name in [None, Some(OsStr::new(""))] {
        let supervisor = Supervisor::new(name, Some(Duration::from_secs(1))).unwrap();
        assert!(!supervisor.listens());
        supervisor.ready("well");
    }
    let nobody = Supervisor::new(Some(OsStr::new("/nowhere/notify")), None).unwrap();
    nobody.ready("well");
    assert!(Supervisor::new(Some(OsStr::new(&"x".repeat(200))), None).is_err());
}
