#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::Read;

use super::{decrypt, encrypt};
use crate::testing::{
    COURT_XC, Member, POLICE_XA, POLICE_XB, PROSECUTION_XD, STRANGER_XE, binding, sealed_at,
};
use crate::{OpenError, SealError};

fn content(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

fn sealed(members: &[&Member], content: &[u8]) -> Vec<u8> {
    let certificates: Vec<_> = members.iter().map(|member| member.certificate()).collect();
    let mut sealed = Vec::new();
    encrypt(&certificates, &mut sealed, sealed_at(), |out| {
        // In pieces, as files come.
        for piece in content.chunks(70_001) {
            out.write_all(piece).unwrap();
        }
        Ok::<_, SealError>(())
    })
    .unwrap();
    sealed
}

fn opened(member: &Member, sealed: &[u8]) -> Result<Vec<u8>, String> {
    let mut stream = decrypt(&member.key, sealed, sealed_at()).map_err(|error| error.to_string())?;
    let mut content = Vec::new();
    let read = stream.read_to_end(&mut content);
    read.map(|_| content).map_err(|error| error.to_string())
}

#[test]
fn what_is_encrypted_to_several_each_of_them_opens() {
    for length in [0, 1, 4_096, 1_000_003] {
        let content = content(length);
        let sealed = sealed(&[&POLICE_XA, &COURT_XC, &PROSECUTION_XD], &content);
        for member in [&*POLICE_XA, &COURT_XC, &PROSECUTION_XD] {
            assert_eq!(opened(member, &sealed).unwrap(), content, "{length}");
        }
    }
}

#[test]
fn whoever_it_was_not_encrypted_to_is_told_so() {
    let sealed = sealed(&[&POLICE_XA], b"canary");
    let refused = decrypt(&STRANGER_XE.key, &sealed[..], sealed_at()).map(drop);
    assert!(matches!(refused, Err(OpenError::NotForUs)));
    assert!(!sealed.windows(6).any(|window| window == b"canary"));
}

#[test]
fn what_is_cut_short_or_changed_is_never_taken_for_whole() {
    let sealed = sealed(&[&POLICE_XB], &content(100_000));
    for length in [0, 10, 500, 50_000, sealed.len() - 17, sealed.len() - 1] {
        assert!(opened(&POLICE_XB, &sealed[..length]).is_err(), "cut to {length}");
    }
    for place in [sealed.len() / 2, sealed.len() - 1, 20_000] {
        let mut changed = sealed.clone();
        changed[place] ^= 1;
        assert!(opened(&POLICE_XB, &changed).is_err(), "changed at {place}");
    }
    let mut longer = sealed.clone();
    longer.extend_from_slice(&sealed);
    assert!(opened(&POLICE_XB, &longer).is_err(), "twice");
}

/// A signed message of an officer is none, and a plain text is none.
#[test]
fn nothing_else_is_opened() {
    let binding = binding(&POLICE_XA, &[&POLICE_XB]);
    let to = [POLICE_XB.certificate()];
    let message = crate::seal(&POLICE_XA.key, &to, &binding, b"canary", sealed_at()).unwrap();
    assert!(opened(&POLICE_XB, &message).is_err(), "a message");
    assert!(opened(&POLICE_XB, b"text").is_err(), "a text");
}

#[test]
fn nobody_to_encrypt_to_is_an_error() {
    let nobody = encrypt(&[], Vec::new(), sealed_at(), |out| {
        out.write_all(b"canary").unwrap();
        Ok(())
    });
    assert!(matches!(nobody, Err(SealError::NoRecipient)));
}
