//! The disk answers with an error: EIO at an fsync, an fdatasync or a write.
//!
//! `[DURABLE]`: after a failed sync nobody knows what the disk has, so the process ends at once, says
//! why, and never syncs that file again; what was acknowledged before is there after the next start.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use e2e::running::Running;

use crate::arena::{Arena, LOOK_EVERY, Letter, START_PATIENCE, tail};
use crate::points::{Phase, Point, drawn, of};
use crate::strace::{Attached, Blow, striking};
use crate::table::{Harm, Round, Row, Tally, found};
use crate::{Plan, lanes};

/// The exit code of a node whose store failed.
const STORE_FAILED: i32 = 74;

/// A node that has not ended so long after the error went on without what failed.
const GOES_ON_FOR: Duration = Duration::from_millis(400);

const BLOW: Blow = Blow::Error("EIO");

/// What is counted together: which calls, and when.
type Sort = (&'static str, &'static [&'static str], &'static [Phase]);

const SORTS: [Sort; 4] = [
    ("EIO at a sync: exchange", SYNCS, &[Phase::Exchange]),
    ("EIO at a sync: start", SYNCS, STARTS),
    ("EIO at a write: exchange", WRITES, &[Phase::Exchange]),
    ("EIO at a write: start", WRITES, STARTS),
];

const SYNCS: &[&str] = &["fsync", "fdatasync"];

const WRITES: &[&str] = &["pwrite64", "write"];

const STARTS: &[Phase] = &[Phase::Start, Phase::StartAfterCrash];

pub fn run(plan: &Plan) -> Result<Vec<Row>> {
    let folder = plan.folder.join("recording");
    std::fs::create_dir_all(&folder)?;
    let mut arena = Arena::begin(&folder, plan.seed)?;
    let all = of(&mut arena, &[SYNCS, WRITES].concat())?;
    drop(arena);
    let share = plan.rounds / SORTS.len() as u64;
    let tallies = SORTS.map(|(name, ..)| Tally::new(name, share));
    let went_on = SORTS.map(|_| Mutex::new(0_u64));
    let mut strikes: Vec<(usize, usize, Point)> = Vec::new();
    for (sort, (_, calls, phases)) in SORTS.into_iter().enumerate() {
        let is_one = |point: &&Point| calls.contains(&point.call) && phases.contains(&point.phase);
        let points: Vec<Point> = all.iter().filter(is_one).cloned().collect();
        // Some are not reached: a node that is struck may get by with fewer calls, and many a write wakes a
        // thread and asks no disk.
        let drawn = drawn(&points, 3 * share, plan.seed).into_iter().enumerate();
        strikes.extend(drawn.map(|(turn, point)| (turn, sort, point)));
    }
    strikes.sort_by_key(|(turn, ..)| *turn);
    lanes::each(
        plan,
        "eio",
        &strikes,
        &lanes::Work {
            begin: |folder: &Path| Arena::begin(folder, plan.seed),
            run: |arena: &mut Arena, (_, sort, point): &(usize, usize, Point)| {
                let tally = &tallies[*sort];
                tally.missing() == 0 || tally.count(&point.shown(), round(arena, point, &went_on[*sort]))
            },
            end: |arena: &mut Arena| tallies[0].look_over(arena.look_over()),
        },
    )?;
    let rows = tallies.into_iter().zip(went_on).map(|(tally, went_on)| {
        let mut row = tally.end();
        let went_on = went_on.into_inner().unwrap_or_else(PoisonError::into_inner);
        row.remarks
            .push(format!("the node went on without what failed {went_on} times"));
        row
    });
    Ok(rows.collect())
}

fn round(arena: &mut Arena, point: &Point, went_on: &Mutex<u64>) -> Result<Round> {
    let log = arena.network.path("strace");
    if log.exists() {
        // What the round before was told is not this one's.
        std::fs::remove_file(&log)?;
    }
    let mut letters = Vec::new();
    let text = match point.phase {
        Phase::Exchange => {
            let node = arena.node(point.victim)?;
            let blow = (point.call, point.nth, BLOW);
            let attached = Attached::striking(node, &point.threads, blow, &log)?;
            letters = arena.exchange_until(point.victim, || is_injected(&log))?;
            arena.until_ended(point.victim, GOES_ON_FOR)?;
            attached.end()?
        }
        Phase::Start | Phase::StartAfterCrash => {
            letters.push(arena.letter()?);
            starting(arena, point, &log, &letters[0])?
        }
    };
    let came = judge(arena, point, &text, went_on)?;
    drop(arena.take(point.victim));
    arena.start(point.victim)?;
    for letter in &letters {
        let message = arena.post(letter)?;
        arena.see_through(&message)?;
    }
    arena.check()?;
    Ok(came)
}

/// Whether the error was given already: whatever the node does about it, it does by and by.
fn is_injected(log: &Path) -> bool {
    std::fs::read_to_string(log).is_ok_and(|text| text.contains("(INJECTED)"))
}

/// Whether it was given to the runtime, as it woke a thread. No disk is asked for that, so it says nothing of
/// disks; and a runtime that cannot wake its threads is at its end.
fn hit_a_wake(log: &Path) -> bool {
    std::fs::read_to_string(log).is_ok_and(|text| is_at_a_wake(&text.lines().collect::<Vec<_>>()))
}

fn is_at_a_wake(lines: &[&str]) -> bool {
    let is_blow = |(_, line): &(usize, &&str)| line.contains("(INJECTED)");
    lines.iter().enumerate().filter(is_blow).any(|(at, line)| {
        let own = line.contains("eventfd");
        own || begun(lines, at).is_some_and(|begun| begun.contains("eventfd"))
    })
}

/// The first half of a line that another thread's cut in two.
fn begun<'a>(lines: &[&'a str], at: usize) -> Option<&'a str> {
    let thread_of = |line: &'a str| line.split(' ').next();
    let mut earlier = lines[..at].iter().rev().copied();
    let last = earlier.find(|line| thread_of(line) == thread_of(lines[at]));
    last.filter(|line| line.contains("<unfinished"))
}

fn starting(arena: &mut Arena, point: &Point, log: &Path, letter: &Letter) -> Result<String> {
    if point.phase == Phase::StartAfterCrash {
        arena.hand_in(letter);
        drop(arena.take(point.victim));
    } else {
        arena.stop(point.victim)?;
    }
    let node = arena.spawn_under(point.victim, striking(point.call, point.nth, BLOW, log)?)?;
    let deadline = Instant::now() + START_PATIENCE;
    let mut is_ready = false;
    while !is_ready && !node.has_ended() && !hit_a_wake(log) && Instant::now() < deadline {
        is_ready = node.wait_for_line_within("ready", LOOK_EVERY).is_ok();
    }
    if !is_ready && !node.has_ended() && !hit_a_wake(log) {
        let log = tail(&node.log());
        return found(Harm::Stuck, format!("neither ended nor ready:\n{log}"));
    }
    if is_ready {
        // What was written while it started is synced after; it may have ended meanwhile.
        arena.until_ended(point.victim, GOES_ON_FOR)?;
    }
    Ok(std::fs::read_to_string(log)?)
}

/// What the node did about the error.
fn judge(arena: &mut Arena, point: &Point, strace: &str, went_on: &Mutex<u64>) -> Result<Round> {
    let lines: Vec<&str> = strace.lines().collect();
    let Some(at) = lines.iter().position(|line| line.contains("(INJECTED)")) else {
        return Ok(Round::NotReached);
    };
    // Every thread counts by itself, so several may be struck.
    if is_at_a_wake(&lines) {
        return Ok(Round::NotReached);
    }
    let file = file_of(&lines, at);
    let is_journal = file.contains("/data/journal/");
    let node = arena.node(point.victim)?;
    if is_journal {
        node.wait_for_end()
            .or_else(|error| found(Harm::Wrong, format!("it goes on after {}: {error:#}", lines[at])))?;
    }
    let again = lines[at + 1..]
        .iter()
        .find(|line| is_journal && line.contains("sync(") && line.contains(&format!("<{file}>")));
    if let Some(again) = again {
        return found(Harm::Wrong, format!("synced again after an error: {again}"));
    }
    if !node.has_ended() {
        *went_on.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        return Ok(Round::Survived);
    }
    let said = node.log();
    let is_said = ["ERROR", "error", "panicked"]
        .iter()
        .any(|word| said.contains(word));
    let code = arena.take(point.victim).map_or(Ok(0), Running::wait)?;
    if code == 0 || (code < 0 && point.phase == Phase::Exchange) {
        return found(
            Harm::Wrong,
            format!("it ended with {code} after {}:\n{}", lines[at], tail(&said)),
        );
    }
    if is_journal && point.phase == Phase::Exchange && code != STORE_FAILED {
        return found(
            Harm::Wrong,
            format!("exit code {code}, not {STORE_FAILED}:\n{}", tail(&said)),
        );
    }
    if !is_said {
        return found(
            Harm::Stuck,
            format!("it ended with {code} and said nothing:\n{}", tail(&said)),
        );
    }
    Ok(Round::Survived)
}

/// The file that an injected call was made on: its line may have been cut in two by another thread's.
fn file_of(lines: &[&str], at: usize) -> String {
    let of_line = |line: &str| {
        let (_, rest) = line.split_once('<')?;
        let (file, _) = rest.split_once('>')?;
        file.starts_with('/').then(|| file.to_owned())
    };
    let own = of_line(lines[at]);
    own.or_else(|| of_line(begun(lines, at)?)).unwrap_or_default()
}
