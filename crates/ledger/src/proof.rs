//! Proofs about a tree, made from its nodes and checked against its root (RFC 6962 section 2.1).
//!
//! An *inclusion proof* shows that a leaf is in a tree; a *consistency proof* shows that a tree begins
//! with all leaves of an older one. Checking needs neither the tree nor trust in who made the proof.
//! The checks are the published algorithms step by step, without shortcuts of our own.
//!
//! To make a proof, hand in a *node reader*: any function that knows the roots of perfect subtrees.
//! [`crate::tile::TileReader`] reads them from tiles, [`crate::tree::Batch`] from memory.

use crate::hash::{Hash, node_hash};
use crate::limits::{MAX_PROOF_HASHES, MAX_TREE_SIZE};

/// A perfect subtree, named by its place: it covers the leaves from `index * 2^level` up to, and
/// without, `(index + 1) * 2^level`. Level 0 are the leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId {
    /// The subtree's height: it covers `2^level` leaves.
    pub level: u8,
    /// Its place among the subtrees of its level, from the left, from 0.
    pub index: u64,
}

/// The proof that a leaf stands at an index of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InclusionProof {
    /// The index of the leaf, from 0.
    pub index: u64,
    /// The sibling hashes on the way up: the leaf's sibling first, the root's child last.
    pub hashes: Vec<Hash>,
}

/// The proof that a tree begins with all leaves of an older one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsistencyProof {
    /// The hashes of RFC 6962 section 2.1.2, in its order.
    pub hashes: Vec<Hash>,
}

/// Why a proof shows nothing. The proof, or what it was checked against, is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The index is outside the tree, the older tree is empty or greater than the newer one, or a size
    /// is above [`MAX_TREE_SIZE`].
    #[error("the proof is for an index or a size that the tree does not have")]
    OutOfRange,
    /// There are more hashes, or fewer, than a tree of this size calls for.
    #[error("the proof has a number of hashes that does not fit the tree's size")]
    WrongLength,
    /// The hashes do not lead to the root.
    #[error("the proof does not lead to the tree's root")]
    RootMismatch,
}

/// Why a proof could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProveError<E> {
    /// The caller asked for an index or a size that the tree does not have.
    #[error("no proof exists for an index or a size that the tree does not have")]
    OutOfRange,
    /// The node reader failed.
    #[error("a node of the tree could not be read: {0}")]
    Node(E),
}

/// Makes the proof that leaf `index` is in the tree of `size` leaves.
///
/// Asks `read_node` for at most two nodes per level of the tree. The nodes are taken as they come: if
/// they may be damaged, verify the proof before it is given to anybody.
pub fn prove_inclusion<E>(
    index: u64,
    size: u64,
    read_node: &mut impl FnMut(NodeId) -> Result<Hash, E>,
) -> Result<InclusionProof, ProveError<E>> {
    if index >= size {
        return Err(ProveError::OutOfRange);
    }
    let mut hashes = Vec::new();
    let (mut start, mut end) = (0, size);
    while end - start > 1 {
        let middle = start + left_size(end - start);
        if index < middle {
            hashes.push(range_root(middle, end, read_node)?);
            end = middle;
        } else {
            hashes.push(range_root(start, middle, read_node)?);
            start = middle;
        }
    }
    hashes.reverse();
    Ok(InclusionProof { index, hashes })
}

/// Makes the proof that the tree of `new_size` leaves begins with the tree of `old_size` leaves.
///
/// Every tree begins with the empty one; there is no proof of that, and `old_size` 0 is refused. As
/// for [`prove_inclusion`], nodes are taken as they come.
pub fn prove_consistency<E>(
    old_size: u64,
    new_size: u64,
    read_node: &mut impl FnMut(NodeId) -> Result<Hash, E>,
) -> Result<ConsistencyProof, ProveError<E>> {
    if old_size == 0 || old_size > new_size {
        return Err(ProveError::OutOfRange);
    }
    let mut hashes = Vec::new();
    let (mut start, mut end) = (0, new_size);
    while old_size != end {
        let middle = start + left_size(end - start);
        if old_size <= middle {
            hashes.push(range_root(middle, end, read_node)?);
            end = middle;
        } else {
            hashes.push(range_root(start, middle, read_node)?);
            start = middle;
        }
    }
    // A walk that never went right ends at the old root itself, which whoever checks has already.
    if start != 0 {
        hashes.push(range_root(start, end, read_node)?);
    }
    hashes.reverse();
    Ok(ConsistencyProof { hashes })
}

/// Works out the root of the tree of the first `size` leaves.
///
/// Asks `read_node` for one node for each bit that is set in `size`. As for [`prove_inclusion`], nodes
/// are taken as they come.
pub fn read_root<E>(
    size: u64,
    read_node: &mut impl FnMut(NodeId) -> Result<Hash, E>,
) -> Result<Hash, ProveError<E>> {
    if size > MAX_TREE_SIZE {
        return Err(ProveError::OutOfRange);
    }
    range_root(0, size, read_node)
}

impl InclusionProof {
    /// Checks that `leaf` stands at this proof's index in the tree of `size` leaves with this `root`.
    pub fn verify(&self, size: u64, leaf: &Hash, root: &Hash) -> Result<(), ProofError> {
        if self.index >= size || size > MAX_TREE_SIZE {
            return Err(ProofError::OutOfRange);
        }
        if self.hashes.len() > MAX_PROOF_HASHES {
            return Err(ProofError::WrongLength);
        }
        let (mut first, mut last) = (self.index, size - 1);
        let mut computed = *leaf;
        for sibling in &self.hashes {
            if last == 0 {
                return Err(ProofError::WrongLength);
            }
            if first % 2 == 1 || first == last {
                computed = node_hash(sibling, &computed);
                climb_to_left_child(&mut first, &mut last);
            } else {
                computed = node_hash(&computed, sibling);
            }
            first >>= 1;
            last >>= 1;
        }
        if last != 0 {
            return Err(ProofError::WrongLength);
        }
        if computed == *root {
            Ok(())
        } else {
            Err(ProofError::RootMismatch)
        }
    }
}

impl ConsistencyProof {
    /// Checks that the tree of `new_size` leaves with `new_root` begins with the tree of `old_size`
    /// leaves with `old_root`.
    ///
    /// An `old_size` of 0 is refused: the empty tree is the beginning of every tree, so nothing would
    /// be shown, and a caller must decide by itself what that means.
    pub fn verify(
        &self,
        old_size: u64,
        new_size: u64,
        old_root: &Hash,
        new_root: &Hash,
    ) -> Result<(), ProofError> {
        if old_size == 0 || old_size > new_size || new_size > MAX_TREE_SIZE {
            return Err(ProofError::OutOfRange);
        }
        if self.hashes.len() > MAX_PROOF_HASHES {
            return Err(ProofError::WrongLength);
        }
        if old_size == new_size {
            return match (self.hashes.is_empty(), old_root == new_root) {
                (true, true) => Ok(()),
                (true, false) => Err(ProofError::RootMismatch),
                (false, _) => Err(ProofError::WrongLength),
            };
        }
        // Where the old tree is one perfect subtree, its root begins the proof and is not sent.
        let (start, rest) = match self.hashes.split_first() {
            None => return Err(ProofError::WrongLength),
            Some(_) if old_size.is_power_of_two() => (old_root, self.hashes.as_slice()),
            Some((start, rest)) => (start, rest),
        };
        let (mut first, mut last) = (old_size - 1, new_size - 1);
        while first % 2 == 1 {
            first >>= 1;
            last >>= 1;
        }
        let (mut old_computed, mut new_computed) = (*start, *start);
        for sibling in rest {
            if last == 0 {
                return Err(ProofError::WrongLength);
            }
            if first % 2 == 1 || first == last {
                old_computed = node_hash(sibling, &old_computed);
                new_computed = node_hash(sibling, &new_computed);
                climb_to_left_child(&mut first, &mut last);
            } else {
                new_computed = node_hash(&new_computed, sibling);
            }
            first >>= 1;
            last >>= 1;
        }
        if last != 0 {
            return Err(ProofError::WrongLength);
        }
        let matches = old_computed == *old_root && new_computed == *new_root;
        if matches {
            Ok(())
        } else {
            Err(ProofError::RootMismatch)
        }
    }
}

/// At the ragged right edge a node without a sibling rises unchanged: skip those levels.
fn climb_to_left_child(first: &mut u64, last: &mut u64) {
    while first.is_multiple_of(2) && *first != 0 {
        *first >>= 1;
        *last >>= 1;
    }
}

/// The number of leaves in the left part of a tree of `size` > 1 leaves: the largest power of two
/// that is less than `size`.
fn left_size(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

/// The root over the leaves from `start` up to `end`, from perfect subtrees, right to left.
///
/// `start` must be a multiple of a power of two not less than `end - start`, as it is for every part
/// that RFC 6962 splits off.
fn range_root<E>(
    start: u64,
    end: u64,
    read_node: &mut impl FnMut(NodeId) -> Result<Hash, E>,
) -> Result<Hash, ProveError<E>> {
    let mut remaining = end - start;
    let mut right_end = end;
    let mut root = None;
    while remaining != 0 {
        let level = remaining.trailing_zeros();
        right_end -= 1 << level;
        remaining -= 1 << level;
        // The trailing zeros of a number that is not zero are fewer than 64.
        let id = NodeId {
            level: level as u8,
            index: right_end >> level,
        };
        let left = read_node(id).map_err(ProveError::Node)?;
        root = Some(root.map_or(left, |right| node_hash(&left, &right)));
    }
    // Callers pass non-empty ranges only; the empty range has the empty root.
    Ok(root.unwrap_or(crate::hash::EMPTY_ROOT))
}

#[cfg(test)]
pub(crate) mod tests;
