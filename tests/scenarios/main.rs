#![allow(clippy::unwrap_used, clippy::expect_used)]
//! Real nodes, real sockets, real disks: what the first exchange must show.

mod attachments;
mod backup;
mod bundles;
mod crashes;
mod demo;
mod directory;
mod doctor;
mod documents;
mod erasure;
mod four_eyes;
mod hostile;
mod life;
mod monitoring;
mod nat;
mod new_year;
mod order;
mod outsiders;
mod partitions;
mod peers;
mod refusals;
mod rollback;
mod rotation;
mod strangers;
mod tampering;
mod witnesses;
