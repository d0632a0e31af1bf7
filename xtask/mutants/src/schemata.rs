//! One build that holds every mutant of a crate that compiles.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::failed::{Failed, Of};
use crate::listing::Mutant;
use crate::splice::{Map, Place, Source, Without};
use crate::tree::{Built, Fault, Tree, shown};

/// How often the compiler is asked again: it tells of types first, of borrows only when all types are right.
const ROUNDS_MAX: usize = 25;

/// The copy of the sources with all mutants in it.
pub struct Schemata {
    pub tree: Tree,
    sources: Vec<Source>,
    without: Without,
    /// Mutants that stand in no function.
    homeless: Vec<Mutant>,
}

/// The program that runs the tests, and what it can be told to change.
pub struct Program {
    pub path: PathBuf,
    /// For each mutant in it: the number by which its function notes that it was reached.
    pub reached_by: BTreeMap<u32, u32>,
    /// These do not compile.
    pub unviable: BTreeSet<u32>,
    /// These are to be built one by one.
    pub apart: Vec<Mutant>,
}

impl Schemata {
    pub fn new(
        root: &Path,
        target: &Path,
        name: &str,
        package: &str,
        mutants: &[Mutant],
    ) -> Result<Self, Failed> {
        let tree = Tree::copy(root, target, name, package)?;
        let mut by_file: BTreeMap<&str, Vec<Mutant>> = BTreeMap::new();
        for mutant in mutants {
            by_file.entry(&mutant.file).or_default().push(mutant.clone());
        }
        let mut sources = Vec::new();
        let mut homeless = Vec::new();
        for (file, mutants) in by_file {
            let text = std::fs::read_to_string(root.join(file)).of(file)?;
            let (source, outside) = Source::new(file, text, mutants)?;
            sources.push(source);
            homeless.extend(outside);
        }
        let library = format!("crates/{name}/src/lib.rs");
        if !sources.iter().any(|source| source.file == library) {
            let text = std::fs::read_to_string(root.join(&library)).of(&library)?;
            sources.push(Source::new(&library, text, Vec::new())?.0);
        }
        tree.write(
            &format!("crates/{name}/src/mutant_switch.rs"),
            include_bytes!("switch.rs"),
        )?;
        Ok(Self {
            tree,
            sources,
            without: Without::default(),
            homeless,
        })
    }

    /// Builds, leaves out what the compiler refuses, and builds again.
    pub fn build(&mut self) -> Result<Program, Failed> {
        for _ in 0..ROUNDS_MAX {
            let maps = self.write()?;
            match self.tree.build()? {
                Built::Tests(path) => return Ok(self.program(path)),
                Built::Faults(faults) => {
                    let before = self.left_out();
                    for fault in &faults {
                        self.leave_out(fault, &maps);
                    }
                    eprintln!(
                        "  {} errors, {} mutants left out",
                        faults.len(),
                        self.without.mutants.len()
                    );
                    if self.left_out() == before {
                        return Err(Failed::because(format!("does not compile:\n{}", shown(&faults))));
                    }
                }
            }
        }
        Err(Failed::because("does not compile, whatever is left out"))
    }

    /// One mutant alone, without switches: the sources as cargo-mutants changes them.
    pub fn build_alone(&self, mutant: &Mutant) -> Result<Built, Failed> {
        let changed = self.sources.iter().find(|source| source.file == mutant.file);
        let changed = changed.ok_or_else(|| Failed::because(&mutant.name))?;
        for source in &self.sources {
            self.write_source(source, source.text.as_bytes())?;
        }
        self.write_source(changed, changed.with_only(mutant).as_bytes())?;
        self.tree.build()
    }

    fn left_out(&self) -> (usize, usize) {
        (self.without.mutants.len(), self.without.constant.len())
    }

    fn write(&self) -> Result<BTreeMap<String, Map>, Failed> {
        let mut maps = BTreeMap::new();
        for source in &self.sources {
            let (text, map) = source.spliced(&self.without);
            self.write_source(source, text.as_bytes())?;
            maps.insert(source.file.clone(), map);
        }
        Ok(maps)
    }

    /// The crate's root names the switch, behind its own last line, so that no line moves.
    fn write_source(&self, source: &Source, text: &[u8]) -> Result<(), Failed> {
        let mut text = text.to_vec();
        if source.file.ends_with("/src/lib.rs") {
            text.extend_from_slice(b"\n#[allow(missing_docs)]\nmod mutant_switch;\n");
        }
        self.tree.write(&source.file, &text)
    }

    fn leave_out(&mut self, fault: &Fault, maps: &BTreeMap<String, Map>) {
        // "cannot call non-const associated function `Digest::<T>::new` in constants"
        if fault.message.contains("cannot call non-const") {
            let quoted = fault.message.split('`').nth(1).unwrap_or_default();
            let name = quoted.rsplit("::").next().unwrap_or_default();
            self.without.constant.insert(name.to_owned());
            return;
        }
        let places: Vec<&Place> = fault
            .places
            .iter()
            .filter_map(|(file, line)| {
                let map = maps.get(file)?;
                map.iter()
                    .find(|(lines, _)| lines.contains(line))
                    .map(|(_, place)| place)
            })
            .collect();
        let mutant = places.iter().find_map(|place| match place {
            Place::Mutant(id) => Some(*id),
            Place::Original(_) => None,
        });
        match (mutant, places.first()) {
            (Some(id), _) => {
                self.without.mutants.insert(id);
            }
            (None, Some(Place::Original(ids))) => self.without.mutants.extend(ids),
            _ => {}
        }
    }

    fn program(&self, path: PathBuf) -> Program {
        let mut reached_by = BTreeMap::new();
        let mut apart = self.homeless.clone();
        for source in &self.sources {
            reached_by.extend(source.reached_by(&self.without));
            apart.extend(source.apart(&self.without));
        }
        let mut unviable = self.without.mutants.clone();
        for mutant in &apart {
            unviable.remove(&mutant.id);
        }
        Program {
            path,
            reached_by,
            unviable,
            apart,
        }
    }
}
