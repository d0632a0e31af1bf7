//! A peer that has its keys and lies, against the real state machine of a node. What holds is said in
//! `protocol::hostile`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| protocol::hostile::peer(bytes));
