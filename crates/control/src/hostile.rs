#![allow(clippy::unwrap_used, clippy::expect_used)]
//! What reading a stream of events must never do, whoever writes it, said as a function that takes any bytes
//! and panics where it does not hold. A fuzz target calls it, and a test; compiled for these two only.

use crate::client::stream::EventBuffer;
use crate::events::Event;
use crate::limits::EVENT_BYTES_MAX;

/// The bytes as a stream that comes in pieces: however it is cut, the same events come out of it, and no more
/// than an event's length is ever kept.
pub fn events(bytes: &[u8]) {
    let whole = read(bytes, bytes.len().max(1));
    for piece in [1, 7, 64] {
        assert_eq!(read(bytes, piece), whole, "in pieces of {piece}");
    }
}

/// The events until one cannot be read, as JSON.
fn read(bytes: &[u8], piece: usize) -> Vec<String> {
    let (mut buffer, mut found) = (EventBuffer::default(), Vec::new());
    for piece in bytes[..bytes.len().min(EVENT_BYTES_MAX)].chunks(piece) {
        buffer.push(piece).unwrap();
        loop {
            match buffer.take() {
                Ok(Some(event)) => found.push(written(&event)),
                Ok(None) => break,
                Err(error) => {
                    assert!(!error.to_string().is_empty());
                    return found;
                }
            }
        }
    }
    found
}

fn written(event: &Event) -> String {
    serde_json::to_string(event).unwrap()
}

#[cfg(test)]
mod tests;
