#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::net::UdpSocket;

use super::*;

/// Two nodes that are nothing but sockets, and the front of each.
struct Scene {
    proxy: Proxy,
    a: UdpSocket,
    b: UdpSocket,
    front_of_b: SocketAddr,
}

fn scene() -> Scene {
    let proxy = Proxy::start(11).unwrap();
    let socket = || {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        // Far longer than anything takes here; reached only by a test that fails.
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        socket
    };
    let (a, b) = (socket(), socket());
    proxy.front("XA", a.local_addr().unwrap()).unwrap();
    let front_of_b = proxy.front("XB", b.local_addr().unwrap()).unwrap();
    Scene {
        proxy,
        a,
        b,
        front_of_b,
    }
}

impl Scene {
    fn a_says(&self, text: &str) {
        self.a.send_to(text.as_bytes(), self.front_of_b).unwrap();
    }

    /// What B hears next, and from where.
    fn b_hears(&self) -> (String, SocketAddr) {
        heard(&self.b)
    }
}

fn heard(socket: &UdpSocket) -> (String, SocketAddr) {
    let mut buffer = [0; 100];
    let (length, source) = socket.recv_from(&mut buffer).unwrap();
    (String::from_utf8(buffer[..length].to_vec()).unwrap(), source)
}

#[test]
fn what_is_said_to_a_front_arrives_and_the_answer_finds_back() {
    let scene = scene();
    scene.a_says("hello");
    let (text, seen) = scene.b_hears();
    assert_eq!(text, "hello");
    assert_eq!(
        seen.ip(),
        Ipv4Addr::new(127, 1, 0, 1),
        "the first node has its own address"
    );
    scene.b.send_to(b"well met", seen).unwrap();
    assert_eq!(heard(&scene.a), ("well met".to_owned(), scene.front_of_b));
    assert_eq!(scene.proxy.counts("XA", "XB").unwrap().passed, 1);
    assert_eq!(scene.proxy.counts("XB", "XA").unwrap().passed, 1);
    assert_eq!(scene.proxy.total().taken, 2);
}

#[test]
fn a_one_way_cut_stops_one_way_only_and_heals() {
    let scene = scene();
    scene.a_says("first");
    let (_, seen) = scene.b_hears();
    scene
        .proxy
        .change("XA", "XB", |weather| weather.is_cut = true)
        .unwrap();
    scene.a_says("lost");
    scene.b.send_to(b"still here", seen).unwrap();
    assert_eq!(heard(&scene.a).0, "still here");
    while scene.proxy.counts("XA", "XB").unwrap().cut < 1 {
        std::thread::yield_now();
    }
    scene.proxy.change_all(|weather| weather.is_cut = false);
    scene.a_says("again");
    assert_eq!(
        scene.b_hears().0,
        "again",
        "what was lost in between does not come later"
    );
}

#[test]
fn copies_and_delays_arrive() {
    let scene = scene();
    scene
        .proxy
        .change("XA", "XB", |weather| {
            weather.duplication = 1.0;
            weather.delay = Duration::from_millis(5);
        })
        .unwrap();
    scene.a_says("twice");
    assert_eq!(scene.b_hears().0, "twice");
    assert_eq!(scene.b_hears().0, "twice");
}

#[test]
fn a_nat_that_is_restarted_gives_another_port() {
    let scene = scene();
    scene.a_says("before");
    let (_, before) = scene.b_hears();
    scene.proxy.rebind("XA", "XB").unwrap();
    scene.a_says("after");
    let (_, after) = scene.b_hears();
    assert_ne!(before.port(), after.port());
    assert_eq!(before.ip(), after.ip());
    scene.b.send_to(b"to the new port", after).unwrap();
    assert_eq!(heard(&scene.a).0, "to the new port");
}

#[test]
fn whoever_is_not_known_is_refused_by_name() {
    let scene = scene();
    assert!(scene.proxy.change("XA", "XC", |_| ()).is_err());
    assert!(scene.proxy.counts("XC", "XA").is_err());
    assert!(scene.proxy.front("XA", "127.0.0.1:1".parse().unwrap()).is_err());
}
