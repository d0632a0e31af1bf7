//! Before the first message: keys, a directory, two running nodes.

use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::time::Duration;

use control::client::Client;
use protocol::key::PublicKey;

use super::process::{NodeProcess, Programs};
use super::transcript::Transcript;
use crate::directory::{self, PUBLIC_KEY_NAME, Present, VerifyArguments};
use crate::failure::Failure;
use crate::limits::SECRET_BYTES_MAX;
use crate::node::{self, InitArguments};
use crate::{files, when};

/// The network's name: reserved for examples (RFC 2606).
const NETWORK: &str = "demo.example.org";

/// How long the demo's directory is valid.
const VALIDITY: Duration = Duration::from_secs(30 * 86_400);

/// Who takes part: the code, the folder, the node's name, the officer on duty.
const COUNTRIES: [(&str, &str, &str, &str); 2] = [
    ("XA", "xa", "node.xa.example", "Duty officer of XA"),
    ("XB", "xb", "node.xb.example", "Duty officer of XB"),
];

/// A country whose node runs.
#[derive(Debug)]
pub(super) struct Country {
    pub(super) name: &'static str,
    pub(super) officer: &'static str,
    pub(super) client: Client,
    pub(super) node: NodeProcess,
}

/// Makes the nodes' folders and the secretariat's, and the directory that brings them together.
pub(super) fn keys_and_directory(dir: &Path, transcript: &Transcript) -> Result<(), Failure> {
    let requests = keys(dir, transcript)?;
    let now = when::now();
    transcript.step("The network's secretariat signs a directory");
    transcript.line(
        "Each country sends a join request, signed by its new key. The secretariat compares the keys by \
         telephone, and signs one document: who takes part, where, with which keys. Each operator tells \
         the node which secretariat to trust.",
    );
    let secretariat = dir.join("secretariat");
    let made = directory::init(&secretariat, NETWORK)?;
    directory::add(&secretariat, &requests, Present::Kept)?;
    let signed = directory::sign(&secretariat, VALIDITY, now)?;
    for (_, folder, _, _) in COUNTRIES {
        let arguments = verify_arguments(signed.file.clone(), made.key.0);
        directory::install(&dir.join(folder), &arguments, now)?;
    }
    transcript.values(&[
        (
            "Directory",
            format!(
                "{} version {}, {}",
                signed.network,
                signed.version,
                signed.parties.join(" and ")
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

/// Starts both nodes and waits until they serve.
pub(super) async fn start(
    dir: &Path,
    programs: &Programs,
    transcript: &Transcript,
) -> Result<Vec<Country>, Failure> {
    transcript.step("Both nodes start");
    let mut processes = Vec::new();
    for (_, folder, _, _) in COUNTRIES {
        processes.push(programs.start(&dir.join(folder))?);
    }
    let mut countries = Vec::new();
    for (mut node, (name, _, _, officer)) in processes.into_iter().zip(COUNTRIES) {
        let client = node.ready().await?.acting_as(officer);
        let status = client.status().await?;
        let value = format!(
            "process {}, UDP {}, ledger size {}",
            node.id(),
            status.listen,
            status.ledger.size
        );
        transcript.values(&[(name, value)]);
        countries.push(Country {
            name,
            officer,
            client,
            node,
        });
    }
    Ok(countries)
}

/// Makes the nodes' folders. Returns their join requests.
fn keys(dir: &Path, transcript: &Transcript) -> Result<Vec<PathBuf>, Failure> {
    transcript.step("Each country makes its keys");
    transcript.line(
        "A node has its own keys to sign what it says, to sign its ledger, and for TLS; each contact point \
         has an OpenPGP certificate. No secret ever leaves the country.",
    );
    let mut requests = Vec::new();
    for ((code, folder, name, _), listen) in COUNTRIES.iter().zip(free_addresses()?) {
        let arguments = init_arguments(code, name, listen)?;
        let report = node::init(&dir.join(folder), &arguments, when::now())?;
        let fingerprint = report
            .contact_points
            .first()
            .map(|point| point.fingerprint.clone());
        transcript.values(&[
            (code, format!("{name}, UDP {listen}")),
            ("  envelope key", report.envelope_key.clone()),
            ("  police", fingerprint.unwrap_or_default()),
        ]);
        requests.push(report.join_request);
    }
    Ok(requests)
}

/// Two UDP addresses on loopback that are free now. Both are held until both are known, so they differ.
fn free_addresses() -> Result<Vec<SocketAddr>, Failure> {
    let failed = |error: std::io::Error| Failure::failed(format!("no free UDP port on 127.0.0.1: {error}"));
    let mut sockets = Vec::new();
    for _ in COUNTRIES {
        sockets.push(UdpSocket::bind("127.0.0.1:0").map_err(failed)?);
    }
    sockets
        .iter()
        .map(|socket| socket.local_addr().map_err(failed))
        .collect()
}

fn init_arguments(code: &str, name: &str, listen: SocketAddr) -> Result<InitArguments, Failure> {
    Ok(InitArguments {
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
