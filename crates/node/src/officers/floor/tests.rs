#![allow(clippy::unwrap_used)]
//! Rot of the register that its sum does not show.

use std::fs;

use control::types::Role;
use protocol::ids::ActorId;
use protocol::time::UnixMillis;

use super::super::{Deed, file};
use super::*;

/// A register after these many changes: persons come, and every third change removes one.
fn after(changes: u64) -> Vec<Record> {
    let deed = || Deed {
        at: UnixMillis(1_795_305_600_000),
        by: "B. Operator".to_owned(),
    };
    let mut officers: Vec<Record> = Vec::new();
    for number in 0..changes {
        let one = officers.iter_mut().find(|one| one.removed.is_none());
        match one {
            Some(one) if number % 3 == 2 => one.removed = Some(deed()),
            _ => officers.push(Record {
                name: format!("Officer {number}"),
                roles: vec![Role::Officer],
                actor: ActorId::from_bytes([number as u8; 16]),
                unix_user: None,
                added: deed(),
                removed: None,
            }),
        }
    }
    officers
}

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let register = folder.path().join("officers.json");
    (folder, register)
}

#[test]
fn an_earlier_register_or_none_is_refused_and_both_files_are_named() {
    let (_folder, register) = folder();
    for changes in 1..8 {
        file::write(&register, &after(changes)).unwrap();
        note(&register, &after(changes)).unwrap();
        check(&register, &after(changes)).unwrap();
        for earlier in 0..changes {
            let error = check(&register, &after(earlier)).unwrap_err().to_string();
            for part in ["officers.json", "officers.floor", "earlier copy"] {
                assert!(error.contains(part), "{error}");
            }
        }
    }
}

#[test]
fn what_was_not_noted_before_the_end_is_noted_at_the_next_start() {
    let (_folder, register) = folder();
    check(&register, &after(0)).unwrap();
    assert!(!beside(&register).exists(), "nobody was ever registered");
    check(&register, &after(4)).unwrap();
    assert!(check(&register, &after(3)).is_err());
    note(&register, &after(4)).unwrap();
    check(&register, &after(5)).unwrap();
    assert!(check(&register, &after(4)).is_err());
}

#[test]
fn a_damaged_floor_is_named() {
    let (_folder, register) = folder();
    note(&register, &after(5)).unwrap();
    let floor = beside(&register);
    let whole = fs::read(&floor).unwrap();
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << bit;
            fs::write(&floor, &damaged).unwrap();
            let error = check(&register, &after(5)).unwrap_err().to_string();
            assert!(error.contains("officers.floor"), "{at}.{bit}: {error}");
        }
    }
    fs::write(&floor, &whole).unwrap();
    check(&register, &after(5)).unwrap();
}
