//! Where it is kept: the journal, the ledger files, the payloads, and an index that can be rebuilt.
//!
//! [`Store`] and [`Reader`] are the contract; [`Embedded`] keeps it in a directory of this machine, and
//! [`memory`] keeps it in memory, with faults, for tests of whatever uses a store.
//!
//! This crate knows no time, no key and no network: nothing that it does can leak a secret or sign
//! anything. It blocks, so it is used from threads of its own.

pub mod attachments;
mod away;
pub mod contract;
pub mod copying;
pub mod derived;
mod disk;
pub mod embedded;
mod head;
#[cfg(any(test, fuzzing))]
pub mod hostile;
mod index;
mod journal;
pub mod known;
mod later;
mod levels;
pub mod limits;
mod lock;
mod logs;
pub mod memory;
mod payloads;
mod proofs;
mod recent_leaves;
#[cfg(test)]
mod simulation;
mod tiles;

pub use attachments::{AttachmentError, AttachmentSettings, Attachments};
pub use contract::{Kept, Log, Progress, ReadError, Reader, Store, StoreError};
pub use derived::Derived;
pub use disk::DiskError;
pub use embedded::{
    Embedded, IndexReport, MoveError, MovedLog, OpenError, OpenReport, RebuildReport, Settings, TornTail,
};
pub use head::Released;
