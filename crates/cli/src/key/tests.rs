#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::LazyLock;

use clap::Parser;
use jiff::Timestamp;
use protocol::directory::{ChangeRequest, Directory, JoinRequest, PartyRecord, SignedDirectory};
use protocol::ids::PartyCode;
use protocol::key::SecretariatKey;
use protocol::time::UnixMillis;
use tempfile::TempDir;

use super::folder::{seeds, with_later};
use super::revoke::revoke;
use super::rotate::rotate;
use super::*;
use crate::exit::Exit;
use crate::node;

#[derive(Parser)]
struct InitLine {
    #[command(flatten)]
    arguments: node::InitArguments,
}

#[derive(Parser)]
struct RotateLine {
    #[command(flatten)]
    arguments: RotateArguments,
}

#[derive(Parser)]
struct RevokeLine {
    #[command(flatten)]
    arguments: RevokeArguments,
}

pub(crate) fn now() -> Timestamp {
    "2026-11-22T03:07:00Z".parse().unwrap()
}

/// A node's folder with its directory installed, made once: locking keys takes a while.
static MADE: LazyLock<TempDir> = LazyLock::new(|| {
    let root = TempDir::new().unwrap();
    let line = [
        "init",
        "--party",
        "XA",
        "--name",
        "node.example",
        "--profile",
        "compatible",
    ];
    let arguments = InitLine::try_parse_from(line).unwrap().arguments;
    let folder = root.path().join("xa");
    let made = node::init(&folder, &arguments, now()).unwrap();
    let join = JoinRequest::from_bytes(&std::fs::read(made.join_request).unwrap()).unwrap();
    install(&folder, 1, join.open().unwrap().1);
    root
});

fn xa() -> PartyCode {
    "XA".parse().unwrap()
}

/// The secretariat signs what it was asked for, and the node's operator installs it.
fn install(folder: &Path, version: u64, record: PartyRecord) -> Directory {
    let at = crate::when::unix_millis(now());
    let directory = Directory {
        network: "exercise.example.org".to_owned(),
        version,
        issued_at: at,
        expires_at: UnixMillis(at.0 + 30 * 86_400_000),
        parties: [(xa(), record)].into(),
    };
    let key = SecretariatKey::from_seed(&[5; 32]);
    let signed = SignedDirectory::sign(&directory, &key).unwrap();
    std::fs::write(folder.join("directory.cose"), signed.as_bytes()).unwrap();
    directory
}

/// A copy of that folder.
pub(crate) fn folder() -> TempDir {
    let copy = TempDir::new().unwrap();
    let from = MADE.path().join("xa");
    let status = std::process::Command::new("cp")
        .arg("-a")
        .arg(format!("{}/.", from.display()))
        .arg(copy.path())
        .status();
    assert!(status.unwrap().success());
    copy
}

fn asked(folder: &Path, line: &[&str]) -> (super::rotate::Rotated, PartyRecord, PartyRecord) {
    let before = directory(folder).parties[&xa()].clone();
    let arguments = RotateLine::try_parse_from([&["rotate"], line].concat())
        .unwrap()
        .arguments;
    let rotated = rotate(folder, &arguments, now()).unwrap();
    let request = ChangeRequest::from_bytes(&std::fs::read(&rotated.request).unwrap()).unwrap();
    let change = request
        .open(&directory(folder), crate::when::unix_millis(now()))
        .unwrap();
    (rotated, before, change.record)
}

fn directory(folder: &Path) -> Directory {
    let bytes = std::fs::read(folder.join("directory.cose")).unwrap();
    SignedDirectory::from_bytes(&bytes).unwrap().peek().unwrap()
}

fn is_secret(path: &Path) -> bool {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o077 == 0
}

#[test]
fn the_next_key_lies_beside_the_first_and_both_are_good_for_the_overlap() {
    let at = crate::when::unix_millis(now());
    let (week, month) = (Duration::from_secs(7 * 86_400), Duration::from_secs(30 * 86_400));
    for kind in ["envelope", "ledger", "witness"] {
        let home = folder();
        let (rotated, before, after) = asked(home.path(), &[kind]);
        assert!(is_secret(&rotated.files[0]), "{:?}", rotated.files);
        let configured = home.path().join(format!("keys/{kind}.seed"));
        assert_eq!(
            with_later(&configured).unwrap(),
            [configured.clone(), rotated.files[0].clone()]
        );
        assert_eq!(seeds(&configured).unwrap().len(), 2);
        let periods = |record: &PartyRecord| match kind {
            "envelope" => record
                .envelope_keys
                .iter()
                .map(|one| (one.valid_from, one.valid_until))
                .collect(),
            "ledger" => record
                .ledger_keys
                .iter()
                .map(|one| (one.valid_from, one.valid_until))
                .collect(),
            _ => record
                .witness_keys
                .iter()
                .map(|one| (one.valid_from, one.valid_until))
                .collect::<Vec<_>>(),
        };
        let begins = at.plus(week);
        let first = periods(&before)[0].0;
        assert_eq!(
            periods(&after),
            [(first, Some(begins.plus(month))), (begins, None)]
        );
    }
}

/// Once the second envelope key is in use, the third is asked for with the second.
#[test]
fn a_request_is_signed_with_the_envelope_key_that_the_directory_names_now() {
    let home = folder();
    let (_, _, record) = asked(home.path(), &["envelope", "--in", "0s"]);
    install(home.path(), 2, record);
    let later = now()
        .checked_add(jiff::SignedDuration::from_hours(24 * 60))
        .unwrap();
    let line = ["rotate", "ledger"];
    let arguments = RotateLine::try_parse_from(line).unwrap().arguments;
    let rotated = rotate(home.path(), &arguments, later).unwrap();
    let request = ChangeRequest::from_bytes(&std::fs::read(&rotated.request).unwrap()).unwrap();
    request
        .open(&directory(home.path()), crate::when::unix_millis(later))
        .unwrap();
}

#[test]
fn a_new_tls_key_has_its_pin_beside_the_old_one() {
    let home = folder();
    let (rotated, before, after) = asked(home.path(), &["tls"]);
    let files = KeyFiles::of(home.path()).unwrap();
    let newest = files.tls_pairs().unwrap().pop().unwrap();
    assert_eq!(newest.key, rotated.files[0]);
    assert!(is_secret(&newest.key));
    assert_eq!(after.node.tls_pins, [before.node.tls_pins[0], newest.facts.pin]);
    // Shown from its day on: five minutes after it is good.
    let begins = crate::when::unix_millis(rotated.begins_at);
    assert_eq!(newest.facts.not_before.plus(Duration::from_secs(300)), begins);
    // Without the authority's key: a request for a certificate, and the pin all the same.
    std::fs::remove_file(home.path().join("keys/ca.key.pem")).unwrap();
    let arguments = RotateLine::try_parse_from(["rotate", "tls"]).unwrap().arguments;
    let later = now().checked_add(jiff::SignedDuration::from_secs(1)).unwrap();
    assert_eq!(
        rotate(home.path(), &arguments, later).unwrap_err().exit,
        Exit::CouldNotCheck
    );
    let arguments = RotateLine::try_parse_from(["rotate", "tls", "--csr"])
        .unwrap()
        .arguments;
    let rotated = rotate(home.path(), &arguments, later).unwrap();
    let request = std::fs::read_to_string(&rotated.files[1]).unwrap();
    assert!(
        request.starts_with("-----BEGIN CERTIFICATE REQUEST-----"),
        "{request}"
    );
}

#[test]
fn a_new_openpgp_key_is_the_offices_last_certificate() {
    let home = folder();
    let (rotated, before, after) = asked(home.path(), &["openpgp", "police", "--profile", "compatible"]);
    let certificates = |record: &PartyRecord| record.contact_points[0].certificates.clone();
    assert_eq!(certificates(&after).len(), 2);
    assert_eq!(certificates(&after)[0], certificates(&before)[0]);
    let newest = seal::Certificate::from_bytes(&certificates(&after)[1]).unwrap();
    assert_eq!(newest.fingerprint().to_string(), rotated.key);
    // Nobody seals to it before its day.
    assert!(newest.check_usable(crate::when::system_time(now())).is_err());
    newest
        .check_usable(crate::when::system_time(rotated.begins_at))
        .unwrap();
    assert!(is_secret(&rotated.files[0]));
}

#[test]
fn an_office_is_named_for_an_openpgp_key_and_for_no_other() {
    let home = folder();
    for line in [
        ["rotate", "openpgp", ""],
        ["rotate", "tls", "police"],
        ["rotate", "openpgp", "nobody"],
    ] {
        let line = line.iter().filter(|word| !word.is_empty());
        let arguments = RotateLine::try_parse_from(line).unwrap().arguments;
        assert_eq!(
            rotate(home.path(), &arguments, now()).unwrap_err().exit,
            Exit::Usage
        );
    }
    // Nothing was written.
    assert!(!home.path().join("change-request.cose").exists());
    assert_eq!(
        with_later(&home.path().join("keys/tls.key.pem")).unwrap().len(),
        1
    );
}

fn revoked(folder: &Path, line: &[&str]) -> super::revoke::Revoked {
    let arguments = RevokeLine::try_parse_from([&["revoke"], line].concat())
        .unwrap()
        .arguments;
    revoke(folder, &arguments, now()).unwrap()
}

#[test]
fn a_stolen_envelope_key_ends_by_a_join_request_of_another_key() {
    let home = folder();
    let before = directory(home.path()).parties[&xa()].clone();
    let revoked = revoked(home.path(), &["envelope"]);
    assert!(revoked.is_join_request);
    let join = JoinRequest::from_bytes(&std::fs::read(&revoked.request).unwrap()).unwrap();
    let (_, record) = join.open().unwrap();
    let at = crate::when::unix_millis(now());
    assert_eq!(record.envelope_keys[0].value, before.envelope_keys[0].value);
    assert_eq!(
        record.envelope_keys[0].valid_until.unwrap(),
        UnixMillis(at.0.max(record.envelope_keys[0].valid_from.0 + 1))
    );
    assert_eq!(
        record.envelope_keys[1].value.id().to_string(),
        revoked.new_key.unwrap()
    );
    assert!(record.envelope_keys[1].covers(at));
    assert_eq!(seeds(&home.path().join("keys/envelope.seed")).unwrap().len(), 2);
}

#[test]
fn where_another_key_is_left_none_is_made() {
    let home = folder();
    let (_, _, record) = asked(home.path(), &["ledger", "--in", "0s"]);
    let old = record.ledger_keys[0].value.to_string();
    install(home.path(), 2, record);
    let revoked = revoked(home.path(), &["ledger", "--key", &old]);
    assert_eq!((revoked.ended, revoked.new_key), (old, None));
    assert!(revoked.files.is_empty() && !revoked.is_join_request);
}

#[test]
fn a_stolen_tls_key_has_no_pin_any_more_and_a_stolen_certificate_no_place() {
    let home = folder();
    let before = directory(home.path()).parties[&xa()].clone();
    let open = |revoked: &super::revoke::Revoked| {
        let request = ChangeRequest::from_bytes(&std::fs::read(&revoked.request).unwrap()).unwrap();
        request
            .open(&directory(home.path()), crate::when::unix_millis(now()))
            .unwrap()
            .record
    };
    let tls = revoked(home.path(), &["tls"]);
    let record = open(&tls);
    assert_eq!(record.node.tls_pins.len(), 1);
    assert_ne!(record.node.tls_pins, before.node.tls_pins);
    let openpgp = revoked(home.path(), &["openpgp", "police", "--profile", "compatible"]);
    let record = open(&openpgp);
    assert_eq!(record.contact_points[0].certificates.len(), 1);
    assert_ne!(
        record.contact_points[0].certificates,
        before.contact_points[0].certificates
    );
}

/// The log of the next year begins with that year, under a key of its own; until then nothing changes, and a
/// key
/// of this year's log does not become one of the next.
#[test]
fn the_next_log_is_named_beforehand_and_begins_with_its_year() {
    let home = folder();
    let (rotated, before, after) = asked(home.path(), &["ledger", "--next-log", "2027"]);
    let new_year: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
    assert_eq!(rotated.begins_at, new_year);
    assert!(
        rotated.key.starts_with("node.example/ledger/2027+"),
        "{}",
        rotated.key
    );
    let at = crate::when::unix_millis(new_year);
    let month = Duration::from_secs(30 * 86_400);
    let [this, next] = &after.ledger_keys[..] else {
        panic!("{:?}", after.ledger_keys)
    };
    assert_eq!(this.value, before.ledger_keys[0].value);
    assert_eq!(this.valid_until, Some(at.plus(month)));
    assert_eq!((next.valid_from, next.valid_until), (at, None));
    install(home.path(), 2, after);
    let again = RotateLine::try_parse_from(["rotate", "ledger", "--next-log", "2027"]).unwrap();
    assert_eq!(
        rotate(home.path(), &again.arguments, now()).unwrap_err().exit,
        Exit::Usage
    );
    let other = RotateLine::try_parse_from(["rotate", "witness", "--next-log", "2027"]).unwrap();
    assert_eq!(
        rotate(home.path(), &other.arguments, now()).unwrap_err().exit,
        Exit::Usage
    );
    // Another key of this year's log, while the next one waits.
    let later = now().checked_add(jiff::SignedDuration::from_secs(1)).unwrap();
    let line = RotateLine::try_parse_from(["rotate", "ledger"]).unwrap();
    let rotated = rotate(home.path(), &line.arguments, later).unwrap();
    assert!(
        rotated.key.starts_with("node.example/ledger/2026+"),
        "{}",
        rotated.key
    );
    let request = ChangeRequest::from_bytes(&std::fs::read(&rotated.request).unwrap()).unwrap();
    let at = crate::when::unix_millis(later);
    let change = request.open(&directory(home.path()), at).unwrap();
    let before = directory(home.path()).parties[&xa()].clone();
    assert_eq!(
        change.record.ledger_keys[1], before.ledger_keys[1],
        "the next year's key waits"
    );
}
