#![allow(clippy::unwrap_used, clippy::expect_used)]
//! Real nodes, real sockets, real disks: what the first exchange must show.

mod crashes;
mod demo;
mod order;
mod readme;
mod refusals;
mod strangers;
mod tampering;
