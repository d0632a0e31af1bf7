//! How it travels: envelopes, receipts, the directory, and what happens next.
//!
//! This crate is the protocol `ohrid/1` without any input or output: it knows no disk, no socket, no
//! clock, no random source, no OpenPGP, and nothing of the law. A payload is bytes to it.

pub mod digest;
pub mod ids;
pub mod limits;
pub mod payload;
pub mod time;
