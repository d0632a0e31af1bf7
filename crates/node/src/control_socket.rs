//! The control socket: a Unix socket in the node's folder, for the node's own user and root, and for the Unix
//! users that officers are bound to.
//!
//! The file's mode keeps others out; the peer's credentials, which the kernel vouches for, are asked as
//! well, since a folder can be set up wrongly.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::net::unix::SocketAddr;
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Duration, sleep};

use crate::limits::CONTROL_CONNECTIONS_MAX;
use crate::officers::Officers;
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

    /// Lets a Unix group reach the socket as well. Whom of its members is let in, the register of officers
    /// says.
    ///
    /// # Errors
    /// When the node's user is not in the group.
    pub fn share_with(&self, group_id: u32) -> io::Result<()> {
        std::os::unix::fs::chown(&self.path, None, Some(group_id))?;
        fs::set_permissions(&self.path, fs::Permissions::from_mode(0o660))
    }

    /// Serves until the node stops and the requests under way are answered. Lets in whom the register of
    /// officers admits, and tells the router who it is, as a [`Caller`].
    pub async fn serve(self, router: Router, officers: Arc<Officers>, stop: Stop) {
        let guarded = Guarded {
            socket: self,
            officers,
            places: Arc::new(Semaphore::new(CONTROL_CONNECTIONS_MAX)),
        };
        // Made ready once: a bare router would be copied, route by route, for every connection.
        let service = router.into_make_service_with_connect_info::<Caller>();
        let serving = axum::serve(guarded, service).with_graceful_shutdown(stopping(stop));
        say_if_ended(serving.await);
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
    if let Ok(address) = listener.local_addr() {
        tracing::info!(%address, "metrics and health are served");
    }
    let serving = axum::serve(listener, router.into_make_service()).with_graceful_shutdown(stopping(stop));
    say_if_ended(serving.await);
}

async fn stopping(mut stop: Stop) {
    stop.stopping().await;
}

fn say_if_ended(ended: io::Result<()>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a socket of this machine ended");
    }
}

/// The Unix user at the other end of a connection, as the kernel vouches for it (SO_PEERCRED).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// Its number.
    pub uid: u32,
}

impl Connected<IncomingStream<'_, Guarded>> for Caller {
    fn connect_info(stream: IncomingStream<'_, Guarded>) -> Self {
        stream.io().caller
    }
}

/// Lets in whom the kernel says to be somebody that the register admits, and not too many at once.
struct Guarded {
    socket: ControlSocket,
    officers: Arc<Officers>,
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
                Ok((stream, address)) => match self.caller(&stream) {
                    Some(caller) => {
                        let guest = Guest {
                            stream,
                            caller,
                            _place: place,
                        };
                        return (guest, address);
                    }
                    None => tracing::warn!("another user was turned away from the control socket"),
                },
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

impl Guarded {
    /// Who is at the other end, if it is somebody who may be there.
    fn caller(&self, stream: &UnixStream) -> Option<Caller> {
        let uid = stream.peer_cred().ok()?.uid();
        self.officers.is_admitted(uid).then_some(Caller { uid })
    }
}

/// A connection that holds its place until it ends.
struct Guest {
    stream: UnixStream,
    caller: Caller,
    _place: OwnedSemaphorePermit,
}

mod guest;

#[cfg(test)]
mod tests;
