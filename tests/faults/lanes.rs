//! Several pairs of nodes side by side: a round mostly waits for a program to start.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Result, bail};

use crate::table::complain;
use crate::{Plan, is_stopped};

/// After so many rounds a pair of nodes is looked over and put away: whatever is exported and verified grows
/// with every message that they exchanged.
const ROUNDS_MAX: usize = 40;

/// What is done on a lane.
pub struct Work<Begin, Run, End> {
    /// Makes what the rounds go on with, in a folder of its own.
    pub begin: Begin,
    /// A round; `false` says that it did harm.
    pub run: Run,
    /// Looks over what is left when no round follows.
    pub end: End,
}

/// A pair of nodes, where it lies, and how many rounds it has seen.
struct Lane<L> {
    folder: PathBuf,
    here: L,
    rounds: usize,
}

/// Runs each of `points` once, on as many lanes as the plan has. A lane begins anew after a round that did
/// harm: what comes next must not suffer from it.
pub fn each<P: Sync, L>(
    plan: &Plan,
    name: &str,
    points: &[P],
    work: &Work<
        impl Fn(&Path) -> Result<L> + Sync,
        impl Fn(&mut L, &P) -> bool + Sync,
        impl Fn(&mut L) + Sync,
    >,
) -> Result<()> {
    let (next, folders) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let begin = || -> Result<Lane<L>> {
        let number = folders.fetch_add(1, Ordering::Relaxed);
        let folder = plan.folder.join(format!("{name}-{number}"));
        std::fs::create_dir_all(&folder)?;
        let here = (work.begin)(&folder).or_else(|error| {
            // On a machine that has much else to do, a first start may take too long. Once is no finding.
            complain(&format!("    a pair of nodes is made once more: {error:#}"));
            std::fs::remove_dir_all(&folder)?;
            std::fs::create_dir_all(&folder)?;
            (work.begin)(&folder)
        })?;
        Ok(Lane {
            folder,
            here,
            rounds: 0,
        })
    };
    let put_away = |lane: Lane<L>| {
        drop(lane.here);
        std::fs::remove_dir_all(&lane.folder)
    };
    let run_all = || -> Result<()> {
        let mut lane: Option<Lane<L>> = None;
        while !is_stopped()
            && let Some(point) = points.get(next.fetch_add(1, Ordering::Relaxed))
        {
            let mut now = lane.take().map_or_else(begin, Ok)?;
            now.rounds += 1;
            if !(work.run)(&mut now.here, point) {
                put_away(now)?;
            } else if now.rounds >= ROUNDS_MAX {
                (work.end)(&mut now.here);
                put_away(now)?;
            } else {
                lane = Some(now);
            }
        }
        if let Some(mut lane) = lane {
            (work.end)(&mut lane.here);
            put_away(lane)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..plan.lanes.min(points.len().max(1)))
            .map(|_| scope.spawn(run_all))
            .collect();
        lanes
            .into_iter()
            .try_for_each(|lane| lane.join().unwrap_or_else(|_| bail!("a lane panicked")))
    })
}
