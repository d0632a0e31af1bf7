//! The sockets of a node: bound before anything runs, so that a port that is taken is found out while it
//! costs nothing.

use std::io;
use std::net::SocketAddr;

use tokio::net::TcpListener;

use super::StartError;
use super::foundation::Foundation;
use crate::config::Config;
use crate::control_socket::ControlSocket;
use crate::officers;
use crate::quic::BoundEndpoint;
use crate::tls::TlsIdentity;

/// Every socket.
pub(super) struct Sockets {
    pub(super) control: ControlSocket,
    pub(super) health: Option<TcpListener>,
    pub(super) public: Option<TcpListener>,
    pub(super) endpoint: BoundEndpoint,
    pub(super) listen: SocketAddr,
}

/// Binds them all.
pub(super) async fn bind(
    config: &Config,
    foundation: &Foundation,
    tls: &TlsIdentity,
) -> Result<Sockets, StartError> {
    let endpoint = BoundEndpoint::bind(config.listen, tls, &foundation.directory, &foundation.clock)?;
    let health = bind_tcp(config.health_listen).await?;
    let public = bind_tcp(config.public.listen).await?;
    let failed = |source| StartError::Socket {
        what: config.control_socket.display().to_string(),
        source,
    };
    let control = ControlSocket::bind(&config.control_socket).map_err(failed)?;
    if let Some(group) = &config.control_group {
        let unknown = || io::Error::new(io::ErrorKind::NotFound, format!("there is no Unix group {group}"));
        let id = officers::group_id(group).ok_or_else(unknown).map_err(failed)?;
        control.share_with(id).map_err(failed)?;
    }
    Ok(Sockets {
        control,
        health,
        public,
        listen: endpoint.local_address(),
        endpoint,
    })
}

/// Where one is configured.
async fn bind_tcp(address: Option<SocketAddr>) -> Result<Option<TcpListener>, StartError> {
    let Some(address) = address else {
        return Ok(None);
    };
    let bound = TcpListener::bind(address).await;
    bound.map(Some).map_err(|source| StartError::Socket {
        what: address.to_string(),
        source,
    })
}
