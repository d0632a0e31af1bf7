//! The queues towards one peer: who goes first, and how many at once.
//!
//! Emergencies have a lane of their own, with slots that nothing else can take: a peer that is slow to
//! answer two hundred routine requests still gets an emergency at once. In the ordinary lane urgent
//! goes before routine, and the oldest first, which keeps the order within a case as long as nothing has to
//! be sent again.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::item::Stage;
use crate::envelope::Priority;
use crate::limits::EMERGENCY_REQUESTS_PER_PEER_MAX;

/// What goes to one peer.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) is_connected: bool,
    /// Items that were sent at least once on this connection, and are out or backing off.
    pub(super) attempted: BTreeSet<u64>,
    emergency: Lane,
    ordinary: Lane,
}

#[derive(Debug)]
struct Lane {
    /// The highest priority first, then the oldest: the index of the item's leaf.
    ready: BTreeSet<(Reverse<Priority>, u64)>,
    in_flight: usize,
    in_flight_max: usize,
}

impl Peer {
    /// A peer that is away, and that may have `requests_max` requests out, and the emergencies beside.
    pub(super) fn new(requests_max: usize) -> Self {
        Self {
            is_connected: false,
            attempted: BTreeSet::new(),
            emergency: Lane::new(EMERGENCY_REQUESTS_PER_PEER_MAX),
            ordinary: Lane::new(requests_max),
        }
    }

    /// The item to send next; `None` while the peer is away or has no slot free.
    pub(super) fn next_ready(&self) -> Option<u64> {
        let lanes = self.is_connected.then_some([&self.emergency, &self.ordinary])?;
        lanes.into_iter().find_map(Lane::next_ready)
    }

    /// Whether the peer is away while something waits for it.
    pub(super) fn is_needed(&self) -> bool {
        let lanes = [&self.emergency, &self.ordinary];
        !self.is_connected && lanes.into_iter().any(|lane| !lane.ready.is_empty())
    }

    /// An item leaves a stage.
    pub(super) fn leave(&mut self, index: u64, priority: Priority, stage: Stage) {
        let lane = self.lane(priority);
        match stage {
            Stage::Ready => {
                lane.ready.remove(&(Reverse(priority), index));
            }
            Stage::Sent { .. } => lane.in_flight = lane.in_flight.saturating_sub(1),
            Stage::BackingOff { .. } | Stage::Settled => {}
        }
        self.attempted.remove(&index);
    }

    /// An item enters a stage.
    pub(super) fn enter(&mut self, index: u64, priority: Priority, stage: Stage) {
        let lane = self.lane(priority);
        match stage {
            Stage::Ready => {
                lane.ready.insert((Reverse(priority), index));
            }
            Stage::Sent { .. } => {
                lane.in_flight += 1;
                self.attempted.insert(index);
            }
            Stage::BackingOff { .. } => {
                self.attempted.insert(index);
            }
            Stage::Settled => {}
        }
    }

    /// Whether nothing waits for this peer or is out.
    #[cfg(test)]
    pub(super) fn is_idle(&self) -> bool {
        [&self.emergency, &self.ordinary]
            .into_iter()
            .all(|lane| lane.ready.is_empty() && lane.in_flight == 0)
    }

    fn lane(&mut self, priority: Priority) -> &mut Lane {
        match priority {
            Priority::Emergency => &mut self.emergency,
            Priority::Urgent | Priority::Routine => &mut self.ordinary,
        }
    }
}

impl Lane {
    fn new(in_flight_max: usize) -> Self {
        Self {
            ready: BTreeSet::new(),
            in_flight: 0,
            in_flight_max,
        }
    }

    fn next_ready(&self) -> Option<u64> {
        if self.in_flight >= self.in_flight_max {
            return None;
        }
        self.ready.first().map(|(_, index)| *index)
    }
}
