#![allow(clippy::unwrap_used, clippy::expect_used)]

mod life;
mod parts;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use clap::Parser;
use jiff::Timestamp;
use tempfile::TempDir;

use super::draft::DIRECTORY_NAME;
use super::*;
use crate::exit::Exit;
use crate::files::{self, Secrecy};
use crate::node;

const DAY: Duration = Duration::from_secs(86_400);

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    arguments: node::InitArguments,
}

fn now() -> Timestamp {
    "2026-11-22T03:07:00Z".parse().unwrap()
}

/// What `node init` made, as far as these tests look at it.
struct Made {
    request: Vec<u8>,
    config: Vec<u8>,
    envelope_seed: Vec<u8>,
}

/// Two requests of XA and what came with them, made once: locking keys takes a while.
static MADE: LazyLock<[Made; 2]> = LazyLock::new(|| [make(), make()]);

fn make() -> Made {
    let root = TempDir::new().unwrap();
    let folder = root.path().join("xa");
    let line = [
        "init",
        "--party",
        "XA",
        "--name",
        "node.example",
        "--profile",
        "compatible",
    ];
    let arguments = Line::try_parse_from(line).unwrap().arguments;
    let request = node::init(&folder, &arguments, now()).unwrap().join_request;
    let read = |path: PathBuf| std::fs::read(path).unwrap();
    Made {
        request: read(request),
        config: read(folder.join("node.toml")),
        envelope_seed: read(folder.join("keys/envelope.seed")),
    }
}

/// A node's folder, as far as these tests look at it.
fn join(folder: &Path, number: usize) -> PathBuf {
    let made = &MADE[number];
    std::fs::create_dir_all(folder.join("keys")).unwrap();
    std::fs::write(folder.join("node.toml"), &made.config).unwrap();
    let seed = folder.join("keys/envelope.seed");
    files::write_new(&seed, &made.envelope_seed, Secrecy::Secret).unwrap();
    let path = folder.join("join-request.cose");
    std::fs::write(&path, &made.request).unwrap();
    path
}

fn verify_arguments(file: PathBuf, key: &str) -> VerifyArguments {
    VerifyArguments {
        file,
        key: vec![key.parse().unwrap()],
        threshold: None,
        network: None,
    }
}

struct Network {
    _root: TempDir,
    secretariat: PathBuf,
    node: PathBuf,
    join_request: PathBuf,
    key: String,
}

fn network() -> Network {
    let root = TempDir::new().unwrap();
    let (secretariat, node) = (root.path().join("secretariat"), root.path().join("xa"));
    let key = init(&secretariat, "exercise.example.org")
        .unwrap()
        .key
        .0
        .to_string();
    let join_request = join(&node, 0);
    Network {
        _root: root,
        secretariat,
        node,
        join_request,
        key,
    }
}

/// `[DIRECTORY]`
#[test]
fn a_join_request_becomes_an_installed_directory() {
    let network = network();
    add(
        &network.secretariat,
        std::slice::from_ref(&network.join_request),
        Present::Kept,
    )
    .unwrap();
    for version in 1..=2 {
        let signed = sign(&network.secretariat, 30 * DAY, now()).unwrap();
        assert_eq!(
            (signed.version, signed.parties.as_slice()),
            (version, &["XA".to_owned()][..])
        );
    }
    let arguments = verify_arguments(network.secretariat.join(DIRECTORY_NAME), &network.key);
    let directory = install(&network.node, &arguments, now()).unwrap();
    assert_eq!(
        (directory.version, directory.network.as_str()),
        (2, "exercise.example.org")
    );
    let config = std::fs::read_to_string(network.node.join("node.toml")).unwrap();
    assert!(config.contains(&format!("trusted = [\"{}\"]", network.key)));
}

/// `[DIRECTORY]`
#[test]
fn what_is_not_to_be_believed_is_not_installed() {
    let network = network();
    add(
        &network.secretariat,
        std::slice::from_ref(&network.join_request),
        Present::Kept,
    )
    .unwrap();
    sign(&network.secretariat, 30 * DAY, now()).unwrap();
    let file = network.secretariat.join(DIRECTORY_NAME);
    let config = std::fs::read(network.node.join("node.toml")).unwrap();

    let no_key = VerifyArguments {
        file: file.clone(),
        key: Vec::new(),
        threshold: None,
        network: None,
    };
    assert_eq!(
        install(&network.node, &no_key, now()).unwrap_err().exit,
        Exit::CouldNotCheck
    );
    let other = protocol::key::SecretariatKey::from_seed(&[1; 32])
        .public()
        .to_string();
    let other_key = verify_arguments(file.clone(), &other);
    assert_eq!(
        install(&network.node, &other_key, now()).unwrap_err().exit,
        Exit::Failed
    );
    let right = verify_arguments(file.clone(), &network.key);
    let later = now() + jiff::SignedDuration::from_hours(24 * 31);
    assert_eq!(
        install(&network.node, &right, later).unwrap_err().exit,
        Exit::Failed
    );
    let other_network = VerifyArguments {
        network: Some("other.example.org".to_owned()),
        ..right
    };
    assert_eq!(
        install(&network.node, &other_network, now()).unwrap_err().exit,
        Exit::Failed
    );
    let bytes = std::fs::read(&file).unwrap();
    for length in [0, 1, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&file, &bytes[..length]).unwrap();
        let right = verify_arguments(file.clone(), &network.key);
        assert_eq!(
            install(&network.node, &right, now()).unwrap_err().exit,
            Exit::Failed,
            "{length}"
        );
    }

    assert!(!network.node.join(DIRECTORY_NAME).exists());
    assert_eq!(std::fs::read(network.node.join("node.toml")).unwrap(), config);
}

/// `[DIRECTORY]`
#[test]
fn an_older_directory_is_not_installed() {
    let network = network();
    add(
        &network.secretariat,
        std::slice::from_ref(&network.join_request),
        Present::Kept,
    )
    .unwrap();
    let file = network.secretariat.join(DIRECTORY_NAME);
    let old = network.secretariat.join("old.cose");
    sign(&network.secretariat, 30 * DAY, now()).unwrap();
    std::fs::copy(&file, &old).unwrap();
    sign(&network.secretariat, 30 * DAY, now()).unwrap();
    install(&network.node, &verify_arguments(file, &network.key), now()).unwrap();
    let failure = install(&network.node, &verify_arguments(old, &network.key), now()).unwrap_err();
    assert!(failure.what.contains("older"), "{failure}");
}

#[test]
fn another_request_of_a_party_needs_a_word() {
    let network = network();
    let second = join(&network.node.with_file_name("second"), 1);
    add(
        &network.secretariat,
        std::slice::from_ref(&network.join_request),
        Present::Kept,
    )
    .unwrap();
    add(
        &network.secretariat,
        std::slice::from_ref(&network.join_request),
        Present::Kept,
    )
    .unwrap();
    assert!(add(&network.secretariat, std::slice::from_ref(&second), Present::Kept).is_err());
    add(&network.secretariat, &[second], Present::Replaced).unwrap();
}

#[test]
fn an_empty_draft_and_a_foreign_folder_are_said() {
    let network = network();
    assert_eq!(
        sign(&network.secretariat, DAY, now()).unwrap_err().exit,
        Exit::Failed
    );
    assert_eq!(sign(&network.node, DAY, now()).unwrap_err().exit, Exit::Usage);
    assert_eq!(
        init(&network.node.with_file_name("n"), "no spaces")
            .unwrap_err()
            .exit,
        Exit::Usage
    );
}
