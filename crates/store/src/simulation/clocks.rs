//! The clocks of the machines: what they show, and how they go wrong. The monotonic clock never does.

use std::time::Duration;

use protocol::time::UnixMillis;

use super::parties::START;
use super::random::Random;

const YEAR: Duration = Duration::from_secs(365 * 24 * 3_600);
const MILLISECOND: Duration = Duration::from_millis(1);
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

/// What a node makes of a clock that stands still: `[RETRY]` its own time goes on, at half speed at least, or
/// no retry and no time-out would ever come.
#[derive(Debug, Default)]
pub(super) struct Standing(Option<Since>);

/// The first reading since a clock stands.
#[derive(Debug, Clone, Copy)]
struct Since {
    shows: UnixMillis,
    now: UnixMillis,
    time: UnixMillis,
}

impl Standing {
    /// A reading, at this true time: the time that the node goes by.
    pub(super) fn read(&mut self, clock: MachineClock, now: UnixMillis, time: UnixMillis) {
        let Going::StandsAt(shows) = clock.0 else {
            self.0 = None;
            return;
        };
        let first = Since { shows, now, time };
        let since = self.0.filter(|since| since.shows == shows).unwrap_or(first);
        self.0 = Some(since);
        let (gone_by, passed) = (time.since(since.time), now.since(since.now));
        assert!(
            gone_by + MILLISECOND >= passed / 2,
            "[RETRY] a clock stands still, and with it a node: {gone_by:?} of {passed:?}"
        );
    }
}

/// What the monotonic clock of every machine shows.
pub(super) fn monotonic(now: UnixMillis) -> Duration {
    now.since(START)
}

/// A node whose time goes on, at half speed, is well; one whose time does not is found out.
#[test]
#[should_panic(expected = "a clock stands still, and with it a node")]
fn a_node_that_stands_still_with_its_clock_is_found_out() {
    let clock = MachineClock(Going::StandsAt(START));
    let after = |passed_ms| START.plus(Duration::from_millis(passed_ms));
    let mut standing = Standing::default();
    for half_ms in [0, 1, 500] {
        standing.read(clock, after(2 * half_ms), after(half_ms));
    }
    standing.read(clock, after(1_010), after(500));
}
