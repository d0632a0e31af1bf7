#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]
//! How much memory something takes at its peak, measured in a process of its own; and a bomb.

use std::process::Command;

/// Set in the process that measures.
const CHILD: &str = "OHRID_SEAL_MEASURES";

/// By how many bytes the peak of resident memory grows while `work` runs. The test `name`, which calls this,
/// is run once more, alone in a process; there the work is done between two looks at `/proc`. The process
/// that measures prints one line for each call, and this one reads the line of its own.
pub(crate) fn peak_bytes_of(name: &str, work: impl FnOnce()) -> u64 {
    use std::cell::Cell;
    thread_local!(static CALLS: Cell<usize> = const { Cell::new(0) });
    let call = CALLS.replace(CALLS.get() + 1);
    if std::env::var_os(CHILD).is_some() {
        // Peak becomes what is resident now (proc(5): `clear_refs`).
        std::fs::write("/proc/self/clear_refs", "5").unwrap();
        let before = peak_kib();
        work();
        let grown = (peak_kib() - before) * 1024;
        println!("peak {call} {grown}");
        return grown;
    }
    let program = std::env::current_exe().unwrap();
    let child = Command::new(program)
        .args(["--exact", name, "--nocapture", "--test-threads", "1"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(
        child.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&child.stderr)
    );
    let line = said
        .lines()
        .find_map(|line| line.split_once(&format!("peak {call} ")));
    line.expect("the process that measures says what it found")
        .1
        .trim()
        .parse()
        .unwrap()
}

fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").trim().parse().unwrap()
}

/// A compressed packet's content (deflate, RFC 1951) of about a kilobyte for each mebibyte that it becomes: a
/// block of Huffman codes in which zeros stand for 258 zeros each, and an empty block to the end of a byte.
pub(crate) fn bomb(mebibytes: usize) -> Vec<u8> {
    let mut mebibyte = vec![
        0xec, 0xc1, 0x31, 0x01, 0x00, 0x00, 0x00, 0xc2, 0xa0, 0xf5, 0x4f, 0x6d, 0x08, 0x5f, 0xa0,
    ];
    mebibyte.extend([0; 1016]);
    mebibyte.extend([0x3e, 0x03, 0x00, 0x00, 0xff, 0xff]);
    // Algorithm 1 is deflate.
    [&[1], mebibyte.repeat(mebibytes).as_slice()].concat()
}
