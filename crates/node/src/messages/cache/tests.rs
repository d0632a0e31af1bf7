#![allow(clippy::unwrap_used)]

use super::*;

fn name(from: ContactPoint, to: ContactPoint, message: MessageId, payload: Commitment) -> Name {
    let case = CaseId::opened_by(message);
    Name(Arc::new(Named {
        from,
        to,
        case,
        message,
        payload,
    }))
}

fn named(number: u64) -> Name {
    let message = MessageId::from_parts(number, [7; 10]);
    let office: ContactPoint = "XA/police".parse().unwrap();
    let payload = Commitment::from_bytes([number.to_be_bytes()[7]; 32]);
    name(office.clone(), office, message, payload)
}

/// Whoever comes second has the place of whoever came first, so that a message is opened once.
#[test]
fn the_same_message_has_one_place() {
    let mut cache = Cache::default();
    let first = cache.place(&named(1));
    assert!(Arc::ptr_eq(&first, &cache.place(&named(1))));
    assert!(!Arc::ptr_eq(&first, &cache.place(&named(2))));
    // The same payload under another header is another message.
    let Named {
        from,
        message,
        payload,
        ..
    } = &*named(1).0;
    let to = "XB/police".parse().unwrap();
    let other = name(from.clone(), to, *message, *payload);
    assert!(!Arc::ptr_eq(&first, &cache.place(&other)));
}

/// The oldest goes when there is no room, and asking for it again is a new place.
#[test]
fn places_are_bounded() {
    let mut cache = Cache::default();
    let kept = MESSAGES_CACHED_MAX as u64;
    let oldest = cache.place(&named(0));
    let second = cache.place(&named(1));
    for number in 2..=kept {
        cache.place(&named(number));
    }
    assert_eq!(cache.places.len(), MESSAGES_CACHED_MAX);
    assert_eq!(cache.order.len(), MESSAGES_CACHED_MAX);
    assert!(Arc::ptr_eq(&second, &cache.place(&named(1))));
    assert!(!Arc::ptr_eq(&oldest, &cache.place(&named(0))));
}

/// Texts are bounded in bytes; the oldest go first, and one that is larger than all is not kept.
#[test]
fn texts_are_bounded() {
    let mut cache = Cache::default();
    let half = vec![b'x'; BODIES_CACHED_BYTES_MAX / 2];
    for number in 0..4 {
        cache.place(&named(number));
    }
    for number in 0..3 {
        cache.keep_body(&named(number), &half);
        cache.keep_body(&named(number), &half);
    }
    assert_eq!(cache.body(&named(0)), None);
    assert_eq!(cache.body(&named(1)).unwrap().len(), half.len());
    assert_eq!(cache.body(&named(2)).unwrap().len(), half.len());
    cache.keep_body(&named(3), &vec![b'x'; BODIES_CACHED_BYTES_MAX + 1]);
    assert_eq!(cache.body(&named(3)), None);
    assert_eq!(cache.bodies_bytes, BODIES_CACHED_BYTES_MAX);
}

/// `[ERASE]` Nothing of an erased payload stays, neither what was read nor the text, and there is room again.
#[test]
fn what_is_erased_is_forgotten() {
    let mut cache = Cache::default();
    let first = cache.place(&named(1));
    cache.place(&named(2));
    cache.keep_body(&named(1), b"one");
    cache.keep_body(&named(2), b"other");
    cache.forget(&BTreeSet::from([named(1).0.payload]));
    assert_eq!(cache.body(&named(1)), None);
    assert_eq!(cache.body(&named(2)).unwrap().as_slice(), b"other");
    assert_eq!(cache.bodies_bytes, 5);
    assert_eq!((cache.order.len(), cache.bodies_order.len()), (1, 1));
    // Whoever was opening it meanwhile comes too late.
    cache.keep_body(&named(1), b"one");
    assert_eq!(cache.body(&named(1)), None);
    assert!(!Arc::ptr_eq(&first, &cache.place(&named(1))));
}
