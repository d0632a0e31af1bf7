//! The leaves of the last commits, in memory: while a case is active, its leaves are asked for again and
//! again, and a leaf that has moved into a bundle costs the reading of 256.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

/// The leaves of one commit.
type Leaves = Arc<[Vec<u8>]>;

/// A leaf and the others of its commit.
pub(crate) struct RecentLeaf {
    leaves: Leaves,
    which: usize,
}

/// The last commits, as many as fit.
#[derive(Debug)]
pub(crate) struct RecentLeaves {
    bytes_max: usize,
    bytes: usize,
    /// Each with the position of its first leaf, ascending and without holes.
    commits: VecDeque<(u64, Leaves)>,
}

impl RecentLeaves {
    /// None yet; of so many bytes at most.
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self {
            bytes_max,
            bytes: 0,
            commits: VecDeque::new(),
        }
    }

    /// Keeps the leaves of a commit, and as many of those before as fit beside them.
    pub(crate) fn keep(&mut self, first: u64, leaves: &Leaves) {
        self.bytes += length_bytes(leaves);
        self.commits.push_back((first, Arc::clone(leaves)));
        while self.bytes > self.bytes_max
            && let Some((_, oldest)) = self.commits.pop_front()
        {
            self.bytes -= length_bytes(&oldest);
        }
    }

    /// The leaves at these positions, if all of them are here.
    pub(crate) fn all(&self, range: &Range<u64>) -> Option<Vec<RecentLeaf>> {
        range.clone().map(|index| self.at(index)).collect()
    }

    fn at(&self, index: u64) -> Option<RecentLeaf> {
        let behind = self.commits.partition_point(|(first, _)| *first <= index);
        let (first, leaves) = self.commits.get(behind.checked_sub(1)?)?;
        let which = usize::try_from(index - first).ok()?;
        (which < leaves.len()).then(|| RecentLeaf {
            leaves: Arc::clone(leaves),
            which,
        })
    }
}

impl RecentLeaf {
    /// Its bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.leaves[self.which]
    }
}

fn length_bytes(leaves: &Leaves) -> usize {
    leaves.iter().map(|leaf| leaf.len() + size_of::<Vec<u8>>()).sum()
}

#[cfg(test)]
mod tests;
