//! Before the first message: keys, a directory, two running nodes.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use control::client::Client;
use protocol::key::PublicKey;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::process::{NodeProcess, Programs};
use super::transcript::Transcript;
use crate::directory::{self, PUBLIC_KEY_NAME, Present, VerifyArguments};
use crate::failure::Failure;
use crate::limits::SECRET_BYTES_MAX;
use crate::node::{self, InitArguments, InitReport};
use crate::session::Session;
use crate::{files, when};

/// The network's name: reserved for examples (RFC 2606).
const NETWORK: &str = "demo.example.org";

/// How long the demo's directory is valid.
const VALIDITY: Duration = Duration::from_secs(30 * 86_400);

/// The most countries that one machine is asked to be.
pub(super) const COUNTRIES_MAX: u8 = 30;

/// Who takes part.
#[derive(Debug, Clone)]
pub(super) struct Seat {
    pub(super) code: String,
    /// The name of its folder below the demo's.
    pub(super) folder: String,
    node_name: String,
    officer: String,
}

/// So many fictitious countries: codes that ISO 3166-1 leaves to its users, without two of them that stand
/// for somebody in practice (XI, Northern Ireland, and XK, Kosovo).
pub(super) fn seats(count: u8) -> Vec<Seat> {
    let codes = ('A'..='Z')
        .filter(|letter| !['I', 'K'].contains(letter))
        .map(|letter| format!("X{letter}"))
        .chain(('M'..='Z').map(|letter| format!("Q{letter}")));
    let seat = |code: String| {
        let folder = code.to_lowercase();
        Seat {
            node_name: format!("node.{folder}.example"),
            officer: format!("Duty officer of {code}"),
            folder,
            code,
        }
    };
    codes.take(usize::from(count)).map(seat).collect()
}

/// A country whose node runs.
#[derive(Debug)]
pub(super) struct Country {
    pub(super) name: String,
    pub(super) officer: String,
    pub(super) client: Client,
    pub(super) node: NodeProcess,
}

/// Makes the nodes' folders and the secretariat's, and the directory that brings them together.
pub(super) async fn keys_and_directory(
    session: &Session,
    dir: &Path,
    seats: &[Seat],
    transcript: &Transcript,
) -> Result<(), Failure> {
    transcript.step("Each country makes its keys");
    transcript.line(
        "A node has its own keys to sign what it says, to sign its ledger, and for TLS; each contact point \
         has an OpenPGP certificate. No secret ever leaves the country.",
    );
    let reports = keys(session, dir, seats).await?;
    if let [_, _] = seats {
        reports.iter().for_each(|report| show_keys(report, transcript));
    } else {
        let line = |report: &InitReport| {
            let key = report.envelope_key.clone();
            vec![report.party.clone(), report.listen.to_string(), key]
        };
        let rows: Vec<_> = reports.iter().map(line).collect();
        transcript.table(&["", "UDP", "envelope key"], &rows);
    }
    let requests: Vec<PathBuf> = reports.into_iter().map(|report| report.join_request).collect();
    directory(dir, seats, &requests, transcript)
}

/// The secretariat's part.
fn directory(
    dir: &Path,
    seats: &[Seat],
    requests: &[PathBuf],
    transcript: &Transcript,
) -> Result<(), Failure> {
    let now = when::now();
    transcript.step("The network's secretariat signs a directory");
    transcript.line(
        "Each country sends a join request, signed by its new key. The secretariat compares the keys by \
         telephone, and signs one document: who takes part, where, with which keys. Each operator tells \
         the node which secretariat to trust.",
    );
    let secretariat = dir.join("secretariat");
    let made = directory::init(&secretariat, NETWORK)?;
    directory::add(&secretariat, requests, Present::Kept)?;
    let signed = directory::sign(&secretariat, VALIDITY, now)?;
    for seat in seats {
        let arguments = verify_arguments(signed.file.clone(), made.key.0);
        directory::install(&dir.join(&seat.folder), &arguments, now)?;
    }
    transcript.values(&[
        (
            "Directory",
            format!(
                "{} version {}, {}",
                signed.network,
                signed.version,
                in_words(&signed.parties)
            ),
        ),
        ("Valid until", when::both(signed.expires_at, &when::local_zone())),
        ("Signed by", made.key.0.to_string()),
    ]);
    let export = dir.join("export");
    files::make_folder(&export)?;
    let key = files::read(&secretariat.join(PUBLIC_KEY_NAME), SECRET_BYTES_MAX)?;
    files::write_new(&export.join(PUBLIC_KEY_NAME), &key, files::Secrecy::Public)
}

/// Starts all nodes and waits until they serve.
pub(super) async fn start(
    session: &Session,
    dir: &Path,
    seats: &[Seat],
    programs: &Programs,
    transcript: &Transcript,
) -> Result<Vec<Country>, Failure> {
    let waiting = session.terminal.counting("starting", seats.len() as u64);
    let mut processes = Vec::new();
    for seat in seats {
        processes.push(programs.start(&dir.join(&seat.folder))?);
    }
    let mut countries = Vec::new();
    for (node, seat) in processes.into_iter().zip(seats) {
        countries.push(ready(node, seat).await?);
        waiting.step();
    }
    drop(waiting);
    for country in &countries {
        let status = country.client.status().await?;
        let value = format!(
            "process {}, UDP {}, ledger size {}",
            country.node.id(),
            status.listen,
            status.ledger.size
        );
        transcript.values(&[(&country.name, value)]);
    }
    Ok(countries)
}

/// Waits until a node serves.
pub(super) async fn ready(mut node: NodeProcess, seat: &Seat) -> Result<Country, Failure> {
    let client = node.ready().await?.acting_as(&seat.officer);
    Ok(Country {
        name: seat.code.clone(),
        officer: seat.officer.clone(),
        client,
        node,
    })
}

/// Makes the nodes' folders, as many at once as there are cores: most of it is computation.
async fn keys(session: &Session, dir: &Path, seats: &[Seat]) -> Result<Vec<InitReport>, Failure> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let places = Arc::new(Semaphore::new(cores));
    let waiting = session.terminal.counting("making keys", seats.len() as u64);
    let mut making = JoinSet::new();
    let mut reports: Vec<(usize, Result<InitReport, Failure>)> = Vec::new();
    for (number, (seat, listen)) in seats.iter().zip(free_addresses(seats.len())?).enumerate() {
        let arguments = init_arguments(&seat.code, &seat.node_name, listen)?;
        let folder = dir.join(&seat.folder);
        let place = Arc::clone(&places).acquire_owned().await;
        making.spawn_blocking(move || {
            let _place = place;
            (number, node::init(&folder, &arguments, when::now()))
        });
        // What is done already: the place that was just taken has been given back by one of them.
        while let Some(made) = making.try_join_next() {
            waiting.step();
            reports.push(made.map_err(|error| Failure::failed(format!("making keys: {error}")))?);
        }
    }
    while let Some(made) = making.join_next().await {
        waiting.step();
        reports.push(made.map_err(|error| Failure::failed(format!("making keys: {error}")))?);
    }
    reports.sort_by_key(|(number, _)| *number);
    reports.into_iter().map(|(_, report)| report).collect()
}

fn show_keys(report: &InitReport, transcript: &Transcript) {
    let fingerprint = report
        .contact_points
        .first()
        .map(|point| point.fingerprint.clone());
    transcript.values(&[
        (
            &report.party,
            format!("{}, UDP {}", report.node_name, report.listen),
        ),
        ("  envelope key", report.envelope_key.clone()),
        ("  police", fingerprint.unwrap_or_default()),
    ]);
}

/// `XA, XB and XC`.
pub(super) fn in_words(names: &[String]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => names.concat(),
    }
}

/// UDP addresses on loopback that are free now. All are held until all are known, so they differ.
///
/// Many countries have an address each, as they would on a network: nodes count strangers by address. Where
/// the system has only one loopback address, they share it.
fn free_addresses(count: usize) -> Result<Vec<SocketAddr>, Failure> {
    let failed = |error: std::io::Error| {
        Failure::failed(format!(
            "no free UDP port on 127.0.0.1 for each of {count} nodes: {error}"
        ))
        .mended_by("stop other programs, or run fewer countries: --countries 2")
    };
    let mut sockets = Vec::new();
    for number in 0..count {
        let own = u8::try_from(number).unwrap_or(u8::MAX).saturating_add(1);
        let own = if count > 2 { own } else { 1 };
        let socket = UdpSocket::bind((Ipv4Addr::new(127, 0, 0, own), 0))
            .or_else(|_| UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)));
        sockets.push(socket.map_err(failed)?);
    }
    sockets
        .iter()
        .map(|socket| socket.local_addr().map_err(failed))
        .collect()
}

fn init_arguments(code: &str, name: &str, listen: SocketAddr) -> Result<InitArguments, Failure> {
    Ok(InitArguments {
        system: false,
        party: code
            .parse()
            .map_err(|error| Failure::failed(format!("{code}: {error}")))?,
        party_name: Some(format!("{code} (fictitious)")),
        name: name.to_owned(),
        listen,
        address: Vec::new(),
        unreachable: false,
        contact_point: vec!["police".to_owned()],
        profile: seal::Profile::Default,
        profile_file: None,
        openpgp_password_file: None,
    })
}

fn verify_arguments(file: PathBuf, key: PublicKey) -> VerifyArguments {
    VerifyArguments {
        file,
        key: vec![key],
        threshold: None,
        network: Some(NETWORK.to_owned()),
    }
}
