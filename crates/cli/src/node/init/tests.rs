#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::os::unix::fs::MetadataExt;

use clap::Parser;
use protocol::directory::JoinRequest;

use super::*;
use crate::exit::Exit;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    arguments: InitArguments,
}

fn arguments(more: &[&str]) -> InitArguments {
    let line = ["init", "--party", "XA", "--name", "node.xa.example"];
    Line::try_parse_from(line.iter().chain(more)).unwrap().arguments
}

fn now() -> Timestamp {
    "2026-11-22T03:07:00Z".parse().unwrap()
}

#[test]
fn a_folder_with_everything_and_no_secret_for_others() {
    let parent = tempfile::TempDir::new().unwrap();
    let folder = parent.path().join("xa");
    let more = ["--contact-point", "police", "--contact-point", "prosecution"];
    let report = init(&folder, &arguments(&more), now()).unwrap();
    assert_eq!(report.contact_points.len(), 2);

    for secret in [
        "tls.key.pem",
        "ca.key.pem",
        "envelope.seed",
        "ledger.seed",
        "witness.seed",
        "openpgp.password",
    ] {
        let mode = fs::metadata(folder.join("keys").join(secret)).unwrap().mode() & 0o777;
        assert_eq!(mode, 0o600, "{secret}");
    }
    let (party, record) = JoinRequest::from_bytes(&fs::read(&report.join_request).unwrap())
        .unwrap()
        .open()
        .unwrap();
    assert_eq!(party, "XA".parse().unwrap());
    assert_eq!(record.node.addresses, ["node.xa.example:4433"]);
    assert_eq!(record.ledger_keys[0].value.name(), "node.xa.example/ledger/2026");
    assert_eq!(record.envelope_keys[0].value.to_string(), report.envelope_key);
    for (point, made) in record.contact_points.iter().zip(&report.contact_points) {
        let certificate = seal::Certificate::from_bytes(&point.certificates[0]).unwrap();
        assert_eq!(certificate.fingerprint().to_string(), made.fingerprint);
        let file = folder
            .join("keys/openpgp")
            .join(format!("{}.key.asc", point.office.office()));
        let password = fs::read(folder.join("keys/openpgp.password")).unwrap();
        let locked = LockedKey::from_bytes(&fs::read(file).unwrap()).unwrap();
        locked
            .unlock(&Password::from(first_line(&password).to_vec()))
            .unwrap();
    }

    let again = init(&folder, &arguments(&[]), now()).unwrap_err();
    assert!(again.what.contains("nothing is ever overwritten"), "{again}");
}

#[test]
fn what_cannot_be_is_said_before_anything_is_made() {
    let parent = tempfile::TempDir::new().unwrap();
    let long = parent.path().join("x".repeat(120));
    assert_eq!(init(&long, &arguments(&[]), now()).unwrap_err().exit, Exit::Usage);
    let folder = parent.path().join("xa");
    for wrong in [
        &["--contact-point", "Police"][..],
        &["--contact-point", "a", "--contact-point", "a"],
    ] {
        assert_eq!(
            init(&folder, &arguments(wrong), now()).unwrap_err().exit,
            Exit::Usage
        );
    }
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
}

#[test]
fn addresses_follow_from_what_was_said() {
    assert_eq!(
        addresses(&arguments(&["--listen", "192.0.2.1:7"])),
        ["192.0.2.1:7"]
    );
    assert_eq!(
        addresses(&arguments(&["--address", "198.51.100.1:4433"])),
        ["198.51.100.1:4433"]
    );
    assert!(addresses(&arguments(&["--unreachable"])).is_empty());
}
