//! Whole-system scenarios: real binaries, real sockets, real disks.
//!
//! * [`pair`]: two nodes and a load of messages between them.
//! * [`programs`]: where the programs are that were built beside the test.
//! * [`differing`]: what differs from run to run, and what stands for it.
//! * [`documents`]: the commands in our documents.
//! * [`entries`]: the entries of an exported ledger.
//! * [`figures`]: what a running node costs, and what it counts.
//! * [`network`]: a secretariat and some countries in a folder, made by the commands that people use.
//! * [`outsider`]: HTTP by hand, and a time-stamping service.
//! * [`prometheus`]: a real Prometheus that scrapes nodes.
//! * [`proxy`]: a network between nodes that can be made as bad as any.
//! * [`requests`]: requests to send where it does not matter what is asked.
//! * [`running`]: a node as a child process, which ends with its owner.
//! * [`scan`]: what lies in a folder, in whichever encoding.
//! * [`shell`]: a shell that is given one command after another.
//! * [`speaker`]: a peer spoken by hand, that keeps or breaks the protocol as the test wants.
//! * [`synthetic`]: an exported ledger of any length.
//! * [`transcript`]: a conversation on the command line, written down and compared.
//! * [`tracing`]: the same under strace.

pub mod differing;
pub mod documents;
pub mod entries;
pub mod figures;
pub mod network;
pub mod outsider;
pub mod pair;
pub mod programs;
pub mod prometheus;
pub mod proxy;
pub mod requests;
pub mod running;
pub mod scan;
pub mod shell;
pub mod speaker;
pub mod synthetic;
pub mod tracing;
pub mod transcript;
