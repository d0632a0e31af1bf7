//! Frames off a stream whose bytes arrive in arbitrary pieces. What holds is said in `node::hostile`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    node::hostile::stream(bytes);
});
