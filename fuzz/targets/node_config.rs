//! The configuration of a node, as an operator writes it. What holds is said in `node::hostile`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| node::hostile::configuration(bytes));
