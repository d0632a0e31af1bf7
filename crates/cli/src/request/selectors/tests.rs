#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

use convention::log_lines::LogWarning;

use super::*;

const APACHE: &str = "\
192.0.2.17 - - [12/Mar/2026:21:05:00 +0200] \"GET /login HTTP/1.1\" 200 512\n\
192.0.2.17 - - [12/Mar/2026:21:09:30 +0200] \"POST /login HTTP/1.1\" 302 0\n\
2001:db8::7 - - [12/Mar/2026:21:10:00 +0200] \"GET / HTTP/1.1\" 200 12\n";
const SYSLOG: &str =
    "Mar 12 21:05:00 gate sshd[77]: Failed password for root from 198.51.100.9 port 51514 ssh2\n";
const MAIL: &str = "\
Received: from mail.example.org (mail.example.org [198.51.100.77])\n\
\tby mx.example.org; Thu, 12 Mar 2026 21:05:00 +0200\n\
Subject: hello\n";
const CSV: &str = "time,address,port\n2026-03-12T19:05:00Z,192.0.2.44,40001\n";

fn arguments(file: &Path) -> SelectorsArguments {
    SelectorsArguments {
        from_log: file.to_owned(),
        zone: None,
        year: None,
        toml: false,
    }
}

fn now() -> Timestamp {
    "2026-11-22T03:07:00Z".parse().unwrap()
}

fn proposed(log: &str, change: impl FnOnce(&mut SelectorsArguments)) -> Proposals {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("log");
    std::fs::write(&path, log).unwrap();
    let mut arguments = arguments(&path);
    change(&mut arguments);
    let text = read(&arguments).unwrap();
    propose(&text, &origin(&arguments, now()).unwrap())
}

/// `[C29-2-C]` What is pasted into a form is what the form's reader takes.
#[test]
fn proposals_of_every_kind_of_log_fit_into_the_form() {
    for (log, address, port) in [
        (APACHE, "192.0.2.17", None),
        (SYSLOG, "198.51.100.9", Some(51514)),
        (MAIL, "198.51.100.77", None),
        (CSV, "192.0.2.44", Some(40001)),
    ] {
        let found = proposed(log, |arguments| {
            arguments.zone = Some("Europe/Bucharest".to_owned())
        });
        assert_eq!(
            (found.selectors[0].address.as_str(), found.selectors[0].port),
            (address, port)
        );
        let from = found.selectors[0].from.as_ref().unwrap().instant();
        assert_eq!(from.to_string(), "2026-03-12T19:05:00Z", "{log}");
        let table = table_text(&found);
        assert!(table.contains("2026-03-12 19:05:00"), "{table}");
        assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
        let parsed: toml::Table = toml(&found).parse().unwrap();
        assert_eq!(parsed["data"]["selectors"][0]["value"].as_str(), Some(address));
        assert!(parsed["data"]["selectors"][0]["range"]["from"].is_str());
    }
    let found = proposed(APACHE, |_| {});
    assert_eq!((found.selectors.len(), found.selectors[0].lines), (2, 2));
}

#[test]
fn warnings_name_what_they_are_about() {
    let found = proposed(&format!("{SYSLOG}10.0.0.7 said hello\n"), |_| {});
    let text = warnings_text(&found);
    assert!(
        text.contains("a private address") && text.contains("(10.0.0.7)"),
        "{text}"
    );
    assert!(text.contains("without a zone"), "{text}");
    let many: String = (1..=9).map(|last| format!("192.0.2.{last} x\n")).collect();
    assert!(warnings_text(&proposed(&many, |_| {})).contains("(9 addresses)"));
}

/// A line of syslog has no year: the officer can say in which one the log ends.
#[test]
fn the_year_of_the_log_can_be_said() {
    let year_of = |year| {
        let found = proposed(SYSLOG, |arguments| {
            arguments.year = year;
            arguments.zone = Some("UTC".to_owned());
        });
        let from = found.selectors[0].from.as_ref().unwrap().instant().to_string();
        (
            from[..4].to_owned(),
            found.selectors[0].warnings.contains(&LogWarning::NoYear),
        )
    };
    assert_eq!(year_of(None), ("2026".to_owned(), true));
    assert_eq!(year_of(Some(2024)).0, "2024");
    assert_eq!(year_of(Some(2031)).0, "2026");
}

#[test]
fn what_cannot_be_read_is_said() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("log");
    let file = std::fs::File::create(&path).unwrap();
    file.set_len(LOG_BYTES_MAX as u64 + 1).unwrap();
    let failure = read(&arguments(&path)).unwrap_err();
    assert_eq!(failure.exit, Exit::Usage);
    assert!(failure.mend.as_ref().unwrap().contains("grep"), "{failure}");
    let failure = read(&arguments(&folder.path().join("nothing"))).unwrap_err();
    assert_eq!(failure.exit, Exit::Failed);
    let mut nowhere = arguments(&path);
    nowhere.zone = Some("Nowhere/Place".to_owned());
    assert_eq!(origin(&nowhere, now()).unwrap_err().exit, Exit::Usage);
    // Old encodings do not keep addresses from being found.
    std::fs::write(&path, b"caf\xe9 192.0.2.17 port 4000\n").unwrap();
    assert!(read(&arguments(&path)).unwrap().contains("192.0.2.17"));
}
