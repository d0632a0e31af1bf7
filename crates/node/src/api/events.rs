//! Server-sent events: what happens, as it happens.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use control::events::Event;
use http_body_util::channel::{Channel, Sender};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Duration, interval};

use super::{Shared, plain};
use crate::stop::Stop;

/// A comment line so often, so that a listener that is gone is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Events on their way to one listener.
const BUFFER: usize = 16;

pub(super) async fn stream(State(parts): State<Shared>) -> Response {
    let (sender, channel) = Channel::<axum::body::Bytes>::new(BUFFER);
    tokio::spawn(feed(parts.news.listen(), sender, parts.stop.clone()));
    plain("text/event-stream", Body::new(channel))
}

/// Until the listener goes, or the node stops.
async fn feed(mut news: Receiver<Event>, mut listener: Sender<axum::body::Bytes>, mut stop: Stop) {
    let mut keep_alive = interval(KEEP_ALIVE);
    loop {
        let text = tokio::select! {
            event = news.recv() => match event {
                Ok(event) => written(&event),
                // Events are hints to look again: this is one more.
                Err(RecvError::Lagged(missed)) => format!(": {missed} events were missed\n\n"),
                Err(RecvError::Closed) => return,
            },
            _ = keep_alive.tick() => ":\n\n".to_owned(),
            () = stop.stopping() => return,
        };
        if listener.send_data(text.into()).await.is_err() {
            return;
        }
    }
}

fn written(event: &Event) -> String {
    // Cannot fail: no map with other keys than text.
    let data = serde_json::to_string(event).unwrap_or_default();
    format!("event: {}\ndata: {data}\n\n", event.event.as_str())
}
