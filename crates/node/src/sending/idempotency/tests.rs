#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

fn key(last: char) -> IdempotencyKey {
    format!("00000000-0000-4000-8000-00000000000{last}")
        .parse()
        .unwrap()
}

#[test]
fn one_key_is_one_message() {
    let idempotency = Idempotency::new(UnixMillis(1));
    let first = idempotency.remember(&key('1'), [1; 32]).unwrap();
    let again = idempotency.remember(&key('1'), [1; 32]).unwrap();
    assert!(Arc::ptr_eq(&first, &again));
    assert!(matches!(
        idempotency.remember(&key('1'), [2; 32]),
        Err(SendError::KeyReused)
    ));
    let other = idempotency.remember(&key('2'), [1; 32]).unwrap();
    assert!(!Arc::ptr_eq(&first, &other));
}

#[test]
fn a_keys_message_is_known_by_its_id_whenever_it_was_sent() {
    let random = random_part(&key('1'));
    let sent = MessageId::from_parts(1_700_000_000_000, random);
    let asked = MessageId::from_parts(0, random);
    assert_eq!(random_part_of(sent), random_part_of(asked));
    assert_ne!(
        random_part_of(sent),
        random_part_of(MessageId::from_parts(0, random_part(&key('2'))))
    );
}
