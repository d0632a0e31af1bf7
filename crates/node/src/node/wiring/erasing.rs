//! Wiring of what erases `[ERASE]`.

use std::sync::Arc;

use super::Common;
use crate::erasure::{Erasing, Parts};
use crate::writer::Eraser;

/// Erases by what the parts of this node have in common.
pub(super) fn erasing(common: &Common, eraser: Eraser) -> Arc<Erasing> {
    Erasing::new(Parts {
        own: common.config.node.party,
        node: common.config.node.clone(),
        keys: Arc::clone(&common.keys),
        reader: Arc::clone(&common.reader),
        cases: Arc::clone(&common.cases),
        messages: Arc::clone(&common.messages),
        attachments: common.attachments.clone(),
        transfers: Arc::clone(&common.transfers),
        reviews: Arc::clone(&common.reviews),
        clock: Arc::clone(&common.clock),
        wakes: common.wakes.clone(),
        eraser,
        policy: common.config.retention.clone(),
    })
}
