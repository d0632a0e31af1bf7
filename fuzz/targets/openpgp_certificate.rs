//! Certificates and key files. What holds is said in `seal::hostile`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| seal::hostile::certificate(bytes));
