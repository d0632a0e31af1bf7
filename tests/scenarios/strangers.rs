//! Garbage on the port: nothing of the application is answered, and the node lives.
//!
//! (Unknown certificates, other Parties' certificates, classical-only clients and wrong ALPN are tried
//! against a real endpoint in `crates/node`.)

use std::net::UdpSocket;
use std::time::Duration;

use anyhow::Result;
use e2e::network::Network;

#[test]
fn garbage_on_the_port_is_not_answered_and_the_node_lives() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::make(folder.path())?;
    let xa = network.start("XA")?;
    let status = network
        .officer("XA", ["node", "status", "--json"])?
        .expect_code(0)?
        .json()?;
    let listen = status["listen"].as_str().expect("listen").to_owned();
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.set_read_timeout(Some(Duration::from_millis(200)))?;
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for length in [0_usize, 1, 7, 20, 21, 100, 1199, 1200, 1452] {
        let bytes: Vec<u8> = (0..length)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                state.to_be_bytes()[0] & 0x3f
            })
            .collect();
        socket.send_to(&bytes, &listen)?;
    }
    // QUIC itself may answer garbage that looks like a packet, with a stateless reset or the versions
    // that it speaks (RFC 9000, sections 10.3 and 6); never with more than it was sent.
    let mut answer = [0; 2048];
    while let Ok(length) = socket.recv(&mut answer) {
        assert!(length <= 1452, "an answer of {length} bytes to garbage");
        assert!(
            !answer[..length].windows(5).any(|bytes| bytes == b"ohrid"),
            "the application answered"
        );
    }
    network
        .officer("XA", ["node", "status", "--json"])?
        .expect_code(0)?;
    assert_eq!(xa.stop()?, 0, "the node stops in order");
    Ok(())
}
