#![allow(clippy::unwrap_used, clippy::expect_used)]
//! What our log writes is accepted, and what was changed is refused, by checkers that share no code with
//! ours: a shell script around `openssl pkeyutl`, and short Python scripts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ledger::SigningKey;
use ledger::checkpoint::Checkpoint;
use ledger::cosignature::Cosigner;
use ledger::fork::{Comparison, ForkProof, compare};
use ledger::hash::{Hash, leaf_hash};
use ledger::head::SignedHead;
use ledger::note::NoteSigner;
use ledger::tlog_proof::TlogProof;
use ledger::tree::{Batch, Edge};
use ledger::witness::CosignedHead;

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/python")
        .join(name)
}

fn accepts_checkpoint(folder: &Path, checkpoint: &str, vkey: &str) -> bool {
    let (note, key) = (folder.join("checkpoint"), folder.join("log.vkey"));
    fs::write(&note, checkpoint).unwrap();
    fs::write(&key, vkey).unwrap();
    let output = Command::new("sh")
        .arg(script("check_checkpoint.sh"))
        .args([note, key])
        .output()
        .unwrap();
    assert!([Some(0), Some(1)].contains(&output.status.code()), "{output:?}");
    output.status.success()
}

fn accepts_proof(folder: &Path, proof: &str, leaf: &[u8], vkey: &str) -> bool {
    let (proof_file, leaf_file) = (folder.join("proof"), folder.join("leaf"));
    fs::write(&proof_file, proof).unwrap();
    fs::write(&leaf_file, leaf).unwrap();
    let mut command = Command::new("python3");
    command
        .arg(script("check_tlog_proof.py"))
        .args([proof_file, leaf_file])
        .arg(vkey);
    let output = command.output().unwrap();
    assert!([Some(0), Some(1)].contains(&output.status.code()), "{output:?}");
    output.status.success()
}

fn signer() -> NoteSigner {
    NoteSigner::new("node.xa.example/ledger/2026", SigningKey::from_bytes(&[7; 32])).unwrap()
}

fn log_of(count: u8) -> (Batch, Vec<Vec<u8>>, String) {
    let leaves: Vec<Vec<u8>> = (0..count)
        .map(|number| vec![number; usize::from(number)])
        .collect();
    let batch = Batch::new(&Edge::new(), leaves.iter().map(|leaf| leaf_hash(leaf)).collect());
    let checkpoint = Checkpoint::of_edge(signer().name(), batch.edge_after()).unwrap();
    (batch, leaves, checkpoint.sign(&signer()).unwrap())
}

#[test]
fn openssl_accepts_our_checkpoint_and_no_changed_one() {
    let folder = tempfile::tempdir().unwrap();
    let (_, _, note) = log_of(7);
    let vkey = signer().verifier_key().to_string();
    assert!(accepts_checkpoint(folder.path(), &note, &vkey));
    assert!(accepts_checkpoint(folder.path(), &note, &format!("{vkey}\n")));
    let other = NoteSigner::new(signer().name(), SigningKey::from_bytes(&[8; 32])).unwrap();
    let last_bits = |text: &str| text.replace("=\n", "A\n");
    let changed = [
        ("size", note.replace("\n7\n", "\n8\n"), vkey.clone()),
        ("origin", note.replace("xa", "xb"), vkey.clone()),
        (
            "no signature",
            note.split_inclusive("\n\n").next().unwrap().to_owned(),
            vkey.clone(),
        ),
        ("no empty line", note.replace("\n\n", "\n"), vkey.clone()),
        ("signature", last_bits(&note), vkey.clone()),
        ("another key", note.clone(), other.verifier_key().to_string()),
        ("key id", note.clone(), vkey.replacen('+', "+0", 1)),
        ("empty", String::new(), vkey.clone()),
    ];
    for (name, note, vkey) in changed {
        assert!(!accepts_checkpoint(folder.path(), &note, &vkey), "{name}");
    }
}

#[test]
fn python_accepts_our_proofs_and_no_changed_one() {
    let folder = tempfile::tempdir().unwrap();
    let (batch, leaves, note) = log_of(7);
    let vkey = signer().verifier_key().to_string();
    let proof = |index| {
        TlogProof::new(batch.prove_inclusion(index).unwrap(), &note)
            .unwrap()
            .to_string()
    };
    for (index, leaf) in (0..).zip(&leaves) {
        assert!(
            accepts_proof(folder.path(), &proof(index), leaf, &vkey),
            "leaf {index}"
        );
    }
    let mut with_extra = TlogProof::parse(proof(6).as_bytes()).unwrap();
    with_extra.extra = Some(b"anything".to_vec());
    assert!(accepts_proof(
        folder.path(),
        &with_extra.to_string(),
        &leaves[6],
        &vkey
    ));

    let proof = proof(3);
    let first_hash = proof.lines().nth(2).unwrap();
    let changed = [
        ("another leaf", proof.clone(), leaves[2].clone()),
        (
            "another index",
            proof.replace("index 3", "index 2"),
            leaves[3].clone(),
        ),
        (
            "an index outside the tree",
            proof.replace("index 3", "index 7"),
            leaves[3].clone(),
        ),
        (
            "a hash less",
            proof.replace(&format!("{first_hash}\n"), ""),
            leaves[3].clone(),
        ),
        (
            "a hash more",
            proof.replace(first_hash, &format!("{first_hash}\n{first_hash}")),
            leaves[3].clone(),
        ),
        ("another size", proof.replace("\n7\n", "\n8\n"), leaves[3].clone()),
        ("version 2", proof.replace("@v1", "@v2"), leaves[3].clone()),
        ("nothing", String::new(), leaves[3].clone()),
    ];
    for (name, proof, leaf) in changed {
        assert!(!accepts_proof(folder.path(), &proof, &leaf, &vkey), "{name}");
    }
    let other = NoteSigner::new(signer().name(), SigningKey::from_bytes(&[8; 32])).unwrap();
    assert!(!accepts_proof(
        folder.path(),
        &proof,
        &leaves[3],
        &other.verifier_key().to_string()
    ));
}

/// Stage 2: the same proof, with a witness's line under the checkpoint.
#[test]
fn python_accepts_a_cosigned_proof() {
    let folder = tempfile::tempdir().unwrap();
    let (batch, leaves, note) = log_of(7);
    let signer = signer();
    let note = ledger::note::Note::parse(note.as_bytes()).unwrap();
    let mut cosigned = CosignedHead::new(SignedHead::verify(&note, &[signer.verifier_key()]).unwrap());
    let witness = Cosigner::new("node.xb.example/witness", SigningKey::from_bytes(&[9; 32])).unwrap();
    let line = witness.cosign(note.text(), 1_800_000_000).unwrap();
    cosigned.add(witness.verifier_key(), line).unwrap();
    let proof = TlogProof::new(batch.prove_inclusion(4).unwrap(), &cosigned.note().to_string()).unwrap();
    let vkey = signer.verifier_key().to_string();
    assert!(accepts_proof(
        folder.path(),
        &proof.to_string(),
        &leaves[4],
        &vkey
    ));
    assert!(!accepts_proof(
        folder.path(),
        &proof.to_string(),
        &leaves[3],
        &vkey
    ));
}

/// `[ROLLBACK]` The proof of a fork is accepted by a script that knows nothing of us, and no changed one is.
#[test]
fn python_accepts_our_proofs_of_forks_and_no_changed_one() {
    let folder = tempfile::tempdir().unwrap();
    let vkey = signer().verifier_key().to_string();
    let accepts = |proof: &str, vkey: &str| {
        let file = folder.path().join("proof");
        fs::write(&file, proof).unwrap();
        let mut command = Command::new("python3");
        command
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .arg(script("check_fork_proof.py"));
        let output = command.arg(file).arg(vkey).output().unwrap();
        assert!([Some(0), Some(1)].contains(&output.status.code()), "{output:?}");
        output.status.success()
    };
    let leaves = |count: u8, changed: u8| -> Vec<Hash> {
        (0..count)
            .map(|number| leaf_hash(&[number, u8::from(number == changed)]))
            .collect()
    };
    let head = |leaves: Vec<Hash>| {
        let batch = Batch::new(&Edge::new(), leaves);
        let checkpoint = Checkpoint::of_edge(signer().name(), batch.edge_after()).unwrap();
        SignedHead::sign(checkpoint, &signer()).unwrap()
    };
    let fork = |ours: u8, theirs: u8| -> ForkProof {
        let all = leaves(ours, 255);
        let read_node = &mut |id: ledger::proof::NodeId| -> Result<Hash, ()> {
            let start = usize::try_from(id.index << id.level).unwrap();
            let nodes = all[start..start + (1 << id.level)].to_vec();
            Ok(Batch::new(&Edge::new(), nodes).root_after())
        };
        match compare(&head(all.clone()), &head(leaves(theirs, 1)), read_node).unwrap() {
            Comparison::Forked(proof) => *proof,
            other => panic!("{other:?}"),
        }
    };
    for (ours, theirs) in [(7, 7), (7, 2), (7, 3), (7, 4), (7, 6), (8, 5)] {
        let proof = fork(ours, theirs).to_string();
        assert!(accepts(&proof, &vkey), "{ours} {theirs}");
    }
    let proof = fork(7, 6).to_string();
    let other = NoteSigner::new(signer().name(), SigningKey::from_bytes(&[8; 32])).unwrap();
    assert!(!accepts(&proof, &other.verifier_key().to_string()), "another key");
    let prefix = proof.lines().nth(1).unwrap();
    let hash = proof.lines().nth(2).unwrap();
    for (name, changed) in [
        ("size", proof.replacen("\n6\n", "\n5\n", 1)),
        ("no prefix", proof.replacen(&format!("{prefix}\n"), "", 1)),
        ("a hash less", proof.replacen(&format!("{hash}\n"), "", 1)),
        ("version", proof.replacen("@v1", "@v2", 1)),
        ("more at the end", format!("{proof}\n")),
        ("nothing", String::new()),
    ] {
        assert!(!accepts(&changed, &vkey), "{name}");
    }
}
