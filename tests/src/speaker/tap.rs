//! A socket that loses what a test wants to be lost: for handshakes that nobody finishes, and for streams
//! with gaps.

use std::fmt;
use std::io::{self, IoSliceMut};
use std::net::{SocketAddr, UdpSocket};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use quinn::udp::{RecvMeta, Transmit};
use quinn::{AsyncUdpSocket, Runtime, TokioRuntime, UdpPoller};

/// What a speaker's socket loses. Everything passes at first.
#[derive(Debug, Default)]
pub struct Tap {
    loses_every_other: AtomicBool,
    hears_only_retries: AtomicBool,
    sent: AtomicU64,
}

impl Tap {
    /// From now on every second datagram that is sent is lost.
    pub fn lose_every_other(&self) {
        self.loses_every_other.store(true, Ordering::SeqCst);
    }

    /// From now on nothing is heard but the packets that make a client prove its address: no handshake gets
    /// beyond its first half.
    pub fn hear_only_retries(&self) {
        self.hears_only_retries.store(true, Ordering::SeqCst);
    }

    fn passes(&self) -> bool {
        let number = self.sent.fetch_add(1, Ordering::SeqCst);
        !self.loses_every_other.load(Ordering::SeqCst) || number.is_multiple_of(2)
    }

    /// A Retry packet is known by its first byte (RFC 9000 section 17.2.5).
    fn hears(&self, first: Option<u8>) -> bool {
        !self.hears_only_retries.load(Ordering::SeqCst) || first.is_some_and(|byte| byte & 0xf0 == 0xf0)
    }
}

/// The socket.
pub(super) struct Tapped {
    inner: Arc<dyn AsyncUdpSocket>,
    tap: Arc<Tap>,
}

impl Tapped {
    pub(super) fn bind(address: SocketAddr, tap: Arc<Tap>) -> io::Result<Arc<Self>> {
        let inner = TokioRuntime.wrap_udp_socket(UdpSocket::bind(address)?)?;
        Ok(Arc::new(Self { inner, tap }))
    }
}

impl fmt::Debug for Tapped {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Tapped({:?})", self.tap)
    }
}

impl AsyncUdpSocket for Tapped {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        Arc::clone(&self.inner).create_io_poller()
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        if self.tap.passes() {
            self.inner.try_send(transmit)
        } else {
            Ok(())
        }
    }

    fn poll_recv(
        &self,
        context: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let received = ready!(self.inner.poll_recv(context, buffers, meta))?;
        for (buffer, meta) in buffers.iter().zip(meta.iter_mut()).take(received) {
            if !self.tap.hears(buffer.first().copied()) {
                meta.len = 0;
            }
        }
        Poll::Ready(Ok(received))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }

    fn max_receive_segments(&self) -> usize {
        self.inner.max_receive_segments()
    }

    fn may_fragment(&self) -> bool {
        self.inner.may_fragment()
    }
}
