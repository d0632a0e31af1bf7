//! Making the case index anew while no node runs.

use std::sync::Arc;
use std::thread;

use super::{StartError, foundation};
use crate::cases::{Behind, CaseIndex, Cases, IndexError};
use crate::config::Config;
use crate::messages::Messages;
use crate::payloads::Payloads;

/// Moves the case index aside and makes it anew from the ledger and the payloads, which are opened for it: so
/// the keys are needed. Returns how many cases were folded. Blocks.
///
/// # Errors
/// What keeps a node from starting; or what is stored cannot be read.
pub fn rebuild_case_index(config: &Config) -> Result<usize, StartError> {
    // The store is open from here on, so no node can start meanwhile.
    let foundation = foundation::lay(config)?;
    let (own, data) = (config.node.party, &config.node.data);
    drop(foundation.index);
    let secret = foundation.keys.index_secret();
    let index = CaseIndex::begin_anew(data, &secret, own, &config.policy)?.with_terms(&config.retention);
    let messages = Arc::new(Messages::new(
        own,
        foundation.keys,
        foundation.directory,
        Payloads::new(Arc::clone(&foundation.reader)),
    ));
    let cases = Cases::new(own, foundation.reader, messages, index);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let failed = |error: IndexError| StartError::System(error.to_string());
    let mut folded = 0;
    loop {
        let step = cases.follow(Behind { threads }).map_err(failed)?;
        folded += step.folded;
        if step.is_last() {
            break;
        }
        tracing::info!(
            size = step.size,
            of = step.of,
            cases = folded,
            "the case index is being made"
        );
    }
    cases.flush_index().map_err(failed)?;
    Ok(folded)
}
