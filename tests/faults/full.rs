//! The disk is full: while a node writes, while it starts, again and again while it is restarted, and in the
//! middle of fetching a file.
//!
//! `[DURABLE]`: nothing new is taken while there is still room for what was promised; what was accepted
//! stays; the error is clear; and when there is room again, it goes on without an operator (but for whoever
//! restarts
//! a process that ended, which systemd does).

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use control::types::Wait;
use e2e::proxy::Random;
use e2e::running::Running;

use crate::arena::{Letter, START_PATIENCE, tail};
use crate::power::Disks;
use crate::table::{Harm, Round, Row, Tally, found};
use crate::traffic::Traffic;
use crate::{Plan, lanes, pull};

/// Where the store takes no more (`FREE_SPACE_FLOOR_BYTES_DEFAULT`).
const FLOOR: u64 = 128 << 20;

/// What it must have free to open its index (`INDEX_HEADROOM_BYTES_DEFAULT`), and somewhat more.
const ENOUGH_TO_START: u64 = 330 << 20;

/// How long a full node is watched.
const WATCHED: Duration = Duration::from_millis(1_500);

/// What happens in a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Story {
    /// Filled to below the floor, while messages come: intake is refused, and the node lives.
    Intake,
    /// Filled to the last byte at a random instant, while messages come.
    Writing,
    /// Started on a full disk.
    Starting,
    /// Started again and again, and killed in between, on a disk that is full to a varying degree.
    Restarting,
    /// Filled to the last byte while a file is fetched.
    Pulling,
}

const STORIES: [(Story, &str); 5] = [
    (Story::Intake, "disk full: below the floor"),
    (Story::Writing, "disk full: while writing"),
    (Story::Starting, "disk full: while starting"),
    (Story::Restarting, "disk full: in a restart loop"),
    (Story::Pulling, "disk full: in the middle of a file"),
];

pub fn run(plan: &Plan) -> Result<Vec<Row>> {
    let each = plan.rounds.div_ceil(STORIES.len() as u64).max(1);
    let tallies = STORIES.map(|(_, name)| Tally::new(name, each));
    let rounds: Vec<(u64, usize)> = (0..each)
        .flat_map(|number| (0..STORIES.len()).map(move |story| (number, story)))
        .collect();
    lanes::each(
        plan,
        "full",
        &rounds,
        &lanes::Work {
            begin: |folder: &Path| Disks::begin(folder, plan.seed),
            run: |disks: &mut Disks, (number, which): &(u64, usize)| {
                let (story, _) = STORIES[*which];
                let mut random = Random::new(plan.seed ^ (number << 24) ^ *which as u64);
                tallies[*which].count(&format!("round {number}"), round(disks, story, &mut random))
            },
            end: |disks: &mut Disks| tallies[0].look_over(disks.arena.look_over()),
        },
    )?;
    Ok(tallies.map(Tally::end).into())
}

fn round(disks: &mut Disks, story: Story, random: &mut Random) -> Result<Round> {
    let victim = if random.chance(0.5) { "XA" } else { "XB" };
    let letters = match story {
        Story::Intake => intake(disks, victim, random)?,
        Story::Writing => writing(disks, victim, random)?,
        Story::Starting => starting(disks, victim, random, 1)?,
        Story::Restarting => starting(disks, victim, random, 4)?,
        Story::Pulling => {
            let came = pull::cut_by_full_disk(disks)?;
            disks.arena.check()?;
            return Ok(came);
        }
    };
    let mut messages = Vec::new();
    for letter in &letters {
        messages.push(disks.arena.post(letter)?);
    }
    for message in &messages {
        disks.arena.see_through(message)?;
    }
    disks.arena.check()?;
    Ok(Round::Survived)
}

/// Nothing new is taken below the floor; and the process lives, and goes on by itself.
fn intake(disks: &mut Disks, victim: &'static str, random: &mut Random) -> Result<Vec<Letter>> {
    let left = FLOOR / 2 + random.below(FLOOR / 2 - (2 << 20));
    disks.image(victim)?.fill(left)?;
    let letter = disks.arena.letter()?;
    if victim == "XA" {
        if let Some(message) = disks.arena.hand_in(&letter) {
            return found(Harm::Wrong, format!("XA took {message} with {left} bytes left"));
        }
    } else {
        let message = disks.arena.post(&letter)?;
        if disks.arena.reached(&message, Wait::Delivered, WATCHED)? {
            return found(Harm::Wrong, format!("XB took {message} with {left} bytes left"));
        }
    }
    let node = disks.arena.node(victim)?;
    if node.has_ended() {
        return found(Harm::Stuck, format!("{victim} ended:\n{}", tail(&node.log())));
    }
    if !says_full(&node.log()) {
        return found(
            Harm::Stuck,
            format!("{victim} does not say why:\n{}", tail(&node.log())),
        );
    }
    disks.image(victim)?.empty()?;
    Ok(vec![letter])
}

fn writing(disks: &mut Disks, victim: &'static str, random: &mut Random) -> Result<Vec<Letter>> {
    let letters = (0..200)
        .map(|_| disks.arena.letter())
        .collect::<Result<Vec<_>>>()?;
    let socket = disks.arena.network.node_folder("XA").join("control.sock");
    let traffic = Traffic::begin(socket, letters);
    std::thread::sleep(random.up_to(Duration::from_secs(1)));
    disks.image(victim)?.fill(0)?;
    std::thread::sleep(WATCHED);
    let ended = disks.arena.node(victim)?.has_ended();
    if ended {
        clearly_ended(disks, victim)?;
    }
    disks.image(victim)?.empty()?;
    let told = traffic.end()?;
    if ended {
        disks.arena.start(victim)?;
    }
    Ok(told.letters)
}

/// Started while the disk is full, so many times; some starts are killed.
fn starting(disks: &mut Disks, victim: &'static str, random: &mut Random, times: u64) -> Result<Vec<Letter>> {
    let letter = disks.arena.letter()?;
    disks.arena.hand_in(&letter);
    match disks.arena.take(victim) {
        Some(node) if random.chance(0.5) => node.kill()?,
        Some(node) => drop(node.stop()?),
        None => {}
    }
    for _ in 0..times {
        let left = if random.chance(0.4) {
            0
        } else {
            random.below(ENOUGH_TO_START)
        };
        disks.image(victim)?.empty()?;
        disks.image(victim)?.fill(left)?;
        let node = Command::new(e2e::programs::folder()?.join("ohrid-node"));
        let node = disks.arena.spawn_under(victim, node)?;
        if times > 1 && random.chance(0.4) {
            std::thread::sleep(random.up_to(Duration::from_millis(600)));
            disks.arena.take(victim).context("the victim")?.kill()?;
            continue;
        }
        let is_ready = node.wait_for_line_within("ready", START_PATIENCE).is_ok();
        if !is_ready {
            if !node.has_ended() {
                return found(
                    Harm::Stuck,
                    format!("neither ready nor ended:\n{}", tail(&node.log())),
                );
            }
            clearly_ended(disks, victim)?;
        }
        // Ready or not: the next start is another one.
        drop(disks.arena.take(victim));
    }
    disks.image(victim)?.empty()?;
    disks.arena.start(victim)?;
    Ok(vec![letter])
}

/// A process that ended on a full disk says that it is full.
fn clearly_ended(disks: &mut Disks, victim: &str) -> Result<()> {
    let node = disks.arena.take(victim).context("the victim")?;
    let began = Instant::now();
    let log = node.log();
    let code = Running::wait(node)?;
    if code == 0 || !says_full(&log) {
        let seconds = began.elapsed().as_secs();
        return found(
            Harm::Stuck,
            format!(
                "{victim} ended with {code} after {seconds} s, and did not say why:\n{}",
                tail(&log)
            ),
        );
    }
    Ok(())
}

fn says_full(log: &str) -> bool {
    ["bytes are free", "No space left", "disk is full", "room"]
        .iter()
        .any(|words| log.contains(words))
}
