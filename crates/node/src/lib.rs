//! The daemon, as a library so that its tests can run two of it in one process.

pub mod api;
pub mod attachments;
pub mod backup;
pub mod cases;
pub mod clock;
pub mod config;
pub mod control_socket;
pub mod directory;
pub mod doctor;
mod drafts;
pub mod driver;
mod durable;
pub mod erasure;
pub mod excerpts;
pub mod export;
pub mod four_eyes;
pub mod health;
#[cfg(any(test, fuzzing))]
pub mod hostile;
pub mod keys;
pub mod limits;
pub mod log;
pub mod messages;
pub mod metrics;
pub mod news;
pub mod node;
pub mod officers;
pub mod opening;
pub mod outbound;
pub mod payloads;
mod public;
pub mod publishing;
pub mod pulse;
pub mod quic;
pub mod reachability;
pub mod readiness;
pub mod readings;
pub mod reloading;
pub mod reviews;
pub mod rotation;
pub mod secret;
pub mod sending;
pub mod session;
pub mod stamps;
pub mod stop;
pub mod supervisor;
pub mod tls;
pub mod wake;
pub mod watch;
pub mod witness;
pub mod workers;
pub mod writer;

#[cfg(test)]
mod testing;
