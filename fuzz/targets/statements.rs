//! The content of everything that is signed, and the envelope around it; and the values of the store's index.
//! What holds is said in `protocol::hostile`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    protocol::hostile::statements(bytes);
    protocol::hostile::index_values(bytes);
});
