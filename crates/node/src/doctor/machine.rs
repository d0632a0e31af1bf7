//! The machine: disk room, the file system, the clock, limits of the system.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::{OFlags, statfs, statvfs};
use rustix::process::{Resource, getrlimit};

use super::{Check, Look, failed, ok, skipped, warning};
use crate::limits::doctor::{FREE_FILES_LOW, OPEN_FILES_LOW, RECEIVE_BUFFER_LOW_BYTES};
use store::limits::FREE_SPACE_FLOOR_BYTES_DEFAULT;

/// Where systemd's time service says that it is synchronised.
const TIMESYNC_MARK: &str = "/run/systemd/timesync/synchronized";

pub(super) fn look(look: &mut Look<'_>, process: Option<u32>) {
    let data = look.config.node.data.clone();
    let folder = existing(&data);
    let room = room(look, &folder);
    look.add(room);
    look.add(files_left(&folder));
    look.add(file_system(&folder));
    look.add(direct_io(&data));
    look.add(clock());
    look.add(udp_buffers());
    look.add(open_files(process));
}

/// The folder itself, or the nearest above it that is there.
fn existing(folder: &Path) -> PathBuf {
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let there = folder.ancestors().find(|above| above.exists());
    there.unwrap_or(Path::new("/")).to_owned()
}

fn room(look: &Look<'_>, folder: &Path) -> Check {
    const NAME: &str = "disk_room";
    let Ok(state) = statvfs(folder) else {
        return skipped(NAME, "the file system does not say how much is free");
    };
    let free = state.f_bavail.saturating_mul(state.f_frsize);
    let mib = free / (1024 * 1024);
    let wanted = look.config.limits.free_disk_kept_mib;
    let what = format!("{mib} MiB are free below {}", folder.display());
    let mend = format!(
        "make room on the disk of {}, or move it to a larger one",
        folder.display()
    );
    if free < FREE_SPACE_FLOOR_BYTES_DEFAULT {
        failed(NAME, format!("{what}: messages are refused"), mend)
    } else if mib < wanted {
        warning(
            NAME,
            format!("{what}: no attachments are taken below {wanted} MiB"),
            mend,
        )
    } else {
        ok(NAME, what)
    }
}

fn files_left(folder: &Path) -> Check {
    const NAME: &str = "disk_files";
    match statvfs(folder) {
        // Some file systems have no such limit, and say 0 of 0.
        Ok(state) if state.f_files > 0 && state.f_favail < FREE_FILES_LOW => warning(
            NAME,
            format!("only {} more files can be made (inodes)", state.f_favail),
            "move the store to a file system that was made with more inodes (mkfs -N)",
        ),
        Ok(state) => ok(NAME, format!("{} more files can be made", state.f_favail)),
        Err(_) => skipped(NAME, "the file system does not say how many files it can have"),
    }
}

/// What Linux calls the file systems that matter here (statfs(2)).
fn kind_of(magic: u64) -> Option<(&'static str, bool)> {
    Some(match magic {
        0x6969 => ("NFS", true),
        0x517B | 0xFF53_4D42 | 0xFE53_4D42 => ("SMB", true),
        0x0102_1997 => ("9P", true),
        0x00C3_6400 => ("Ceph", true),
        0x5346_414F => ("AFS", true),
        0x0BD0_0BD0 => ("Lustre", true),
        0x0102_1994 => ("tmpfs, which is lost with the power", false),
        0x6573_5546 => ("FUSE", false),
        0x794C_7630 => ("overlayfs", false),
        _ => return None,
    })
}

fn file_system(folder: &Path) -> Check {
    const NAME: &str = "file_system";
    let Ok(state) = statfs(folder) else {
        return skipped(NAME, "the system does not say of what kind it is");
    };
    // The type's sign and width differ between machines; the number is one of 32 bits.
    #[allow(
        clippy::cast_sign_loss,
        clippy::cast_possible_truncation,
        clippy::unnecessary_cast
    )]
    let magic = u64::from(state.f_type as u32);
    let mend = "keep `data` on a local disk (ext4 or XFS), and restore or move the node's folder there";
    match kind_of(magic) {
        Some((name, true)) => failed(
            NAME,
            format!("{name}: a network file system keeps no promise"),
            mend,
        ),
        Some((name, false)) => warning(NAME, format!("{name}: an fsync may not reach a disk"), mend),
        None => ok(NAME, format!("type {magic:#x}, local")),
    }
}

/// Whether attachments can be written past the page cache.
fn direct_io(data: &Path) -> Check {
    const NAME: &str = "direct_io";
    let head = data.join("head");
    let flags = OFlags::RDONLY | OFlags::DIRECT | OFlags::CLOEXEC;
    match rustix::fs::open(&head, flags, rustix::fs::Mode::empty()) {
        Ok(_) => ok(NAME, "attachments are written past the page cache"),
        Err(rustix::io::Errno::NOENT) => skipped(NAME, "there is no store yet"),
        Err(_) => skipped(
            NAME,
            "the file system has no direct I/O: attachments go through the page cache",
        ),
    }
}

fn clock() -> Check {
    const NAME: &str = "clock_synchronised";
    let mend = "timedatectl set-ntp true";
    if Path::new(TIMESYNC_MARK).exists() {
        return ok(NAME, "systemd-timesyncd has synchronised the clock");
    }
    let asked = Command::new("timedatectl")
        .args(["show", "--property", "NTPSynchronized", "--value"])
        .output();
    match asked {
        Ok(answer) if answer.stdout.starts_with(b"yes") => {
            ok(NAME, "the system says that it is synchronised")
        }
        Ok(answer) if answer.stdout.starts_with(b"no") => {
            warning(NAME, "the system says that the clock is not synchronised", mend)
        }
        _ => skipped(
            NAME,
            "nothing here says whether the clock is synchronised; peers' clocks: see peer_clocks",
        ),
    }
}

fn udp_buffers() -> Check {
    const NAME: &str = "udp_buffers";
    let read = |name: &str| {
        let text = fs::read_to_string(format!("/proc/sys/net/core/{name}")).ok()?;
        text.trim().parse::<u64>().ok()
    };
    let (Some(receive), Some(send)) = (read("rmem_default"), read("wmem_default")) else {
        return skipped(NAME, "the system does not say how long its buffers are");
    };
    let what = format!("{receive} bytes to receive, {send} to send");
    if receive.min(send) < RECEIVE_BUFFER_LOW_BYTES {
        let mend = "sysctl -w net.core.rmem_default=2097152 net.core.wmem_default=2097152";
        return warning(NAME, format!("{what}: bursts are lost and sent again"), mend);
    }
    ok(NAME, what)
}

/// Of the node's process, where one runs; otherwise what this one may have.
fn open_files(process: Option<u32>) -> Check {
    const NAME: &str = "open_files";
    let of_node = process.and_then(limit_of);
    let limit = of_node.or_else(|| getrlimit(Resource::Nofile).current);
    let whose = if of_node.is_some() {
        "the node"
    } else {
        "a process started here"
    };
    match limit {
        Some(limit) if limit < OPEN_FILES_LOW => warning(
            NAME,
            format!("{whose} may have {limit} files open"),
            "set LimitNOFILE=65536 in the unit (systemctl edit ohrid-node), or ulimit -n 65536",
        ),
        Some(limit) => ok(NAME, format!("{whose} may have {limit} files open")),
        None => ok(NAME, format!("{whose} may have any number of files open")),
    }
}

fn limit_of(process: u32) -> Option<u64> {
    let limits = fs::read_to_string(format!("/proc/{process}/limits")).ok()?;
    let line = limits.lines().find(|line| line.starts_with("Max open files"))?;
    line.split_whitespace().nth(3)?.parse().ok()
}
