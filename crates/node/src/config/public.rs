//! `[public]` and `[time_stamp]`: what outsiders may ask of us, and what we ask of one.

use std::net::SocketAddr;

use serde::Deserialize;

use super::from_text;
use crate::outbound::HttpUrl;

/// `[public]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Public {
    /// Where outsiders read what we published of our ledger, and ask us as a witness; over plain HTTP.
    pub listen: Option<SocketAddr>,
}

/// `[time_stamp]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TimeStamp {
    /// The time-stamping service (RFC 3161) that stamps a checkpoint of ours each day.
    #[serde(deserialize_with = "some_from_text")]
    pub url: Option<HttpUrl>,
}

fn some_from_text<'de, D: serde::Deserializer<'de>>(input: D) -> Result<Option<HttpUrl>, D::Error> {
    from_text(input).map(Some)
}
