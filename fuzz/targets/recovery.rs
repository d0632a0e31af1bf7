//! A whole journal whose files were changed, opened again. What holds is said in
//! `store::hostile`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| store::hostile::recovery(bytes));
