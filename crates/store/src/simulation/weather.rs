//! How bad things are.

use super::clocks::Jump;
use super::indexes::IndexFault;
use super::random::Random;

/// What a failing disk fails with.
const FAILING: &[&str] = &[
    "fdatasync",
    "fdatasync",
    "fdatasync",
    "fsync",
    "fsync directory",
    "syncfs",
    "rename",
    "write",
];

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
    /// The disk refuses a kind of step, until the machine stops: a sync, most often.
    DiskFails(&'static str),
    /// The disk is full, for a while.
    DiskFull,
    /// The system's clock goes wrong, for a while.
    Clock(Jump),
    /// The machine stops, and its index is not what it was.
    Index(IndexFault),
    /// The machine stops, and somebody copies its store.
    Copied,
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
        match random.below(40) {
            0..=6 => Self::Kill,
            7..=13 => Self::PowerCut,
            14..=27 => Self::StopAtStep(1 + random.below(60)),
            28..=30 => Self::DiskFails(FAILING[random.place(FAILING.len())]),
            31..=33 => Self::DiskFull,
            34 | 35 => Self::Clock(Jump::any(random)),
            36 => Self::Index(IndexFault::any(random)),
            _ => Self::Copied,
        }
    }
}
