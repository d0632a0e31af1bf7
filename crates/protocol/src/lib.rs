//! How it travels: envelopes, receipts, the directory, and what happens next.
//!
//! This crate is the protocol `ohrid/1` without any input or output: it knows no disk, no socket, no
//! clock, no random source, no OpenPGP, and nothing of the law. A payload is bytes to it.

// Until the bodies are in.
#![allow(clippy::todo, clippy::missing_errors_doc, dead_code)]

mod cbor;
pub mod check;
pub mod consignment;
mod cose;
pub mod decode;
pub mod digest;
pub mod directory;
pub mod entry;
pub mod envelope;
#[cfg(test)]
mod example;
pub mod exchange;
pub mod frame;
pub mod hello;
pub mod ids;
pub mod index;
pub mod key;
pub mod limits;
pub mod payload;
pub mod receipt;
pub mod rejection;
pub mod statement;
pub mod time;
pub mod verifier;
