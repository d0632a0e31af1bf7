//! kill -9 at every system call that touches disk or network, of an exchange and of a start.
//!
//! `[DURABLE]`, `[IDEMPOTENT]`, `[RETRY]`: afterwards the node starts by itself, the message is once in both
//! ledgers, its receipt is the first one, and both ledgers verify.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::arena::{Arena, START_PATIENCE};
use crate::points::{Phase, Point, drawn, of};
use crate::strace::{Attached, Blow, CALLS, striking};
use crate::table::{Harm, Round, Row, Tally, complain, found};
use crate::{Plan, is_stopped, lanes};

/// After a crash, so many starts are killed one after the other.
const IN_A_ROW: usize = 4;

/// The same in the quick form.
const IN_A_ROW_QUICK: usize = 5;

/// What was struck, and how often: `fdatasync` of the journal, and so on.
type Struck = Mutex<BTreeMap<String, u64>>;

pub fn run(plan: &Plan) -> Result<Vec<Row>> {
    let folder = plan.folder.join("recording");
    std::fs::create_dir_all(&folder)?;
    let mut arena = Arena::begin(&folder, plan.seed)?;
    let points = of(&mut arena, CALLS)?;
    drop(arena);
    let phases = shares(plan).map(|(phase, share)| {
        let here: Vec<Point> = points
            .iter()
            .filter(|point| point.phase == phase)
            .cloned()
            .collect();
        let tally = Tally::new(format!("kill -9: {}", phase.shown()), plan.rounds * share / 100);
        complain(&format!(
            "    {}: {} places, {} kills",
            phase.shown(),
            here.len(),
            tally.missing()
        ));
        (phase, here, tally, Struck::default())
    });
    let slowest = Mutex::new(Duration::ZERO);
    // A node may get by with fewer calls than it once made: others are struck for those.
    for pass in 0..4 {
        let mut groups = Vec::new();
        for (which, (phase, here, tally, _)) in phases.iter().enumerate() {
            let drawn = drawn(here, tally.missing(), plan.seed + pass);
            let in_groups = in_groups(*phase, drawn, plan).into_iter().enumerate();
            groups.extend(in_groups.map(|(turn, group)| (turn, which, group)));
        }
        // Some of each by turns, so that a run that is stopped has seen all.
        groups.sort_by_key(|(turn, ..)| *turn);
        if groups.is_empty() || is_stopped() {
            break;
        }
        lanes::each(
            plan,
            "kill",
            &groups,
            &lanes::Work {
                begin: |folder: &Path| Arena::begin(folder, plan.seed),
                run: |arena: &mut Arena, (_, which, group): &(usize, usize, Vec<Point>)| {
                    let (.., tally, struck) = &phases[*which];
                    let came = round(arena, group, struck, tally);
                    let mut slowest = slowest.lock().unwrap_or_else(PoisonError::into_inner);
                    *slowest = arena.slowest_start.max(*slowest);
                    let shown: Vec<String> = group.iter().map(Point::shown).collect();
                    tally.count(&shown.join("; "), came)
                },
                end: |arena: &mut Arena| phases[0].2.look_over(arena.look_over()),
            },
        )?;
    }
    let slowest = slowest.into_inner().unwrap_or_else(PoisonError::into_inner);
    let rows = phases.into_iter().map(|(_, here, tally, struck)| {
        let mut row = tally.end();
        let struck = struck.into_inner().unwrap_or_else(PoisonError::into_inner);
        let told: Vec<String> = struck
            .iter()
            .map(|(step, times)| format!("{step} {times}"))
            .collect();
        row.remarks
            .push(format!("{} places; struck: {}", here.len(), told.join(", ")));
        row.remarks
            .push(format!("slowest start {:.1} s", slowest.as_secs_f64()));
        row
    });
    Ok(rows.collect())
}

/// Those that are struck one after the other, before it is looked at what they did: of one victim each.
fn in_groups(phase: Phase, drawn: Vec<Point>, plan: &Plan) -> Vec<Vec<Point>> {
    let in_a_row = match (phase, plan.quick) {
        (Phase::StartAfterCrash, true) => IN_A_ROW_QUICK,
        (Phase::StartAfterCrash, false) => IN_A_ROW,
        _ => 1,
    };
    let (xa, xb): (Vec<Point>, Vec<Point>) = drawn.into_iter().partition(|point| point.victim == "XA");
    let both = [xa, xb];
    let groups = both.iter().flat_map(|points| points.chunks(in_a_row).enumerate());
    let mut groups: Vec<(usize, &[Point])> = groups.collect();
    groups.sort_by_key(|(turn, _)| *turn);
    groups.into_iter().map(|(_, group)| group.to_vec()).collect()
}

/// Of a hundred kills, so many in each phase. In the quick form most are in starts, of which several
/// are killed before one is let through.
fn shares(plan: &Plan) -> [(Phase, u64); 3] {
    let shares = if plan.quick { [22, 8, 70] } else { [50, 25, 25] };
    [
        (Phase::Exchange, shares[0]),
        (Phase::Start, shares[1]),
        (Phase::StartAfterCrash, shares[2]),
    ]
}

/// One kill, or several in a row, before it is looked at what they did.
fn round(arena: &mut Arena, group: &[Point], struck: &Struck, tally: &Tally) -> Result<Round> {
    let Some(first) = group.first() else {
        return Ok(Round::NotReached);
    };
    if first.phase == Phase::Exchange {
        return exchange(arena, first, struck);
    }
    let letter = arena.letter()?;
    if first.phase == Phase::StartAfterCrash {
        arena.hand_in(&letter);
        arena.take(first.victim).context("the victim")?.kill()?;
    } else {
        arena.stop(first.victim)?;
    }
    let (mut kills, victim) = (0, first.victim);
    for point in group {
        // All of one group are of one victim: the other node waits.
        kills += u64::from(
            starting(
                arena,
                &Point {
                    victim,
                    ..point.clone()
                },
                struck,
            )? == Round::Survived,
        );
    }
    arena.start(victim)?;
    let message = arena.post(&letter)?;
    arena.see_through(&message)?;
    arena.check()?;
    tally.survived_besides(kills.saturating_sub(1), group.len() as u64 - 1);
    Ok(if kills > 0 {
        Round::Survived
    } else {
        Round::NotReached
    })
}

/// Notes what strace struck.
fn note(struck: &Struck, log: &Path) -> Result<()> {
    let text = std::fs::read_to_string(log)?;
    let mut struck = struck.lock().unwrap_or_else(PoisonError::into_inner);
    *struck.entry(step(&text)).or_default() += 1;
    Ok(())
}

/// Killed somewhere between handing a message in and what is done after its report.
fn exchange(arena: &mut Arena, point: &Point, struck: &Struck) -> Result<Round> {
    let (victim, log) = (point.victim, arena.network.path("strace"));
    let blow = (point.call, point.nth, Blow::Kill);
    let attached = Attached::striking(arena.node(victim)?, &point.threads, blow, &log)?;
    let letters = arena.exchange_until_ended(victim)?;
    attached.end()?;
    if !arena.node(victim)?.has_ended() {
        return Ok(Round::NotReached);
    }
    note(struck, &log)?;
    drop(arena.take(victim));
    arena.start(victim)?;
    for letter in &letters {
        let message = arena.post(letter)?;
        arena.see_through(&message)?;
    }
    arena.check()?;
    Ok(Round::Survived)
}

/// Killed while it starts.
fn starting(arena: &mut Arena, point: &Point, struck: &Struck) -> Result<Round> {
    let (victim, log) = (point.victim, arena.network.path("strace"));
    let doomed = arena.spawn_under(victim, striking(point.call, point.nth, Blow::Kill, &log)?)?;
    let came = match doomed.wait_for_line_within("ready", START_PATIENCE) {
        Ok(_) => Round::NotReached,
        Err(_) if doomed.has_ended() => Round::Survived,
        Err(error) => return found(Harm::Stuck, format!("neither killed nor ready: {error:#}")),
    };
    arena.take(victim).context("the victim")?.kill()?;
    if came == Round::Survived {
        note(struck, &log)?;
    }
    Ok(came)
}

/// Which step of the node's work the last call in strace's log belongs to.
fn step(log: &str) -> String {
    let line = log.lines().rfind(|line| line.contains('(')).unwrap_or_default();
    let rest = line.split_once(' ').map_or(line, |(first, rest)| {
        if first.bytes().all(|byte| byte.is_ascii_digit()) {
            rest.trim_start()
        } else {
            line
        }
    });
    let call = rest.split('(').next().unwrap_or_default();
    let places = [
        ("/data/journal", "journal"),
        ("/data/ledger", "tiles"),
        ("/data/payload", "payloads"),
        ("/data/index", "index"),
        ("/data/cases", "case index"),
        ("/data/staging", "staging"),
        ("/data", "store"),
        ("/keys", "keys"),
        ("UDP", "UDP"),
        ("UNIX", "control socket"),
        ("socket:", "socket"),
        ("/published", "published"),
        ("/witness", "witness"),
        ("/directories", "directories"),
        ("eventfd", "wake"),
        ("pipe:", "log"),
    ];
    let place = places.iter().find(|(mark, _)| rest.contains(mark));
    match place {
        Some((_, name)) => format!("{call} of {name}"),
        None => call.to_owned(),
    }
}
