//! The listener for outsiders: HTTP/1.1, with limits on what a connection may take. Before it stands, where
//! outsiders come from far, a proxy that speaks TLS.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::sleep;

use crate::limits::{
    PUBLIC_CONNECTION_ENDS_AFTER, PUBLIC_CONNECTIONS_MAX, PUBLIC_HEADERS_BYTES_MAX, PUBLIC_HEADERS_WITHIN,
};
use crate::stop::Stop;

/// After an error of the listener itself: out of file descriptors, most likely.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves outsiders until the node stops.
pub(crate) async fn serve(listener: TcpListener, router: Router, mut stop: Stop) {
    if let Ok(address) = listener.local_addr() {
        tracing::info!(%address, "outsiders are served");
    }
    let places = Arc::new(Semaphore::new(PUBLIC_CONNECTIONS_MAX));
    loop {
        // Never closed, so that a place is always given.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.stopping() => return,
        };
        match accepted {
            Ok((stream, _)) => {
                let connection = connection(stream, router.clone(), stop.clone());
                tokio::spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "the listener for outsiders");
                sleep(PAUSE).await;
            }
        }
    }
}

/// One connection, for as long as it may last.
async fn connection(stream: TcpStream, router: Router, mut stop: Stop) {
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PUBLIC_HEADERS_WITHIN)
        .max_buf_size(PUBLIC_HEADERS_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut served = pin!(served);
    tokio::select! {
        // Whoever broke it off knows it.
        _ = served.as_mut() => return,
        () = sleep(PUBLIC_CONNECTION_ENDS_AFTER) => return,
        () = stop.stopping() => {}
    }
    // The answer under way is finished; the node does not wait for it.
    served.as_mut().graceful_shutdown();
    tokio::select! {
        _ = served => {}
        () = sleep(PUBLIC_HEADERS_WITHIN) => {}
    }
}
