//! Too much at once (threat 15 and fault 8): connections that nobody finishes, and frames without end. What
//! this costs in time is measured by `cargo xtask bench --only hostile`.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use e2e::speaker::floods;
use protocol::frame::Frame;

use super::{LEAVES_OF_A_GOOD_MESSAGE, Scene, all};

/// Threat 15: half-open connections from more addresses than there are places. The good peer is served over
/// its connection, and comes back to a new one; memory is bounded.
pub(super) async fn half_open_connections_keep_no_peer_out(scene: &mut Scene) -> Result<()> {
    let (before, resident) = (scene.size()?, scene.resident_bytes()?);
    let flood = floods::half_open(&scene.persona("XB")?, scene.address, 40, 4)?;
    // More than there is room for.
    scene
        .counts("ohrid_handshakes_refused_total{reason=\"crowded\"}", 10)
        .await?;
    scene.serves_the_good_peer()?;
    let grown = scene.resident_bytes()?.saturating_sub(resident);
    ensure!(grown < 64 << 20, "{} MiB for half-open connections", grown >> 20);
    scene.restart_good_peer()?;
    scene.serves_the_good_peer()?;
    scene
        .counts("ohrid_handshakes_refused_total{reason=\"timeout\"}", 1)
        .await?;
    drop(flood);
    ensure!(scene.size()? == before + 2 * LEAVES_OF_A_GOOD_MESSAGE);
    Ok(())
}

/// Fault 10: frames faster than a peer may send them wait on the wire; nobody else waits with them.
pub(super) async fn a_flood_of_frames_waits_on_the_wire(scene: &mut Scene) -> Result<()> {
    let (before, speaker) = (scene.size()?, scene.speaker("XB")?);
    let line = speaker.connect(scene.address).await?;
    let (flood, began) = (line.clone(), Instant::now());
    let flooding = tokio::spawn(async move {
        all(1_000, 400, move |number| {
            let line = flood.clone();
            Box::pin(async move { line.ask(&Frame::Ping(number)).await })
        })
        .await
    });
    scene
        .counts("ohrid_peers_throttled_total{peer=\"XB\"}", 1)
        .await?;
    scene.serves_the_good_peer()?;
    for (number, answer) in flooding.await??.into_iter().enumerate() {
        assert_eq!(
            answer?,
            Frame::Pong(number as u64),
            "every one is answered in its time"
        );
    }
    // 400 at once, and the rest at a hundred a second: it cannot have gone faster.
    ensure!(
        began.elapsed() > Duration::from_secs(1),
        "in {:?}",
        began.elapsed()
    );
    scene.has_grown_to(before + LEAVES_OF_A_GOOD_MESSAGE).await
}
