//! What an exchange takes of the line: two nodes with a counter between them.

use std::path::Path;

use anyhow::Result;
use e2e::network::{Member, Network, free_address};
use e2e::pair::Pair;
use e2e::proxy::Proxy;

use crate::goals::Goal;
use crate::table::Row;

/// What an AS2 request of 1 KiB takes, by the design's measurement; its receipt comes on top.
const AS2_REQUEST_BYTES: f64 = 3_794.0;

/// Measures with so many messages, 64 at a time: acknowledgements of QUIC, keep-alives and the reports of the
/// recipient are in it. The headers of UDP and IP are not, as those of TCP and IP are not in the other.
pub fn measure(folder: &Path, messages: usize, profile: &'static str) -> Result<Row> {
    let proxy = Proxy::start(1)?;
    let member = |party: &str| -> Result<Member> {
        let listen = free_address()?;
        let address = proxy.front(party, listen.parse()?)?.to_string();
        Ok(Member {
            party: party.to_owned(),
            listen,
            address: Some(address),
        })
    };
    let members = [member("XA")?, member("XB")?];
    let pair = Pair::in_network(Network::of_members_with_profile(folder, &members, profile)?)?;
    pair.warm_up()?;
    let before = proxy.total().passed_bytes;
    pair.load(64, messages)?;
    let bytes = (proxy.total().passed_bytes - before) as f64 / messages as f64;
    pair.stop_and_check()?;
    let row = Row::of("wire: bytes of a message, its receipt and its report", "B", bytes);
    Ok(row
        .over(bytes / AS2_REQUEST_BYTES, "an AS2 request without its receipt")
        .goal(Goal::at_most(1.0, 0.5).down_to(0.4)))
}
