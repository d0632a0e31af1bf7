#![allow(clippy::unwrap_used, clippy::expect_used)]
//! The program's exit codes and what it prints, on the smallest ledger there is.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use ledger::SigningKey;
use ledger::checkpoint::Checkpoint;
use ledger::note::NoteSigner;
use ledger::tree::Edge;
use protocol::directory::{Directory, NodeRecord, PartyRecord, Period, SignedDirectory};
use protocol::key::{EnvelopeKey, SecretariatKey};
use protocol::time::UnixMillis;

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ohrid-verify"))
        .args(arguments)
        .output()
        .unwrap()
}

fn code(arguments: &[&str]) -> Option<i32> {
    run(arguments).status.code()
}

/// An empty ledger of XA, with all that is needed to check it.
fn write_empty_ledger(folder: &Path) {
    let signer = NoteSigner::new("node.xa.example/ledger/2026", SigningKey::from_bytes(&[1; 32])).unwrap();
    let checkpoint = Checkpoint::of_edge(signer.name(), &Edge::new()).unwrap();
    fs::create_dir(folder.join("xa")).unwrap();
    fs::write(folder.join("xa/checkpoint"), checkpoint.sign(&signer).unwrap()).unwrap();
    fs::write(folder.join("xa.vkey"), format!("{}\n", signer.verifier_key())).unwrap();

    let valid_from = UnixMillis(0);
    let record = PartyRecord {
        name: "Party XA".to_owned(),
        node: NodeRecord {
            name: "node.xa.example".to_owned(),
            addresses: Vec::new(),
            ca_certificates: Vec::new(),
            tls_pins: Vec::new(),
        },
        envelope_keys: vec![Period {
            value: EnvelopeKey::from_seed(&[2; 32]).public(),
            valid_from,
            valid_until: None,
        }],
        ledger_keys: vec![Period {
            value: signer.verifier_key().clone(),
            valid_from,
            valid_until: None,
        }],
        witness_keys: Vec::new(),
        contact_points: Vec::new(),
        profile: "{}".to_owned(),
    };
    let directory = Directory {
        network: "exercise.example.org".to_owned(),
        version: 1,
        issued_at: UnixMillis(1),
        expires_at: UnixMillis(2),
        parties: BTreeMap::from([("XA".parse().unwrap(), record)]),
    };
    let secretariat = SecretariatKey::from_seed(&[3; 32]);
    let signed = SignedDirectory::sign(&directory, &secretariat).unwrap();
    fs::write(folder.join("directory.cose"), signed.as_bytes()).unwrap();
    fs::write(
        folder.join("secretariat.pub"),
        format!("{}\n", secretariat.public()),
    )
    .unwrap();
}

#[test]
fn the_exit_code_tells_valid_invalid_usage_and_could_not_check_apart() {
    let folder = tempfile::tempdir().unwrap();
    write_empty_ledger(folder.path());
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (export, checkpoint) = (path("xa"), path("xa/checkpoint"));

    let output = run(&["ledger", &export]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("valid"));
    assert_eq!(
        code(&["ledger", &format!("{export}/")]),
        Some(0),
        "also with a slash at its end"
    );

    assert_eq!(code(&["ledger"]), Some(2));
    assert_eq!(code(&["ledger", &export, "--no-such-option"]), Some(2));
    assert_eq!(code(&[]), Some(2));

    assert_eq!(code(&["ledger", &path("nowhere")]), Some(3));
    assert_eq!(
        code(&["ledger", &export, "--key", &path("nowhere.vkey")]),
        Some(3)
    );
    assert_eq!(
        code(&["ledger", &export, "--directory", &path("nowhere.cose")]),
        Some(3)
    );
    assert_eq!(
        code(&["ledger", &export, "--secretariat", &path("nowhere.pub")]),
        Some(3)
    );

    let note = fs::read_to_string(&checkpoint).unwrap();
    fs::write(&checkpoint, note.replace("2026", "2027")).unwrap();
    assert_eq!(code(&["ledger", &export]), Some(1));
    assert_eq!(
        code(&["ledger", &export, "--directory", &path("nowhere.cose")]),
        Some(1),
        "1 wins over 3"
    );
}

#[test]
fn json_is_one_document_with_the_same_verdict() {
    let folder = tempfile::tempdir().unwrap();
    write_empty_ledger(folder.path());
    let export = folder.path().join("xa").display().to_string();
    let output = run(&["ledger", &export, "--json"]);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&document["result"], &document["exit_code"]),
        (&"valid".into(), &0.into())
    );
    assert_eq!(document["ledger"]["size"], 0);
    fs::remove_file(folder.path().join("xa.vkey")).unwrap();
    let output = run(&["ledger", &export, "--json"]);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (output.status.code(), &document["result"]),
        (Some(3), &"could-not-check".into())
    );
}

#[test]
fn a_period_is_listed_with_the_verdict_of_the_whole_ledger() {
    let folder = tempfile::tempdir().unwrap();
    write_empty_ledger(folder.path());
    let export = folder.path().join("xa").display().to_string();
    let period = [
        "period",
        &export,
        "--from",
        "2026-01-01",
        "--until",
        "2026-04-01T00:00:00Z",
    ];
    let output = run(&period);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(
        table.starts_with("from 2026-01-01T00:00:00Z until 2026-04-01T00:00:00Z\n"),
        "{table}"
    );
    assert!(
        table.contains("0 sent, 0 received, 0 receipted") && table.contains("valid:"),
        "{table}"
    );
    let output = run(&[&period[..], &["--json"]].concat());
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&document["counts"]["sent"], &document["ledger"]["result"]),
        (&0.into(), &"valid".into())
    );

    assert_eq!(code(&["period", &export]), Some(2));
    let nonsense = ["period", &export, "--from", "yesterday", "--until", "2026-04-01"];
    assert_eq!(code(&nonsense), Some(2));
    fs::remove_file(folder.path().join("directory.cose")).unwrap();
    assert_eq!(code(&period), Some(3));
}

#[test]
fn what_the_auditor_brings_has_the_same_exit_codes() {
    let folder = tempfile::tempdir().unwrap();
    write_empty_ledger(folder.path());
    let path = |name: &str| folder.path().join(name).display().to_string();
    let export = path("xa");
    fs::write(path("none.policy"), "quorum none\n").unwrap();
    fs::write(path("bad.policy"), "quorum Nobody\n").unwrap();
    fs::copy(path("xa/checkpoint"), path("kept")).unwrap();
    let other = NoteSigner::new("node.xb.example/ledger/2026", SigningKey::from_bytes(&[1; 32])).unwrap();
    let strict = format!("log {}\nquorum none\n", other.verifier_key());
    fs::write(path("other.policy"), strict).unwrap();

    let with = |options: &[&str]| code(&[&["ledger", &export], options].concat());
    assert_eq!(
        with(&["--policy", &path("none.policy"), "--since", &path("kept")]),
        Some(0)
    );
    assert_eq!(with(&["--policy", &path("other.policy")]), Some(1));
    assert_eq!(with(&["--policy", &path("bad.policy")]), Some(3));
    assert_eq!(with(&["--since", &path("nowhere")]), Some(3));
    assert_eq!(with(&["--threshold", "1"]), Some(0));
    assert_eq!(with(&["--threshold", "2"]), Some(1), "one key has signed");
    assert_eq!(with(&["--threshold", "0"]), Some(2));
    assert_eq!(with(&["--sample", "few"]), Some(2));
    let twice = path("secretariat.pub");
    assert_eq!(with(&["--secretariat", &twice, "--secretariat", &twice]), Some(0));
}

#[test]
fn a_bundle_has_the_same_exit_codes() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    assert_eq!(code(&["bundle"]), Some(2));
    assert_eq!(code(&["bundle", &path("nowhere.zip")]), Some(3));
    fs::write(
        path("text.zip"),
        "this is not a zip file, and long enough to be one",
    )
    .unwrap();
    assert_eq!(code(&["bundle", &path("text.zip")]), Some(1));
    fs::create_dir(path("empty")).unwrap();
    assert_eq!(code(&["bundle", &path("empty")]), Some(1));
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../protocol/golden/bundle.zip");
    let output = run(&["bundle", golden, "--json"]);
    assert_eq!(
        output.status.code(),
        Some(1),
        "a zip file of the right form, without a bundle in it"
    );
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["format"], "ohrid-verify/bundle/1");
    assert!(
        document["findings_total"].as_u64() > Some(1),
        "all reasons, not only the first"
    );
}

/// `[ROLLBACK]` An auditor kept yesterday's checkpoint, and is given an older ledger today.
#[test]
fn a_ledger_that_was_rolled_back_is_found_and_the_proof_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    write_empty_ledger(folder.path());
    let path = |name: &str| folder.path().join(name).display().to_string();
    let signer = NoteSigner::new("node.xa.example/ledger/2026", SigningKey::from_bytes(&[1; 32])).unwrap();
    let mut edge = Edge::new();
    edge.append(ledger::hash::leaf_hash(b"yesterday"));
    let kept = Checkpoint::of_edge(signer.name(), &edge).unwrap();
    fs::write(path("kept"), kept.sign(&signer).unwrap()).unwrap();
    let (export, since, proof, key) = (path("xa"), path("kept"), path("proof"), path("xa.vkey"));
    let found = code(&["ledger", &export, "--since", &since, "--proof-to", &proof]);
    assert_eq!(found, Some(1));
    let output = run(&["fork", &proof, "--key", &key]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("it had signed the greater head")
    );
    assert_eq!(
        code(&["fork", &since, "--key", &key]),
        Some(1),
        "one checkpoint proves nothing"
    );
    assert_eq!(code(&["fork", &path("nowhere"), "--key", &key]), Some(3));
    assert_eq!(code(&["fork", &proof]), Some(2));
    assert_eq!(code(&["ledger", &export, "--proof-to", &proof]), Some(2));
}
