//! How it travels: envelopes, receipts, the directory, and what happens next.
//!
//! This crate is the protocol `ohrid/1` without any input or output: it knows no disk, no socket, no
//! clock, no random source, no OpenPGP, and nothing of the law. A payload is bytes to it.
//!
//! From the bottom up:
//!
//! | module | what it holds |
//! |---|---|
//! | [`ids`], [`time`], [`digest`], [`key`], [`payload`] | names, times, digests, keys, sealed payloads |
//! | `cbor`, `cose`, [`statement`] | the one form of encoding, of signing, and of signed statements |
//! | [`envelope`], [`receipt`], [`rejection`], [`consignment`], [`hello`] | what nodes say to each other |
//! | [`completion`] | what they say once all of a message's attachments are there |
//! | [`directory`], [`x509`] | who takes part, and with which keys |
//! | [`time_stamp`] | RFC 3161: when a checkpoint existed, by somebody else's clock |
//! | [`entry`], [`index`] | what the ledger says, and what the store keeps beside it |
//! | [`attachment`] | files that are too large for a message, and how their pieces are pulled |
//! | [`bundle`] | what a node gives out of one case, for whoever must be convinced |
//! | [`frame`], [`check`] | what travels, and what of it can be believed |
//! | [`exchange`] | what happens next |
//!
//! Every format has an example in its module's documentation, a golden file in `golden/`, a version, and a
//! parser that is one pure function of bytes, strict and bounded; what is wrong is always a
//! [`decode::DecodeError`].

pub mod attachment;
pub mod bundle;
mod cbor;
pub mod check;
pub mod completion;
pub mod consignment;
mod cose;
pub mod decode;
pub mod digest;
pub mod directory;
pub mod entry;
pub mod envelope;
#[cfg(any(test, fuzzing))]
#[cfg_attr(fuzzing, allow(dead_code, unused_macros, unused_imports))]
mod example;
pub mod exchange;
pub mod frame;
pub mod hello;
#[cfg(any(test, fuzzing))]
pub mod hostile;
pub mod ids;
pub mod index;
pub mod key;
pub mod limits;
pub mod payload;
pub mod receipt;
pub mod rejection;
pub mod statement;
pub mod time;
pub mod time_stamp;
pub mod verifier;
pub mod x509;
