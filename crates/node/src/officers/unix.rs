//! Users and groups of this machine: by number, or by their names in `/etc/passwd` and `/etc/group`.
//!
//! Other sources of names (LDAP, say) are not asked: there, `id -u NAME` gives the number.

use std::fs;
use std::path::Path;

use control::types::UnixUser;

const USERS: &str = "/etc/passwd";
const GROUPS: &str = "/etc/group";

/// The user of that name or number; any number is taken, since a user may come later.
pub(super) fn user(text: &str) -> Option<UnixUser> {
    let uid = number_of(text, Path::new(USERS))?;
    Some(UnixUser {
        name: text.to_owned(),
        uid,
    })
}

/// The group of that name or number.
pub(crate) fn group_id(text: &str) -> Option<u32> {
    number_of(text, Path::new(GROUPS))
}

fn number_of(text: &str, file: &Path) -> Option<u32> {
    if let Ok(number) = text.parse() {
        // The number that stands for "nobody at all" in system calls.
        return (number != u32::MAX).then_some(number);
    }
    find(&fs::read_to_string(file).ok()?, text)
}

/// Both files have the name first and the number third (passwd(5), group(5)).
pub(super) fn find(lines: &str, name: &str) -> Option<u32> {
    lines.lines().find_map(|line| {
        let mut fields = line.split(':');
        let found = fields.next() == Some(name) && !name.is_empty();
        found.then(|| fields.nth(1)?.parse().ok()).flatten()
    })
}
