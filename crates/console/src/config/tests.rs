#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

fn read(text: &str) -> Result<Config, ConfigError> {
    Config::resolve(
        Config::parse(text, "console.toml")?,
        Path::new("/etc/ohrid"),
        Overrides::default(),
    )
}

/// Every key stands in the file, commented, and the file as it is can be used.
#[test]
fn the_example_is_read_and_shows_every_key() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/console.toml");
    let config = Config::load(Some(&path), Overrides::default()).unwrap();
    assert_eq!(config.listen, "127.0.0.1:8080".parse().unwrap());
    assert_eq!(config.zone, Zone::utc());
    let text = std::fs::read_to_string(&path).unwrap();
    for key in ["socket", "listen", "time_zone"] {
        let line = text
            .lines()
            .position(|line| line.starts_with(&format!("{key} =")))
            .expect(key);
        let above = text.lines().nth(line - 1).unwrap();
        assert!(above.starts_with('#'), "{key} has no comment");
    }
}

#[test]
fn other_machines_are_refused() {
    for listen in ["0.0.0.0:8080", "192.0.2.1:80", "[::]:8080", "[2001:db8::1]:8080"] {
        let error = read(&format!("[node]\nsocket = \"s\"\n[web]\nlisten = \"{listen}\"")).unwrap_err();
        assert!(matches!(error, ConfigError::NotLoopback(_)), "{listen}: {error}");
        assert!(error.to_string().contains("no login yet"));
        let overrides = Overrides {
            socket: Some(PathBuf::from("s")),
            listen: Some(listen.parse().unwrap()),
        };
        assert!(Config::load(None, overrides).is_err(), "{listen}");
    }
    assert!(read("[node]\nsocket = \"s\"\n[web]\nlisten = \"[::1]:1\"").is_ok());
}

#[test]
fn slips_of_the_pen_are_errors() {
    for text in [
        "[web]\nlisen = \"127.0.0.1:1\"",
        "[wep]",
        "[web]\nlisten = 7",
        "[web",
        "listen = \"127.0.0.1:1\"",
    ] {
        assert!(matches!(read(text), Err(ConfigError::Malformed { .. })), "{text}");
    }
    let error = read("[web]\ntime_zone = \"Europe/Bukarest\"").unwrap_err();
    assert!(error.to_string().contains("Europe/Bucharest"), "{error}");
    assert!(matches!(read(""), Err(ConfigError::NoSocket)));
}

#[test]
fn paths_are_relative_to_the_file_and_the_command_line_goes_first() {
    assert_eq!(
        read("[node]\nsocket = \"control.sock\"").unwrap().socket,
        Path::new("/etc/ohrid/control.sock")
    );
    assert_eq!(
        read("[node]\nsocket = \"/run/x\"").unwrap().socket,
        Path::new("/run/x")
    );
    let overrides = Overrides {
        socket: Some(PathBuf::from("here")),
        listen: None,
    };
    assert_eq!(Config::load(None, overrides).unwrap().socket, Path::new("here"));
}
