//! From the directory to a handshake: does the name resolve, does anything answer, do both sides take each
//! other's certificate.

use std::net::SocketAddr;
use std::time::Duration;

use control::types::{Blame, StepName, StepOutcome, TestStep};
use protocol::directory::{Directory, Freshness, NodeRecord, PartyRecord};
use protocol::ids::PartyCode;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{Reachability, fault, ok, skipped};
use crate::limits;
use crate::news::timestamp;
use crate::quic::dialable;
use crate::quic::probe::{ProbeError, Shaken, probe};

/// How others than the tested peer are reached: what tells our side of the network from the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Others {
    /// At least one is connected: our side works.
    SomeConnected,
    /// There are others, and none is connected.
    NoneConnected,
    /// There is nobody to compare with.
    Nobody,
}

/// What a refused or unanswered handshake is judged by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Circumstances {
    /// Whether the peer is connected all the same.
    pub(super) is_connected: bool,
    pub(super) others: Others,
    /// Whether our own directory names the key of the certificate that we show.
    pub(super) our_pin_is_known: bool,
}

impl Reachability {
    pub(super) fn directory_step(&self, directory: &Directory, record: &PartyRecord) -> TestStep {
        let (step, version) = (StepName::Directory, directory.version);
        let name = &record.node.name;
        let end = timestamp(directory.expires_at);
        let newer = "install a newer directory: ohrid directory install FILE";
        match self.directory.freshness(self.clock.now()) {
            Freshness::Current => {
                let count = record.node.addresses.len();
                ok(
                    step,
                    format!("version {version} names {name}, {}", addresses_text(count)),
                )
            }
            Freshness::Grace => fault(
                step,
                StepOutcome::Warning,
                format!("version {version} ended {end} and serves for a grace period only"),
                Blame::Directory,
                newer,
            ),
            Freshness::Expired => fault(
                step,
                StepOutcome::Failed,
                format!("version {version} ended {end}: nothing is exchanged with anybody"),
                Blame::Directory,
                newer,
            ),
        }
    }

    /// Resolves and dials every address, all at once.
    pub(super) async fn way(&self, party: PartyCode, node: &NodeRecord) -> Vec<TestStep> {
        if node.addresses.is_empty() {
            let why = "the directory gives no address: the node there dials us";
            return vec![
                skipped(StepName::Dns, why),
                skipped(StepName::Udp, why),
                skipped(StepName::Tls, why),
            ];
        }
        let mut ways = JoinSet::new();
        for (place, written) in node.addresses.iter().cloned().enumerate() {
            let (this, name) = (self.clone(), node.name.clone());
            ways.spawn(async move { (place, this.one_way(party, &written, &name).await) });
        }
        let mut found = ways.join_all().await;
        found.sort_by_key(|(place, _)| *place);
        found.into_iter().flat_map(|(_, steps)| steps).collect()
    }

    async fn one_way(&self, party: PartyCode, written: &str, name: &str) -> Vec<TestStep> {
        let resolved = timeout(limits::HANDSHAKE_TIMEOUT, tokio::net::lookup_host(written)).await;
        let (found, why) = match resolved {
            Ok(Ok(found)) => (found.collect::<Vec<_>>(), "it has no address".to_owned()),
            Ok(Err(error)) => (Vec::new(), error.to_string()),
            Err(_) => (Vec::new(), "nobody answered in time".to_owned()),
        };
        let circumstances = self.circumstances(party);
        let mut steps = vec![dns_step(written, &found, &why, circumstances)];
        for address in dialable(found, self.endpoint.local_address()) {
            let shaken = probe(&self.endpoint, address, name).await;
            steps.extend(handshake_steps(address, shaken, circumstances));
        }
        if steps.len() == 1 && steps.iter().all(|step| step.outcome == StepOutcome::Ok) {
            steps.push(fault(
                StepName::Udp,
                StepOutcome::Failed,
                "all its addresses are of IPv6, and this node listens on IPv4 only",
                Blame::Ours,
                "listen on [::]:4433 in node.toml, [listen] address",
            ));
        }
        for step in &mut steps {
            step.address.get_or_insert_with(|| written.to_owned());
        }
        steps
    }

    fn circumstances(&self, party: PartyCode) -> Circumstances {
        let accepted = self.directory.current();
        let others: Vec<PartyCode> = accepted
            .directory
            .parties
            .keys()
            .copied()
            .filter(|other| *other != self.own && *other != party)
            .collect();
        let own_pin = self.endpoint.own_pin();
        let own = accepted.directory.party(self.own);
        Circumstances {
            is_connected: self.peers.connected(party),
            others: if others.is_empty() {
                Others::Nobody
            } else if others.iter().any(|other| self.peers.connected(*other)) {
                Others::SomeConnected
            } else {
                Others::NoneConnected
            },
            our_pin_is_known: own
                .is_some_and(|own| own.node.tls_pins.iter().any(|pin| *pin.as_bytes() == own_pin)),
        }
    }
}

fn addresses_text(count: usize) -> String {
    match count {
        0 => "without an address".to_owned(),
        1 => "at one address".to_owned(),
        count => format!("at {count} addresses"),
    }
}

/// Whether a name resolves. A connection that stands makes a failure a warning.
fn dns_step(written: &str, found: &[SocketAddr], why: &str, circumstances: Circumstances) -> TestStep {
    if !found.is_empty() {
        if written.parse::<SocketAddr>().is_ok() {
            return ok(StepName::Dns, format!("{written} is an address, not a name"));
        }
        let found: Vec<String> = found.iter().map(|address| address.ip().to_string()).collect();
        return ok(StepName::Dns, format!("{written} is {}", found.join(", ")));
    }
    let (blame, mend) = match circumstances.others {
        Others::SomeConnected => (
            Blame::Theirs,
            "ask its operator whether the name in the directory still exists; see: getent ahosts NAME",
        ),
        Others::NoneConnected | Others::Nobody => (
            Blame::Network,
            "see whether this machine resolves any name: getent ahosts NAME",
        ),
    };
    fault(
        StepName::Dns,
        failed_unless_connected(circumstances),
        format!("{written} does not resolve: {why}"),
        blame,
        mend,
    )
}

/// What a handshake says of UDP and of TLS.
pub(super) fn handshake_steps(
    address: SocketAddr,
    shaken: Result<Shaken, ProbeError>,
    circumstances: Circumstances,
) -> Vec<TestStep> {
    let udp = |took: Option<Duration>| {
        let mut step = ok(StepName::Udp, format!("{address} answers"));
        step.took_us = took.map(micros);
        step
    };
    let outcome = failed_unless_connected(circumstances);
    match shaken {
        Ok(shaken) => {
            let mut tls = ok(StepName::Tls, "each side takes the other's certificate");
            tls.took_us = Some(micros(shaken.took));
            vec![udp(Some(shaken.round_trip)), tls]
        }
        Err(ProbeError::Undialable(why)) => vec![fault(
            StepName::Udp,
            outcome,
            format!("{address} cannot be dialled from here: {why}"),
            Blame::Ours,
            "look at [listen] address in node.toml",
        )],
        Err(ProbeError::Silent) => vec![silent(address, outcome, circumstances)],
        Err(ProbeError::RefusedByUs { reason, detail }) => {
            vec![udp(None), refused_by_us(outcome, reason, &detail)]
        }
        Err(ProbeError::RefusedByPeer { reason, detail }) => {
            vec![
                udp(None),
                refused_by_peer(outcome, reason, &detail, circumstances),
            ]
        }
    }
}

fn silent(address: SocketAddr, outcome: StepOutcome, circumstances: Circumstances) -> TestStep {
    let (blame, mend) = match (circumstances.is_connected, circumstances.others) {
        (true, _) => (
            Blame::Network,
            "nothing has to be done: the peer dialled us, and is served over its connection. For a way \
             both ways, let UDP pass to that address and port",
        ),
        (false, Others::SomeConnected) => (
            Blame::Theirs,
            "others are reached from here: ask its operator whether the node runs, and whether its \
             firewall lets UDP pass to that port",
        ),
        (false, Others::NoneConnected) => (
            Blame::Ours,
            "no other peer is connected either: see whether our own firewall lets UDP out, and its \
             answers in",
        ),
        (false, Others::Nobody) => (
            Blame::Network,
            "see on both sides whether the node runs, and whether the firewall lets UDP pass to that port",
        ),
    };
    let within = limits::HANDSHAKE_TIMEOUT.as_secs();
    let what = format!("nothing answers at {address} within {within} s");
    fault(StepName::Udp, outcome, what, blame, mend)
}

/// Our own check of what the other side showed failed.
fn refused_by_us(outcome: StepOutcome, reason: &str, detail: &str) -> TestStep {
    let (what, blame, mend) = match reason {
        "certificate_out_of_date" => (
            "its TLS certificate is not in date",
            Blame::Theirs,
            "tell its operator: ohrid certificate renew. If others say the same of us, our clock is wrong",
        ),
        "unknown_certificate" | "bad_certificate" => (
            "it shows a TLS certificate that our directory does not name for it",
            Blame::Theirs,
            "either somebody else answers there, or its operator changed the key before the directory \
             named it; see: ohrid directory show",
        ),
        "handshake" | "tls_version" => (
            "it does not speak TLS 1.3 with X25519MLKEM768",
            Blame::Theirs,
            "another program listens there, or an old release of this one",
        ),
        "alpn" => (
            "it does not speak ohrid/1",
            Blame::Theirs,
            "another program listens at that port",
        ),
        _ => (
            "the handshake failed on our side",
            Blame::Network,
            "try again; if it stays so, look into both nodes' logs",
        ),
    };
    fault(StepName::Tls, outcome, format!("{what} ({detail})"), blame, mend)
}

/// The other side refused us.
fn refused_by_peer(
    outcome: StepOutcome,
    reason: &str,
    detail: &str,
    circumstances: Circumstances,
) -> TestStep {
    let (what, blame, mend) = match reason {
        "unknown_certificate" | "bad_certificate" | "no_certificate" if circumstances.our_pin_is_known => (
            "it does not take our TLS certificate, which our directory names",
            Blame::Theirs,
            "its directory is older than ours, or it answers for another network: ask its operator for \
             ohrid directory show",
        ),
        "unknown_certificate" | "bad_certificate" | "no_certificate" => (
            "it does not take our TLS certificate, whose key is not in our own directory either",
            Blame::Ours,
            "have the secretariat name the new key first: ohrid directory request; until then, go back \
             to the key that the directory names",
        ),
        "certificate_out_of_date" => (
            "it says that our TLS certificate is not in date",
            Blame::Ours,
            "ohrid certificate renew; if ours is in date, the clock over there is wrong",
        ),
        "alpn" | "version" | "tls_version" | "handshake" => (
            "it does not speak ohrid/1 as we do",
            Blame::Theirs,
            "another program listens there, or another release of this one",
        ),
        "closed" | "protocol" => (
            "it is there, and takes no connection from us now",
            Blame::Theirs,
            "it is starting, stopping or crowded: try again in a minute; then ask its operator",
        ),
        _ => (
            "it broke the handshake off",
            Blame::Network,
            "try again; if it stays so, look into both nodes' logs",
        ),
    };
    fault(StepName::Tls, outcome, format!("{what} ({detail})"), blame, mend)
}

/// What stands in the way is a warning only, as long as there is another way.
fn failed_unless_connected(circumstances: Circumstances) -> StepOutcome {
    if circumstances.is_connected {
        StepOutcome::Warning
    } else {
        StepOutcome::Failed
    }
}

pub(super) fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}
