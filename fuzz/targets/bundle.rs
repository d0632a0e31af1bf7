//! A bundle, as anybody may bring it: the zip file around it, its table of contents, its manifests, its
//! signature. Whatever the bytes are, nothing panics, and what was accepted is exactly what printing gives
//! back: there is one text and one zip file of the same content.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use ohrid_verify::bundle::container::read_zip;
use protocol::bundle::path::BundlePath;
use protocol::bundle::signature::SignedBundle;
use protocol::bundle::zip::Layout;
use protocol::bundle::{Bundle, sums};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(bundle) = Bundle::parse(bytes) {
        assert_eq!(bundle.to_json().as_bytes(), bytes);
        assert_eq!(bundle.check(), Ok(()));
        let _ = bundle.files();
        assert!(!bundle.folder_name().contains('/'));
    }
    if let Ok(files) = sums::parse(bytes) {
        assert_eq!(sums::write(files.iter().map(|(path, sum)| (path, sum))).as_bytes(), bytes);
    }
    if let Ok(signed) = SignedBundle::from_bytes(bytes) {
        let _ = signed.peek();
    }
    if let Ok(text) = str::from_utf8(bytes)
        && let Ok(path) = text.parse::<BundlePath>()
    {
        assert_eq!(path.as_str(), text);
        assert!(!text.contains("..") || !text.split('/').any(|part| part == ".."));
        assert!(!text.starts_with(['/', '.', '-']));
    }
    if let Ok((top, files)) = read_zip(bytes, bytes.len() as u64) {
        assert_eq!(written(&top, &files, bytes), bytes, "there is one zip file of these files");
    }
});

/// The zip file of the files that were found, by the layout's own hand.
fn written(
    top: &str,
    files: &BTreeMap<BundlePath, ohrid_verify::bundle::container::Held>,
    bytes: &[u8],
) -> Vec<u8> {
    let (mut layout, mut out) = (Layout::new(top), Vec::new());
    for (path, held) in files {
        let begins = usize::try_from(held.offset()).expect("within the file");
        let length = usize::try_from(held.length_bytes).expect("within the file");
        let file = &bytes[begins..begins + length];
        let crc = protocol::bundle::zip::Crc32::of(file);
        out.extend(layout.entry(path, crc, held.length_bytes).expect("it was one before"));
        out.extend(file);
    }
    out.extend(layout.finish().expect("it was one before"));
    out
}
