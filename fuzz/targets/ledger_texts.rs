//! What a witness, a log or an auditor is given to read: notes, checkpoints, proofs, requests and answers of
//! the witness protocol, policies, proofs of forks, names of keys and tiles. Whatever the bytes are, nothing
//! panics, and what was accepted is exactly what printing gives back, so no two texts mean the same.
#![no_main]

use ledger::checkpoint::Checkpoint;
use ledger::cosignature;
use ledger::fork::{ForkProof, Rollback};
use ledger::head::SignedHead;
use ledger::note::{Note, VerifierKey};
use ledger::policy::Policy;
use ledger::tile::{Excerpt, TilePath, decode_bundle, encode_bundle};
use ledger::tlog_proof::TlogProof;
use ledger::witness::{AddCheckpoint, Answer, CosignedHead, Status};
use libfuzzer_sys::fuzz_target;

/// A key like any other; no input of the fuzzer's bears a signature by it, but names it may.
const KEY: &str = "node.example/ledger+1e689d06+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs";
/// A witness's key, likewise.
const WITNESS_KEY: &str = "peer.example/w1+0cf4264d+BP0XJDhaoMdbZPt4zWAvodmR/ev3axPFjtcC6sg16fYY";

/// The golden note: it bears a signature by each of them.
const NOTE: &[u8] = include_bytes!("../corpus/ledger_texts/note");
/// A policy that it satisfies.
const POLICY: &[u8] = include_bytes!("../corpus/ledger_texts/policy");

fuzz_target!(|bytes: &[u8]| {
    let key = VerifierKey::parse(KEY).expect("the key is one");
    if let Ok(note) = Note::parse(bytes) {
        assert_eq!(note.to_string().as_bytes(), bytes);
        let _ = SignedHead::verify(&note, &[&key]);
        let _ = SignedHead::from_stored(bytes);
        cosignatures(&note, &key);
        if let Ok(checkpoint) = Checkpoint::parse(note.text().as_str()) {
            assert!(note.text().as_str().starts_with(&checkpoint.to_text()));
        }
    }
    if let Ok(request) = AddCheckpoint::parse(bytes) {
        assert_eq!(request.to_string().as_bytes(), bytes);
        let _ = request.judge(&[&key], None);
    }
    if let Ok(proof) = TlogProof::parse(bytes) {
        assert_eq!(proof.to_string().as_bytes(), bytes);
    }
    if let Ok(fork) = ForkProof::parse(bytes) {
        assert_eq!(fork.to_string().as_bytes(), bytes);
        let _ = fork.verify(&[&key]);
    }
    if let Ok(rollback) = Rollback::parse(bytes) {
        assert_eq!(rollback.to_string().as_bytes(), bytes);
        let _ = rollback.verify(&[&key]);
    }
    if let Ok(excerpt) = Excerpt::parse(bytes) {
        assert_eq!(excerpt.to_string().as_bytes(), bytes);
    }
    if let Ok(policy) = Policy::parse(bytes) {
        // Everything that it names is there to be looked up.
        let _ = policy.witnesses().count();
        let golden = Note::parse(NOTE).expect("the golden note");
        if let Ok(evaluation) = policy.evaluate(&golden) {
            assert_eq!(evaluation.is_satisfied(), evaluation.lacking.is_empty());
            assert!(policy.asks_for_witnesses() || evaluation.is_satisfied());
            assert!(evaluation.cosigned_by.len() <= policy.witnesses().count());
        }
    }
    for status in Status::ALL {
        let _ = Answer::parse(status.code(), None, bytes);
    }
    if let Ok(text) = str::from_utf8(bytes) {
        if let Ok(key) = VerifierKey::parse(text) {
            assert_eq!(key.to_string(), text);
        }
        if let Ok(path) = TilePath::parse(text) {
            assert_eq!(path.to_string(), text);
        }
    }
    if let Some((width, bundle)) = bytes.split_first()
        && let Ok(entries) = decode_bundle(bundle, u16::from(*width))
    {
        let again = encode_bundle(entries).expect("entries of a bundle fit into one");
        assert_eq!(again, bundle);
    }
});

/// Every line taken for a cosignature, and the note held against a policy. A forged line that names a key of
/// the policy makes the whole note worth nothing; lines by strangers change nothing.
fn cosignatures(note: &Note, log_key: &VerifierKey) {
    let witness_key = VerifierKey::parse(WITNESS_KEY).expect("the key is one");
    let policy = Policy::parse(POLICY).expect("the policy is one");
    if let Ok((_, evaluation)) = policy.verify(note) {
        assert!(note.verify(&[log_key]).is_ok());
        let cosigned = note.verify(&[&witness_key]).is_ok();
        assert_eq!(evaluation.cosigned_by.is_empty(), !cosigned);
    }
    for line in note.signatures() {
        let is_valid = witness_key.verify(note.text(), line).is_ok();
        assert!(!is_valid || cosignature::time_seconds(line).is_some());
        if let Ok(head) = SignedHead::verify(note, &[log_key]) {
            let mut cosigned = CosignedHead::new(head);
            assert_eq!(cosigned.add(&witness_key, line.clone()).is_ok(), is_valid);
        }
    }
}
