#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

#[tokio::test]
async fn goes_forward_only() {
    let (stopper, mut stop) = stop_pair();
    assert!(!stop.is_stopping());
    stopper.close_links();
    stopper.stop();
    stop.stopping().await;
    stop.stopping_links().await;
    assert!(stop.is_stopping());
}
