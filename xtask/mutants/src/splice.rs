//! Writes all mutants of a crate into one source: each function that has some becomes a `match` over the
//! active mutant, with the body that was written first, and one changed copy of it for each mutant.
//!
//! A changed copy is made from the text, as cargo-mutants makes it, so that both mean the same. It holds no
//! other mutant: one is active at a time. So nothing nests, and the size grows with mutants times functions.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::ops::Range;

use crate::failed::Failed;
use crate::functions::{Function, Lines, functions};
use crate::listing::Mutant;

/// A source file of the crate, with all that is to be spliced into it.
pub struct Source {
    /// From the workspace's root.
    pub file: String,
    /// As it was written.
    pub text: String,
    hosts: Vec<Host>,
}

/// A function with its mutants.
struct Host {
    function: Function,
    mutants: Vec<Mutant>,
}

/// What a line of a spliced file belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The changed copy for this mutant.
    Mutant(u32),
    /// A function as it was written, which has these mutants.
    Original(Vec<u32>),
}

/// Which lines (from 1, both included) of a spliced file are what.
pub type Map = Vec<(Range<usize>, Place)>;

/// What is not to be spliced: found out by compiling.
#[derive(Default)]
pub struct Without {
    /// These do not compile.
    pub mutants: BTreeSet<u32>,
    /// Functions of these names stay `const`: something calls them before the program runs.
    pub constant: BTreeSet<String>,
}

impl Source {
    /// Finds the function around each mutant. What stands in none comes back.
    pub fn new(file: &str, text: String, mutants: Vec<Mutant>) -> Result<(Self, Vec<Mutant>), Failed> {
        let mut hosts: Vec<Host> = functions(file, &text)?
            .into_iter()
            .map(|function| Host {
                function,
                mutants: Vec::new(),
            })
            .collect();
        let mut homeless = Vec::new();
        for mutant in mutants {
            let range = range(&text, &mutant);
            let around = |host: &&mut Host| {
                host.function.body.start < range.start && range.end < host.function.body.end
            };
            match hosts.iter_mut().find(around) {
                Some(host) => host.mutants.push(mutant),
                None => homeless.push(mutant),
            }
        }
        hosts.retain(|host| !host.mutants.is_empty());
        hosts.sort_by_key(|host| host.function.body.start);
        let file = file.to_owned();
        Ok((Self { file, text, hosts }, homeless))
    }

    /// The file with one mutant and no switch, as cargo-mutants writes it.
    pub fn with_only(&self, mutant: &Mutant) -> String {
        changed(&self.text, 0..self.text.len(), mutant)
    }

    /// The file with all its mutants behind switches, and what its lines are.
    pub fn spliced(&self, without: &Without) -> (String, Map) {
        let mut out = Spliced::default();
        let mut from = 0;
        for host in &self.hosts {
            let kept: Vec<&Mutant> = host.mutants.iter().filter(|m| host.takes(m, without)).collect();
            let (Some(first), Some(last)) = (kept.first(), kept.last()) else {
                continue;
            };
            let body = &host.function.body;
            match &host.function.constant {
                Some(word) => {
                    out.push(&self.text[from..word.start]);
                    out.push(&self.text[word.end..body.start]);
                }
                None => out.push(&self.text[from..body.start]),
            }
            let head = format!(
                "{{ match crate::mutant_switch::at({}, {}) {{ 0 => ",
                first.id, last.id
            );
            out.push(&head);
            let ids = host.mutants.iter().map(|m| m.id).collect();
            out.marked(Place::Original(ids), &self.text[body.clone()]);
            for mutant in &kept {
                let _ = write!(out.text, "\n{} => ", mutant.id);
                out.lines += 1;
                out.marked(
                    Place::Mutant(mutant.id),
                    &changed(&self.text, body.clone(), mutant),
                );
            }
            out.push("\n_ => unreachable!() } }");
            from = body.end;
        }
        out.push(&self.text[from..]);
        (out.text, out.map)
    }

    /// Mutants of functions that cannot have two bodies: not "does not compile", but to be built alone.
    pub fn apart(&self, without: &Without) -> Vec<Mutant> {
        let alone = |host: &&Host| host.function.opaque || host.stays_constant(without);
        let mutants = self.hosts.iter().filter(alone).flat_map(|host| &host.mutants);
        let hosted = |m: &&Mutant| without.mutants.contains(&m.id) || self.constant(m.id, without);
        mutants.filter(hosted).cloned().collect()
    }

    fn constant(&self, id: u32, without: &Without) -> bool {
        let mut hosts = self.hosts.iter().filter(|host| host.stays_constant(without));
        hosts.any(|host| host.mutants.iter().any(|mutant| mutant.id == id))
    }

    /// The number by which the function of each mutant notes that it was reached.
    pub fn reached_by(&self, without: &Without) -> BTreeMap<u32, u32> {
        let mut found = BTreeMap::new();
        for host in &self.hosts {
            let kept: Vec<u32> = host
                .mutants
                .iter()
                .filter(|m| host.takes(m, without))
                .map(|m| m.id)
                .collect();
            if let Some(first) = kept.first() {
                found.extend(kept.iter().map(|id| (*id, *first)));
            }
        }
        found
    }
}

impl Host {
    fn takes(&self, mutant: &Mutant, without: &Without) -> bool {
        !without.mutants.contains(&mutant.id) && !self.stays_constant(without)
    }

    fn stays_constant(&self, without: &Without) -> bool {
        self.function.constant.is_some() && without.constant.contains(&self.function.name)
    }
}

/// The bytes of its file that a mutant replaces.
fn range(text: &str, mutant: &Mutant) -> Range<usize> {
    let lines = Lines::of(text);
    let (start, end) = (mutant.span.start, mutant.span.end);
    lines.byte(start.line, start.column - 1)..lines.byte(end.line, end.column - 1)
}

/// A part of a file, with a mutant in it.
fn changed(text: &str, part: Range<usize>, mutant: &Mutant) -> String {
    let range = range(text, mutant);
    format!(
        "{}{} /* changed */{}",
        &text[part.start..range.start],
        mutant.replacement,
        &text[range.end..part.end]
    )
}

/// A text that grows, and knows its lines.
#[derive(Default)]
struct Spliced {
    text: String,
    /// Line breaks so far.
    lines: usize,
    map: Map,
}

impl Spliced {
    fn push(&mut self, more: &str) {
        self.text.push_str(more);
        self.lines += more.matches('\n').count();
    }

    fn marked(&mut self, place: Place, more: &str) {
        let first = self.lines + 1;
        self.push(more);
        self.map.push((first..self.lines + 2, place));
    }
}

#[cfg(test)]
mod tests;
