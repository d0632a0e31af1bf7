//! The index in sled: lost, found to be wrong, or made anew by the operator, at any time in a node's life. It
//! is a fold of the ledger, so nothing of it is missed.

use std::fs;

use super::node::Node;
use super::random::Random;
use crate::Embedded;
use crate::OpenError;
use crate::embedded::tests::small;
use crate::index::home::{self, INDEX_DIRECTORY};

/// What becomes of an index while its node stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IndexFault {
    /// Its directory is gone.
    Lost,
    /// It was found to be wrong in the life before.
    MarkedWrong,
    /// `ohrid-node rebuild-index`.
    Rebuilt,
}

impl IndexFault {
    pub(super) fn any(random: &mut Random) -> Self {
        [Self::Lost, Self::MarkedWrong, Self::Rebuilt][random.place(3)]
    }

    /// What is counted.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Lost => "indexes lost",
            Self::MarkedWrong => "indexes marked wrong",
            Self::Rebuilt => "indexes rebuilt by the operator",
        }
    }
}

impl Node {
    /// What is to become of the index does; the node starts afterwards. Says what did.
    pub(super) fn spoil_index(&mut self) -> Result<Option<IndexFault>, OpenError> {
        let path = self.place.path().join(INDEX_DIRECTORY);
        let Some(fault) = self.index_fault.take().filter(|_| path.exists()) else {
            return Ok(None);
        };
        home::wait_until_closed(&path, &small())?;
        let disk = self.disk();
        match fault {
            IndexFault::Lost => fs::remove_dir_all(&path).unwrap(),
            IndexFault::MarkedWrong => home::mark_suspect(&disk, INDEX_DIRECTORY)?,
            IndexFault::Rebuilt => {
                let report = Embedded::rebuild_index_on(&disk, &small())?;
                assert!(report.set_aside.is_some(), "the old index is kept");
            }
        }
        Ok(Some(fault))
    }
}
