//! A node under strace: to see in which order it writes, syncs and sends, and to kill it at a chosen call.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::programs::folder;

/// strace that writes what the node calls to `file`, with whole buffers in hexadecimal.
///
/// # Errors
/// When the node is not built.
pub fn recording(file: &Path) -> Result<Command> {
    let mut strace = Command::new("strace");
    strace.args([
        "-f",
        "-xx",
        "-s",
        "70000",
        "-e",
        "trace=write,pwrite64,fdatasync,sendmsg,sendmmsg,sendto",
    ]);
    strace.arg("-o").arg(file).arg(folder()?.join("ohrid-node"));
    Ok(strace)
}

/// strace that kills the node with SIGKILL when it enters `call` for the `nth` time.
///
/// # Errors
/// When the node is not built.
pub fn killing(call: &str, nth: usize) -> Result<Command> {
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-qq", "-o", "/dev/null", "-e"])
        .arg(format!("trace={call}"));
    strace
        .arg("-e")
        .arg(format!("inject={call}:signal=SIGKILL:when={nth}"));
    strace.arg(folder()?.join("ohrid-node"));
    Ok(strace)
}

/// One call, when it *returned*.
#[derive(Debug, Clone)]
pub struct Call {
    /// Its name.
    pub name: String,
    /// Its arguments, as strace shows them.
    pub arguments: String,
    /// What it returned; -1 for an error.
    pub returned: i64,
}

/// Calls in the order of their return, with interrupted lines joined.
///
/// # Errors
/// When the file cannot be read.
pub fn calls(file: &Path) -> Result<Vec<Call>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    let mut unfinished: BTreeMap<&str, String> = BTreeMap::new();
    let mut calls = Vec::new();
    for line in text.lines() {
        let Some((thread, rest)) = line.split_once(' ') else {
            continue;
        };
        let rest = rest.trim_start();
        if let Some(begin) = rest.strip_suffix(" <unfinished ...>") {
            unfinished.insert(thread, begin.to_owned());
        } else if let Some((_, end)) = rest.strip_prefix("<... ").and_then(|r| r.split_once(" resumed>")) {
            let begin = unfinished.remove(thread).unwrap_or_default();
            calls.extend(call(&format!("{begin}{end}")));
        } else {
            calls.extend(call(rest));
        }
    }
    Ok(calls)
}

fn call(text: &str) -> Option<Call> {
    let (head, result) = text.rsplit_once(" = ")?;
    let (name, arguments) = head.split_once('(')?;
    let returned = result.split_whitespace().next()?.parse().ok()?;
    Some(Call {
        name: name.to_owned(),
        arguments: arguments.trim_end().to_owned(),
        returned,
    })
}

/// Bytes as `-xx` shows them.
#[must_use]
pub fn shown(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect()
}
