//! Roots and proofs, from whatever gives verified tiles.

use ledger::hash::Hash;
use ledger::proof::{
    ConsistencyProof, InclusionProof, NodeId, ProveError, prove_consistency, prove_inclusion,
};
use ledger::tile::{TilePath, TileReadError, TileReader};
use ledger::tree::Edge;

use crate::contract::ReadError;

/// The root of the tree of `size` leaves.
pub(crate) fn root_at(
    size: u64,
    fetch: impl FnMut(TilePath) -> Result<Vec<u8>, ReadError>,
) -> Result<Hash, ReadError> {
    let mut reader = TileReader::new(size, fetch);
    let mut hashes = Vec::new();
    for level in (0..63_u8).rev().filter(|level| size >> level & 1 == 1) {
        let last = (size >> level) - 1;
        hashes.push(
            reader
                .node(NodeId { level, index: last })
                .map_err(|error| reading(error, size))?,
        );
    }
    let edge = Edge::from_parts(size, hashes).map_err(|_| ReadError::OutOfRange { asked: size, size })?;
    Ok(edge.root())
}

/// The proof that leaf `index` is in the tree of `size` leaves.
pub(crate) fn inclusion(
    index: u64,
    size: u64,
    fetch: impl FnMut(TilePath) -> Result<Vec<u8>, ReadError>,
) -> Result<InclusionProof, ReadError> {
    let mut reader = TileReader::new(size, fetch);
    prove_inclusion(index, size, &mut |id| reader.node(id)).map_err(|error| proving(error, index, size))
}

/// The proof that the tree of `new_size` leaves begins with that of `old_size`.
pub(crate) fn consistency(
    old_size: u64,
    new_size: u64,
    fetch: impl FnMut(TilePath) -> Result<Vec<u8>, ReadError>,
) -> Result<ConsistencyProof, ReadError> {
    let mut reader = TileReader::new(new_size, fetch);
    prove_consistency(old_size, new_size, &mut |id| reader.node(id))
        .map_err(|error| proving(error, old_size, new_size))
}

fn proving(error: ProveError<TileReadError<ReadError>>, asked: u64, size: u64) -> ReadError {
    match error {
        ProveError::OutOfRange => ReadError::OutOfRange { asked, size },
        ProveError::Node(error) => reading(error, size),
    }
}

fn reading(error: TileReadError<ReadError>, size: u64) -> ReadError {
    match error {
        TileReadError::Fetch(_, error) => error,
        // The tiles come from here, with the width that was asked for.
        TileReadError::NoSuchNode | TileReadError::Decode(..) => ReadError::OutOfRange { asked: size, size },
    }
}
