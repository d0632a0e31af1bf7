//! Several pairs of nodes side by side: a round mostly waits for a program to start.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Result, bail};

use crate::{Plan, is_stopped};

/// Runs each of `points` once, on as many lanes as the plan has. A lane begins anew, with a folder of
/// its own, after a round that did harm, which `run` says by `false`: what comes next must not suffer from
/// it.
pub fn each<P: Sync, L>(
    plan: &Plan,
    name: &str,
    points: &[P],
    begin: impl Fn(&Path) -> Result<L> + Sync,
    run: impl Fn(&mut L, &P) -> bool + Sync,
) -> Result<()> {
    let (next, folders) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = || -> Result<()> {
        let mut lane: Option<(PathBuf, L)> = None;
        while let Some(point) = points.get(next.fetch_add(1, Ordering::Relaxed)) {
            if is_stopped() {
                return Ok(());
            }
            let (folder, mut here) = match lane.take() {
                Some(lane) => lane,
                None => {
                    let number = folders.fetch_add(1, Ordering::Relaxed);
                    let folder = plan.folder.join(format!("{name}-{number}"));
                    std::fs::create_dir_all(&folder)?;
                    let here = begin(&folder)?;
                    (folder, here)
                }
            };
            if run(&mut here, point) {
                lane = Some((folder, here));
            } else {
                drop(here);
                std::fs::remove_dir_all(&folder)?;
            }
        }
        if let Some((folder, here)) = lane {
            drop(here);
            std::fs::remove_dir_all(&folder)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..plan.lanes.min(points.len().max(1)))
            .map(|_| scope.spawn(work))
            .collect();
        lanes
            .into_iter()
            .try_for_each(|lane| lane.join().unwrap_or_else(|_| bail!("a lane panicked")))
    })
}
