#![allow(clippy::unwrap_used, clippy::expect_used)]

use clap::Parser;

use super::renew::{State, renew};
use super::status::status;
use super::*;
use crate::exit::Exit;
use crate::key::tests::{folder, now};

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    arguments: RenewArguments,
}

fn arguments(line: &[&str]) -> RenewArguments {
    Line::try_parse_from([&["renew"], line].concat())
        .unwrap()
        .arguments
}

#[test]
fn what_is_not_due_is_left_alone() {
    let home = folder();
    let path = home.path().join("keys/tls.crt.pem");
    let before = std::fs::read(&path).unwrap();
    let renewed = renew(home.path(), &arguments(&[]), now()).unwrap();
    assert_eq!(renewed.state, State::NotDue);
    assert_eq!(std::fs::read(&path).unwrap(), before);
    let status = status(home.path(), Duration::from_secs(30 * 86_400), now()).unwrap();
    assert!(!status.certificates[0].due && !status.authority.unwrap().due);
}

#[test]
fn what_is_due_is_renewed_for_the_same_key() {
    let home = folder();
    let read = |within| status(home.path(), within, now()).unwrap().certificates.remove(0);
    let before = read(Duration::ZERO);
    let later = now()
        .checked_add(jiff::SignedDuration::from_hours(24 * 380))
        .unwrap();
    // The directory that is installed has long expired by then; it still says who we are.
    let renewed = renew(home.path(), &arguments(&[]), later).unwrap();
    assert_eq!(renewed.state, State::Renewed);
    let after = read(Duration::ZERO);
    assert_eq!(after.pin, before.pin, "there is nothing to tell the secretariat");
    assert!(after.valid_until > before.valid_until);
    assert_eq!(
        renew(home.path(), &arguments(&[]), later).unwrap().state,
        State::NotDue
    );
    assert_eq!(
        renew(home.path(), &arguments(&["--force"]), later).unwrap().state,
        State::Renewed
    );
}

#[test]
fn without_the_authority_there_is_a_request_or_an_answer_what_to_do() {
    let home = folder();
    let ca_key = home.path().join("keys/ca.key.pem");
    let elsewhere = home.path().join("moved.pem");
    std::fs::rename(&ca_key, &elsewhere).unwrap();
    let failure = renew(home.path(), &arguments(&["--force"]), now()).unwrap_err();
    assert_eq!(failure.exit, Exit::CouldNotCheck);
    let asked = renew(home.path(), &arguments(&["--force", "--csr"]), now()).unwrap();
    assert_eq!(asked.state, State::Requested);
    let text = std::fs::read_to_string(asked.file).unwrap();
    assert!(text.starts_with("-----BEGIN CERTIFICATE REQUEST-----"), "{text}");
    let named = elsewhere.display().to_string();
    let renewed = renew(home.path(), &arguments(&["--force", "--ca-key", &named]), now()).unwrap();
    assert_eq!(renewed.state, State::Renewed);
    // The key of another authority signs nothing that a peer would believe.
    let other = home.path().join("keys/tls.key.pem").display().to_string();
    let failure = renew(home.path(), &arguments(&["--force", "--ca-key", &other]), now()).unwrap_err();
    assert!(failure.to_string().contains("authority"), "{failure}");
}
