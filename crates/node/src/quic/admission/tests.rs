#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

fn at(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn one_address_cannot_take_all_places() {
    let admission = Admission::new(3, 2);
    let first = admission.admit(at("192.0.2.1")).unwrap();
    let _second = admission.admit(at("192.0.2.1")).unwrap();
    assert!(admission.admit(at("192.0.2.1")).is_none());
    let _third = admission.admit(at("192.0.2.2")).unwrap();
    assert!(
        admission.admit(at("192.0.2.3")).is_none(),
        "no place at all is left"
    );
    drop(first);
    assert!(admission.admit(at("192.0.2.1")).is_some());
}

#[test]
fn a_network_of_one_subscriber_is_one_address() {
    let admission = Admission::new(10, 1);
    let _first = admission.admit(at("2001:db8::1")).unwrap();
    assert!(admission.admit(at("2001:db8::2")).is_none());
    assert!(admission.admit(at("2001:db8:0:1::1")).is_some());
    let _mapped = admission.admit(at("::ffff:192.0.2.1")).unwrap();
    assert!(admission.admit(at("192.0.2.1")).is_none());
}

#[test]
fn places_that_are_given_back_leave_nothing_behind() {
    let admission = Admission::new(10, 1);
    drop(admission.admit(at("192.0.2.1")));
    assert!(admission.lock().by_address.is_empty());
    assert_eq!(admission.lock().total, 0);
}
