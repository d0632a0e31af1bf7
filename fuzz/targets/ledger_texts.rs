//! What a witness, a log or an auditor is given to read: notes, checkpoints, proofs, requests and answers of
//! the witness protocol, policies, proofs of forks, names of keys and tiles. Whatever the bytes are, nothing
//! panics, and what was accepted is exactly what printing gives back, so no two texts mean the same.
#![no_main]

use ledger::checkpoint::Checkpoint;
use ledger::fork::{ForkProof, Rollback};
use ledger::head::SignedHead;
use ledger::note::{Note, VerifierKey};
use ledger::policy::Policy;
use ledger::tile::{TilePath, decode_bundle, encode_bundle};
use ledger::tlog_proof::TlogProof;
use ledger::witness::{AddCheckpoint, Answer, Status};
use libfuzzer_sys::fuzz_target;

/// A key like any other; no input of the fuzzer's bears a signature by it, but names it may.
const KEY: &str = "node.example/ledger+1e689d06+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs";

fuzz_target!(|bytes: &[u8]| {
    let key = VerifierKey::parse(KEY).expect("the key is one");
    if let Ok(note) = Note::parse(bytes) {
        assert_eq!(note.to_string().as_bytes(), bytes);
        let _ = SignedHead::verify(&note, &[&key]);
        let _ = SignedHead::from_stored(bytes);
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
    if let Ok(policy) = Policy::parse(bytes) {
        // Everything that it names is there to be looked up.
        let _ = policy.witnesses().count();
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
