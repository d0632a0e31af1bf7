//! The clocks of the machines: what they show, and how they go wrong. The monotonic clock never does.

use std::time::Duration;

use protocol::time::UnixMillis;

use super::parties::START;
use super::random::Random;

const YEAR: Duration = Duration::from_secs(365 * 24 * 3_600);
const MINUTES: Duration = Duration::from_secs(5 * 60);

/// The system's clock of a machine.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct MachineClock(Going);

#[derive(Debug, Default, Clone, Copy)]
enum Going {
    #[default]
    Right,
    Ahead(Duration),
    Behind(Duration),
    StandsAt(UnixMillis),
}

/// How a clock goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Jump {
    YearBack,
    YearAhead,
    MinutesBack,
    MinutesAhead,
    StandsStill,
}

impl Jump {
    pub(super) fn any(random: &mut Random) -> Self {
        [
            Self::YearBack,
            Self::YearAhead,
            Self::MinutesBack,
            Self::MinutesAhead,
            Self::StandsStill,
        ][random.place(5)]
    }

    /// What is counted.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::YearBack => "clocks set a year back",
            Self::YearAhead => "clocks set a year ahead",
            Self::MinutesBack => "clocks set minutes back",
            Self::MinutesAhead => "clocks set minutes ahead",
            Self::StandsStill => "clocks standing still",
        }
    }
}

impl MachineClock {
    /// What it shows at this true time.
    pub(super) fn shows(self, now: UnixMillis) -> UnixMillis {
        match self.0 {
            Going::Right => now,
            Going::Ahead(by) => now.plus(by),
            Going::Behind(by) => UnixMillis(now.0.saturating_sub(UnixMillis(0).plus(by).0)),
            Going::StandsAt(time) => time,
        }
    }

    pub(super) fn jump(&mut self, now: UnixMillis, jump: Jump) {
        self.0 = match jump {
            Jump::YearBack => Going::Behind(YEAR),
            Jump::YearAhead => Going::Ahead(YEAR),
            Jump::MinutesBack => Going::Behind(MINUTES),
            Jump::MinutesAhead => Going::Ahead(MINUTES),
            Jump::StandsStill => Going::StandsAt(self.shows(now)),
        };
    }

    pub(super) fn set_right(&mut self) {
        self.0 = Going::Right;
    }

    pub(super) fn is_right(self) -> bool {
        matches!(self.0, Going::Right)
    }
}

/// What the monotonic clock of every machine shows.
pub(super) fn monotonic(now: UnixMillis) -> Duration {
    now.since(START)
}
