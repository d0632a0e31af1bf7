//! A growing tree, kept as no more than its right edge, and the proofs of what was just appended.
//!
//! To append, a log needs only the roots of the perfect subtrees that its leaves fall into: at most 63
//! hashes whatever its size. That is an [`Edge`]. A [`Batch`] puts new leaves on an edge, keeps every
//! node that they complete, and so can prove each of them without asking any store: a receipt is
//! ready as soon as its batch is durable.

use crate::hash::{EMPTY_ROOT, Hash, node_hash};
use crate::limits::MAX_TREE_SIZE;
use crate::proof::{
    ConsistencyProof, InclusionProof, NodeId, ProveError, prove_consistency, prove_inclusion,
};

/// The right edge of a tree: the roots of its perfect subtrees, largest first, one for each bit that is
/// set in the tree's size.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edge {
    size: u64,
    hashes: Vec<Hash>,
}

/// Why parts are not an edge. Whoever stored or sent them is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EdgeError {
    /// The size is above [`MAX_TREE_SIZE`].
    #[error("a tree cannot have {0} leaves")]
    TooLarge(u64),
    /// A tree of this size has another number of perfect subtrees.
    #[error("a tree of {size} leaves has an edge of {expected} hashes, not {found}")]
    WrongLength {
        /// The size that was given, in leaves.
        size: u64,
        /// The number of hashes for this size.
        expected: usize,
        /// The number of hashes that were given.
        found: usize,
    },
}

impl Edge {
    /// The edge of the tree without leaves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes an edge that was stored: the tree's size, and one hash for each bit set in it, largest
    /// subtree first.
    ///
    /// The hashes cannot be checked here: compare [`Edge::root`] with a checkpoint.
    pub fn from_parts(size: u64, hashes: Vec<Hash>) -> Result<Self, EdgeError> {
        if size > MAX_TREE_SIZE {
            return Err(EdgeError::TooLarge(size));
        }
        let expected = size.count_ones() as usize;
        if hashes.len() != expected {
            return Err(EdgeError::WrongLength {
                size,
                expected,
                found: hashes.len(),
            });
        }
        Ok(Self { size, hashes })
    }

    /// The number of leaves in the tree.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the perfect subtrees, largest first.
    #[must_use]
    pub fn hashes(&self) -> &[Hash] {
        &self.hashes
    }

    /// The root of the whole tree.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut right_to_left = self.hashes.iter().rev();
        let Some(last) = right_to_left.next() else {
            return EMPTY_ROOT;
        };
        right_to_left.fold(*last, |right, left| node_hash(left, &right))
    }

    /// Appends one leaf, given by its hash.
    ///
    /// Nobody can reach [`MAX_TREE_SIZE`] by appending; from an edge that was forged to be there this
    /// still cannot fail, but no checkpoint can be made of the result.
    pub fn append(&mut self, leaf: Hash) {
        let mut completed = leaf;
        // Each one bit at the end of the size is a subtree that the new leaf's subtree joins.
        for _ in 0..self.size.trailing_ones() {
            let Some(left) = self.hashes.pop() else { break };
            completed = node_hash(&left, &completed);
        }
        self.hashes.push(completed);
        self.size += 1;
    }

    /// The root of the perfect subtree of `2^level` leaves on this edge, if there is one.
    fn subtree(&self, level: usize) -> Option<Hash> {
        let bit = 1u64.checked_shl(u32::try_from(level).ok()?)?;
        let smaller_subtrees = (self.size & (bit - 1)).count_ones() as usize;
        (self.size & bit != 0).then(|| self.hashes.iter().rev().nth(smaller_subtrees).copied())?
    }
}

/// New leaves on an old edge, with every node that they complete.
///
/// Made in one hashing pass over the leaves; afterwards each proof costs a few look-ups per level of
/// the tree.
#[derive(Debug, Clone)]
pub struct Batch {
    before: Edge,
    after: Edge,
    /// For each level, the nodes completed by this batch, from index `before.size >> level` on.
    levels: Vec<Vec<Hash>>,
}

impl Batch {
    /// Puts `leaves`, given by their hashes, on the edge of a tree.
    #[must_use]
    pub fn new(before: &Edge, leaves: Vec<Hash>) -> Self {
        let mut after = before.clone();
        leaves.iter().for_each(|leaf| after.append(*leaf));
        let mut levels = vec![leaves];
        while let Some(parents) = complete_parents(before, &levels) {
            levels.push(parents);
        }
        Self {
            before: before.clone(),
            after,
            levels,
        }
    }

    /// The index of the batch's first leaf: the size of the tree before it.
    #[must_use]
    pub fn first_index(&self) -> u64 {
        self.before.size
    }

    /// The size of the tree with the batch.
    #[must_use]
    pub fn size_after(&self) -> u64 {
        self.after.size
    }

    /// The root of the tree with the batch.
    #[must_use]
    pub fn root_after(&self) -> Hash {
        self.after.root()
    }

    /// The edge of the tree with the batch.
    #[must_use]
    pub fn edge_after(&self) -> &Edge {
        &self.after
    }

    /// The proof that a leaf of this batch is in the tree that ends with the batch.
    ///
    /// `index` counts from the beginning of the tree. `None` if the leaf is not of this batch.
    #[must_use]
    pub fn prove_inclusion(&self, index: u64) -> Option<InclusionProof> {
        if index < self.first_index() {
            return None;
        }
        prove_inclusion(index, self.size_after(), &mut |id| self.node(id)).ok()
    }

    /// The proof that the tree with the batch begins with the tree before it, for witnesses.
    ///
    /// `None` if the tree was empty before: there is nothing to prove then.
    #[must_use]
    pub fn prove_consistency(&self) -> Option<ConsistencyProof> {
        let proof: Result<_, ProveError<NotOfThisBatch>> =
            prove_consistency(self.first_index(), self.size_after(), &mut |id| self.node(id));
        proof.ok()
    }

    /// A node that the batch completed, or one of the old edge.
    fn node(&self, id: NodeId) -> Result<Hash, NotOfThisBatch> {
        let level = usize::from(id.level);
        let first_new = self.before.size >> id.level;
        let node = match id.index.checked_sub(first_new) {
            Some(place) => {
                let place = usize::try_from(place).map_err(|_| NotOfThisBatch)?;
                self.levels.get(level).and_then(|nodes| nodes.get(place)).copied()
            }
            None if id.index + 1 == first_new => self.before.subtree(level),
            None => None,
        };
        node.ok_or(NotOfThisBatch)
    }
}

/// The node lies in the old tree, left of its edge.
#[derive(Debug)]
struct NotOfThisBatch;

/// The nodes on the level above the highest of `levels` that the batch completes; `None` when none is.
fn complete_parents(before: &Edge, levels: &[Vec<Hash>]) -> Option<Vec<Hash>> {
    let children = levels.last()?;
    // Where the first new child is a right one, its left sibling is on the old edge.
    let old_sibling = before.subtree(levels.len() - 1).filter(|_| !children.is_empty());
    let row: Vec<Hash> = old_sibling.into_iter().chain(children.iter().copied()).collect();
    let parents: Vec<Hash> = row
        .chunks_exact(2)
        .map(|pair| node_hash(&pair[0], &pair[1]))
        .collect();
    (!parents.is_empty()).then_some(parents)
}

#[cfg(test)]
mod tests;
