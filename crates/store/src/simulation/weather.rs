//! How bad things are.

use super::random::Random;

/// Chances in thousandths, each time that something happens anywhere.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weather {
    /// Of a frame: to be lost.
    pub(super) loss: u64,
    /// Of a frame: to come twice.
    pub(super) duplication: u64,
    /// Of a connection: to be cut.
    pub(super) cut: u64,
    /// Of a node: to have a misfortune.
    pub(super) misfortune: u64,
    /// The longest way.
    pub(super) delay_max_ms: u64,
}

/// Nothing goes wrong.
pub(super) const CALM: Weather = Weather {
    loss: 0,
    duplication: 0,
    cut: 0,
    misfortune: 0,
    delay_max_ms: 20,
};

/// What can happen to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Misfortune {
    /// kill -9, between two steps.
    Kill,
    /// The power is cut, between two steps.
    PowerCut,
    /// The machine stops in the so-manieth step of its disk from now, and may tear it.
    StopAtStep(u64),
    /// The disk refuses to sync, once.
    SyncFails,
    /// The disk is full, for a while.
    DiskFull,
}

impl Weather {
    /// Every seed has its own.
    pub(super) fn of(random: &mut Random) -> Self {
        Self {
            loss: [0, 50, 300][random.place(3)],
            duplication: [0, 100, 300][random.place(3)],
            cut: [0, 5, 20][random.place(3)],
            misfortune: [5, 15, 40][random.place(3)],
            delay_max_ms: [20, 400, 2_500][random.place(3)],
        }
    }
}

impl Misfortune {
    pub(super) fn any(random: &mut Random) -> Self {
        match random.below(10) {
            0 | 1 => Self::Kill,
            2 | 3 => Self::PowerCut,
            4..=7 => Self::StopAtStep(1 + random.below(60)),
            8 => Self::SyncFails,
            _ => Self::DiskFull,
        }
    }
}
