//! Our trees, as proofs read them. There is one for each of our logs.

use ::ledger::checkpoint::Checkpoint;
use ::ledger::hash::Hash;
use ::ledger::proof::NodeId;
use ::ledger::tile::{TilePath, TileReadError, TileReader};
use store::{Log, ReadError, Reader};

/// Why a node of our tree could not be read. The machine's fault.
#[derive(Debug, thiserror::Error)]
pub(super) enum TreeError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("the ledger has no tile {0}")]
    NoTile(TilePath),
    #[error("no log of ours has the head that is to be proved")]
    NoLog,
    #[error("{0}")]
    Node(String),
}

/// The log of ours whose tree has, or had, this head: told by its root, since each begins anew. Blocks;
/// `None` for an empty tree as well.
pub(super) fn log_of(reader: &dyn Reader, head: &Checkpoint) -> Option<Log> {
    let mut logs = reader.logs().into_iter().rev();
    logs.find(|log| {
        let has_it = (1..=log.size).contains(&head.size);
        has_it
            && reader
                .root_at(log.position_of(head.size))
                .is_ok_and(|root| root == head.root)
    })
}

/// Reads nodes of the tree with this head of ours. Blocks.
pub(super) fn nodes<'a>(
    reader: &'a dyn Reader,
    head: &Checkpoint,
) -> impl FnMut(NodeId) -> Result<Hash, TreeError> + use<'a> {
    let log = log_of(reader, head);
    let fetch = move |path: TilePath| {
        let log = log.ok_or(TreeError::NoLog)?;
        reader.tile_of(log.first, &path)?.ok_or(TreeError::NoTile(path))
    };
    let mut tiles = TileReader::new(head.size, fetch);
    move |id| {
        tiles
            .node(id)
            .map_err(|error: TileReadError<TreeError>| TreeError::Node(error.to_string()))
    }
}
