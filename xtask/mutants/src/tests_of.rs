//! The tests of one program: which there are, how long each takes, which functions each reaches.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use crate::failed::{Failed, Of};

/// A mutant may ask for memory without end.
const MEMORY_KIB_MAX: &str = "6000000";
/// No run is given up before it has used so much of a processor...
const PATIENCE_MIN: Duration = Duration::from_secs(5);
/// ...and so many times what is normal. What waits for ever uses none: it is given up after so many times
/// that much time by the clock, since other work may keep the processors busy.
const PATIENCE_FACTOR: f64 = 10.0;
const PATIENCE_WAITING: u32 = 8;
/// A test without any mutant may take so long.
const MEASURE_MAX: Duration = Duration::from_secs(600);
/// How often it is looked whether a run hangs.
const LOOK: Duration = Duration::from_millis(250);
/// Linux counts processor time in these.
const TICKS_PER_SECOND: u64 = 100;

/// The program, and where its tests run.
pub struct Tests {
    pub program: PathBuf,
    pub home: PathBuf,
    /// For what the tests write; emptied after each run.
    pub scratch: PathBuf,
}

/// One test, as it is without any mutant.
#[derive(Clone, Debug)]
pub struct Test {
    pub name: String,
    /// Of a processor: other work does not count.
    pub seconds: f64,
    /// The functions that it reaches, by their numbers.
    pub reaches: BTreeSet<u32>,
}

/// How a run of some tests ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    Passed,
    /// The first test that failed, or that was running when the process died.
    Failed(String),
    TimedOut,
}

impl Tests {
    /// Runs each test alone, with nothing changed.
    pub fn measure(&self, jobs: usize) -> Result<Vec<Test>, Failed> {
        let output = self
            .command("list")
            .args(["--list", "--format", "terse"])
            .output();
        let output = output.of(self.program.display())?;
        let names: Vec<String> = String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter_map(|line| line.strip_suffix(": test").map(str::to_owned))
            .collect();
        let next = AtomicUsize::new(0);
        let measured = Mutex::new(Vec::new());
        let fault = Mutex::new(None);
        std::thread::scope(|scope| {
            for job in 0..jobs {
                let (next, measured, fault, names) = (&next, &measured, &fault, &names);
                scope.spawn(move || {
                    while let Some(name) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
                        match self.measure_one(name, job) {
                            Ok(test) => push(measured, test),
                            Err(failed) => *lock(fault) = Some(failed),
                        }
                    }
                });
            }
        });
        if let Some(failed) = lock(&fault).take() {
            return Err(failed);
        }
        let mut measured = std::mem::take(&mut *lock(&measured));
        measured.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
        Ok(measured)
    }

    fn measure_one(&self, name: &str, job: usize) -> Result<Test, Failed> {
        let job = job.to_string();
        let noted = self.scratch.join(format!("reached-{job}"));
        let _ = std::fs::remove_file(&noted);
        let mut command = self.command(&job);
        command.env("OHRID_MUTANTS_REACHED", &noted);
        let (ended, worked) = run(command, &[name], MEASURE_MAX)?;
        if ended != Ended::Passed {
            return Err(Failed::because(format!("without any mutant: {name}: {ended:?}")));
        }
        let seconds = worked.as_secs_f64();
        let text = std::fs::read_to_string(&noted).unwrap_or_default();
        Ok(Test {
            name: name.to_owned(),
            seconds,
            reaches: text.lines().filter_map(|line| line.parse().ok()).collect(),
        })
    }

    /// Runs these tests, one after another, with one mutant active, until one fails.
    pub fn run(&self, tests: &[&Test], mutant: Option<u32>, job: usize) -> Result<Ended, Failed> {
        let normal: f64 = tests.iter().map(|test| test.seconds).sum();
        let patience = PATIENCE_MIN + Duration::from_secs_f64(normal * PATIENCE_FACTOR);
        let mut command = self.command(&job.to_string());
        if let Some(mutant) = mutant {
            command.env("OHRID_MUTANT", mutant.to_string());
        }
        let names: Vec<&str> = tests.iter().map(|test| test.name.as_str()).collect();
        Ok(run(command, &names, patience)?.0)
    }

    /// Proptest must neither shrink what it found, which takes long, nor keep it for the next mutant.
    fn command(&self, job: &str) -> Command {
        let temporary = self.scratch.join(job);
        let _ = std::fs::remove_dir_all(&temporary);
        let _ = std::fs::create_dir_all(&temporary);
        let mut command = Command::new("sh");
        command
            .args(["-c", "ulimit -v \"$0\"; ulimit -c 0; exec \"$@\"", MEMORY_KIB_MAX])
            .arg(&self.program)
            .current_dir(&self.home)
            .env("CARGO_MANIFEST_DIR", &self.home)
            .env("TMPDIR", &temporary)
            .env("RUST_BACKTRACE", "0")
            .env("PROPTEST_MAX_SHRINK_ITERS", "0")
            .env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "1")
            .stdin(Stdio::null());
        command
    }
}

/// How it ended, and the processor time that it used.
fn run(mut command: Command, names: &[&str], patience: Duration) -> Result<(Ended, Duration), Failed> {
    let mut child = command
        .args(["--exact", "--test-threads=1"])
        .args(names)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .of("the tests")?;
    let output = child.stdout.take();
    let (says, heard) = channel();
    let reader = std::thread::spawn(move || {
        if let Some(output) = output {
            listen(BufReader::new(output), &says);
        }
    });
    let ended = wait(&mut child, &heard, patience);
    // It may have ended already.
    let _ = child.kill();
    let worked = worked(&child).unwrap_or_default();
    let status = child.wait().of("the tests")?;
    let _ = reader.join();
    let ended = match ended {
        Some(ended) => ended,
        None if status.success() => Ended::Passed,
        None => Ended::Failed("the process died".to_owned()),
    };
    Ok((ended, worked))
}

/// Until a test fails, patience is at its end, or there is no more output.
fn wait(child: &mut Child, heard: &Receiver<String>, patience: Duration) -> Option<Ended> {
    let began = Instant::now();
    loop {
        match heard.recv_timeout(LOOK) {
            Ok(failed) => return Some(Ended::Failed(failed)),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => {}
        }
        let worked = worked(child).is_some_and(|time| time > patience);
        if worked || began.elapsed() > patience * PATIENCE_WAITING {
            let _ = child.kill();
            return Some(Ended::TimedOut);
        }
    }
}

/// The processor time of a process, from fields 14 and 15 of its `stat`; the name before may hold anything.
fn worked(child: &Child) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    let ticks = fields
        .split(' ')
        .skip(11)
        .take(2)
        .map(|field| field.parse::<u64>().ok());
    let ticks = ticks.sum::<Option<u64>>()?;
    Some(Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND))
}

/// Tells of the first test that failed.
fn listen(output: impl BufRead, says: &Sender<String>) {
    for line in output.lines().map_while(Result::ok) {
        let test = line
            .strip_prefix("test ")
            .and_then(|rest| rest.split(" ... ").next());
        if let Some(test) = test
            && line.ends_with("FAILED")
        {
            let _ = says.send(test.to_owned());
            return;
        }
    }
}

/// Nothing panics while it holds one of these locks.
pub fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn push<T>(list: &Mutex<Vec<T>>, item: T) {
    lock(list).push(item);
}

/// Where tests of one crate may write.
pub fn scratch(package: &str) -> Result<PathBuf, Failed> {
    let folder: &Path = &std::env::temp_dir();
    let folder = folder.join(format!("ohrid-mutants-{package}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).of(folder.display())?;
    Ok(folder)
}
