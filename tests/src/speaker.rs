//! A peer spoken by hand: quinn, rustls and `protocol`, with the keys of any Party of the test network.
//!
//! It does nothing of itself. A test dials or is dialled, says a hello (its own, another's, none), opens
//! streams, sends frames or any other bytes, and reads what comes back; so it can keep the protocol or
//! break it in every way. It believes whatever certificate the other side shows: it is the other side's
//! checks that are tested.
//!
//! ```no_run
//! # async fn shown(network: &e2e::network::Network) -> anyhow::Result<()> {
//! use e2e::speaker::{Persona, Speaker};
//! let speaker = Speaker::of(Persona::of(network, "XB")?)?;
//! let line = speaker.connect(network.listen_address("XA")?).await?;
//! let pong = line.ask(&protocol::frame::Frame::Ping(7)).await?;
//! # Ok(()) }
//! ```
//!
//! What it writes (envelopes, receipts) stands in [`writing`]; how to lose its
//! datagrams, in [`tap`]; floods, in [`floods`].

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use protocol::frame::{FRAME_HEAD_BYTES, Frame, FrameHead};
use protocol::hello::{EXPORTER_LABEL, Hello, SignedHello};
use protocol::time::UnixMillis;
use quinn::{
    Connection, ConnectionError, Endpoint, EndpointConfig, RecvStream, SendStream, TokioRuntime,
    TransportConfig,
};
use tokio::time::timeout;

use crate::running::PATIENCE;

pub mod floods;
mod persona;
pub mod tap;
mod tls;
pub mod writing;

pub use persona::Persona;
use tap::{Tap, Tapped};

/// An endpoint that speaks as somebody.
pub struct Speaker {
    endpoint: Endpoint,
    client: quinn::ClientConfig,
    persona: Arc<Persona>,
}

/// One connection of a speaker.
#[derive(Clone)]
pub struct Line {
    /// The connection itself.
    pub connection: Connection,
    persona: Arc<Persona>,
    dialled: Dialled,
}

/// Who dialled a [`Line`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialled {
    ByUs,
    ByPeer,
}

impl Speaker {
    /// A speaker on a free loopback port.
    ///
    /// # Errors
    /// When there is none, or when certificate and key do not fit together.
    pub fn of(persona: Persona) -> Result<Self> {
        Self::at(
            persona,
            (Ipv4Addr::LOCALHOST, 0).into(),
            TransportConfig::default(),
        )
    }

    /// A speaker that can be dialled at `address`, such as the one that the directory names for its Party,
    /// with windows and timers as the test wants them.
    ///
    /// # Errors
    /// When the address is taken, or when certificate and key do not fit together.
    pub fn at(persona: Persona, address: SocketAddr, transport: TransportConfig) -> Result<Self> {
        Self::tapped(persona, address, transport, Arc::default())
    }

    /// The same, with a tap on its socket.
    ///
    /// # Errors
    /// When the address is taken, or when certificate and key do not fit together.
    pub fn tapped(
        persona: Persona,
        address: SocketAddr,
        transport: TransportConfig,
        tap: Arc<Tap>,
    ) -> Result<Self> {
        let transport = Arc::new(transport);
        let mut server = quinn::ServerConfig::with_crypto(Arc::new(tls::server(&persona)?));
        server.transport_config(Arc::clone(&transport));
        let mut client = quinn::ClientConfig::new(Arc::new(tls::client(&persona)?));
        client.transport_config(transport);
        let socket = Tapped::bind(address, tap).with_context(|| address.to_string())?;
        let endpoint = Endpoint::new_with_abstract_socket(
            EndpointConfig::default(),
            Some(server),
            socket,
            Arc::new(TokioRuntime),
        );
        Ok(Self {
            endpoint: endpoint.context("an endpoint")?,
            client,
            persona: Arc::new(persona),
        })
    }

    /// Where it can be dialled.
    ///
    /// # Errors
    /// When the socket is gone.
    pub fn local_address(&self) -> Result<SocketAddr> {
        Ok(self.endpoint.local_addr()?)
    }

    /// Whom it speaks as.
    #[must_use]
    pub fn persona(&self) -> &Persona {
        &self.persona
    }

    /// Dials; no hello yet. With TLS 1.3 that this works does not say that the other side let us in.
    ///
    /// # Errors
    /// Whatever ended the handshake.
    pub async fn dial(&self, address: SocketAddr) -> Result<Line, ConnectionError> {
        // The name is sent in the clear (SNI); a node has one certificate, whatever is asked for.
        let connecting = self
            .endpoint
            .connect_with(self.client.clone(), address, "node.example");
        let connection = connecting.map_err(|_| ConnectionError::LocallyClosed)?.await?;
        Ok(self.line(connection, Dialled::ByUs))
    }

    /// Dials and says hello both ways, as the protocol has it.
    ///
    /// # Errors
    /// When that does not come about.
    pub async fn connect(&self, address: SocketAddr) -> Result<Line> {
        let line = timeout(PATIENCE, self.dial(address))
            .await
            .context("dialling")??;
        line.greet().await?;
        Ok(line)
    }

    /// Waits to be dialled; no hello yet.
    ///
    /// # Errors
    /// When nobody dials within [`PATIENCE`].
    pub async fn be_dialled(&self) -> Result<Line> {
        let shaken = async {
            loop {
                let incoming = self.endpoint.accept().await.context("the endpoint is closed")?;
                // The dialler may have given this one up, and dial again.
                if let Ok(connection) = incoming.await {
                    return Ok(self.line(connection, Dialled::ByPeer));
                }
            }
        };
        timeout(PATIENCE, shaken).await.context("waiting to be dialled")?
    }

    /// Waits to be dialled, and says hello both ways.
    ///
    /// # Errors
    /// When that does not come about.
    pub async fn be_connected(&self) -> Result<Line> {
        let line = self.be_dialled().await?;
        line.greet().await?;
        Ok(line)
    }

    fn line(&self, connection: Connection, dialled: Dialled) -> Line {
        Line {
            connection,
            persona: Arc::clone(&self.persona),
            dialled,
        }
    }
}

impl Line {
    /// Whom the speaker speaks as.
    #[must_use]
    pub fn persona(&self) -> &Persona {
        &self.persona
    }

    /// What binds a hello to this connection.
    ///
    /// # Errors
    /// When TLS has nothing to export.
    pub fn exporter(&self) -> Result<[u8; 32]> {
        let mut exporter = [0; 32];
        let exported = self
            .connection
            .export_keying_material(&mut exporter, EXPORTER_LABEL, b"");
        ensure!(exported.is_ok(), "no TLS exporter");
        Ok(exporter)
    }

    /// What a good peer would say.
    #[must_use]
    pub fn hello(&self) -> Hello {
        Hello {
            party: self.persona.party,
            versions: vec![1],
            features: Vec::new(),
            directory_version: self.persona.directory.version,
            clock: now(),
        }
    }

    /// A good peer's hello, signed for this connection.
    ///
    /// # Errors
    /// When TLS has nothing to export.
    pub fn signed_hello(&self) -> Result<SignedHello> {
        let key = self.persona.envelope_key();
        Ok(SignedHello::sign(&self.hello(), &self.exporter()?, &key))
    }

    /// Says hello both ways, as the protocol has it; what the other side said.
    ///
    /// # Errors
    /// When the other side does not say one, or it is not authentic.
    pub async fn greet(&self) -> Result<Hello> {
        let ours = Frame::Hello(self.signed_hello()?);
        let theirs = match self.dialled {
            Dialled::ByUs => self.ask(&ours).await?,
            Dialled::ByPeer => {
                let (theirs, answer) = self.request().await?;
                send(answer, &ours.encode()).await?;
                theirs
            }
        };
        let Frame::Hello(theirs) = theirs else {
            bail!("another frame instead of a hello: {:?}", theirs.kind());
        };
        let (claimed, _) = theirs.peek()?;
        let exporter = self.exporter()?;
        Ok(theirs.verify(claimed.party, &exporter, &self.persona.directory, now())?)
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// When there is none: the stream or the connection ended, or [`PATIENCE`] did.
    pub async fn ask(&self, frame: &Frame) -> Result<Frame> {
        let (head, body) = frame.clone().into_parts();
        let (mut sending, mut receiving) = timeout(PATIENCE, self.connection.open_bi()).await??;
        timeout(PATIENCE, async {
            sending.write_all(&head).await?;
            if let Some(body) = body {
                sending.write_all(body.as_ref()).await?;
            }
            sending.finish()?;
            read_frame(&mut receiving).await
        })
        .await
        .context("waiting for an answer")?
    }

    /// Sends any bytes on a stream of their own, and ends it: the stream on which an answer may come.
    ///
    /// # Errors
    /// When the connection has ended.
    pub async fn say(&self, bytes: &[u8]) -> Result<RecvStream> {
        let (sending, receiving) = timeout(PATIENCE, self.connection.open_bi()).await??;
        send(sending, bytes).await?;
        Ok(receiving)
    }

    /// The next request of the other side, and the stream for its answer. A speaker is nobody's witness,
    /// unless a test wants it to be: what is asked of one is answered as by an earlier release.
    ///
    /// # Errors
    /// When none comes within [`PATIENCE`].
    pub async fn request(&self) -> Result<(Frame, SendStream)> {
        let next = async {
            loop {
                let (sending, mut receiving) = self.connection.accept_bi().await?;
                let frame = read_frame(&mut receiving).await?;
                if !matches!(frame, Frame::AddCheckpoint(_) | Frame::HeadRequest(_)) {
                    return Ok((frame, sending));
                }
                send(sending, &Frame::Unsupported.encode()).await?;
            }
        };
        timeout(PATIENCE, next).await.context("waiting for a request")?
    }

    /// Waits until the other side has closed the connection, and gives the application's code.
    ///
    /// # Errors
    /// When it ends otherwise, or not within [`PATIENCE`].
    pub async fn close_code(&self) -> Result<u32> {
        let ended = timeout(PATIENCE, self.connection.closed()).await;
        match ended.context("waiting for the connection to be closed")? {
            ConnectionError::ApplicationClosed(close) => {
                Ok(u32::try_from(u64::from(close.error_code)).unwrap_or(u32::MAX))
            }
            other => bail!("the connection ended otherwise: {other}"),
        }
    }
}

/// Sends bytes and ends the stream.
///
/// # Errors
/// When the stream or its connection has ended.
pub async fn send(mut stream: SendStream, bytes: &[u8]) -> Result<()> {
    timeout(PATIENCE, stream.write_all(bytes))
        .await
        .context("sending")??;
    stream.finish()?;
    Ok(())
}

/// Reads one frame, as large as it may be.
///
/// # Errors
/// When the stream ends first, or it is no frame.
pub async fn read_frame(stream: &mut RecvStream) -> Result<Frame> {
    let mut head = [0; FRAME_HEAD_BYTES];
    stream.read_exact(&mut head).await?;
    let head = FrameHead::parse(&head)?;
    let mut bytes = vec![0; head.length_bytes];
    stream.read_exact(&mut bytes).await?;
    Ok(Frame::decode(head, &bytes)?)
}

/// The time.
#[must_use]
pub fn now() -> UnixMillis {
    let since_1970 = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    UnixMillis(u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX))
}
