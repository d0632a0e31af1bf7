//! Where a fault is to strike: every call that a node was seen to make, up to the number that it made.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::proxy::Random;

use crate::arena::{Arena, START_PATIENCE};
use crate::strace::{self, Attached, CALLS, Threads};

/// After an exchange its node publishes its head and works off the journal: so long that is watched.
pub const AFTERWARDS: Duration = Duration::from_millis(2_500);

/// How many exchanges are lain in wait for in a round: a thread makes fewer calls in one than it once made,
/// and goes on with the next.
pub const EXCHANGES: u32 = 8;

/// The thread that owns the store.
pub const WRITER: &str = "writer";

/// When it strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// From handing in a message to its receipt and report, and what is done afterwards.
    Exchange,
    /// A start after an orderly stop, or the first.
    Start,
    /// A start after `kill -9` in the middle of an exchange.
    StartAfterCrash,
}

impl Phase {
    pub fn shown(self) -> &'static str {
        match self {
            Self::Exchange => "exchange",
            Self::Start => "start",
            Self::StartAfterCrash => "start after a crash",
        }
    }
}

/// One place to strike at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    pub victim: &'static str,
    pub phase: Phase,
    pub threads: Threads,
    pub call: &'static str,
    pub nth: u64,
}

impl Point {
    pub fn shown(&self) -> String {
        let thread = match self.threads {
            Threads::All => "any thread",
            Threads::Named(name) => name,
        };
        format!(
            "{}, {}, {} number {} of {thread}",
            self.victim,
            self.phase.shown(),
            self.call,
            self.nth
        )
    }
}

/// Watches an exchange and a start of each node, and lists every call of these kinds that it made.
pub fn of(arena: &mut Arena, calls: &[&'static str]) -> Result<Vec<Point>> {
    let mut points = Vec::new();
    for victim in ["XA", "XB"] {
        let log = arena.network.path("recording");
        let writer = strace::thread(arena.node(victim)?.id(), WRITER)?;
        let attached = Attached::recording(arena.node(victim)?, &log)?;
        arena.exchange()?;
        std::thread::sleep(AFTERWARDS);
        let text = attached.end()?;
        let counts = counts(&text);
        ensure!(!counts.is_empty(), "strace saw no call of {victim}");
        let exchange = |threads, call, count| many(victim, Phase::Exchange, threads, call, count);
        for call in calls {
            points.extend(exchange(Threads::All, call, most(&counts, call)));
            if let Some(count) = counts.get(&(writer, (*call).to_owned())) {
                points.extend(exchange(Threads::Named(WRITER), call, *count));
            }
        }
        arena.stop(victim)?;
        let counts = start_counts(arena, victim, &log)?;
        for phase in [Phase::Start, Phase::StartAfterCrash] {
            for call in calls {
                points.extend(many(victim, phase, Threads::All, call, most(&counts, call)));
            }
        }
        arena.start(victim)?;
    }
    Ok(points)
}

type Counts = BTreeMap<(u32, String), u64>;

fn start_counts(arena: &mut Arena, victim: &'static str, log: &Path) -> Result<Counts> {
    let running = arena.spawn_under(victim, strace::recording(log)?)?;
    running.wait_for_line_within("ready", START_PATIENCE)?;
    // strace writes line by line: these are the calls of the start, without those of the stop.
    let text = std::fs::read_to_string(log)?;
    arena.stop(victim)?;
    Ok(counts(&text))
}

fn many(
    victim: &'static str,
    phase: Phase,
    threads: Threads,
    call: &'static str,
    count: u64,
) -> impl Iterator<Item = Point> {
    (1..=count).map(move |nth| Point {
        victim,
        phase,
        threads: threads.clone(),
        call,
        nth,
    })
}

/// How often each thread made each call.
fn counts(log: &str) -> Counts {
    let mut counts = Counts::new();
    for line in log.lines() {
        let Some((thread, rest)) = line.split_once(' ') else {
            continue;
        };
        let name = rest.trim_start().split('(').next().unwrap_or_default();
        if let Ok(thread) = thread.parse()
            && CALLS.contains(&name)
        {
            *counts.entry((thread, name.to_owned())).or_default() += 1;
        }
    }
    counts
}

/// strace counts each thread for itself: the most that any made.
fn most(counts: &Counts, call: &str) -> u64 {
    let of_call = counts.iter().filter(|((_, name), _)| name == call);
    of_call.map(|(_, count)| *count).max().unwrap_or(0)
}

/// So many of them, in an order drawn from the seed: all of them, before any comes again.
pub fn drawn(points: &[Point], wanted: u64, seed: u64) -> Vec<Point> {
    let mut random = Random::new(seed);
    let mut order: Vec<Point> = Vec::new();
    while !points.is_empty() && (order.len() as u64) < wanted {
        let mut pass = points.to_vec();
        for at in (1..pass.len()).rev() {
            pass.swap(at, usize::try_from(random.below(at as u64 + 1)).unwrap_or(0));
        }
        order.extend(pass);
    }
    order.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
    order
}
