//! The clock of a machine leaps: a year, or five minutes, forth and back, at a start and while a node runs.
//!
//! libfaketime stands between the node and the C library's clock, and leaves the monotonic one alone, as a
//! wrong setting of the time does. No valid message is dropped, nothing expired is taken, and
//! reconnecting and retrying, which go by the monotonic clock, go on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use control::types::SendRequest;
use e2e::running::Running;

use crate::arena::{Arena, START_PATIENCE, tail};
use crate::table::{Harm, Round, Row, Tally, found};
use crate::{Plan, books, lanes};

/// How far the clock leaps, as libfaketime says it.
const LEAPS: [&str; 4] = ["-365d", "+365d", "-5m", "+5m"];

/// Where Debian's package libfaketime puts its library.
const LIBRARIES: [&str; 2] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
];

/// How long a message may be on its way that is to expire.
const LIFETIME: Duration = Duration::from_secs(3);

/// When it happens, and to whom.
#[derive(Debug, Clone, Copy)]
enum Leap {
    AtStart(&'static str, &'static str),
    Running(&'static str, &'static str),
    /// A sender whose clock is late holds a message that has expired for valid.
    Expired,
}

pub fn run(plan: &Plan) -> Result<Vec<Row>> {
    let library = library()?;
    let mut all = vec![Leap::Expired];
    for leap in LEAPS {
        for party in ["XA", "XB"] {
            all.push(Leap::Running(party, leap));
            all.push(Leap::AtStart(party, leap));
        }
    }
    let mut rows = Vec::new();
    let wanted = usize::try_from(plan.rounds)?;
    let leaps: Vec<Leap> = all.into_iter().cycle().take(wanted).collect();
    let tally = Tally::new("clock leaps", plan.rounds);
    lanes::each(
        plan,
        "clock",
        &leaps,
        &lanes::Work {
            begin: |folder: &Path| Arena::begin(folder, plan.seed),
            run: |arena: &mut Arena, leap: &Leap| {
                let came = match *leap {
                    Leap::AtStart(party, leap) => at_start(arena, &library, party, leap),
                    Leap::Running(party, leap) => running(arena, &library, party, leap),
                    Leap::Expired => expired(&arena.network.path("expiring"), plan.seed, &library),
                };
                tally.count(&format!("{leap:?}"), came)
            },
            end: |arena: &mut Arena| tally.look_over(arena.look_over()),
        },
    )?;
    rows.push(tally.end());
    Ok(rows)
}

fn library() -> Result<PathBuf> {
    let found = LIBRARIES.iter().map(PathBuf::from).find(|path| path.is_file());
    found.context("libfaketime is missing (Debian package libfaketime)")
}

/// A node whose clock is what a file says.
struct Clock {
    file: PathBuf,
}

impl Clock {
    fn of(arena: &Arena, party: &str, leap: &str) -> Result<Self> {
        let clock = Self {
            file: arena.network.path(&format!("{party}.clock")),
        };
        clock.leap(leap)?;
        Ok(clock)
    }

    /// Changes it, also while the node runs: in one step, since it is read at any moment.
    fn leap(&self, leap: &str) -> Result<()> {
        let aside = self.file.with_extension("new");
        fs::write(&aside, format!("{leap}\n"))?;
        Ok(fs::rename(&aside, &self.file)?)
    }

    fn command(&self, library: &Path) -> Result<Command> {
        let mut command = Command::new(e2e::programs::folder()?.join("ohrid-node"));
        command
            .env("LD_PRELOAD", library)
            .env("FAKETIME_TIMESTAMP_FILE", &self.file)
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        Ok(command)
    }
}

/// Started with a wrong clock, which is then set right.
fn at_start(arena: &mut Arena, library: &Path, party: &'static str, leap: &str) -> Result<Round> {
    arena.stop(party)?;
    let clock = Clock::of(arena, party, leap)?;
    let node = arena.spawn_under(party, clock.command(library)?)?;
    if node.wait_for_line_within("ready", START_PATIENCE).is_err() {
        let log = node.log();
        let says_why = log.contains("expired") || log.contains("in date");
        let code = arena.take(party).map_or(Ok(0), Running::wait)?;
        // A year on, the directory has expired: a start is refused rather than believed.
        if leap != "+365d" || code <= 0 || !says_why {
            return found(Harm::Stuck, format!("{party} ended with {code}:\n{}", tail(&log)));
        }
    } else {
        arena.exchange()?;
        clock.leap("+0")?;
        arena.exchange()?;
        arena.stop(party)?;
    }
    arena.start(party)?;
    arena.exchange()?;
    arena.check()?;
    Ok(Round::Survived)
}

/// The clock leaps under a running node, and back; the other one is restarted meanwhile, so that connections
/// are made anew.
fn running(arena: &mut Arena, library: &Path, party: &'static str, leap: &str) -> Result<Round> {
    let other = if party == "XA" { "XB" } else { "XA" };
    arena.stop(party)?;
    let clock = Clock::of(arena, party, "+0")?;
    arena
        .spawn_under(party, clock.command(library)?)?
        .wait_for_line_within("ready", START_PATIENCE)?;
    arena.exchange()?;
    clock.leap(leap)?;
    arena.exchange()?;
    if !leap.ends_with("5m") && leap.starts_with('+') {
        doubts(arena, party)?;
    }
    arena.stop(other)?;
    arena.start(other)?;
    arena.exchange()?;
    clock.leap("+0")?;
    arena.exchange()?;
    arena.stop(party)?;
    arena.start(party)?;
    arena.exchange()?;
    arena.check()?;
    Ok(Round::Survived)
}

/// A leap forward is said to whoever reads the log.
fn doubts(arena: &Arena, party: &str) -> Result<()> {
    let node = arena.node(party)?;
    if node.log().contains("has leapt forward") {
        return Ok(());
    }
    let log = tail(&node.log());
    found(Harm::Wrong, format!("{party} believes a leap of a year:\n{log}"))
}

/// XA's clock is late, so that it sends what has expired: XB does not take it. A pair of nodes of its own: a
/// clock that leapt forward by minutes was believed, so what expires in seconds has expired.
fn expired(folder: &Path, seed: u64, library: &Path) -> Result<Round> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    let arena = &mut Arena::begin(folder, seed)?;
    arena.stop("XA")?;
    let clock = Clock::of(arena, "XA", "+0")?;
    arena
        .spawn_under("XA", clock.command(library)?)?
        .wait_for_line_within("ready", START_PATIENCE)?;
    arena.exchange()?;
    arena.stop("XB")?;
    let message = post_expiring(arena)?;
    clock.leap("-365d")?;
    let over = Instant::now() + LIFETIME + Duration::from_millis(1_500);
    while Instant::now() < over {
        std::thread::sleep(Duration::from_millis(50));
    }
    arena.start("XB")?;
    arena.exchange()?;
    arena.expect_expired(&message);
    if books::received(&arena.network, "XB")?.contains_key(&message) {
        return found(Harm::Wrong, format!("XB took {message}, which had expired"));
    }
    clock.leap("+0")?;
    arena.stop("XA")?;
    arena.start("XA")?;
    arena.exchange()?;
    arena.check()?;
    arena.look_over()?;
    Ok(Round::Survived)
}

/// Has a message accepted that soon expires: another one where the machine took too long over it.
fn post_expiring(arena: &mut Arena) -> Result<String> {
    let deadline = Instant::now() + START_PATIENCE;
    while Instant::now() < deadline {
        let mut letter = arena.letter()?;
        let expires_at = SystemTime::now() + LIFETIME;
        let expires_at_s = expires_at.duration_since(UNIX_EPOCH)?.as_secs();
        letter.request = expiring(&letter.request, expires_at_s)?;
        if let Some(message) = arena.hand_in(&letter) {
            return Ok(message);
        }
    }
    let log = tail(&arena.node("XA")?.log());
    found(Harm::Stuck, format!("XA takes nothing that expires:\n{log}"))
}

/// The same request with an end.
fn expiring(request: &SendRequest, at_s: u64) -> Result<SendRequest> {
    let mut value = serde_json::to_value(request)?;
    let Some(fields) = value.as_object_mut() else {
        bail!("a request is no object");
    };
    fields.insert("expires_at".to_owned(), date(at_s)?.into());
    Ok(serde_json::from_value(value)?)
}

/// A time as RFC 3339 writes it, by the program that every machine has.
fn date(at_s: u64) -> Result<String> {
    let shown = Command::new("date")
        .args(["--utc", "+%Y-%m-%dT%H:%M:%SZ", "--date"])
        .arg(format!("@{at_s}"))
        .output()?;
    Ok(String::from_utf8(shown.stdout)?.trim().to_owned())
}
