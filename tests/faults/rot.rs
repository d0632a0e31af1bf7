//! Something is wrong with a stored file: a bit, a page, its end, its place, its age.
//!
//! Whatever the node then shows is what it showed before, or it says that it cannot show it, or it does not
//! start and names the file: never a wrong answer, and never one that leaves something out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use e2e::proxy::Random;

use crate::arena::{Arena, START_PATIENCE, tail};
use crate::copies::{self, CHANGES, Change};
use crate::script::{self, Story};
use crate::shown::{self, Answers, Questions};
use crate::table::{Harm, Round, Row, Tally, found};
use crate::{Plan, lanes};

/// Messages in each half of the story: enough that XA's ledger fills a tile (256 leaves).
const MESSAGES: u64 = 45;

/// What a node that is well shows.
struct Oracle {
    questions: Questions,
    answers: Answers,
}

/// How rounds ended that did no harm.
#[derive(Debug, Default)]
struct Ends {
    unnoticed: u64,
    refused_to_start: u64,
    refused_to_answer: u64,
    /// Did not start, and did not name the file.
    nameless: BTreeMap<String, u64>,
}

pub fn run(plan: &Plan) -> Result<Vec<Row>> {
    let messages = if plan.quick { 12 } else { MESSAGES };
    let story = script::tell(&plan.folder, plan.seed, messages)?;
    let root = plan.folder.join("oracle");
    std::fs::create_dir_all(&root)?;
    let mut arena = lane(&root, &story)?;
    let mut oracles = BTreeMap::new();
    for party in ["XA", "XB"] {
        copies::copy(
            &story.new.join(party.to_lowercase()),
            &arena.network.node_folder(party),
        )?;
        settle(&mut arena, party)?;
        arena.start(party)?;
        let questions = shown::questions(&arena, party)?;
        let answers = shown::answers(&arena, party, &questions)?;
        arena.stop(party)?;
        oracles.insert(party, Oracle { questions, answers });
    }
    drop(arena);
    let tallies = CHANGES.map(|(_, name)| Tally::new(name, plan.rounds));
    let ends = CHANGES.map(|_| Mutex::new(Ends::default()));
    let trials: Vec<(u64, usize)> = (0..plan.rounds)
        .flat_map(|number| (0..CHANGES.len()).map(move |which| (number, which)))
        .collect();
    lanes::each(
        plan,
        "rot",
        &trials,
        &lanes::Work {
            begin: |folder: &Path| lane(folder, &story),
            run: |arena: &mut Arena, (number, which): &(u64, usize)| {
                let (change, _) = CHANGES[*which];
                let random = Random::new(plan.seed ^ (number << 16) ^ *which as u64);
                let came = trial(arena, &story, &oracles, (change, random), &ends[*which]);
                tallies[*which].count(&format!("trial {number}"), came)
            },
            end: |_: &mut Arena| {},
        },
    )?;
    let rows = tallies.into_iter().zip(ends).map(|(tally, ends)| {
        let mut row = tally.end();
        let ends = ends.into_inner().unwrap_or_else(PoisonError::into_inner);
        row.remarks.push(format!(
            "as before {}, refused to start {}, refused to answer {}",
            ends.unnoticed, ends.refused_to_start, ends.refused_to_answer
        ));
        for (file, times) in ends.nameless {
            row.remarks
                .push(format!("did not start and named no file {times} times: {file}"));
        }
        row
    });
    Ok(rows.collect())
}

/// A folder in which copies of the nodes are started, one at a time, without the other.
fn lane(folder: &Path, story: &Story) -> Result<Arena> {
    let arena = Arena::around(folder)?;
    copies::copy(&story.secretariat, &arena.network.path("secretariat"))?;
    Ok(arena)
}

/// Has a copy listen somewhere else, and not wait for witnesses that do not run.
fn settle(arena: &mut Arena, party: &str) -> Result<()> {
    let config: PathBuf = arena.network.node_folder(party).join("node.toml");
    let text = std::fs::read_to_string(&config)?;
    let was = arena.network.listen_address(party)?.to_string();
    let free = e2e::network::free_address()?;
    let text = text
        .replacen(&was, &free, 1)
        .replace("start_wait_seconds = 1", "start_wait_seconds = 0");
    Ok(std::fs::write(&config, text)?)
}

fn trial(
    arena: &mut Arena,
    story: &Story,
    oracles: &BTreeMap<&'static str, Oracle>,
    (change, mut random): (Change, Random),
    ends: &Mutex<Ends>,
) -> Result<Round> {
    let party = if random.chance(0.5) { "XA" } else { "XB" };
    let oracle = oracles.get(party).context("an oracle")?;
    let folder = arena.network.node_folder(party);
    copies::copy(&story.new.join(party.to_lowercase()), &folder)?;
    settle(arena, party)?;
    let old = story.old.join(party.to_lowercase());
    let Some(said) = copies::damage(&folder, &old, change, &mut random)? else {
        return Ok(Round::NotReached);
    };
    let came = after(arena, party, oracle, &said, ends).with_context(|| format!("{party}: {said}"));
    drop(arena.take(party));
    came
}

/// What the node does with it.
fn after(
    arena: &mut Arena,
    party: &'static str,
    oracle: &Oracle,
    said: &str,
    ends: &Mutex<Ends>,
) -> Result<Round> {
    let lock = || ends.lock().unwrap_or_else(PoisonError::into_inner);
    let command = Command::new(e2e::programs::folder()?.join("ohrid-node"));
    let node = arena.spawn_under(party, command)?;
    if node.wait_for_line_within("ready", START_PATIENCE).is_err() {
        if !node.has_ended() {
            return found(
                Harm::Stuck,
                format!("neither ready nor ended:\n{}", tail(&node.log())),
            );
        }
        let log = node.log();
        let code = arena.take(party).map_or(Ok(0), e2e::running::Running::wait)?;
        if code <= 0 || log.contains("panicked") {
            return found(Harm::Stuck, format!("ended with {code}:\n{}", tail(&log)));
        }
        let mut ends = lock();
        ends.refused_to_start += 1;
        if !names(&log, said) {
            let file = said.split(':').next().unwrap_or_default();
            let last = log.lines().next_back().unwrap_or_default();
            let what = format!("{file}: {}", gist(last));
            *ends.nameless.entry(what).or_default() += 1;
        }
        return Ok(Round::Survived);
    }
    let shown = match shown::answers(arena, party, &oracle.questions) {
        Ok(shown) => shown,
        Err(error) if arena.node(party)?.has_ended() => {
            // The store stopped it, and says why: nothing was shown.
            let log = arena.node(party)?.log();
            if log.contains("the store failed") {
                lock().refused_to_answer += 1;
                return Ok(Round::Survived);
            }
            return Err(error.context(tail(&log)));
        }
        Err(error) => return Err(error),
    };
    let (wrong, refused) = shown::compare(&oracle.answers, &shown);
    if !wrong.is_empty() {
        let log = tail(&arena.node(party)?.log());
        let some = wrong[..wrong.len().min(3)].join("\n");
        return found(
            Harm::Wrong,
            format!("{} wrong answers, such as\n{some}\n{log}", wrong.len()),
        );
    }
    let mut ends = lock();
    if refused > 0 {
        ends.refused_to_answer += 1;
    } else {
        ends.unnoticed += 1;
    }
    Ok(Round::Survived)
}

/// What a line of the log says, whenever and of whichever numbers.
fn gist(line: &str) -> String {
    let (_, said) = line.rsplit_once("ohrid_node: ").unwrap_or(("", line));
    let mut gist = String::new();
    for letter in said.chars() {
        match letter {
            '0'..='9' if gist.ends_with('N') => {}
            '0'..='9' => gist.push('N'),
            letter => gist.push(letter),
        }
    }
    gist
}

/// Whether the log names the file, or its folder where that is one of many.
fn names(log: &str, said: &str) -> bool {
    let file = Path::new(said.split(':').next().unwrap_or_default());
    let name = file
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let folder = file.parent().and_then(Path::file_name).unwrap_or_default();
    let folder = format!("/{}", folder.to_string_lossy());
    log.contains(&name) || (folder.len() > 1 && log.contains(&folder))
}
