//! `[DURABLE]`: write, fdatasync, sign, answer. Seen from outside, by strace.

use anyhow::Result;
use e2e::network::Network;
use e2e::tracing::{Call, calls, recording, shown};

/// A send that carries more than this is a statement (receipt, report), not QUIC's own talk.
const STATEMENT_BYTES_MIN: i64 = 400;

/// `[DURABLE]`
#[test]
fn no_receipt_leaves_before_its_record_is_synced() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::make(folder.path())?;
    let trace = network.path("trace");
    let xb = network.start_under("XB", recording(&trace)?)?;
    let _xa = network.start("XA")?;
    let request = Network::example_request();
    let mut messages = Vec::new();
    for _ in 0..5 {
        let arguments = [
            "request",
            "send",
            &request.to_string_lossy(),
            "--to",
            "XB/police",
            "--wait",
            "consigned",
            "--json",
        ];
        let sent = network.officer("XA", arguments)?.expect_code(0)?.json()?;
        messages.push(sent["message"].as_str().expect("message").to_owned());
    }
    assert_eq!(xb.stop()?, 0);
    let calls = calls(&trace)?;
    for message in &messages {
        let id: String = message.chars().filter(|c| *c != '-').collect();
        let bytes: Vec<u8> = (0..32)
            .step_by(2)
            .map(|at| u8::from_str_radix(&id[at..at + 2], 16).unwrap())
            .collect();
        check(&calls, message, &shown(&bytes));
    }
    Ok(())
}

/// The record's write, then an fdatasync of the same file that returned 0, then the receipt.
fn check(calls: &[Call], message: &str, id: &str) {
    let is_record =
        |call: &Call| ["write", "pwrite64"].contains(&call.name.as_str()) && call.arguments.contains(id);
    let written = calls
        .iter()
        .position(is_record)
        .unwrap_or_else(|| panic!("{message}: no record written"));
    let file = calls[written].arguments.split(',').next().unwrap_or_default();
    let synced = calls[written..]
        .iter()
        .position(|call| call.name == "fdatasync" && call.arguments.trim_end_matches(')') == file)
        .map(|after| written + after)
        .unwrap_or_else(|| panic!("{message}: its record was never synced"));
    assert_eq!(calls[synced].returned, 0, "{message}: fdatasync failed");
    let log_line = shown(message.as_bytes());
    let is_receipt_line = |call: &Call| {
        call.name == "write"
            && call.arguments.contains(&log_line)
            && call.arguments.contains(&shown(b"receipt"))
    };
    let released = calls
        .iter()
        .position(is_receipt_line)
        .unwrap_or_else(|| panic!("{message}: no receipt"));
    assert!(
        released > synced,
        "{message}: the receipt was released before the record was synced"
    );
    let is_statement = |call: &Call| {
        call.name.starts_with("send") && call.returned >= STATEMENT_BYTES_MIN && !is_handshake(call)
    };
    let sent = calls[written..synced].iter().find(|call| is_statement(call));
    assert!(
        sent.is_none(),
        "{message}: something was sent between the write and the sync of its record: {sent:?}"
    );
    assert!(
        calls[released..].iter().any(is_statement),
        "{message}: its receipt was never sent"
    );
}

/// Packets with a long header (RFC 9000, 17.2: the first bit is set) belong to a handshake: on a busy machine
/// that of another connection is repeated at any time.
fn is_handshake(call: &Call) -> bool {
    let first = call
        .arguments
        .split_once("iov_base=\"\\x")
        .map(|(_, bytes)| bytes);
    first.is_some_and(|bytes| bytes.starts_with(['8', '9', 'a', 'b', 'c', 'd', 'e', 'f']))
}
