//! `[MTLS]` Strangers by their certificates.

use rcgen::{KeyPair, PKCS_ED25519};

use super::*;
use crate::testing::{Algorithm, Authority, Validity};

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_certificate_is_refused() {
    let mut scene = scene();
    let tls = Authority::new().issue("node.xb.example", Algorithm::Ed25519, Validity::Now);
    let stranger = Stranger {
        tls: Some(tls),
        ..scene.good()
    };
    scene.refuses(stranger, "unknown_certificate").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_key_under_another_authority_is_refused() {
    let mut scene = scene();
    let good = scene.good().tls.unwrap();
    let key = KeyPair::from_pem(&good.key_pem).unwrap();
    let tls = Authority::new().certify("node.xb.example", &key, Validity::Now);
    let stranger = Stranger {
        tls: Some(tls),
        ..scene.good()
    };
    scene.refuses(stranger, "unknown_certificate").await;
}

/// XA's authority may certify what it likes: it does not speak for XB, neither with a key of its own nor
/// with XB's.
#[tokio::test(flavor = "multi_thread")]
async fn another_partys_authority_does_not_make_a_party() {
    for with_its_key in [false, true] {
        let mut scene = scene();
        let key = if with_its_key {
            KeyPair::from_pem(&scene.good().tls.unwrap().key_pem).unwrap()
        } else {
            KeyPair::generate_for(&PKCS_ED25519).unwrap()
        };
        let authority = &scene.network.members[0].authority;
        let stranger = Stranger {
            tls: Some(authority.certify("node.xb.example", &key, Validity::Now)),
            ..scene.good()
        };
        scene.refuses(stranger, "unknown_certificate").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_right_name_and_authority_with_a_key_that_is_not_pinned_is_refused() {
    let mut scene = scene();
    let authority = &scene.network.members[1].authority;
    let stranger = Stranger {
        tls: Some(authority.issue("node.xb.example", Algorithm::Ed25519, Validity::Now)),
        ..scene.good()
    };
    scene.refuses(stranger, "unknown_certificate").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_out_of_date_is_refused() {
    let mut scene = scene();
    let key = KeyPair::from_pem(&scene.good().tls.unwrap().key_pem).unwrap();
    let authority = &scene.network.members[1].authority;
    let stranger = Stranger {
        tls: Some(authority.certify("node.xb.example", &key, Validity::Past)),
        ..scene.good()
    };
    scene.refuses(stranger, "certificate_out_of_date").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_certificate_of_another_party_without_its_key_is_refused() {
    let mut scene = scene();
    // XB's chain, shown by somebody who holds another key: the handshake's signature cannot fit.
    let mut tls = scene.good().tls.unwrap();
    tls.key_pem = KeyPair::generate_for(&PKCS_ED25519).unwrap().serialize_pem();
    let stranger = Stranger {
        tls: Some(tls),
        ..scene.good()
    };
    scene.refuses(stranger, "bad_signature").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_certificate_at_all_is_refused() {
    let mut scene = scene();
    let stranger = Stranger {
        tls: None,
        ..scene.good()
    };
    scene.refuses(stranger, "no_certificate").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_certificate_is_no_peers() {
    let mut scene = scene();
    let folder = &scene.network.members[0].folder;
    let read = |file: &str| std::fs::read_to_string(folder.join(file)).unwrap();
    let own = Tls {
        chain_pem: read("tls.crt.pem"),
        key_pem: read("tls.key.pem"),
        pin: [0; 32],
    };
    let stranger = Stranger {
        tls: Some(own),
        ..scene.good()
    };
    scene.refuses(stranger, "unknown_certificate").await;
}

/// Whether a certificate is in date says the node's clock, which does not believe a leap of the system's; the
/// injected faults (`cargo xtask faults --only clock`) found that the system's was asked, so that a
/// leap cut a node off from everybody.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_in_date_by_the_nodes_clock() {
    let scene = scene();
    let identity = scene.good().tls.unwrap().identity();
    let directory = &scene.context.directory;
    let listen = "127.0.0.1:0".parse().unwrap();
    // The certificates of tests end in 4096.
    let three_thousand_years = Duration::from_secs(3000 * 365 * 86_400);
    let ahead = Clock::default().now().plus(three_thousand_years);
    let ahead = Arc::new(Clock::not_before(ahead));
    let dialler = BoundEndpoint::bind(listen, &identity, directory, &ahead).unwrap();
    let refused = dialler.dial(scene.address, "node.xa.example").await.unwrap_err();
    assert!(refused.to_string().contains("xpired"), "{refused}");
    let right = Arc::new(Clock::default());
    let dialler = BoundEndpoint::bind(listen, &identity, directory, &right).unwrap();
    assert!(dialler.dial(scene.address, "node.xa.example").await.is_ok());
}
