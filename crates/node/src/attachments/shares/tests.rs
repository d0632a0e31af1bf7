#![allow(clippy::unwrap_used, clippy::expect_used)]
//! Nobody is kept waiting by somebody else's appetite.

use protocol::ids::PartyCode;
use tokio::sync::oneshot;

use super::*;

fn party(code: &str) -> PartyCode {
    code.parse().unwrap()
}

fn granted(receiver: &mut oneshot::Receiver<Share>) -> Option<Share> {
    receiver.try_recv().ok()
}

#[test]
fn one_peer_gets_its_most_and_all_peers_get_the_whole() {
    let shares = Shares::new(6, 4);
    let mut first: Vec<_> = (0..6).map(|_| shares.request(party("XA"))).collect();
    let held: Vec<_> = first.iter_mut().filter_map(granted).collect();
    assert_eq!(held.len(), 4);
    let mut second: Vec<_> = (0..6).map(|_| shares.request(party("XB"))).collect();
    let others: Vec<_> = second.iter_mut().filter_map(granted).collect();
    assert_eq!((others.len(), shares.taken()), (2, 6));
    drop(held);
    // Now there are two, and each has half.
    let others: Vec<_> = others
        .into_iter()
        .chain(second.iter_mut().filter_map(granted))
        .collect();
    assert_eq!(others.len(), 3);
    let held: Vec<_> = first.iter_mut().filter_map(granted).collect();
    assert_eq!((held.len(), shares.taken()), (2, 5));
    drop((held, others));
    drop((first, second));
    assert_eq!(shares.taken(), 0);
}

#[test]
fn peers_get_their_turns_whoever_came_first() {
    let shares = Shares::new(1, 1);
    let mut hog: Vec<_> = (0..3).map(|_| shares.request(party("XA"))).collect();
    let mut late = shares.request(party("XB"));
    let held = granted(&mut hog[0]).unwrap();
    assert!(granted(&mut hog[1]).is_none() && granted(&mut late).is_none());
    drop(held);
    let held = granted(&mut late).unwrap();
    assert!(granted(&mut hog[1]).is_none());
    drop(held);
    assert!(granted(&mut hog[1]).is_some());
}

#[test]
fn whoever_leaves_the_line_takes_nothing_along() {
    let shares = Shares::new(1, 1);
    let held = shares.request(party("XA"));
    let leaver = shares.request(party("XA"));
    let mut stays = shares.request(party("XB"));
    drop(leaver);
    // Granted, and never looked at.
    drop(held);
    assert!(granted(&mut stays).is_some());
    assert_eq!(shares.taken(), 0);
    assert!(shares.known() <= 1);
}
