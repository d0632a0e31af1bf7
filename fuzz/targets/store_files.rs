//! The small files of a store, the lists of arriving files, and keys and values of its index. What holds is said in
//! `store::hostile`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| store::hostile::files(bytes));
