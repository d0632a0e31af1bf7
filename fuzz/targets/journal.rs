//! Batches and headers of the journal, as they are and with checksums that fit. What holds is said in
//! `store::hostile`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| store::hostile::journal(bytes));
