//! A real node in the process of a program that gives it messages to forward: `cargo xtask bench --only
//! forwarding`.
//!
//! What a node does with a message beside OpenPGP cannot be measured through the control socket, which takes
//! drafts and seals them. So this program starts the node as `ohrid-node` does, with its ledger, writer,
//! QUIC and control socket, and submits payloads straight to its core. They are as long as sealed ones, made
//! before the time is taken, and nobody can open them.
//!
//! It says `ready`, and then, for each line `COUNT IN_FLIGHT PAYLOAD_BYTES` that it reads, in one line of
//! JSON how long it took until each of the messages had its receipt, verified and recorded. It stops when it
//! is told nothing more.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Parser;
use control::events::{Event, EventKind};
use node::config::Config;
use node::node::Node;
use node::wake::{Command, Wake};
use protocol::digest::Salt;
use protocol::envelope::Priority;
use protocol::exchange::{Oversight, Submission};
use protocol::ids::{ActorId, CaseId, ContactPoint, MessageId};
use protocol::payload::SealedPayload;
use protocol::time::UnixMillis;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::timeout;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// How long one message may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long delivery is attempted: longer than any measurement.
const LIFETIME: Duration = Duration::from_secs(3_600);

/// Starts a node, and has it forward messages that nobody can open.
#[derive(Debug, Parser)]
#[command(name = "ohrid-forwarder")]
struct Arguments {
    /// The node's configuration file
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The contact point that sends
    #[arg(long, value_name = "NAME")]
    from: ContactPoint,
    /// The contact point that gets the messages
    #[arg(long, value_name = "NAME")]
    to: ContactPoint,
}

/// What one line asks for.
#[derive(Debug, Clone, Copy)]
struct Load {
    count: usize,
    in_flight: usize,
    payload_bytes: usize,
}

/// Who waits for the receipt of which message.
#[derive(Debug, Clone, Default)]
struct Awaited(Arc<Mutex<HashMap<String, oneshot::Sender<()>>>>);

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(&error),
    }
}

#[expect(clippy::print_stderr, reason = "there the benchmark reads why")]
fn complain(error: &anyhow::Error) -> ExitCode {
    eprintln!("forwarder: {error:#}");
    ExitCode::FAILURE
}

/// For whoever started us.
fn say(line: &str) -> Result<()> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{line}")?;
    Ok(output.flush()?)
}

#[tokio::main]
async fn run(arguments: Arguments) -> Result<()> {
    let config = Config::load(&arguments.config)?;
    node::log::start(&config.log).map_err(|error| anyhow!("the log: {error}"))?;
    let mut node = Node::start(config).await?;
    let awaited = Awaited::default();
    let hearing = tokio::spawn(hear(node.news().listen(), awaited.clone()));
    let mut loads = loads();
    say("ready")?;
    loop {
        let load = tokio::select! {
            load = loads.recv() => load,
            () = node.ended() => bail!("the node ended"),
        };
        let Some(load) = load else { break };
        let took = forward(&node.core(), &awaited, &arguments, load?).await?;
        say(&serde_json::json!({ "elapsed_us": u64::try_from(took.as_micros())? }).to_string())?;
    }
    hearing.abort();
    node.stopper().stop();
    node.run_to_end().await;
    Ok(())
}

/// What standard input asks for, line by line.
fn loads() -> mpsc::Receiver<Result<Load>> {
    let (sender, receiver) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if sender.blocking_send(Load::read(&line)).is_err() {
                return;
            }
        }
    });
    receiver
}

impl Load {
    fn read(line: &str) -> Result<Self> {
        let numbers: Vec<usize> = line
            .split_whitespace()
            .map(str::parse)
            .collect::<Result<_, _>>()?;
        let &[count, in_flight, payload_bytes] = numbers.as_slice() else {
            bail!("three numbers, not: {line}");
        };
        Ok(Self {
            count,
            in_flight,
            payload_bytes,
        })
    }
}

/// Makes so many messages, and takes the time until the last of them has its receipt.
async fn forward(
    core: &mpsc::Sender<Wake>,
    awaited: &Awaited,
    arguments: &Arguments,
    load: Load,
) -> Result<Duration> {
    let made = (0..load.count).map(|_| submission(arguments, load.payload_bytes));
    let made = Arc::new(Mutex::new(made.collect::<Result<Vec<_>>>()?));
    let begun = Instant::now();
    let mut workers = JoinSet::new();
    for _ in 0..load.in_flight {
        let (core, awaited, made) = (core.clone(), awaited.clone(), Arc::clone(&made));
        workers.spawn(async move {
            loop {
                let next = made.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let Some(submission) = next else {
                    return anyhow::Ok(());
                };
                let message = submission.message;
                let sent = timeout(PATIENCE, send(&core, &awaited, submission)).await;
                sent.with_context(|| format!("{message} has no receipt within {PATIENCE:?}"))??;
            }
        });
    }
    while let Some(worker) = workers.join_next().await {
        worker??;
    }
    Ok(begun.elapsed())
}

/// Submits one message, and waits until its receipt is recorded.
async fn send(core: &mpsc::Sender<Wake>, awaited: &Awaited, submission: Submission) -> Result<()> {
    let receipted = awaited.message(submission.message);
    let (answer, answered) = oneshot::channel();
    let command = Command::Submit {
        submission: Box::new(submission),
        answer,
    };
    let sent = core.send(Wake::Command(command)).await;
    sent.map_err(|_| anyhow!("the core has ended"))?;
    answered.await.context("the core has ended")??;
    receipted.await.context("nobody hears what happens any more")
}

/// A message that nobody can open: its payload is random, as what is sealed looks to whoever forwards it.
fn submission(arguments: &Arguments, payload_bytes: usize) -> Result<Submission> {
    let mut bytes = vec![0; payload_bytes];
    fill(&mut bytes)?;
    let (mut random, mut salt) = ([0; 10], [0; 32]);
    fill(&mut random)?;
    fill(&mut salt)?;
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let now = UnixMillis(u64::try_from(since_1970.as_millis())?);
    let message = MessageId::from_parts(now.0, random);
    Ok(Submission {
        message,
        case: CaseId::opened_by(message),
        in_reply_to: None,
        from: arguments.from.clone(),
        to: vec![arguments.to.clone()],
        sent_at: now,
        expires_at: now.plus(LIFETIME),
        priority: Priority::Routine,
        payload: SealedPayload {
            salt: Salt::from_bytes(salt),
            bytes: bytes.into(),
        },
        attachments: None,
        actor: ActorId::from_bytes([7; 16]),
        oversight: Oversight::NotNeeded,
    })
}

fn fill(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|error| anyhow!("random bytes: {error}"))
}

impl Awaited {
    /// From now on its receipt is waited for.
    fn message(&self, message: MessageId) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        self.lock().insert(message.to_string(), sender);
        receiver
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, oneshot::Sender<()>>> {
        // The table is whole at every step.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells those who wait. Ends when it has lost an event, and so do those who wait for it.
async fn hear(mut events: broadcast::Receiver<Event>, awaited: Awaited) {
    while let Ok(event) = events.recv().await {
        if event.event == EventKind::Delivered
            && let Some(waits) = awaited.lock().remove(&event.message)
        {
            // Whoever gave up waiting says so.
            let _ = waits.send(());
        }
    }
    awaited.lock().clear();
}
