//! `ohrid node init`: everything that a new node needs, in one folder that appears whole or not at all.
//!
//! ```text
//! DIR/node.toml  DIR/join-request.cose
//! DIR/keys/  tls.key.pem tls.crt.pem ca.key.pem ca.crt.pem
//!            envelope.seed ledger.seed witness.seed openpgp.password
//! DIR/keys/openpgp/OFFICE.key.asc
//! ```

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use control::starting::start_command;
use convention::profile::PartyProfile;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use protocol::ids::{ContactPoint, PartyCode};
use seal::{LockedKey, Password, Profile};
use serde::Serialize;
use zeroize::Zeroizing;

use super::config_text::{self, CONFIG_NAME, IN_FOLDER, Places, SYSTEM};
use super::owner;
use super::record::{self, Newcomer, Seeds};
use super::tls::{self, Tls};
use crate::failure::Failure;
use crate::files::{self, Secrecy, Staging};
use crate::limits::{DOCUMENT_BYTES_MAX, SECRET_BYTES_MAX, SOCKET_PATH_BYTES_MAX};
use crate::session::Session;
use crate::{random, table, when};

/// The join request's name in a node's folder.
pub(crate) const JOIN_REQUEST_NAME: &str = "join-request.cose";

/// The folder of a node that systemd runs.
const SYSTEM_FOLDER: &str = "/etc/ohrid";

/// The user that it runs as; the package makes it.
const SYSTEM_USER: &str = "ohrid";

/// Options of `ohrid node init`.
#[derive(Debug, Clone, Args)]
pub(crate) struct InitArguments {
    /// The Party, by its ISO 3166-1 alpha-2 code; XA to XZ are for exercises
    #[arg(long, value_name = "CODE")]
    pub(crate) party: PartyCode,
    /// The Party's name, for people; its code where this is left out
    #[arg(long, value_name = "TEXT")]
    pub(crate) party_name: Option<String>,
    /// For the systemd unit of the package: in /etc/ohrid, with data in /var/lib/ohrid and the socket in
    /// /run/ohrid, and given to the user ohrid; as root
    #[arg(long)]
    pub(crate) system: bool,
    /// The node's DNS name
    #[arg(long, value_name = "NAME")]
    pub(crate) name: String,
    /// The UDP address on which the node listens
    #[arg(long, value_name = "IP:PORT", default_value = "[::]:4433")]
    pub(crate) listen: SocketAddr,
    /// Where peers reach it, several times if need be; NAME and the port of --listen where this is left out
    #[arg(long, value_name = "HOST:PORT", conflicts_with = "unreachable")]
    pub(crate) address: Vec<String>,
    /// Nobody can dial this node: it dials out and is served over those connections
    #[arg(long)]
    pub(crate) unreachable: bool,
    /// A contact point's office, several times if there are several
    #[arg(long, value_name = "OFFICE", default_values_t = ["police".to_owned()])]
    pub(crate) contact_point: Vec<String>,
    /// The kind of OpenPGP certificate: default (post-quantum encryption), compatible, or pqc
    #[arg(long, value_name = "NAME", default_value_t = Profile::Default)]
    pub(crate) profile: Profile,
    /// What the Party declares (languages, time zone, reservation …), TOML; config/examples/profiles
    /// has some
    #[arg(long, value_name = "FILE")]
    pub(crate) profile_file: Option<PathBuf>,
    /// The password that locks the OpenPGP keys; a random one is made where this is left out
    #[arg(long, value_name = "FILE")]
    pub(crate) openpgp_password_file: Option<PathBuf>,
}

/// What was made.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct InitReport {
    /// The node's folder.
    pub(crate) dir: PathBuf,
    pub(crate) party: String,
    pub(crate) node_name: String,
    pub(crate) listen: SocketAddr,
    /// The file for the secretariat.
    pub(crate) join_request: PathBuf,
    /// By which the secretariat knows, over the telephone, that the request is ours.
    pub(crate) envelope_key: String,
    pub(crate) contact_points: Vec<NewContactPoint>,
}

/// A contact point and its new certificate.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct NewContactPoint {
    pub(crate) office: String,
    pub(crate) fingerprint: String,
}

pub(super) fn run(session: &Session, arguments: &InitArguments) -> Result<(), Failure> {
    let folder = match session.folder_if_named() {
        None if arguments.system => Path::new(SYSTEM_FOLDER),
        _ => session.folder("the new node's")?,
    };
    let report = {
        let _waiting = session.terminal.waiting("making keys");
        init(folder, arguments, when::now())?
    };
    session.terminal.result(&report, text);
    session.terminal.explain(
        "Move keys/ca.key.pem off the node: it is needed again only to renew the TLS certificate. Read the \
         envelope key to the secretariat by telephone when you send the join request.",
    );
    let dir = report.dir.display();
    let start = if arguments.system {
        format!("\n  {}", start_command(&report.dir.join(CONFIG_NAME)))
    } else {
        String::new()
    };
    session.terminal.next(format_args!(
        "send {} to the secretariat; with its answer:\n  ohrid directory install FILE --key KEY --dir \
         {dir}{start}",
        report.join_request.display()
    ));
    Ok(())
}

/// Makes the folder.
pub(crate) fn init(folder: &Path, arguments: &InitArguments, now: Timestamp) -> Result<InitReport, Failure> {
    let places = if arguments.system { SYSTEM } else { IN_FOLDER };
    check_socket_path(folder, places)?;
    let owner = arguments.system.then(|| owner::of(SYSTEM_USER)).transpose()?;
    let offices = offices(arguments)?;
    let profile = read_profile(arguments)?;
    let staging = Staging::begin(folder, Secrecy::Secret)?;
    let keys = staging.folder("keys")?;

    let tls = write_tls(&keys, arguments, now)?;
    let envelope = write_seed(&keys.join("envelope.seed"))?;
    let ledger = write_seed(&keys.join("ledger.seed"))?;
    let witness = write_seed(&keys.join("witness.seed"))?;
    let seeds = Seeds {
        envelope: &envelope,
        ledger: &ledger,
        witness: &witness,
    };
    let certificates = write_openpgp(&staging, &keys, &offices, arguments, now)?;

    let contact_points = certificates
        .iter()
        .map(|certificate| NewContactPoint {
            office: certificate.0.to_string(),
            fingerprint: certificate.1.fingerprint().to_string(),
        })
        .collect();
    let newcomer = Newcomer {
        party: arguments.party,
        title: arguments
            .party_name
            .as_deref()
            .unwrap_or(arguments.party.as_str()),
        node_name: &arguments.name,
        addresses: addresses(arguments),
        contact_points: certificates
            .into_iter()
            .map(|(office, key)| (office, key.to_bytes()))
            .collect(),
        profile: &profile,
        origin: &record::origin(&arguments.name, now.to_zoned(TimeZone::UTC).year()),
        at: when::unix_millis(now),
    };
    let request = record::join_request(newcomer, &seeds, &tls)?;
    files::write_new(
        &staging.path().join(JOIN_REQUEST_NAME),
        request.as_bytes(),
        Secrecy::Public,
    )?;
    write_config(&staging, arguments, places)?;
    if let Some(owner) = owner {
        owner::give(staging.path(), owner)?;
    }
    staging.publish()?;

    Ok(InitReport {
        dir: folder.to_owned(),
        party: arguments.party.to_string(),
        node_name: arguments.name.clone(),
        listen: arguments.listen,
        join_request: folder.join(JOIN_REQUEST_NAME),
        envelope_key: protocol::key::EnvelopeKey::from_seed(&envelope)
            .public()
            .to_string(),
        contact_points,
    })
}

fn write_config(staging: &Staging, arguments: &InitArguments, places: Places) -> Result<(), Failure> {
    let party = arguments.party.as_str();
    let text = config_text::new(party, &arguments.name, arguments.listen, places);
    let file = staging.path().join(CONFIG_NAME);
    files::write_new(&file, text.as_bytes(), Secrecy::Public)
}

fn text(report: &InitReport) -> String {
    let mut pairs = vec![
        ("Party", report.party.clone()),
        ("Node", report.node_name.clone()),
        ("Folder", report.dir.display().to_string()),
        (
            "Configuration",
            report.dir.join(CONFIG_NAME).display().to_string(),
        ),
        ("Join request", report.join_request.display().to_string()),
        ("Envelope key", report.envelope_key.clone()),
    ];
    for point in &report.contact_points {
        pairs.push(("Contact point", format!("{} {}", point.office, point.fingerprint)));
    }
    table::properties(&pairs)
}

/// A Unix socket's address is short, and a node that cannot make its control socket cannot be asked anything.
fn check_socket_path(folder: &Path, places: Places) -> Result<(), Failure> {
    let socket = std::path::absolute(folder)
        .unwrap_or_else(|_| folder.to_owned())
        .join(places.socket);
    let length = socket.as_os_str().len();
    if length <= SOCKET_PATH_BYTES_MAX {
        return Ok(());
    }
    let what = format!(
        "the control socket's path would have {length} bytes: {}",
        socket.display()
    );
    let mend =
        format!("choose a shorter --dir: a Unix socket's path has at most {SOCKET_PATH_BYTES_MAX} bytes");
    Err(Failure::usage(what, mend))
}

fn offices(arguments: &InitArguments) -> Result<Vec<ContactPoint>, Failure> {
    let mut offices = Vec::new();
    for name in &arguments.contact_point {
        let office = ContactPoint::new(arguments.party, name)
            .map_err(|error| Failure::usage(format!("{name:?} cannot be an office"), error.to_string()))?;
        if offices.contains(&office) {
            return Err(Failure::usage(
                format!("{office} is named twice"),
                "name each contact point once",
            ));
        }
        offices.push(office);
    }
    Ok(offices)
}

fn addresses(arguments: &InitArguments) -> Vec<String> {
    let listen = arguments.listen;
    if arguments.unreachable {
        Vec::new()
    } else if !arguments.address.is_empty() {
        arguments.address.clone()
    } else if listen.ip().is_unspecified() {
        vec![format!("{}:{}", arguments.name, listen.port())]
    } else {
        vec![listen.to_string()]
    }
}

fn read_profile(arguments: &InitArguments) -> Result<PartyProfile, Failure> {
    let party = arguments.party.as_str().parse();
    // Both crates read the same two capital letters.
    let party = party.map_err(|error| Failure::usage(format!("{}: {error}", arguments.party), "use XA"))?;
    let Some(path) = &arguments.profile_file else {
        return Ok(PartyProfile::unknown(party));
    };
    let document = files::read_document(path, DOCUMENT_BYTES_MAX)?;
    let profile: PartyProfile = toml::from_str(&document.text).map_err(|error| {
        Failure::usage(
            format!("{}: {error}", document.name),
            "write TOML with these keys",
        )
    })?;
    if profile.party != party {
        let what = format!("{} is the profile of {}", document.name, profile.party);
        return Err(Failure::usage(
            what,
            format!("write party = \"{}\"", arguments.party),
        ));
    }
    Ok(profile)
}

fn write_tls(keys: &Path, arguments: &InitArguments, now: Timestamp) -> Result<Tls, Failure> {
    let tls = tls::make(arguments.party.as_str(), &arguments.name, when::system_time(now))?;
    for (name, bytes, secrecy) in [
        ("tls.key.pem", tls.key_pem.as_bytes(), Secrecy::Secret),
        ("tls.crt.pem", tls.certificate_pem.as_bytes(), Secrecy::Public),
        (tls::CA_KEY_NAME, tls.ca_key_pem.as_bytes(), Secrecy::Secret),
        (
            tls::CA_CERTIFICATE_NAME,
            tls.ca_certificate_pem.as_bytes(),
            Secrecy::Public,
        ),
    ] {
        files::write_new(&keys.join(name), bytes, secrecy)?;
    }
    Ok(tls)
}

fn write_seed(path: &Path) -> Result<Zeroizing<[u8; 32]>, Failure> {
    let seed = random::seed()?;
    let mut text = random::hex(seed.as_slice());
    text.push('\n');
    files::write_new(path, text.as_bytes(), Secrecy::Secret)?;
    Ok(seed)
}

fn write_openpgp(
    staging: &Staging,
    keys: &Path,
    offices: &[ContactPoint],
    arguments: &InitArguments,
    now: Timestamp,
) -> Result<Vec<(ContactPoint, seal::Certificate)>, Failure> {
    let folder = staging.folder("keys/openpgp")?;
    let password = match &arguments.openpgp_password_file {
        Some(path) => first_line(&files::read_secret(path, SECRET_BYTES_MAX)?),
        None => Zeroizing::new(random::hex(random::seed()?.as_slice()).as_bytes().to_vec()),
    };
    let mut line = password.clone();
    line.push(b'\n');
    files::write_new(&keys.join("openpgp.password"), &line, Secrecy::Secret)?;
    let password = Password::from(password.to_vec());
    let mut certificates = Vec::new();
    for office in offices {
        let user = office.to_string();
        let key = LockedKey::generate(arguments.profile, &user, when::system_time(now), &password)
            .map_err(|error| Failure::failed(format!("cannot make the OpenPGP key of {office}: {error}")))?;
        let path = folder.join(format!("{}.key.asc", office.office()));
        files::write_new(&path, &Zeroizing::new(key.to_bytes()), Secrecy::Secret)?;
        certificates.push((office.clone(), key.certificate()));
    }
    Ok(certificates)
}

/// A password file is one line; its line feed is not part of the password.
fn first_line(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    Zeroizing::new(line.strip_suffix(b"\r").unwrap_or(line).to_vec())
}

#[cfg(test)]
mod tests;
