#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

fn vault(salt: u8) -> Vault {
    Vault::of(&[1; 32], &[salt; SALT_BYTES]).unwrap()
}

#[test]
fn a_value_opens_under_its_own_key_and_salt_only() {
    let sealed = vault(1).seal(b"key", b"the value").unwrap();
    assert_eq!(sealed.len(), 9 + SEALING_BYTES);
    assert_eq!(vault(1).open(b"key", &sealed).unwrap().as_slice(), b"the value");
    assert!(vault(1).open(b"another", &sealed).is_err());
    assert!(vault(2).open(b"key", &sealed).is_err());
    for end in 0..sealed.len() {
        assert!(vault(1).open(b"key", &sealed[..end]).is_err());
        let mut flipped = sealed.clone();
        flipped[end] ^= 1;
        assert!(vault(1).open(b"key", &flipped).is_err());
    }
}

/// Two times the same value looks different, so that nobody sees that a row was written again unchanged.
#[test]
fn the_same_value_is_never_sealed_the_same() {
    assert_ne!(
        vault(1).seal(b"k", b"v").unwrap(),
        vault(1).seal(b"k", b"v").unwrap()
    );
}

#[test]
fn marks_depend_on_key_sort_and_text() {
    let mark = vault(1).mark("selector", "ip 192.0.2.17");
    assert_eq!(mark, vault(1).mark("selector", "ip 192.0.2.17"));
    assert_ne!(mark, vault(2).mark("selector", "ip 192.0.2.17"));
    assert_ne!(mark, vault(1).mark("number", "ip 192.0.2.17"));
    assert_ne!(mark, vault(1).mark("selector", "ip 192.0.2.1"));
}
