//! The machines of the nodes: how they stop, start again, and write.

use super::happening::{Happening, Own};
use super::life::NotStarted;
use super::node::Stops;
use super::parties::party;
use super::publishing::Needed;
use super::weather::Misfortune;
use super::world::World;
use crate::contract::StoreError;

impl World {
    pub(super) fn misfortunes(&mut self) {
        if self.random.chance(self.weather.cut) {
            let pairs: Vec<_> = self.connections.keys().copied().collect();
            if !pairs.is_empty() {
                let pair = pairs[self.random.place(pairs.len())];
                self.cut(pair);
            }
        }
        if !self.random.chance(self.weather.misfortune) {
            return;
        }
        let node = self.random.place(self.nodes.len());
        let misfortune = Misfortune::any(&mut self.random);
        self.trace
            .note(self.now, format_args!("{}: {misfortune:?}", party(node)));
        let (faults, now) = (self.nodes[node].faults.clone(), self.now);
        let is_living = self.nodes[node].life.is_some();
        match misfortune {
            Misfortune::Kill if is_living => self.stop(node, Stops::Killed),
            Misfortune::PowerCut if is_living => {
                let seed = self.random.below(1 << 20);
                self.stop(node, Stops::PowerCut(seed));
            }
            Misfortune::StopAtStep(step) => faults.stop_at(faults.steps() + step),
            Misfortune::DiskFails(operation) => faults.fail(operation, std::io::ErrorKind::Other),
            Misfortune::DiskFull => {
                self.told.count("full disks");
                faults.fail("write", std::io::ErrorKind::StorageFull);
                let after_ms = self.random.below(5_000);
                self.later(after_ms, Happening::Mend { node });
            }
            Misfortune::Clock(jump) => {
                self.told.count(jump.name());
                self.nodes[node].clock.jump(now, jump);
                let after_ms = self.random.below(30_000);
                self.later(after_ms, Happening::SetClock { node });
            }
            Misfortune::Index(fault) if is_living => {
                self.nodes[node].index_fault = Some(fault);
                self.stop(node, Stops::Killed);
            }
            Misfortune::Copied if is_living => {
                let remembered = self.nodes[node].remembered();
                self.stop(node, Stops::PowerCut(0));
                if let Some(remembered) = remembered {
                    self.nodes[node].copy(remembered);
                }
            }
            _ => {}
        }
    }

    /// The machine of a node stops, and starts again after a while.
    pub(super) fn stop(&mut self, node: usize, how: Stops) {
        self.trace
            .note(self.now, format_args!("{}: stops, {how:?}", party(node)));
        self.told.count("crashes");
        if matches!(how, Stops::PowerCut(_)) {
            self.told.count("power cuts");
        }
        let life = self.nodes[node].life.as_ref();
        if life.is_some_and(|life| life.erasing.is_some()) {
            self.told.count("erasures cut short by a crash");
        }
        self.nodes[node].stop(how);
        self.nodes[node].put_back_right();
        let pairs: Vec<_> = self.connections.keys().copied().collect();
        for pair in pairs.into_iter().filter(|pair| pair.0 == node || pair.1 == node) {
            self.cut(pair);
        }
        let after_ms = self.random.below(3_000);
        self.later(after_ms, Happening::Start { node });
    }

    /// A store that has failed for good ends its process; its machine may end with it.
    pub(super) fn fail(&mut self, node: usize, error: &dyn std::fmt::Display) {
        self.trace.note(
            self.now,
            format_args!("{}: fails: {}", party(node), self.without_place(node, error)),
        );
        let is_ours = self.weather.misfortune > 0;
        assert!(is_ours, "{}: failed in calm weather: {error}", party(node));
        let faults = &self.nodes[node].faults;
        assert!(
            faults.is_armed(),
            "{}: failed for no reason: {error}",
            party(node)
        );
        faults.mend();
        let how = if self.random.chance(500) {
            Stops::Killed
        } else {
            Stops::PowerCut(self.random.below(1 << 20))
        };
        self.stop(node, how);
    }

    /// What is said of an error may name a file, which lies elsewhere in each run.
    pub(super) fn without_place(&self, node: usize, error: &dyn std::fmt::Display) -> String {
        error.to_string().replace(&self.nodes[node].place(), "")
    }

    pub(super) fn start(&mut self, node: usize) {
        if self.nodes[node].life.is_some() {
            return;
        }
        self.may_put_back_copy(node);
        let was_to_fail = self.nodes[node].faults.is_armed();
        let started = match self.nodes[node].spoil_index() {
            Ok(Some(fault)) => {
                self.told.count(fault.name());
                self.nodes[node].start(self.now)
            }
            Ok(None) => self.nodes[node].start(self.now),
            Err(error) => Err(error.into()),
        };
        match started {
            Ok(()) => self.started(node),
            Err(NotStarted::Directory) => self.has_no_directory(node),
            Err(error) if error.is_behind() && self.nodes[node].is_old_copy() => {
                self.told.count("old copies refused by the head");
                self.stop(node, Stops::PowerCut(0));
            }
            Err(error) => {
                let said = self.without_place(node, &error);
                assert!(was_to_fail, "{} does not start: {said}", party(node));
                self.trace
                    .note(self.now, format_args!("{}: does not start: {said}", party(node)));
                self.told.count("crashes at start");
                // A full disk is not mended by starting again and again.
                if self.nodes[node].faults.is_full() {
                    return self.later(500, Happening::Start { node });
                }
                self.fail(node, &error);
            }
        }
    }

    /// By its clock, the directory has expired: the operator sees to the clock.
    fn has_no_directory(&mut self, node: usize) {
        let clock = self.nodes[node].clock;
        assert!(!clock.is_right(), "{}: its time ran away", party(node));
        self.told.count("starts refused by the directory");
        self.nodes[node].put_back_right();
        self.later(500, Happening::SetClock { node });
        self.later(501, Happening::Start { node });
    }

    fn started(&mut self, node: usize) {
        let life = self.life(node);
        let (size, torn, waiting) = (life.reader.size(), life.had_torn_tail, life.waiting());
        self.told.add("torn tails cut", u64::from(torn));
        self.trace.note(
            self.now,
            format_args!("{}: starts with {size} leaves", party(node)),
        );
        if self.needed != Needed::None {
            let after_ms = self.delay_ms();
            self.own(after_ms, node, Own::CheckStart);
        }
        for key in waiting {
            self.open_later(node, key);
        }
        if !self.nodes[node].is_old_copy() {
            self.begin_erasing(node);
        }
        for peer in 0..self.nodes.len() {
            if peer != node {
                let after_ms = self.delay_ms();
                let pair = (node.min(peer), node.max(peer));
                self.later(after_ms, Happening::Connect { pair });
            }
        }
        self.collect(node);
    }

    /// The disk ends what it writes, or fails.
    pub(super) fn commit(&mut self, node: usize) {
        let time = self.time_of(node);
        let written = self.life(node).commit(time);
        match written {
            Ok(()) => {}
            Err(StoreError::DiskFull { .. }) => return self.own(500, node, Own::Write),
            Err(error) => return self.fail(node, &error),
        }
        self.collect(node);
        // What hangs on no commit is done when it suits: here, or later.
        let (notes, maintains) = (self.random.chance(300), self.random.chance(500));
        let life = self.life(node);
        let mut done = Ok(());
        if notes {
            done = life.note_released();
        }
        if maintains && done.is_ok() {
            done = life.maintain().map(drop);
        }
        if let Err(error) = done {
            self.fail(node, &error);
        }
    }
}
