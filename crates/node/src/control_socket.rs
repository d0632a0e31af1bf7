//! The control socket: a Unix socket in the node's folder, for the node's own user and root.
//!
//! The file's mode keeps others out; the peer's credentials, which the kernel vouches for, are asked as
//! well, since a folder can be set up wrongly.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::serve::Listener;
use tokio::net::unix::SocketAddr;
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Duration, sleep};

use crate::limits::CONTROL_CONNECTIONS_MAX;
use crate::stop::Stop;

/// A bound control socket. The file is removed when it is dropped.
#[derive(Debug)]
pub struct ControlSocket {
    listener: UnixListener,
    path: PathBuf,
}

impl ControlSocket {
    /// Binds the socket. A file that an earlier process left behind is replaced; that no other process
    /// uses it is the store's lock to say, which must be held by now.
    ///
    /// # Errors
    /// When something else than a socket lies there, or the folder cannot be written.
    pub fn bind(path: &Path) -> io::Result<Self> {
        match fs::symlink_metadata(path) {
            Ok(found) if found.file_type().is_socket() => fs::remove_file(path)?,
            Ok(_) => {
                let what = format!("{} is there, and is no socket", path.display());
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, what));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let listener = UnixListener::bind(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        Ok(Self {
            listener,
            path: path.to_owned(),
        })
    }

    /// Serves until the node stops and the requests under way are answered.
    pub async fn serve(self, router: Router, stop: Stop) {
        let guarded = Guarded {
            socket: self,
            places: Arc::new(Semaphore::new(CONTROL_CONNECTIONS_MAX)),
        };
        serve(guarded, router, stop).await;
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = fs::remove_file(&self.path);
    }
}

/// Serves health and metrics on TCP until the node stops.
pub async fn serve_health(listener: TcpListener, router: Router, stop: Stop) {
    serve(listener, router, stop).await;
}

async fn serve<L>(listener: L, router: Router, mut stop: Stop)
where
    L: Listener,
    L::Addr: std::fmt::Debug,
{
    let stopping = async move { stop.stopping().await };
    // Made ready once: a bare router would be copied, route by route, for every connection.
    let serving = axum::serve(listener, router.into_make_service()).with_graceful_shutdown(stopping);
    if let Err(error) = serving.await {
        tracing::error!(%error, "a socket of this machine ended");
    }
}

/// Lets in whom the kernel says to be the node's own user or root, and not too many at once.
struct Guarded {
    socket: ControlSocket,
    places: Arc<Semaphore>,
}

impl Listener for Guarded {
    type Io = Guest;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Guest, SocketAddr) {
        loop {
            // Never closed, so that a place is always given.
            let Ok(place) = Arc::clone(&self.places).acquire_owned().await else {
                std::future::pending::<()>().await;
                continue;
            };
            match self.socket.listener.accept().await {
                Ok((stream, address)) if is_admitted(&stream) => {
                    return (
                        Guest {
                            stream,
                            _place: place,
                        },
                        address,
                    );
                }
                Ok(_) => tracing::warn!("another user was turned away from the control socket"),
                Err(error) => {
                    // Out of file descriptors, most likely: others may give some back.
                    tracing::warn!(%error, "the control socket");
                    sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.listener.local_addr()
    }
}

fn is_admitted(stream: &UnixStream) -> bool {
    let own = rustix::process::geteuid().as_raw();
    stream
        .peer_cred()
        .is_ok_and(|peer| peer.uid() == own || peer.uid() == 0)
}

/// A connection that holds its place until it ends.
struct Guest {
    stream: UnixStream,
    _place: OwnedSemaphorePermit,
}

mod guest;

#[cfg(test)]
mod tests;
