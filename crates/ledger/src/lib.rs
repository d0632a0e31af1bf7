//! An append-only Merkle log in public formats.
//!
//! A leaf is bytes; this crate knows no message, no clock, no disk and no socket. What it writes can
//! be checked by anybody's tools, because every format is one that C2SP or RFC 6962 defines:
//!
//! | module | format |
//! |---|---|
//! | [`hash`] | RFC 6962 section 2.1 hashing, SHA-256 |
//! | [`tree`] | a growing tree, kept as its right edge; a batch and the proofs of its leaves |
//! | [`proof`] | inclusion and consistency proofs, RFC 6962 section 2.1 |
//! | [`note`] | c2sp.org/signed-note: signed text, verifier keys, signers |
//! | [`checkpoint`] | c2sp.org/tlog-checkpoint: the signed statement of size and root |
//! | [`cosignature`] | c2sp.org/tlog-cosignature: `cosignature/v1`, a witness's signature |
//! | [`tile`] | c2sp.org/tlog-tiles: paths, hash tiles, entry bundles |
//! | [`policy`] | c2sp.org/tlog-policy: which witnesses must have cosigned |
//! | [`tlog_proof`] | c2sp.org/tlog-proof: a leaf's proof and its checkpoint in one file |
//! | [`head`] | a checkpoint with its log's own signatures, and no other line |
//! | [`fork`] | two heads that cannot both be true, as a proof that anybody can check |
//! | [`witness`] | c2sp.org/tlog-witness: both sides of asking for a cosignature, without any I/O |
//!
//! Read them in that order. Parsers are strict and printers exact: for each textual format, what
//! parses is exactly what printing gives back, so no two texts mean the same.
//!
//! ```
//! use ledger::{SigningKey, checkpoint::Checkpoint, hash::leaf_hash, note::NoteSigner, tree::{Batch, Edge}};
//!
//! // Two leaves are appended to an empty log, and the log signs its new head.
//! let leaves = vec![leaf_hash(b"first"), leaf_hash(b"second")];
//! let batch = Batch::new(&Edge::new(), leaves.clone());
//! let signer = NoteSigner::new("node.example.org/ledger/2026", SigningKey::from_bytes(&[7; 32]))?;
//! let checkpoint = Checkpoint::of_edge(signer.name(), batch.edge_after())?;
//! let signed_note = checkpoint.sign(&signer)?;
//!
//! // Anybody who has the log's verifier key can check that the second leaf is in it.
//! let trusted = Checkpoint::verify(&signed_note, signer.verifier_key())?;
//! let proof = batch.prove_inclusion(1).ok_or("index outside the batch")?;
//! proof.verify(trusted.size, &leaves[1], &trusted.root)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod checkpoint;
pub mod cosignature;
mod encoding;
pub mod fork;
pub mod hash;
pub mod head;
pub mod limits;
pub mod note;
pub mod policy;
pub mod proof;
pub mod tile;
pub mod tlog_proof;
pub mod tree;
pub mod witness;

pub use ed25519_dalek::{SigningKey, VerifyingKey};
