//! The machines of the nodes: how they stop, start again, and write.

use super::node::Stops;
use super::parties::party;
use super::weather::Misfortune;
use super::world::{Happening, World};
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
        let faults = self.nodes[node].faults.clone();
        match misfortune {
            Misfortune::Kill if self.nodes[node].life.is_some() => self.stop(node, Stops::Killed),
            Misfortune::PowerCut if self.nodes[node].life.is_some() => {
                let seed = self.random.below(1 << 20);
                self.stop(node, Stops::PowerCut(seed));
            }
            Misfortune::Kill | Misfortune::PowerCut => {}
            Misfortune::StopAtStep(step) => faults.stop_at(faults.steps() + step),
            Misfortune::SyncFails => faults.fail("fdatasync", std::io::ErrorKind::Other),
            Misfortune::DiskFull => {
                faults.fail("write", std::io::ErrorKind::StorageFull);
                let after_ms = self.random.below(5_000);
                self.later(after_ms, Happening::Mend { node });
            }
        }
    }

    /// The machine of a node stops, and starts again after a while.
    pub(super) fn stop(&mut self, node: usize, how: Stops) {
        self.trace
            .note(self.now, format_args!("{}: stops, {how:?}", party(node)));
        self.told.crashes += 1;
        self.told.power_cuts += u64::from(matches!(how, Stops::PowerCut(_)));
        self.nodes[node].stop(how);
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
        self.nodes[node].faults.mend();
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
        let was_to_fail = self.nodes[node].faults.is_armed();
        if let Err(error) = self.nodes[node].start(self.now) {
            let said = self.without_place(node, &error);
            assert!(was_to_fail, "{} does not start: {said}", party(node));
            self.trace
                .note(self.now, format_args!("{}: does not start: {said}", party(node)));
            self.told.crashes_at_start += 1;
            // A full disk is not mended by starting again and again.
            if self.nodes[node].faults.is_full() {
                return self.later(500, Happening::Start { node });
            }
            return self.fail(node, &error);
        }
        let life = self.life(node);
        let (size, torn, waiting) = (life.reader.size(), life.had_torn_tail, life.waiting());
        self.told.torn_tails += u64::from(torn);
        self.trace.note(
            self.now,
            format_args!("{}: starts with {size} leaves", party(node)),
        );
        for key in waiting {
            self.open_later(node, key);
        }
        for peer in 0..self.nodes.len() {
            if peer != node {
                let after_ms = self.delay_ms();
                self.later(
                    after_ms,
                    Happening::Connect {
                        pair: (node.min(peer), node.max(peer)),
                    },
                );
            }
        }
        self.collect(node);
    }

    /// The disk ends what it writes, or fails.
    pub(super) fn commit(&mut self, node: usize) {
        let now = self.now;
        let life = self.life(node);
        let written = life.commit(now);
        match written {
            Ok(()) => {}
            Err(StoreError::DiskFull { .. }) => {
                let life = self.nodes[node].lives;
                return self.later(500, Happening::Durable { node, life });
            }
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
