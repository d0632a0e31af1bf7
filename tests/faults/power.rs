//! The power goes: a node on a disk of its own is stopped at a random instant, what its disk holds then is
//! copied, and the node goes on from the copy, as from a disk after a power cut (security.md, 3.2). It models
//! the crash of a machine whose disk keeps what was synced.
//!
//! `[DURABLE]`: whatever was acknowledged before the stop is on the copy.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use e2e::proxy::Random;

use crate::arena::Arena;
use crate::image::Image;
use crate::table::{Harm, Round, Row, Tally, found};
use crate::traffic::{Told, Traffic};
use crate::{Plan, books, lanes};

/// The stop comes so long after the traffic, or the start, at most.
const STOPPED_WITHIN: Duration = Duration::from_millis(1_800);

/// More letters than can be sent in that time.
const LETTERS: usize = 400;

/// Every so many rounds the stop comes while the node starts.
const STARTS_EVERY: u64 = 4;

/// Two nodes, each on a disk of its own. The nodes go first.
pub struct Disks {
    pub arena: Arena,
    images: [(&'static str, Image); 2],
}

impl Disks {
    pub fn begin(folder: &std::path::Path, seed: u64) -> Result<Self> {
        let mut arena = Arena::make(folder, seed)?;
        let images = [
            ("XA", Image::under(&arena.network, "XA")?),
            ("XB", Image::under(&arena.network, "XB")?),
        ];
        arena.start("XB")?;
        arena.start("XA")?;
        arena.exchange()?;
        Ok(Self { arena, images })
    }

    pub fn image(&mut self, party: &str) -> Result<&mut Image> {
        let found = self.images.iter_mut().find(|(name, _)| *name == party);
        Ok(&mut found.context("no such node")?.1)
    }
}

pub fn run(plan: &Plan) -> Result<Vec<Row>> {
    let tally = Tally::new("power cut", plan.rounds);
    let rounds: Vec<u64> = (0..plan.rounds).collect();
    lanes::each(
        plan,
        "power",
        &rounds,
        &lanes::Work {
            begin: |folder: &Path| Disks::begin(folder, plan.seed),
            run: |disks: &mut Disks, number: &u64| {
                tally.count(&format!("round {number}"), round(disks, *number, plan.seed))
            },
            end: |disks: &mut Disks| tally.look_over(disks.arena.look_over()),
        },
    )?;
    Ok(vec![tally.end()])
}

fn round(disks: &mut Disks, number: u64, seed: u64) -> Result<Round> {
    let mut random = Random::new(seed ^ (number << 20));
    let victim = if random.chance(0.6) { "XB" } else { "XA" };
    let letters = (0..LETTERS)
        .map(|_| disks.arena.letter())
        .collect::<Result<Vec<_>>>()?;
    let socket = disks.arena.network.node_folder("XA").join("control.sock");
    let traffic = Traffic::begin(socket, letters);
    if number.is_multiple_of(STARTS_EVERY) {
        // While the others write on, it is killed, and cut off as it comes back.
        disks.arena.take(victim).context("the victim")?.kill()?;
        let node = Command::new(e2e::programs::folder()?.join("ohrid-node"));
        disks.arena.spawn_under(victim, node)?;
    }
    std::thread::sleep(random.up_to(STOPPED_WITHIN));
    let process = disks.arena.node(victim)?.id();
    freeze(process)?;
    let copy = disks.image(victim)?.copy()?;
    disks.arena.take(victim).context("the victim")?.kill()?;
    let told = traffic.end()?;
    disks.image(victim)?.replace(&copy)?;
    disks.arena.start(victim)?;
    settle(disks, told)
}

/// What was told is there at once; what was begun goes through.
fn settle(disks: &mut Disks, told: Told) -> Result<Round> {
    let there = books::received(&disks.arena.network, "XB")?;
    for message in &told.delivered {
        match there.get(message) {
            Some(1) => {}
            None => {
                return found(
                    Harm::Lost,
                    format!("{message} was receipted, and XB has not got it"),
                );
            }
            Some(times) => return found(Harm::Double, format!("XB has {message} {times} times")),
        }
    }
    let sent = books::submitted(&disks.arena.network, "XA")?;
    if let Some(lost) = told.accepted.iter().find(|message| !sent.contains_key(*message)) {
        return found(Harm::Lost, format!("{lost} was accepted, and XA has not got it"));
    }
    let mut messages = Vec::new();
    for letter in &told.letters {
        messages.push(disks.arena.post(letter)?);
    }
    for message in &messages {
        disks.arena.see_through(message)?;
    }
    disks.arena.check()?;
    Ok(Round::Survived)
}

/// SIGSTOP, and waits until every thread of it stands.
fn freeze(process: u32) -> Result<()> {
    Command::new("kill")
        .args(["-STOP", &process.to_string()])
        .status()?;
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let mut all = true;
        for task in std::fs::read_dir(format!("/proc/{process}/task"))? {
            let stat = std::fs::read_to_string(task?.path().join("stat")).unwrap_or_default();
            let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
            all &= state.is_none_or(|state| state == 'T');
        }
        if all {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "the node does not stop");
        std::thread::sleep(Duration::from_millis(1));
    }
}
