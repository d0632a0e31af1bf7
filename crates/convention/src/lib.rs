//! What contact points may say to each other under the Budapest Convention on Cybercrime.
//!
//! This crate is the law of the network, written so that a lawyer can check it. Every rule has a name, such
//! as `[C29-2-E]`, an article it comes from, and a sentence that says what it means: see [`rule::Rule`]. The
//! code that enforces a rule and the test that shows it cite the same name.
//!
//! * [`party`], [`profile`], [`time`], [`text`]: the words that all messages are made of.
//! * [`message`]: what can be said. An officer's [`Draft`](message::Draft) becomes a
//!   [`Message`](message::Message) only by keeping every rule; what a peer says is read as a
//!   [`ReceivedMessage`](message::ReceivedMessage), and is kept even where it breaks a rule.
//! * [`case`]: everything about one request, as a pure fold over what was sent and received.
//! * [`clock`]: when something has to be done, by law and by policy, and what is overdue.
//! * [`number`], [`check_words`]: what people say on the telephone to name a case and to compare a message.
//! * [`related`]: selectors in one spelling, so that the same address is found again in another case.
//! * [`statistics`]: what was sent and received, and how long answers took.
//! * [`preflight`]: what a Party will need, from its profile, before a request is sent.
//! * [`log_lines`]: selectors proposed from raw log lines.
//! * [`schema`] and [`template`]: the same, for programs and for people who write files by hand.
//!
//! The crate knows no bytes on a wire, no key, no disk, and no clock: the time and all ids are arguments.

pub mod case;
pub mod check_words;
pub mod clock;
#[cfg(test)]
mod examples;
pub mod limits;
pub mod log_lines;
pub mod message;
pub mod number;
pub mod party;
pub mod preflight;
pub mod profile;
mod reading;
pub mod related;
pub mod rule;
pub mod schema;
pub mod statistics;
#[cfg(test)]
mod story;
pub mod template;
pub mod text;
pub mod time;
