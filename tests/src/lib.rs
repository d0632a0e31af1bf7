//! Whole-system scenarios: real binaries, real sockets, real disks.
//!
//! * [`programs`]: where the programs are that were built beside the test.
//! * [`network`]: a secretariat and some countries in a folder, made by the commands that people use.
//! * [`running`]: a node as a child process, which ends with its owner.
//! * [`speaker`]: a peer spoken by hand, that keeps or breaks the protocol as the test wants.
//! * [`transcript`]: a conversation on the command line, written down and compared.
//! * [`tracing`]: the same under strace.

pub mod network;
pub mod programs;
pub mod running;
pub mod speaker;
pub mod tracing;
pub mod transcript;
