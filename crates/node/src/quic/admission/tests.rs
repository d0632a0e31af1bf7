#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use super::*;

fn at(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn admission(strangers: usize, strangers_per_address: usize) -> Arc<Admission> {
    Admission::new(&Limits {
        strangers,
        strangers_per_address,
        ..Limits::default()
    })
}

fn admit(admission: &Arc<Admission>, address: &str) -> Result<Place, NotNow> {
    admission.admit(at(address), Instant::now())
}

#[test]
fn one_address_cannot_take_all_places() {
    let admission = admission(3, 2);
    let first = admit(&admission, "192.0.2.1").unwrap();
    let _second = admit(&admission, "192.0.2.1").unwrap();
    assert_eq!(admit(&admission, "192.0.2.1").unwrap_err(), NotNow::Crowded);
    let _third = admit(&admission, "192.0.2.2").unwrap();
    assert!(admit(&admission, "192.0.2.3").is_err(), "no place at all is left");
    drop(first);
    assert!(admit(&admission, "192.0.2.1").is_ok());
}

#[test]
fn a_network_of_one_subscriber_is_one_address() {
    let admission = admission(10, 1);
    let _first = admit(&admission, "2001:db8::1").unwrap();
    assert!(admit(&admission, "2001:db8::2").is_err());
    assert!(admit(&admission, "2001:db8:0:1::1").is_ok());
    let _mapped = admit(&admission, "::ffff:192.0.2.1").unwrap();
    assert!(admit(&admission, "192.0.2.1").is_err());
}

#[test]
fn places_that_are_given_back_leave_nothing_behind() {
    let admission = admission(10, 1);
    drop(admit(&admission, "192.0.2.1").unwrap());
    assert!(admission.lock().by_address.is_empty());
    assert_eq!(admission.lock().strangers, 0);
}

/// Threat 15: strangers from many addresses take all places of strangers, and not those of peers.
#[test]
fn a_peer_comes_back_while_strangers_hold_all_their_places() {
    let admission = admission(2, 1);
    admission.recognise(at("198.51.100.7"));
    let _strangers = ["192.0.2.1", "192.0.2.2"].map(|address| admit(&admission, address).unwrap());
    assert!(admit(&admission, "192.0.2.3").is_err());
    assert!(admit(&admission, "198.51.100.7").is_ok());
}

#[test]
fn so_many_addresses_of_peers_are_remembered_and_the_oldest_is_forgotten_first() {
    let admission = admission(0, 1);
    for number in 0..=u32::try_from(limits::FAMILIAR_ADDRESSES_MAX).unwrap() {
        admission.recognise(IpAddr::from((0xc633_0000 + number).to_be_bytes()));
        admission.recognise(at("198.51.100.7"));
    }
    assert_eq!(admission.lock().familiar.len(), limits::FAMILIAR_ADDRESSES_MAX);
    admission.lock().familiars = 0;
    assert_eq!(admission.lock().familiar.back(), Some(&at("198.51.100.7")));
    assert!(
        !admission
            .lock()
            .familiar
            .contains(&IpAddr::from(0xc633_0000_u32.to_be_bytes()))
    );
}

#[test]
fn handshakes_with_one_address_come_so_fast_and_no_faster() {
    let admission = admission(10_000, 10_000);
    let now = Instant::now();
    let places: Vec<_> = (0..10_000)
        .map_while(|_| admission.admit(at("192.0.2.1"), now).ok())
        .collect();
    let burst = limits::HANDSHAKES_PER_ADDRESS_PER_SECOND_MAX * limits::ADDRESS_BURST_SECONDS;
    assert_eq!(places.len(), usize::try_from(burst).unwrap());
    assert_eq!(
        admission.admit(at("192.0.2.1"), now).unwrap_err(),
        NotNow::TooFast
    );
    assert!(
        admission
            .admit(at("192.0.2.1"), now + Duration::from_secs(1))
            .is_ok()
    );
}

#[test]
fn a_peer_has_two_hellos_under_way_and_so_many_connections_a_minute() {
    let admission = admission(10, 10);
    let (xa, now) = ("XA".parse().unwrap(), Instant::now());
    let _first = admission.greet(xa, now).unwrap();
    let second = admission.greet(xa, now).unwrap();
    assert_eq!(admission.greet(xa, now).unwrap_err(), NotNow::Crowded);
    drop(second);
    let made = (0..1_000).map_while(|_| admission.greet(xa, now).ok());
    let allowed = limits::CONNECTIONS_PER_PEER_PER_MINUTE_MAX - 2;
    assert_eq!(made.count(), usize::try_from(allowed).unwrap());
    assert_eq!(admission.greet(xa, now).unwrap_err(), NotNow::TooFast);
    assert!(admission.greet("XB".parse().unwrap(), now).is_ok());
    assert!(admission.greet(xa, now + Duration::from_secs(2)).is_ok());
}
