//! What operators must not forget: backups, and erasures that wait.

use std::fs;

use super::{Check, Look, ok, skipped, warning};
use crate::backup;
use crate::limits::backup::BACKUP_OLD_HOURS;

pub(super) fn look(look: &mut Look<'_>) {
    let check = backup_age(look);
    look.add(check);
    let check = orders(look);
    look.add(check);
}

fn backup_age(look: &Look<'_>) -> Check {
    const NAME: &str = "backup";
    let mend = format!("ohrid node backup --to DIR --certificate FILE {}", look.place());
    if !look.config.node.data.join("head").exists() {
        return skipped(NAME, "there is no store yet");
    }
    let Some(last) = backup::last(look.config) else {
        return warning(NAME, "there has been no backup", mend);
    };
    let hours = (look.now.as_second() - last.at.as_second()).div_euclid(3_600);
    let what = format!(
        "the set {} is {hours} hours old, with {} entries",
        last.set, last.position
    );
    if hours >= BACKUP_OLD_HOURS {
        return warning(NAME, what, mend);
    }
    ok(NAME, what)
}

/// Orders that a second officer has not approved.
fn orders(look: &Look<'_>) -> Check {
    const NAME: &str = "erasure_orders";
    let files = fs::read_dir(&look.config.node.erasures)
        .into_iter()
        .flatten()
        .flatten();
    let waiting = files.filter(|file| file.file_name() != "carried-out").count();
    if waiting > 0 {
        let mend = format!("ohrid case approve-erasure --help {}", look.place());
        return warning(
            NAME,
            format!("{waiting} erasures wait for a second officer"),
            mend,
        );
    }
    ok(NAME, "no erasure waits for a second officer")
}
