//! Gives a new node's folder to the user that will run it.

use std::fs;
use std::io;
use std::os::unix::fs::lchown;
use std::path::Path;

use crate::failure::Failure;

/// Users of this machine (passwd(5)).
const USERS: &str = "/etc/passwd";

/// A user, and its own group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Owner {
    user: u32,
    group: u32,
}

/// The user of that name.
pub(super) fn of(name: &str) -> Result<Owner, Failure> {
    let users = fs::read_to_string(USERS);
    let users = users.map_err(|error| Failure::system("cannot read", Path::new(USERS), &error))?;
    find(&users, name).ok_or_else(|| {
        Failure::failed(format!("there is no user {name} here")).mended_by(
            "install the package, or: systemd-sysusers deploy/systemd/ohrid.sysusers; without a system \
                        user, leave --system out and name a folder with --dir",
        )
    })
}

/// The first field is the name, the third and the fourth are the numbers.
fn find(users: &str, name: &str) -> Option<Owner> {
    users.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let [found, _, user, group, ..] = fields[..] else {
            return None;
        };
        (found == name).then(|| {
            Some(Owner {
                user: user.parse().ok()?,
                group: group.parse().ok()?,
            })
        })?
    })
}

/// Gives it the folder, with all that is in it.
pub(super) fn give(folder: &Path, owner: Owner) -> Result<(), Failure> {
    let failed = |error: io::Error| {
        Failure::system("cannot give to the node's user", folder, &error).mended_by("run this as root")
    };
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        lchown(&folder, Some(owner.user), Some(owner.group)).map_err(failed)?;
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.file_type().map_err(failed)?.is_dir() {
                folders.push(entry.path());
            } else {
                lchown(entry.path(), Some(owner.user), Some(owner.group)).map_err(failed)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
