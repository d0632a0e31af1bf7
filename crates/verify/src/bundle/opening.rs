//! Opens a sealed original with its session key, as somebody who has no secret key can.
//!
//! OpenPGP is a large thing to link, and only this needs it: without the feature `openpgp`, which is on by
//! default, everything else of a bundle is checked, and this is said to be not.

use protocol::directory::Directory;
use protocol::ids::ContactPoint;

use super::messages::Recorded;
use crate::report::Report;

/// A sealed original that the headers commit to.
pub(super) struct Sealed<'a> {
    /// The file with the session key.
    pub(super) file: &'a str,
    /// The OpenPGP message.
    pub(super) bytes: &'a [u8],
    /// The content of the file with the session key.
    pub(super) session_key: &'a [u8],
    /// The first of the headers.
    pub(super) first: &'a Recorded<'a>,
    /// To whom the headers are addressed.
    pub(super) recipients: &'a [ContactPoint],
    /// The directory that was in use when it was recorded.
    pub(super) directory: &'a Directory,
}

/// What it says; `None` if it does not open, which is reported.
#[cfg(not(feature = "openpgp"))]
pub(super) fn open(sealed: &Sealed<'_>, report: &mut Report) -> Option<Vec<u8>> {
    let parts = (
        sealed.bytes,
        sealed.session_key,
        sealed.first.leaf,
        &sealed.first.header,
    );
    let _ = (parts, sealed.recipients, sealed.directory);
    report.could_not_check(format!(
        "what {} opens: this program was built without OpenPGP",
        sealed.file
    ));
    None
}

/// What it says; `None` if it does not open, which is reported.
#[cfg(feature = "openpgp")]
pub(super) fn open(sealed: &Sealed<'_>, report: &mut Report) -> Option<Vec<u8>> {
    use std::time::{Duration, SystemTime};

    use protocol::time::UnixMillis;
    use seal::{Binding, Certificate, Outsider, SessionKey, Window, open_with_session_key};

    use super::bag::find;

    let text = str::from_utf8(sealed.session_key).ok();
    let key = text.and_then(|text| text.strip_suffix('\n')?.parse::<SessionKey>().ok());
    let Some(key) = key else {
        find(report, sealed.file, "this is not a session key");
        return None;
    };
    let certificates = |office: &ContactPoint| -> Vec<Certificate> {
        let record = sealed.directory.contact_point(office);
        let certificates = record.into_iter().flat_map(|record| &record.certificates);
        certificates
            .filter_map(|bytes| Certificate::from_bytes(bytes).ok())
            .collect()
    };
    let header = &sealed.first.header;
    let parties = sealed.directory.parties.values();
    let everybody: Vec<Certificate> = parties
        .flat_map(|record| &record.contact_points)
        .flat_map(|record| certificates(&record.office))
        .collect();
    let binding = Binding {
        message: header.message,
        case: header.case,
        from: header.from.clone(),
        to: sealed.recipients.to_vec(),
    };
    let time = |at: UnixMillis| SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(at.0));
    let (Some(sent_at), Some(recorded_at)) = (time(header.sent_at), time(sealed.first.leaf.at_ms)) else {
        find(report, sealed.file, "the message has an impossible time");
        return None;
    };
    let outsider = Outsider {
        senders: &certificates(&header.from),
        recipients: &certificates(&header.to),
        co_recipients: &everybody,
        binding: &binding,
        received_at: recorded_at,
        window: Window::between(sent_at, recorded_at),
    };
    match open_with_session_key(sealed.bytes, &key, &outsider) {
        Ok(opened) => {
            report.signatures_valid += 1;
            Some(opened.body.to_vec())
        }
        Err(error) => {
            find(
                report,
                sealed.file,
                format!("the sealed original does not open: {error}"),
            );
            None
        }
    }
}
