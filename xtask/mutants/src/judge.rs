//! Which mutants the tests notice: for each, those tests that reach its function, quick ones first, until
//! one fails.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::{Deserialize, Serialize};

use crate::failed::Failed;
use crate::listing::Mutant;
use crate::schemata::{Program, Schemata};
use crate::tests_of::{Ended, Test, Tests, lock};
use crate::tree::Built;

/// Tests run in one process until they take so many seconds together; then a longer run follows.
const RUN_SECONDS: &[f64] = &[0.1, 0.5, 3.0];
/// What caught other mutants of the same function is tried first.
const FAVOURITES: usize = 4;
/// Told every so many mutants.
const PROGRESS: usize = 100;

/// What became of a mutant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// A test failed, or the process died.
    Caught,
    /// The tests ran on and on: noticed as well.
    TimedOut,
    /// No test reaches its function.
    NotReached,
    /// All tests that reach it passed.
    Survived,
    /// It does not compile, so it is no mutant.
    Unviable,
    /// It needs a build of its own, which was not asked for.
    Apart,
}

/// One mutant, judged.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Verdict {
    /// As cargo-mutants calls it, with its place.
    pub name: String,
    pub file: String,
    pub outcome: Outcome,
    /// The test that noticed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

impl Verdict {
    /// Whoever waits can begin to write tests.
    fn tell(&self) {
        if matches!(self.outcome, Outcome::Survived | Outcome::NotReached) {
            eprintln!("  {:?}: {}", self.outcome, self.name);
        }
    }
}

/// Everything that is needed to judge.
pub struct Judge<'a> {
    pub mutants: &'a [Mutant],
    pub program: &'a Program,
    pub tests: &'a Tests,
    pub measured: &'a [Test],
    pub jobs: usize,
    /// Given all verdicts from time to time: a run takes long, and may be ended before it is done.
    pub keep: &'a (dyn Fn(&[Verdict]) + Sync),
}

impl Judge<'_> {
    /// All mutants that are in the program, and those that do not compile.
    pub fn all(&self) -> Result<Vec<Verdict>, Failed> {
        let here = |mutant: &&Mutant| self.program.reached_by.contains_key(&mutant.id);
        let queue: Vec<&Mutant> = self.mutants.iter().filter(here).collect();
        let next = AtomicUsize::new(0);
        let verdicts = Mutex::new(Vec::new());
        let fault = Mutex::new(None);
        let favourites = Mutex::new(BTreeMap::new());
        std::thread::scope(|scope| {
            for job in 0..self.jobs {
                let (next, verdicts, fault, favourites) = (&next, &verdicts, &fault, &favourites);
                let queue = &queue;
                scope.spawn(move || {
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let Some(mutant) = queue.get(at) else { break };
                        match self.one(mutant, favourites, job) {
                            Ok(verdict) => {
                                verdict.tell();
                                lock(verdicts).push(verdict);
                            }
                            Err(failed) => *lock(fault) = Some(failed),
                        }
                        if (at + 1).is_multiple_of(PROGRESS) {
                            eprintln!("  {} of {}", at + 1, queue.len());
                            (self.keep)(&lock(verdicts));
                        }
                    }
                });
            }
        });
        if let Some(failed) = lock(&fault).take() {
            return Err(failed);
        }
        let mut verdicts = std::mem::take(&mut *lock(&verdicts));
        let unviable = self
            .mutants
            .iter()
            .filter(|m| self.program.unviable.contains(&m.id));
        verdicts.extend(unviable.map(|mutant| verdict(mutant, Outcome::Unviable, None)));
        Ok(verdicts)
    }

    fn one(
        &self,
        mutant: &Mutant,
        favourites: &Mutex<BTreeMap<u32, Vec<String>>>,
        job: usize,
    ) -> Result<Verdict, Failed> {
        let function = self
            .program
            .reached_by
            .get(&mutant.id)
            .copied()
            .unwrap_or_default();
        let reaching: Vec<&Test> = self
            .measured
            .iter()
            .filter(|test| test.reaches.contains(&function))
            .collect();
        if reaching.is_empty() {
            return Ok(verdict(mutant, Outcome::NotReached, None));
        }
        let first = lock(favourites).get(&function).cloned().unwrap_or_default();
        let (outcome, by) = ended(self.runs(&reaching, &first, Some(mutant.id), job)?);
        if let Some(by) = &by {
            let mut favourites = lock(favourites);
            let list: &mut Vec<String> = favourites.entry(function).or_default();
            list.retain(|name| name != by);
            list.insert(0, by.clone());
            list.truncate(FAVOURITES);
        }
        Ok(verdict(mutant, outcome, by))
    }

    fn runs(
        &self,
        reaching: &[&Test],
        first: &[String],
        mutant: Option<u32>,
        job: usize,
    ) -> Result<Ended, Failed> {
        let (favourites, rest): (Vec<&Test>, Vec<&Test>) =
            reaching.iter().partition(|test| first.contains(&test.name));
        let mut runs = vec![favourites];
        let mut limits = RUN_SECONDS.iter();
        let mut limit = limits.next();
        let mut sum = 0.0;
        let mut run = Vec::new();
        for test in rest {
            if limit.is_some_and(|limit| sum + test.seconds > *limit) && !run.is_empty() {
                runs.push(std::mem::take(&mut run));
                limit = limits.next();
                sum = 0.0;
            }
            sum += test.seconds;
            run.push(test);
        }
        runs.push(run);
        for run in runs.iter().filter(|run| !run.is_empty()) {
            let ended = self.tests.run(run, mutant, job)?;
            if ended != Ended::Passed {
                return Ok(ended);
            }
        }
        Ok(Ended::Passed)
    }

    /// Those that cannot share a build with others: built one by one, and judged by all tests.
    pub fn apart(&self, schemata: &Schemata) -> Result<Vec<Verdict>, Failed> {
        let mut verdicts = Vec::new();
        for mutant in &self.program.apart {
            eprintln!("  alone: {}", mutant.name);
            let (outcome, by) = match schemata.build_alone(mutant)? {
                Built::Faults(_) => (Outcome::Unviable, None),
                Built::Tests(path) => {
                    let tests = Tests {
                        program: path,
                        home: self.tests.home.clone(),
                        scratch: self.tests.scratch.clone(),
                    };
                    let alone = Judge {
                        tests: &tests,
                        ..*self
                    };
                    let all: Vec<&Test> = self.measured.iter().collect();
                    ended(alone.runs(&all, &[], None, 0)?)
                }
            };
            verdicts.push(verdict(mutant, outcome, by));
        }
        Ok(verdicts)
    }
}

fn ended(ended: Ended) -> (Outcome, Option<String>) {
    match ended {
        Ended::Passed => (Outcome::Survived, None),
        Ended::Failed(by) => (Outcome::Caught, Some(by)),
        Ended::TimedOut => (Outcome::TimedOut, None),
    }
}

fn verdict(mutant: &Mutant, outcome: Outcome, by: Option<String>) -> Verdict {
    Verdict {
        name: mutant.name.clone(),
        file: mutant.file.clone(),
        outcome,
        by,
    }
}

/// New verdicts over older ones of the same mutants; what is no mutant any more goes.
pub fn merged(older: Vec<Verdict>, newer: Vec<Verdict>, mutants: &[Mutant]) -> Vec<Verdict> {
    let known: BTreeSet<&str> = mutants.iter().map(|mutant| mutant.name.as_str()).collect();
    let mut by_name: BTreeMap<String, Verdict> = BTreeMap::new();
    for verdict in older.into_iter().chain(newer) {
        if known.contains(verdict.name.as_str()) {
            by_name.insert(verdict.name.clone(), verdict);
        }
    }
    let order: BTreeMap<&str, u32> = mutants.iter().map(|m| (m.name.as_str(), m.id)).collect();
    let mut all: Vec<Verdict> = by_name.into_values().collect();
    all.sort_by_key(|verdict| order.get(verdict.name.as_str()).copied());
    all
}
