//! A node as a child process. It is ended, by its id, when its owner goes, whatever happens in the test.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How long anything may take before a test gives up: far beyond what it takes, since a test that waits
/// for a condition ends as soon as it holds.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A running program whose log is read as it comes.
pub struct Running {
    child: Child,
    log: Arc<Log>,
}

/// Lines so far, and whether there will be more.
#[derive(Default)]
struct Log {
    state: Mutex<(Vec<String>, bool)>,
    grown: Condvar,
}

impl Running {
    /// Starts `command`, and reads its standard error.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(command: &mut Command) -> Result<Self> {
        let mut child = command
            // As under its unit: where tests run with backtraces, the errors of libraries that a node puts up
            // with would each cost one.
            .env("RUST_LIB_BACKTRACE", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {command:?}"))?;
        let log = Arc::new(Log::default());
        if let Some(stderr) = child.stderr.take() {
            let log = Arc::clone(&log);
            std::thread::spawn(move || log.read(BufReader::new(stderr)));
        }
        Ok(Self { child, log })
    }

    /// Waits until a line of the log holds `text`, and gives the line.
    ///
    /// # Errors
    /// When the program ends first, or [`PATIENCE`] does; with the log.
    pub fn wait_for_line(&self, text: &str) -> Result<String> {
        self.wait_for_line_within(text, PATIENCE)
    }

    /// The same with another patience: where many programs run at once, each may take its time.
    ///
    /// # Errors
    /// When the program ends first, or the patience does; with the log.
    pub fn wait_for_line_within(&self, text: &str, patience: Duration) -> Result<String> {
        let deadline = Instant::now() + patience;
        let mut state = self.log.lock();
        let mut seen = 0;
        loop {
            if let Some(line) = state.0[seen..].iter().find(|line| line.contains(text)) {
                return Ok(line.clone());
            }
            seen = state.0.len();
            let left = deadline.saturating_duration_since(Instant::now());
            if state.1 || left.is_zero() {
                let why = if state.1 {
                    "the program ended"
                } else {
                    "waited in vain"
                };
                bail!(
                    "{why}, no line with \"{text}\" in its log:\n{}",
                    state.0.join("\n")
                );
            }
            state = match self.log.grown.wait_timeout(state, left) {
                Ok((state, _)) => state,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }

    /// The log so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.log.lock().0.join("\n")
    }

    /// Whether the program has ended.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.log.lock().1
    }

    /// The process id of the program itself: of what strace runs, when it runs under strace.
    #[must_use]
    pub fn id(&self) -> u32 {
        first_child(self.child.id()).unwrap_or_else(|| self.child.id())
    }

    /// `kill -9`, and waits for the end.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub fn kill(mut self) -> Result<()> {
        self.end().context("kill -9")
    }

    /// Waits for the program to end by itself, or by a signal that somebody else sends; its exit code, -1
    /// for a signal.
    ///
    /// # Errors
    /// When it does not end within [`PATIENCE`].
    pub fn wait(mut self) -> Result<i32> {
        self.wait_for_end()?;
        Ok(self
            .child
            .wait()
            .context("waiting for the end")?
            .code()
            .unwrap_or(-1))
    }

    /// Waits until the program has ended.
    ///
    /// # Errors
    /// When it does not end within [`PATIENCE`].
    pub fn wait_for_end(&self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.log.lock();
        while !state.1 {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                bail!("it did not end; its log:\n{}", state.0.join("\n"));
            }
            state = match self.log.grown.wait_timeout(state, left) {
                Ok((state, _)) => state,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
        Ok(())
    }

    /// SIGTERM, and waits for the end; the exit code.
    ///
    /// # Errors
    /// When the signal cannot be sent, or the program does not end.
    pub fn stop(self) -> Result<i32> {
        let id = self.id().to_string();
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .context("kill -TERM")?;
        self.wait()
    }

    /// Ends the program, and what started it. strace must go last: it would let its program go on.
    fn end(&mut self) -> std::io::Result<()> {
        if let Some(child) = first_child(self.child.id()) {
            Command::new("kill")
                .args(["-KILL", &child.to_string()])
                .status()?;
        } else {
            self.child.kill()?;
        }
        self.child.wait().map(drop)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Already ended is as good; there is nobody to tell otherwise.
        let _ = self.end();
    }
}

/// The first child process of a process (proc(5)).
fn first_child(process: u32) -> Option<u32> {
    let children = std::fs::read_to_string(format!("/proc/{process}/task/{process}/children")).ok()?;
    children.split_whitespace().next()?.parse().ok()
}

impl Log {
    fn lock(&self) -> MutexGuard<'_, (Vec<String>, bool)> {
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn read(&self, lines: impl BufRead) {
        for line in lines.lines().map_while(Result::ok) {
            self.lock().0.push(line);
            self.grown.notify_all();
        }
        self.lock().1 = true;
        self.grown.notify_all();
    }
}
