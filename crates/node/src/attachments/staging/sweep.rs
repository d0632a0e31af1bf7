//! Looks now and then for files that wait in vain.

use std::sync::Arc;

use tokio::time::{MissedTickBehavior, interval};

use super::Staging;
use crate::clock::Clock;
use crate::drafts::Drafts;
use crate::limits::STAGED_LOOKED_THROUGH_EVERY;
use crate::stop::Stop;

/// Removes what can be sent no more and no draft names, until the node stops.
pub(crate) async fn look_through(staging: Arc<Staging>, drafts: Drafts, clock: Arc<Clock>, mut stop: Stop) {
    let mut looks = interval(STAGED_LOOKED_THROUGH_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = looks.tick() => {}
            () = stop.stopping() => return,
        }
        let (staging, drafts, now) = (Arc::clone(&staging), drafts.clone(), clock.now());
        let looked = tokio::task::spawn_blocking(move || match drafts.attached_to() {
            Ok(in_drafts) => staging.sweep(now, &in_drafts).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        });
        match looked.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(error, "staged attachments were not looked through"),
            Err(_) => tracing::error!("looking through staged attachments panicked"),
        }
    }
}
