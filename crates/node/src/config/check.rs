//! `ohrid-node config check`: all that would keep a node from starting, or from lasting, as far as it can
//! be told without starting it. Reads, binds for a moment, writes nothing.
//!
//! Every fault is told at once, with what mends it. Each look is independent of the others where that can be.

use std::fmt;
use std::fs;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::net::UnixStream;
use std::path::Path;

use protocol::directory::Freshness;
use protocol::time::UnixMillis;
use rustix::fs::{Access, access, statfs};
use serde::Serialize;

use super::Config;
use crate::clock::Clock;
use crate::directory::{Accepted, CurrentDirectory};
use crate::keys::{self, KeysError, Keystore};
use crate::limits::{DIRECTORY_ENDS_SOON, KEY_ENDS_SOON, SOCKET_PATH_BYTES_MAX};

/// How something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// As it must be.
    Good,
    /// It will do for now.
    Warning,
    /// It could not be looked at.
    Unchecked,
    /// A node would not start, or not last.
    Fault,
}

/// One look, and what it showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub what: &'static str,
    /// How it stands.
    pub standing: Standing,
    /// What was seen.
    pub seen: String,
    /// What mends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
}

/// File systems that a store must not lie on, by what statfs(2) calls them.
const UNFIT: &[(u64, &str)] = &[
    (0x6969, "NFS, a network file system"),
    (0xff53_4d42, "CIFS, a network file system"),
    (0xfe53_4d42, "SMB, a network file system"),
    (0x0102_1997, "9P, a file system of another machine"),
    (0x0102_1994, "tmpfs, which is memory"),
    (0x8584_58f6, "ramfs, which is memory"),
];

/// Looks at everything.
#[must_use]
pub fn check(config: &Config) -> Vec<Finding> {
    let mut findings = secrets(config);
    let now = Clock::not_before(UnixMillis::default()).now();
    let keys = unlocked(config, now, &mut findings);
    let directory = directory(config, now, &mut findings);
    if let (Some(keys), Some(directory)) = (&keys, &directory) {
        findings.push(match keys.check_directory(&config.node.name, directory, now) {
            Ok(()) => good(
                "directory and keys",
                "the directory names this node, with these keys",
            ),
            Err(error) => fault("directory and keys", error, None),
        });
    }
    findings.extend(sockets(config));
    findings.extend(disk(config));
    findings.push(clock(directory.as_ref(), now));
    findings
}

/// The standing of the whole: the worst of them.
#[must_use]
pub fn worst(findings: &[Finding]) -> Standing {
    findings
        .iter()
        .map(|finding| finding.standing)
        .max()
        .unwrap_or(Standing::Good)
}

fn finding(what: &'static str, standing: Standing, seen: impl fmt::Display, mend: Option<&str>) -> Finding {
    Finding {
        what,
        standing,
        seen: seen.to_string(),
        mend: mend.map(str::to_owned),
    }
}

fn good(what: &'static str, seen: impl fmt::Display) -> Finding {
    finding(what, Standing::Good, seen, None)
}

fn fault(what: &'static str, seen: impl fmt::Display, mend: Option<&str>) -> Finding {
    finding(what, Standing::Fault, seen, mend)
}

/// Each secret file by itself: mode, owner, size.
fn secrets(config: &Config) -> Vec<Finding> {
    const WHAT: &str = "secrets";
    let (files, faults) = keys::look_at_files(&config.keys);
    if faults.is_empty() {
        return vec![good(WHAT, format!("{files} files that nobody else can read"))];
    }
    faults.iter().map(|error| fault(WHAT, error, None)).collect()
}

/// The keys, unlocked; and that the TLS certificate and its key are a pair, in date.
fn unlocked(config: &Config, now: UnixMillis, findings: &mut Vec<Finding>) -> Option<Keystore> {
    const WHAT: &str = "keys";
    const TLS: &str = "TLS certificate";
    let keys = match Keystore::load(config.node.party, &config.keys) {
        Ok(keys) => keys,
        Err(error) => {
            // The secrets were looked at one by one already: say nothing twice.
            if worst(findings) == Standing::Good {
                let what = match &error {
                    KeysError::Tls { .. } => TLS,
                    _ => WHAT,
                };
                findings.push(fault(what, error, None));
            } else {
                findings.push(finding(
                    WHAT,
                    Standing::Unchecked,
                    "not unlocked: see secrets",
                    None,
                ));
            }
            return None;
        }
    };
    let offices = keys.offices();
    let offices: Vec<String> = offices.iter().map(ToString::to_string).collect();
    findings.push(match offices.is_empty() {
        true => fault(
            WHAT,
            "there is no OpenPGP key of any contact point",
            Some("ohrid key rotate openpgp"),
        ),
        false => good(WHAT, format!("unlocked; contact points {}", offices.join(", "))),
    });
    for identity in keys.tls_identities() {
        let facts = identity.facts();
        let (begins, ends) = (facts.not_before, facts.not_after);
        let dates = format!("from {} until {}", day(begins), day(ends));
        let renew = Some("ohrid certificate renew");
        findings.push(if ends <= now {
            let standing = match keys.tls_identities().len() {
                1 => Standing::Fault,
                // An earlier one, kept beside its successor.
                _ => Standing::Warning,
            };
            finding(TLS, standing, format!("ended: {dates}"), renew)
        } else if ends.since(now) < KEY_ENDS_SOON {
            finding(TLS, Standing::Warning, format!("ends soon: {dates}"), renew)
        } else {
            good(TLS, format!("fits its key; {dates}"))
        });
    }
    Some(keys)
}

fn directory(config: &Config, now: UnixMillis, findings: &mut Vec<Finding>) -> Option<Accepted> {
    const WHAT: &str = "directory";
    let mend = "ohrid directory install FILE --key KEY";
    if config.directory.trusted.is_empty() {
        findings.push(fault(WHAT, "nobody is trusted to sign a directory", Some(mend)));
        return None;
    }
    let accepted = match CurrentDirectory::look(&config.directory, &config.node.directory_floor, now) {
        Ok(accepted) => accepted,
        Err(error) => {
            findings.push(fault(WHAT, error, Some(mend)));
            return None;
        }
    };
    let directory = &accepted.directory;
    let grace = std::time::Duration::from_secs(u64::from(config.directory.grace_days) * 86_400);
    let seen = format!(
        "version {} of {}, until {}",
        directory.version,
        directory.network,
        day(directory.expires_at)
    );
    findings.push(match directory.freshness(now, grace) {
        Freshness::Current if directory.expires_at.since(now) < DIRECTORY_ENDS_SOON => finding(
            WHAT,
            Standing::Warning,
            format!("{seen}: soon"),
            Some("ask the secretariat for the next"),
        ),
        Freshness::Current => good(WHAT, seen),
        Freshness::Grace => finding(
            WHAT,
            Standing::Warning,
            format!("{seen}: over, and served for grace"),
            Some(mend),
        ),
        Freshness::Expired => fault(WHAT, format!("{seen}: over"), Some(mend)),
    });
    Some(accepted)
}

/// Every address can be bound, unless the node runs: then it has them.
fn sockets(config: &Config) -> Vec<Finding> {
    let control = &config.control_socket;
    let length = control.as_os_str().len();
    if length > SOCKET_PATH_BYTES_MAX {
        let seen = format!(
            "{}: {length} bytes, at most {SOCKET_PATH_BYTES_MAX}",
            control.display()
        );
        return vec![fault(
            "control socket",
            seen,
            Some("name a shorter path in [control] socket"),
        )];
    }
    if UnixStream::connect(control).is_ok() {
        let seen = format!(
            "a node runs behind {}; its addresses were not tried",
            control.display()
        );
        return vec![good("control socket", seen)];
    }
    let mut findings = vec![writable(
        "control socket",
        control.parent().unwrap_or(Path::new(".")),
    )];
    let mut tried = |what: &'static str, address: std::net::SocketAddr, bound: std::io::Result<()>| {
        findings.push(match bound {
            Ok(()) => good(what, format!("{address} is free")),
            Err(error) => {
                let mend = "stop what uses it (ss -lunp, ss -ltnp), or name another address";
                fault(what, format!("{address}: {error}"), Some(mend))
            }
        });
    };
    tried(
        "listen.address",
        config.listen,
        UdpSocket::bind(config.listen).map(drop),
    );
    if let Some(address) = config.health_listen {
        tried("health.listen", address, TcpListener::bind(address).map(drop));
    }
    if let Some(address) = config.public.listen {
        tried("public.listen", address, TcpListener::bind(address).map(drop));
    }
    findings
}

fn disk(config: &Config) -> Vec<Finding> {
    const WHAT: &str = "disk";
    let data = &config.node.data;
    // The store is made at the first start: then what counts is the folder above.
    let there = data.ancestors().skip(1).find(|folder| folder.is_dir());
    let folder = if data.is_dir() {
        Some(data.as_path())
    } else {
        there
    };
    let Some(folder) = folder else {
        return vec![fault(
            "store",
            format!("{}: no such folder", data.display()),
            Some("mkdir -p"),
        )];
    };
    let mut findings = vec![writable("store", folder)];
    let status = match statfs(folder) {
        Ok(status) => status,
        Err(error) => {
            findings.push(finding(
                WHAT,
                Standing::Unchecked,
                format!("{}: {error}", folder.display()),
                None,
            ));
            return findings;
        }
    };
    let kind = u64::from_ne_bytes(status.f_type.to_ne_bytes()) & 0xffff_ffff;
    if let Some((_, name)) = UNFIT.iter().find(|(unfit, _)| *unfit == kind) {
        let seen = format!("{} lies on {name}", folder.display());
        findings.push(fault(
            WHAT,
            seen,
            Some("name a folder on a local disk in [node] data"),
        ));
    }
    let block = u64::try_from(status.f_bsize).unwrap_or(0);
    let free_mib = status.f_bavail.saturating_mul(block) >> 20;
    let kept_mib = config.limits.free_disk_kept_mib;
    let seen = format!("{free_mib} MiB free, {kept_mib} MiB of it kept for messages");
    findings.push(match free_mib > kept_mib {
        true => good(WHAT, seen),
        false => finding(
            WHAT,
            Standing::Warning,
            seen,
            Some("make room: attachments are no longer taken"),
        ),
    });
    findings
}

fn writable(what: &'static str, folder: &Path) -> Finding {
    let mend = "run this as the node's user (runuser -u ohrid), or give the folder to it";
    match access(folder, Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) => good(what, format!("{} can be written", folder.display())),
        Err(rustix::io::Errno::NOENT) => {
            let seen = format!("{}: no such folder", folder.display());
            finding(
                what,
                Standing::Unchecked,
                seen,
                Some("mkdir -p; systemd makes the unit's own by itself"),
            )
        }
        Err(error) => fault(what, format!("{}: {error}", folder.display()), Some(mend)),
    }
}

/// A clock that is behind a signature of others is wrong; whether it is kept right, systemd's file says.
fn clock(directory: Option<&Accepted>, now: UnixMillis) -> Finding {
    const WHAT: &str = "clock";
    let mend = "keep the clock right: systemd-timesyncd, chrony or ntpd";
    if let Some(accepted) = directory.filter(|accepted| accepted.directory.issued_at > now) {
        let issued = day(accepted.directory.issued_at);
        return fault(
            WHAT,
            format!("behind: the directory was signed on {issued}"),
            Some(mend),
        );
    }
    match fs::exists("/run/systemd/timesync/synchronized") {
        Ok(true) => good(WHAT, "kept right by systemd-timesyncd"),
        _ => good(
            WHAT,
            "not behind the directory; who keeps it right cannot be told from here",
        ),
    }
}

fn day(time: UnixMillis) -> String {
    crate::news::timestamp(time).strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests;
