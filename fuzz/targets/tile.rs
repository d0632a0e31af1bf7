//! Tiles, bundles and their names (c2sp.org/tlog-tiles), as a stranger's server or an export gives them.
//! Whatever the bytes are, nothing panics; names and bundles have one form; what is read from tiles that do
//! not belong together is an error or a proof that does not hold, and never one that does.
#![no_main]

use ledger::hash::{EMPTY_ROOT, leaf_hash};
use ledger::proof::{prove_consistency, prove_inclusion, read_root};
use ledger::tile::{
    TileKind, TilePath, TileReader, decode_bundle, decode_tile, encode_bundle, encode_tile, parent_hash,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = str::from_utf8(bytes)
        && let Ok(path) = TilePath::parse(text)
    {
        assert_eq!(path.to_string(), text);
        let leaves = path.leaf_range();
        assert!(leaves.start < leaves.end);
        // In the tree that ends with it, it is this very file.
        let again = TilePath::in_tree(path.kind(), path.index(), leaves.end);
        assert_eq!(again, Some(path));
    }
    let Some((numbers, rest)) = bytes.split_first_chunk::<4>() else {
        return;
    };
    let width = u16::from_be_bytes([numbers[0] & 1, numbers[1]]);
    if let Ok(entries) = decode_bundle(rest, width) {
        assert_eq!(entries.len(), usize::from(width));
        let again = encode_bundle(entries.iter().copied()).expect("entries of a bundle fit into one");
        assert_eq!(again, rest);
    }
    if let Ok(hashes) = decode_tile(rest, width) {
        assert_eq!(encode_tile(&hashes), rest);
        assert_eq!(parent_hash(&hashes).is_some(), width == 256);
    }
    read(u64::from(numbers[2]) * 7, u64::from(numbers[3]) * 7, rest);
});

/// Proofs out of tiles whose hashes are a few bytes, repeated.
fn read(index: u64, size: u64, bytes: &[u8]) {
    let mut reader = TileReader::new(size, |path: TilePath| match path.kind() {
        TileKind::Entries => Err(()),
        TileKind::Hashes(level) => {
            let place = usize::from(level) + path.index() as usize;
            let byte = bytes.get(place % bytes.len().max(1)).copied().unwrap_or_default();
            // Now and then a tile is missing, or of another length.
            match byte % 16 {
                0 => Err(()),
                1 => Ok(bytes.to_vec()),
                _ => Ok([byte; 32].repeat(usize::from(path.width()))),
            }
        }
    });
    let root = read_root(size, &mut |id| reader.node(id)).unwrap_or(EMPTY_ROOT);
    if let Ok(proof) = prove_inclusion(index, size, &mut |id| reader.node(id)) {
        let stranger = leaf_hash(bytes);
        assert!(proof.verify(size, &stranger, &root).is_err());
    }
    if let Ok(proof) = prove_consistency(index, size, &mut |id| reader.node(id)) {
        let stranger = leaf_hash(bytes);
        assert!(index == size || proof.verify(index, size, &stranger, &root).is_err());
    }
}
