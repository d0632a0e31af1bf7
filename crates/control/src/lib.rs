//! How programs talk to the node: the local HTTP API's types, OpenAPI document and client.
//!
//! The node answers HTTP/1.1 with JSON on a Unix socket in its own folder (`DIR/control.sock`, mode 0600).
//! The command line, the console and a national case system all speak to it in this way and in no other.
//!
//! * [`types`]: what is said. The node and its clients share these types, so they cannot drift apart.
//! * [`paths`]: where it is said. Version 1 lives under `/v1`.
//! * [`headers`]: the three headers that carry meaning.
//! * [`client`]: how to ask, with time limits and bounded answers.
//! * [`events`]: what happens, as it happens (server-sent events).
//! * [`starting`]: how the node itself is started.
//! * [`openapi`]: the same as a document, generated from the same types and checked in as `openapi.json`.
//!
//! The node judges all input itself. Nothing here is a check: it is only a form.

pub mod client;
pub mod events;
pub mod headers;
#[cfg(any(test, fuzzing))]
pub mod hostile;
pub mod limits;
pub mod openapi;
pub mod paths;
pub mod starting;
pub mod types;
