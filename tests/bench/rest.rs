//! What a node that rests takes of memory: as soon as it is ready, after a while, and after messages came
//! and went.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use e2e::figures::rss_mib;
use e2e::pair::Pair;

use crate::table::{Row, complain};

/// The limit.
const MEMORY_MIB_MAX: f64 = 60.0;

/// Messages in flight at once.
const IN_FLIGHT: usize = 8;

/// How long the nodes are left alone, and how many messages are sent.
#[derive(Debug, Clone, Copy)]
pub struct Rest {
    /// So long before each look but the first.
    pub pause: Duration,
    /// From XA to XB.
    pub messages: usize,
}

/// The rows of the section.
pub fn measure(folder: &Path, rest: Rest) -> Result<Vec<Row>> {
    let pair = Pair::start(folder)?;
    let ready = larger(&pair)?;
    complain(&format!("both are ready; {:?} of rest", rest.pause));
    std::thread::sleep(rest.pause);
    let rested = larger(&pair)?;
    complain(&format!("{} messages, and as much rest", rest.messages));
    pair.load(IN_FLIGHT, rest.messages)?;
    let busy = larger(&pair)?;
    std::thread::sleep(rest.pause);
    let rested_again = larger(&pair)?;
    pair.stop_and_check()?;
    let row = |name, value: f64| Row::of(name, "MiB", value).over(value / MEMORY_MIB_MAX, "60 MiB");
    Ok(vec![
        row("rest: RSS of the larger node, ready", ready),
        row("rest: RSS of the larger node, after a minute", rested),
        Row::of(
            "rest: RSS of the larger node, right after the messages",
            "MiB",
            busy,
        ),
        row(
            "rest: RSS of the larger node, a minute after the messages",
            rested_again,
        ),
    ])
}

fn larger(pair: &Pair) -> Result<f64> {
    let ids = pair.processes();
    let memory = ids.iter().map(|id| rss_mib(*id)).collect::<Result<Vec<f64>>>()?;
    Ok(memory.into_iter().fold(0.0, f64::max))
}
