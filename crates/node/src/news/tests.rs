#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::pin::pin;
use std::task::{Context, Waker};

use super::*;

/// Whether something had happened already; does not wait.
fn has_happened(following: &Following) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    pin!(following.happened()).poll(&mut context).is_ready()
}

fn message(number: u8) -> MessageId {
    MessageId::from_parts(0, [number; 10])
}

#[test]
fn who_follows_a_message_is_woken_by_what_is_about_it_and_by_nothing_else() {
    let news = News::default();
    let (first, also_first, second) = (
        news.follow(message(1)),
        news.follow(message(1)),
        news.follow(message(2)),
    );
    news.tell(EventKind::Delivered, Item::new(message(1)), UnixMillis(1));
    assert!(has_happened(&first), "told before it was awaited");
    assert!(has_happened(&also_first));
    assert!(!has_happened(&second));
    assert!(!has_happened(&first), "once");
}

#[test]
fn nothing_is_kept_of_a_message_that_nobody_follows_any_more() {
    let news = News::default();
    let (one, other) = (news.follow(message(1)), news.follow(message(1)));
    drop(one);
    news.tell(EventKind::Delivered, Item::new(message(1)), UnixMillis(1));
    assert!(has_happened(&other));
    drop(other);
    assert!(news.lock().is_empty());
}
