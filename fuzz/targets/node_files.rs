//! The small files of a node, as somebody may have changed them. What holds is said in `node::hostile`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    node::hostile::private_files(bytes);
});
