//! What happens next: a deterministic state machine without input or output.

pub mod types;
