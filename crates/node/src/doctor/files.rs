//! What the configuration names: secrets and who may read them, keys, the directory, certificates and their
//! days.

use std::fs;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::SystemTime;

use jiff::Timestamp;
use protocol::time::UnixMillis;

use super::{Check, Look, failed, ok, skipped, warning};
use crate::directory::{Accepted, CurrentDirectory};
use crate::keys::{KeysError, Keystore};
use crate::limits::KEY_FILE_BYTES_MAX;
use crate::limits::doctor::ENDS_SOON_DAYS;
use crate::news::timestamp;
use crate::secret::{self, FileError};

pub(super) fn look(look: &mut Look<'_>, is_running: bool) {
    secrets(look);
    let folder = folder_mode(&look.config.node.data);
    look.add(folder);
    let now = UnixMillis(u64::try_from(look.now.as_millisecond()).unwrap_or(0));
    let keys = keys(look);
    let accepted = directory(look, now);
    if let (Some(keys), Some(accepted)) = (&keys, &accepted) {
        let named = match keys.check_directory(&look.config.node.name, accepted, now) {
            Ok(()) => ok("keys_in_directory", "the directory names this node's keys"),
            Err(error) => failed(
                "keys_in_directory",
                error.to_string(),
                format!("ohrid directory install FILE {}", look.place()),
            ),
        };
        look.add(named);
    }
    if let Some(keys) = &keys {
        certificates(look, keys);
    }
    ports(look, is_running);
}

/// Every secret, one check for all of them if they are right, one for each that is not.
fn secrets(look: &mut Look<'_>) {
    let keys = &look.config.keys;
    let credentials = secret::credentials_directory();
    let mut wrong = Vec::new();
    for file in [
        &keys.tls_key,
        &keys.envelope,
        &keys.ledger,
        &keys.witness,
        &keys.openpgp_password,
    ] {
        if let Err(error) = secret::read_secret(file, credentials.as_deref(), KEY_FILE_BYTES_MAX) {
            let mend = mend_of(&error);
            wrong.push(failed("secrets", error.to_string(), mend));
        }
    }
    if wrong.is_empty() {
        wrong.push(ok("secrets", "nobody but the node's user can read them"));
    }
    wrong.into_iter().for_each(|check| look.add(check));
}

fn mend_of(error: &FileError) -> String {
    match error {
        FileError::Unreadable { path, .. } => {
            format!(
                "ls -l {}; put it back from the backup: ohrid node restore",
                path.display()
            )
        }
        FileError::ReadableByOthers { path, .. } => format!("chmod 600 {}", path.display()),
        FileError::ForeignOwner { path, owner, .. } => {
            format!(
                "sudo -u '#{owner}' ohrid node doctor, or give the file to the node's user: chown USER {}",
                path.display()
            )
        }
        FileError::NotAFile { path } | FileError::TooLarge { path, .. } => {
            format!("ls -l {}", path.display())
        }
    }
}

/// Sealed payloads and names lie there: nobody else is to look.
fn folder_mode(data: &Path) -> Check {
    const NAME: &str = "data_folder";
    let Ok(metadata) = fs::metadata(data) else {
        return skipped(NAME, format!("{}: there is no store yet", data.display()));
    };
    let mode = metadata.mode() & 0o7777;
    let above = data.parent().and_then(|above| fs::metadata(above).ok());
    // A folder that nobody can enter hides what is in it.
    let is_hidden = above.is_some_and(|above| above.mode() & 0o077 == 0);
    if mode & 0o077 != 0 && !is_hidden {
        let what = format!("others can look into {} (mode {mode:04o})", data.display());
        return warning(NAME, what, format!("chmod 700 {}", data.display()));
    }
    let owner = metadata.uid();
    let own = rustix::process::geteuid().as_raw();
    if owner != own && own != 0 {
        let what = format!(
            "{} belongs to user {owner}, and this is user {own}",
            data.display()
        );
        return failed(
            NAME,
            what,
            format!("sudo -u '#{owner}' ohrid node doctor {}", look_place(data)),
        );
    }
    ok(NAME, format!("{}: mode {mode:04o}, user {owner}", data.display()))
}

fn look_place(data: &Path) -> String {
    let folder = data.parent().unwrap_or(Path::new("."));
    format!("--dir {}", folder.display())
}

fn keys(look: &mut Look<'_>) -> Option<Keystore> {
    match Keystore::load(look.config.node.party, &look.config.keys) {
        Ok(keys) => {
            let count = keys.own_certificates().len();
            look.add(ok(
                "keys",
                format!("all of them are read, {count} OpenPGP keys unlocked"),
            ));
            Some(keys)
        }
        Err(error) => {
            let mend = match &error {
                KeysError::File(error) => mend_of(error),
                KeysError::Locked { .. } => {
                    "put the right password into the file of [keys] openpgp_password".into()
                }
                _ => format!("ohrid key list {}", look.place()),
            };
            look.add(failed("keys", error.to_string(), mend));
            None
        }
    }
}

fn directory(look: &mut Look<'_>, now: UnixMillis) -> Option<Accepted> {
    const NAME: &str = "directory";
    let node = &look.config.node;
    let install = format!("ohrid directory install FILE --key KEY {}", look.place());
    match CurrentDirectory::look(&look.config.directory, &node.directory_floor, now) {
        Err(error) => {
            look.add(failed(NAME, error.to_string(), install));
            None
        }
        Ok(accepted) => {
            let directory = &accepted.directory;
            let age = days_since(look.now, timestamp(directory.issued_at));
            let what = format!(
                "version {} of {}, signed, {age} days old",
                directory.version, directory.network
            );
            let left = days_until(look.now, timestamp(directory.expires_at));
            let check = ends(
                NAME,
                &what,
                left,
                "ask the secretariat for a newer one, then: ",
                &install,
            );
            look.add(check);
            Some(accepted)
        }
    }
}

/// How something with an end is.
fn ends(name: &'static str, what: &str, days_left: i64, before: &str, mend: &str) -> Check {
    let mend = format!("{before}{mend}");
    if days_left < 0 {
        failed(name, format!("{what}; it ended {} days ago", -days_left), mend)
    } else if days_left < ENDS_SOON_DAYS {
        warning(name, format!("{what}; it ends in {days_left} days"), mend)
    } else {
        ok(name, format!("{what}; {days_left} days left"))
    }
}

fn days_until(now: Timestamp, end: Timestamp) -> i64 {
    (end.as_second() - now.as_second()).div_euclid(86_400)
}

fn days_since(now: Timestamp, begin: Timestamp) -> i64 {
    (now.as_second() - begin.as_second()).div_euclid(86_400)
}

/// Of the TLS certificates the one that lasts longest; every OpenPGP certificate.
fn certificates(look: &mut Look<'_>, keys: &Keystore) {
    let last = keys
        .tls_identities()
        .iter()
        .map(|one| one.facts().not_after)
        .max();
    if let Some(last) = last {
        let left = days_until(look.now, timestamp(last));
        let mend = format!("ohrid certificate renew {}", look.place());
        let check = ends("tls_certificate", "TLS certificate", left, "", &mend);
        look.add(check);
    }
    for certificate in keys.own_certificates() {
        let end = certificate.ends_at();
        let since_1970 = end.and_then(|end| end.duration_since(SystemTime::UNIX_EPOCH).ok());
        let what = format!("OpenPGP certificate {}", certificate.fingerprint());
        let check = match since_1970.and_then(|end| i64::try_from(end.as_secs()).ok()) {
            None => ok("openpgp_certificate", format!("{what}; it has no end")),
            Some(end) => {
                let left = (end - look.now.as_second()).div_euclid(86_400);
                let mend = format!("ohrid key rotate openpgp OFFICE {}", look.place());
                ends("openpgp_certificate", &what, left, "", &mend)
            }
        };
        look.add(check);
    }
}

/// Whether what the node listens on can be had, where it does not run.
fn ports(look: &mut Look<'_>, is_running: bool) {
    const NAME: &str = "ports";
    let listen = look.config.listen;
    if is_running {
        return look.add(ok(NAME, format!("the node listens on {listen}")));
    }
    let mut taken = Vec::new();
    if let Err(error) = UdpSocket::bind(listen) {
        taken.push(format!("UDP {listen}: {error}"));
    }
    let others = [look.config.health_listen, look.config.public.listen];
    for address in others.into_iter().flatten() {
        if let Err(error) = TcpListener::bind(address) {
            taken.push(format!("TCP {address}: {error}"));
        }
    }
    let check = if taken.is_empty() {
        ok(NAME, format!("UDP {listen} can be listened on"))
    } else {
        let mend = format!(
            "ss -lunp | grep {}; ss -ltnp; stop what has it, or edit [listen]",
            listen.port()
        );
        failed(NAME, taken.join("; "), mend)
    };
    look.add(check);
}
