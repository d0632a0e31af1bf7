//! Whether the node can serve: what `/readyz` says, check by check, each with what mends it.
//!
//! A check *fails* where the node cannot do what it is for: then it is not ready, and an orchestrator does
//! not send anybody to it. It *warns* where everything works and people must look all the same: a fork,
//! witnesses that lag, a clock that differs from the peers'. The same outcomes are the metric
//! `ohrid_check`.

use std::time::Duration;

use protocol::directory::Freshness;
use protocol::exchange::Queued;
use protocol::time::UnixMillis;
use serde::Serialize;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::limits::{
    CLOCK_SKEW_MAX, CLOCKS_COMPARED_MIN, COMMIT_HANGS_AFTER, CORE_ANSWERS_WITHIN, ROOM_SHORT_BYTES,
};
use crate::metrics::Room;
use crate::publishing::Signing;
use crate::rotation::terms::{KeyKind, Stage, Term};
use crate::wake::{Command, Wake};

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The node cannot serve.
    Fail,
    /// It can, and people must look.
    Warn,
    /// Well.
    Ok,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Its name: one word, for ever the same.
    pub name: &'static str,
    /// How it came out.
    pub outcome: Outcome,
    /// What was found; empty where it is well.
    pub what: String,
    /// What mends it; empty where it is well.
    pub mend: &'static str,
}

/// All checks, always the same ones in the same order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// Whether the node can serve: no check has failed.
    pub ready: bool,
    /// The checks.
    pub checks: Vec<Check>,
}

/// What the checks look at.
#[derive(Debug)]
pub struct Facts {
    /// Whether the node stops.
    pub is_stopping: bool,
    /// Whether the core answers.
    pub core_answers: bool,
    /// For how long the commit in flight has been under way.
    pub committing_for: Duration,
    /// Whether something that was stored could not be read.
    pub is_store_damaged: bool,
    /// Whether nothing can be recorded for want of room.
    pub is_disk_full: bool,
    /// Room on the store's disk.
    pub room: Option<Room>,
    /// Every key of ours.
    pub keys: Vec<Term>,
    /// Whether the ledger may be signed.
    pub signing: Signing,
    /// How fresh the directory in use is.
    pub freshness: Freshness,
    /// Proofs of forks of the directory, and of ledgers.
    pub forks: (usize, usize),
    /// Whether what was released has been without its witnesses for too long.
    pub is_lagging: bool,
    /// Whether the system's clock is not believed.
    pub is_clock_doubted: bool,
    /// By how many seconds our clock is ahead of the median of so many peers'.
    pub clock: Option<(f64, usize)>,
    /// Now.
    pub now: UnixMillis,
}

impl Readiness {
    /// Judges what was found.
    #[must_use]
    pub fn of(facts: &Facts) -> Self {
        let checks = vec![
            running(facts),
            core(facts),
            keys(facts),
            store(facts),
            disk(facts),
            signing(facts),
            directory(facts),
            clock(facts),
            forks(
                "directory_forks",
                facts.forks.0,
                "ohrid node status names the proofs: call the secretariat",
            ),
            forks(
                "ledger_forks",
                facts.forks.1,
                "ohrid node status names the Party: call its operator",
            ),
            witnesses(facts),
        ];
        Self {
            ready: checks.iter().all(|check| check.outcome != Outcome::Fail),
            checks,
        }
    }

    /// For people and scripts: a line for each check.
    #[must_use]
    pub fn text(&self) -> String {
        let line = |check: &Check| match check.outcome {
            Outcome::Ok => format!("{} ok\n", check.name),
            Outcome::Warn => format!("{} warning: {}; {}\n", check.name, check.what, check.mend),
            Outcome::Fail => format!("{} failed: {}; {}\n", check.name, check.what, check.mend),
        };
        self.checks.iter().map(line).collect()
    }

    /// For the metrics: each check's name with its outcome.
    pub fn outcomes(&self) -> impl Iterator<Item = (&'static str, i64)> {
        self.checks.iter().map(|check| {
            let outcome = match check.outcome {
                Outcome::Fail => 0,
                Outcome::Warn => 1,
                Outcome::Ok => 2,
            };
            (check.name, outcome)
        })
    }
}

/// Asks the core what waits for the peers. `None` when it does not answer: it stands still, or ended.
pub async fn ask_core(wakes: &mpsc::Sender<Wake>) -> Option<Vec<Queued>> {
    let (answer, answered) = oneshot::channel();
    let asking = async {
        wakes
            .send(Wake::Command(Command::TellQueued(answer)))
            .await
            .ok()?;
        answered.await.ok()
    };
    timeout(CORE_ANSWERS_WITHIN, asking).await.ok().flatten()
}

/// By how many seconds our clock is ahead of the median of the peers', and of how many peers that is. Each
/// hello said what the peer's clock was; its travel of some milliseconds is in it, and what has drifted
/// since is not. The median, so that one peer with a wrong clock does not make ours look wrong.
#[must_use]
pub fn clock_ahead(mut peers_ahead_ms: Vec<i64>) -> Option<(f64, usize)> {
    peers_ahead_ms.sort_unstable();
    let median = *peers_ahead_ms.get(peers_ahead_ms.len() / 2)?;
    // A double holds milliseconds of 285,000 years exactly.
    Some((-(median as f64) / 1_000.0, peers_ahead_ms.len()))
}

fn well(name: &'static str) -> Check {
    Check {
        name,
        outcome: Outcome::Ok,
        what: String::new(),
        mend: "",
    }
}

fn fail(name: &'static str, what: impl Into<String>, mend: &'static str) -> Check {
    Check {
        name,
        outcome: Outcome::Fail,
        what: what.into(),
        mend,
    }
}

fn warn(name: &'static str, what: impl Into<String>, mend: &'static str) -> Check {
    Check {
        outcome: Outcome::Warn,
        ..fail(name, what, mend)
    }
}

fn running(facts: &Facts) -> Check {
    if facts.is_stopping {
        return fail(
            "running",
            "the node is stopping",
            "systemctl start ohrid-node, if that was not meant",
        );
    }
    well("running")
}

fn core(facts: &Facts) -> Check {
    let hangs =
        "look at the disk (dmesg, smartctl); then systemctl restart ohrid-node: nothing acknowledged is lost";
    if facts.committing_for >= COMMIT_HANGS_AFTER && !facts.is_disk_full {
        let seconds = facts.committing_for.as_secs();
        return fail(
            "core",
            format!("a commit has been under way for {seconds} s"),
            hangs,
        );
    }
    if !facts.core_answers {
        return fail("core", "the core does not answer", hangs);
    }
    well("core")
}

fn keys(facts: &Facts) -> Check {
    const MEND: &str =
        "ohrid key list says which; ohrid key rotate makes the next, and the directory must name it";
    let usable =
        |term: &&Term| term.stage == Stage::InUse && term.valid_until.is_none_or(|until| until > facts.now);
    let has = |kind: KeyKind| facts.keys.iter().filter(usable).any(|term| term.kind == kind);
    for kind in [KeyKind::Tls, KeyKind::Envelope, KeyKind::Ledger, KeyKind::OpenPgp] {
        if !has(kind) {
            return fail("keys", format!("no {} key is usable", kind.as_str()), MEND);
        }
    }
    let mut idle: Vec<&str> = facts
        .keys
        .iter()
        .filter_map(|term| term.office.as_deref())
        .collect();
    idle.retain(|office| {
        let mut of_office = facts
            .keys
            .iter()
            .filter(|term| term.office.as_deref() == Some(*office));
        !of_office.any(|term| usable(&term))
    });
    if let Some(office) = idle.first() {
        return warn(
            "keys",
            format!("the contact point {office} has no usable key"),
            MEND,
        );
    }
    if !has(KeyKind::Witness) {
        return warn(
            "keys",
            "no witness key is usable: peers get no cosignature of ours",
            MEND,
        );
    }
    well("keys")
}

fn store(facts: &Facts) -> Check {
    if facts.is_store_damaged {
        let mend =
            "ohrid-verify ledger on an export says what; restore a backup: docs/alarms.md#ohridstoredamaged";
        return fail("store", "something that was stored cannot be read", mend);
    }
    well("store")
}

fn disk(facts: &Facts) -> Check {
    const MEND: &str = "make room on the disk of [node] data; the node goes on by itself";
    if facts.is_disk_full {
        return fail("disk", "nothing can be recorded for want of room", MEND);
    }
    match facts.room {
        Some(room) if room.free_bytes < ROOM_SHORT_BYTES => {
            let mib = room.free_bytes / (1024 * 1024);
            warn("disk", format!("{mib} MiB are free"), MEND)
        }
        _ => well("disk"),
    }
}

fn signing(facts: &Facts) -> Check {
    match &facts.signing {
        Signing::Allowed => well("signing"),
        Signing::Checking => fail("signing", "the witnesses are being asked", "wait some seconds"),
        Signing::Waiting { agreed, needed } => {
            let what = format!("{agreed} of {needed} witnesses were reached");
            fail(
                "signing",
                what,
                "ohrid peer list: reach them, or lower needed_at_start under [witness]",
            )
        }
        Signing::Refused { .. } => {
            let mend = "do not start again: find the newer copy; docs/alarms.md#ohridsigningrefused";
            fail(
                "signing",
                "the witnesses know more of the ledger than it does",
                mend,
            )
        }
    }
}

fn directory(facts: &Facts) -> Check {
    const MEND: &str =
        "get a newer one from the secretariat: ohrid directory install FILE, then ohrid node reload";
    match facts.freshness {
        Freshness::Current => well("directory"),
        Freshness::Grace => warn("directory", "it has ended and serves for a grace period", MEND),
        Freshness::Expired => fail("directory", "it has ended, and its grace period too", MEND),
    }
}

fn clock(facts: &Facts) -> Check {
    if facts.is_clock_doubted {
        let mend = "set the clock right (timedatectl), or start the node again if it is right";
        return fail("clock", "the system's clock has leapt and is not believed", mend);
    }
    match facts.clock {
        Some((ahead, peers))
            if peers >= CLOCKS_COMPARED_MIN && ahead.abs() > CLOCK_SKEW_MAX.as_secs_f64() =>
        {
            let what = format!("it is {ahead:.0} s ahead of the median of {peers} peers");
            warn("clock", what, "timedatectl; chronyc tracking")
        }
        _ => well("clock"),
    }
}

fn forks(name: &'static str, standing: usize, mend: &'static str) -> Check {
    if standing > 0 {
        return warn(name, format!("{standing} proofs of two histories are kept"), mend);
    }
    well(name)
}

fn witnesses(facts: &Facts) -> Check {
    if facts.is_lagging {
        let mend = "ohrid node status says who does not answer; ohrid peer test PARTY";
        return warn(
            "witnesses",
            "what was signed is without its quorum of cosignatures",
            mend,
        );
    }
    well("witnesses")
}

#[cfg(test)]
mod tests;
