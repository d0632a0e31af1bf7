#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

fn party(code: &str) -> PartyCode {
    code.parse().unwrap()
}

fn address() -> SocketAddr {
    "192.0.2.1:4433".parse().unwrap()
}

fn admitted(peers: &Arc<Peers>, peer: &str, dialled: Dialled) -> Option<Registration> {
    match peers.admit(party(peer), dialled, address(), NOW) {
        Admitted::Yes(registration, _) => Some(registration),
        Admitted::Duplicate | Admitted::BackedOff => None,
    }
}

/// Both sides see the same two connections, in either order, and keep the same one.
#[test]
fn both_sides_keep_the_same_connection_when_both_dial() {
    // The connection dialled by XA, and that dialled by XB, as each side names them.
    let by_a = [("XA", Dialled::ByUs), ("XB", Dialled::ByPeer)];
    let by_b = [("XA", Dialled::ByPeer), ("XB", Dialled::ByUs)];
    for (side, other) in [(0, "XB"), (1, "XA")] {
        for a_first in [true, false] {
            let peers = Peers::new(party(by_a[side].0));
            let (first, second) = if a_first {
                (by_a[side].1, by_b[side].1)
            } else {
                (by_b[side].1, by_a[side].1)
            };
            let kept_first = admitted(&peers, other, first).unwrap();
            let kept_second = admitted(&peers, other, second);
            assert_eq!(kept_second.is_some(), !a_first, "XA's connection is kept");
            let live = peers
                .lock()
                .get(&party(other))
                .unwrap()
                .live
                .as_ref()
                .unwrap()
                .link;
            assert_eq!(
                live,
                kept_second.as_ref().map_or(kept_first.link, |kept| kept.link)
            );
        }
    }
}

#[test]
fn the_newer_is_kept_when_the_same_side_dials_again() {
    for dialled in [Dialled::ByUs, Dialled::ByPeer] {
        let peers = Peers::new(party("XA"));
        let old = admitted(&peers, "XB", dialled).unwrap();
        let new = admitted(&peers, "XB", dialled).unwrap();
        assert!(new.link > old.link);
        drop(old);
        assert!(
            peers.connected(party("XB")),
            "the old one's end is not the new one's"
        );
        drop(new);
        assert!(!peers.connected(party("XB")));
    }
}

#[test]
fn a_peer_that_broke_the_protocol_is_kept_away() {
    let peers = Peers::new(party("XA"));
    peers.back_off(party("XB"));
    let answer = peers.admit(party("XB"), Dialled::ByPeer, address(), NOW);
    assert!(matches!(answer, Admitted::BackedOff));
    assert!(admitted(&peers, "XC", Dialled::ByPeer).is_some());
}

#[tokio::test]
async fn a_duplicate_makes_the_one_that_is_kept_prove_itself() {
    let peers = Peers::new(party("XA"));
    let kept = admitted(&peers, "XB", Dialled::ByUs).unwrap();
    assert!(admitted(&peers, "XB", Dialled::ByPeer).is_none());
    kept.doubted().await;
}

#[tokio::test]
async fn the_end_of_a_connection_is_noticed() {
    let peers = Peers::new(party("XA"));
    peers.disconnected(party("XB")).await;
    let registration = admitted(&peers, "XB", Dialled::ByUs).unwrap();
    let waiting = tokio::spawn({
        let peers = Arc::clone(&peers);
        async move { peers.disconnected("XB".parse().unwrap()).await }
    });
    drop(registration);
    waiting.await.unwrap();
}

/// Whether a call is there that nobody has taken yet.
fn is_called(summons: &mut Summons) -> bool {
    let come = std::pin::pin!(summons.come());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    std::future::Future::poll(come, &mut context).is_ready()
}

#[test]
fn who_is_needed_is_called_until_it_comes_retry() {
    let peers = Peers::new(party("XA"));
    let mut summons = peers.summons(party("XB"));
    assert!(!is_called(&mut summons));
    peers.need(party("XB"));
    assert!(is_called(&mut summons) && peers.is_needed(party("XB")));
    assert!(!is_called(&mut summons), "once for each call");
    let registration = admitted(&peers, "XB", Dialled::ByPeer).unwrap();
    assert!(is_called(&mut summons), "its arrival ends every wait for it");
    assert!(!peers.is_needed(party("XB")));
    peers.need(party("XB"));
    assert!(!peers.is_needed(party("XB")), "it is there");
    drop(registration);
    peers.need(party("XB"));
    assert!(peers.is_needed(party("XB")));
}

#[test]
fn who_returns_after_a_while_calls_all_diallers() {
    let peers = Peers::new(party("XA"));
    let mut summons = peers.summons(party("XC"));
    drop(admitted(&peers, "XB", Dialled::ByPeer).unwrap());
    let again = admitted(&peers, "XB", Dialled::ByPeer).unwrap();
    assert!(
        !is_called(&mut summons),
        "a short break says nothing of the network"
    );
    drop(again);
    peers.lock().get_mut(&party("XB")).unwrap().lost_at = Some(Instant::now() - limits::AWAY_AFTER);
    let _back = admitted(&peers, "XB", Dialled::ByPeer).unwrap();
    assert!(is_called(&mut summons));
}
