//! `ohrid certificate renew`.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;

use super::RenewArguments;
use crate::directory::Standing;
use crate::failure::Failure;
use crate::files::{self, Secrecy};
use crate::key::KeyFiles;
use crate::limits::SECRET_BYTES_MAX;
use crate::node::tls::{self, Answer, CA_KEY_NAME};
use crate::session::Session;
use crate::{table, when};

/// What came of it.
#[derive(Debug, Serialize)]
pub(super) struct Renewed {
    /// What was done.
    pub(super) state: State,
    /// The certificate, or the request for one.
    pub(super) file: PathBuf,
    /// The certificate's end.
    pub(super) valid_until: Option<Timestamp>,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// Nothing: the end is far.
    NotDue,
    /// There is a new certificate.
    Renewed,
    /// There is a request for one.
    Requested,
}

pub(super) fn run(session: &Session, arguments: &RenewArguments) -> Result<(), Failure> {
    let folder = session.folder("the node's")?;
    let renewed = renew(folder, arguments, when::now())?;
    let zone = when::local_zone();
    session.terminal.result(&renewed, |renewed| {
        let state = match renewed.state {
            State::NotDue => "not due",
            State::Renewed => "renewed",
            State::Requested => "requested",
        };
        table::properties(&[
            ("State", state.to_owned()),
            ("File", renewed.file.display().to_string()),
            ("Ends", when::both_or_dash(renewed.valid_until, &zone)),
        ])
    });
    match renewed.state {
        State::NotDue => {}
        State::Renewed => session.next("ohrid node reload"),
        State::Requested => session.terminal.next(format_args!(
            "have the Party's authority sign {}, put its certificate in the place of the old one, and:\n  \
             ohrid node reload --dir {}",
            renewed.file.display(),
            folder.display()
        )),
    }
    Ok(())
}

/// Renews the newest certificate, if that is due.
pub(super) fn renew(folder: &Path, arguments: &RenewArguments, now: Timestamp) -> Result<Renewed, Failure> {
    let files = KeyFiles::of(folder)?;
    let newest = files.tls_pairs()?.pop();
    let newest = newest.ok_or_else(|| Failure::failed("there is no TLS certificate with its key here"))?;
    let ends = newest.facts.not_after;
    let at = when::unix_millis(now);
    if at.plus(arguments.within) < ends && !arguments.force {
        return Ok(Renewed {
            state: State::NotDue,
            file: newest.certificate,
            valid_until: Some(when::timestamp(ends)),
        });
    }
    let standing = Standing::of(folder, at)?;
    let key = files::read_secret(&newest.key, SECRET_BYTES_MAX)?;
    let beside = files.tls_key.with_file_name(CA_KEY_NAME);
    let issued = tls::next(&tls::Next {
        party: standing.party.as_str(),
        name: &standing.record().node.name,
        ca_key: arguments.ca_key.as_deref().unwrap_or(&beside),
        authorities: &standing.record().node.ca_certificates,
        key_pem: Some(std::str::from_utf8(&key).unwrap_or_default()),
        begins_at: when::system_time(now),
        answer: if arguments.csr {
            Answer::Request
        } else {
            Answer::Certificate
        },
    })?;
    if arguments.csr {
        let file = newest.certificate.with_extension("csr");
        files::replace(&file, issued.answer_pem.as_bytes(), Secrecy::Public)?;
        return Ok(Renewed {
            state: State::Requested,
            file,
            valid_until: None,
        });
    }
    // The old one is for the same key: whoever has it can do nothing with it that the new one cannot.
    files::replace(&newest.certificate, issued.answer_pem.as_bytes(), Secrecy::Public)?;
    let renewed = crate::key::certificate_facts(&newest.certificate)?;
    Ok(Renewed {
        state: State::Renewed,
        file: newest.certificate,
        valid_until: Some(when::timestamp(renewed.not_after)),
    })
}
