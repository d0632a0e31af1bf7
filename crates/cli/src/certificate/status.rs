//! `ohrid certificate status`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use protocol::x509::CertificateFacts;
use serde::Serialize;

use super::StatusArguments;
use crate::failure::Failure;
use crate::key::{KeyFiles, certificate_facts};
use crate::node::tls::CA_CERTIFICATE_NAME;
use crate::session::Session;
use crate::{table, when};

/// How the certificates are.
#[derive(Debug, Serialize)]
pub(super) struct Status {
    /// The node's, the newest first.
    pub(super) certificates: Vec<One>,
    /// The authority's, where it lies beside the node's.
    pub(super) authority: Option<One>,
}

/// One certificate.
#[derive(Debug, Serialize)]
pub(super) struct One {
    pub(super) file: PathBuf,
    pub(super) valid_from: Timestamp,
    pub(super) valid_until: Timestamp,
    /// Seconds until its end; 0 once it is over.
    pub(super) seconds_left: u64,
    /// Whether it is to be renewed.
    pub(super) due: bool,
    /// SHA-256 of its key, as the directory pins it.
    pub(super) pin: String,
}

pub(super) fn run(session: &Session, arguments: &StatusArguments) -> Result<(), Failure> {
    let folder = session.folder("the node's")?;
    let status = status(folder, arguments.within, when::now())?;
    let zone = when::local_zone();
    session.terminal.result(&status, |status| text(status, &zone));
    let newest = status.certificates.first();
    if newest.is_some_and(|one| one.seconds_left == 0) {
        let failure = Failure::invalid("the TLS certificate is over: no peer lets this node in");
        return Err(failure.mended_by("ohrid certificate renew, and ohrid node reload"));
    }
    if newest.is_some_and(|one| one.due) {
        session.next("ohrid certificate renew");
    }
    Ok(())
}

/// Reads them.
pub(super) fn status(folder: &Path, within: Duration, now: Timestamp) -> Result<Status, Failure> {
    let files = KeyFiles::of(folder)?;
    let mut pairs = files.tls_pairs()?;
    pairs.reverse();
    let certificates = pairs
        .into_iter()
        .map(|pair| one(pair.certificate, &pair.facts, within, now))
        .collect();
    let authority = files.tls_certificate.with_file_name(CA_CERTIFICATE_NAME);
    let authority = if authority.exists() {
        let facts = certificate_facts(&authority)?;
        Some(one(authority, &facts, within, now))
    } else {
        None
    };
    Ok(Status {
        certificates,
        authority,
    })
}

fn one(file: PathBuf, facts: &CertificateFacts, within: Duration, now: Timestamp) -> One {
    let now = when::unix_millis(now);
    One {
        file,
        valid_from: when::timestamp(facts.not_before),
        valid_until: when::timestamp(facts.not_after),
        seconds_left: facts.not_after.since(now).as_secs(),
        due: facts.not_after <= now.plus(within),
        pin: facts.pin.to_string(),
    }
}

fn text(status: &Status, zone: &TimeZone) -> String {
    let row = |name: &str, one: &One| {
        vec![
            name.to_owned(),
            when::both(one.valid_until, zone),
            format!("{} days", one.seconds_left / 86_400),
            if one.due { "due" } else { "not due" }.to_owned(),
            one.file.display().to_string(),
        ]
    };
    let mut rows: Vec<_> = status.certificates.iter().map(|one| row("node", one)).collect();
    rows.extend(status.authority.iter().map(|one| row("authority", one)));
    table::table(&["CERTIFICATE", "ENDS", "LEFT", "STATE", "FILE"], &rows)
}
