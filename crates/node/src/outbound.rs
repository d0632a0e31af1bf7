//! Questions over HTTP/1.1 to services outside the network: witnesses of a policy file, and a time-stamping
//! service.
//!
//! One connection for each question, a limit on its time and on the answer's size; no redirect is followed.
//! What comes back is believed for what is signed in it and nothing else, so plain HTTP takes nothing away
//! but privacy. HTTPS is TLS 1.3, with the certificate authorities of this machine.

use std::fmt;
use std::io;
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper::{Method, Request, Uri, header};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::limits::OUTBOUND_TIMEOUT;

/// Where Linux distributions keep the certificate authorities that a machine believes.
const AUTHORITIES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The variable by which OpenSSL, too, is told of another file.
const AUTHORITIES_VARIABLE: &str = "SSL_CERT_FILE";

/// An address of a service: `http` or `https`, host, port and path; nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpUrl {
    is_secure: bool,
    /// As in the header `Host`.
    authority: String,
    host: String,
    port: u16,
    /// Without a slash at its end.
    path: String,
}

/// A text is not such an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an address is http:// or https://, a host and a path, without user, query or fragment")]
pub struct HttpUrlError;

/// What is asked.
#[derive(Debug)]
pub struct Question {
    /// GET or POST.
    pub method: Method,
    /// What comes after the address: empty, or beginning with a slash.
    pub below: String,
    /// The type of the body.
    pub content_type: Option<&'static str>,
    /// The body.
    pub body: Vec<u8>,
    /// A longer answer is refused.
    pub answer_bytes_max: usize,
}

/// What came back, whatever its status.
#[derive(Debug, Clone)]
pub struct HttpAnswer {
    /// The status.
    pub status: u16,
    /// The type of the body.
    pub content_type: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// The service cannot be reached.
    #[error("cannot be reached: {0}")]
    Unreachable(io::Error),
    /// It is not believed to be the one that was asked.
    #[error("TLS: {0}")]
    Tls(io::Error),
    /// This machine names no certificate authorities.
    #[error("this machine has no file of certificate authorities (SSL_CERT_FILE)")]
    NoAuthorities,
    /// It does not speak HTTP, or ended within its answer.
    #[error("no answer in HTTP: {0}")]
    Broken(hyper::Error),
    /// Its answer is longer than it may be.
    #[error("its answer is too long")]
    TooLong,
    /// It took too long.
    #[error("no answer within {} seconds", OUTBOUND_TIMEOUT.as_secs())]
    TimedOut,
    /// The address and what was asked make no request.
    #[error("this cannot be asked: {0}")]
    Impossible(hyper::http::Error),
}

impl FromStr for HttpUrl {
    type Err = HttpUrlError;

    fn from_str(text: &str) -> Result<Self, HttpUrlError> {
        let uri: Uri = text.parse().map_err(|_| HttpUrlError)?;
        let (is_secure, default_port) = match uri.scheme_str() {
            Some("http") => (false, 80),
            Some("https") => (true, 443),
            _ => return Err(HttpUrlError),
        };
        let authority = uri.authority().ok_or(HttpUrlError)?;
        let has_more = uri.query().is_some() || text.contains('#') || authority.as_str().contains('@');
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        // What stands behind the host must be a port.
        let is_cut = authority.as_str() != authority.host() && authority.port_u16().is_none();
        if has_more || is_cut || host.is_empty() {
            return Err(HttpUrlError);
        }
        Ok(Self {
            is_secure,
            authority: authority.as_str().to_owned(),
            host: host.to_owned(),
            port: authority.port_u16().unwrap_or(default_port),
            path: uri.path().trim_end_matches('/').to_owned(),
        })
    }
}

impl fmt::Display for HttpUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_secure { "https" } else { "http" };
        write!(out, "{scheme}://{}{}", self.authority, self.path)
    }
}

impl fmt::Debug for HttpUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl HttpUrl {
    /// Asks. Waits [`OUTBOUND_TIMEOUT`] at most, for everything together.
    ///
    /// # Errors
    /// [`NoAnswer`]; a status that says no is an answer.
    pub async fn ask(&self, question: Question) -> Result<HttpAnswer, NoAnswer> {
        timeout(OUTBOUND_TIMEOUT, self.ask_patiently(question))
            .await
            .unwrap_or(Err(NoAnswer::TimedOut))
    }

    async fn ask_patiently(&self, question: Question) -> Result<HttpAnswer, NoAnswer> {
        let stream = TcpStream::connect((self.host.as_str(), self.port))
            .await
            .map_err(NoAnswer::Unreachable)?;
        if !self.is_secure {
            return self.exchange(stream, question).await;
        }
        let config = tls_config().ok_or(NoAnswer::NoAuthorities)?;
        let invalid = |error| NoAnswer::Tls(io::Error::other(error));
        let name = ServerName::try_from(self.host.clone()).map_err(|error| invalid(error.to_string()))?;
        let stream = TlsConnector::from(config).connect(name, stream).await;
        self.exchange(stream.map_err(NoAnswer::Tls)?, question).await
    }

    async fn exchange<S>(&self, stream: S, question: Question) -> Result<HttpAnswer, NoAnswer>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let path = match format!("{}{}", self.path, question.below) {
            path if path.is_empty() => "/".to_owned(),
            path => path,
        };
        let mut request = Request::builder()
            .method(question.method)
            .uri(path)
            .header(header::HOST, &self.authority)
            .header(header::USER_AGENT, concat!("ohrid/", env!("CARGO_PKG_VERSION")))
            .header(header::CONNECTION, "close");
        if let Some(content_type) = question.content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        let body = Full::new(Bytes::from(question.body));
        let request = request.body(body).map_err(NoAnswer::Impossible)?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(NoAnswer::Broken)?;
        // Ends with the answer, or when nobody waits for that any more; its errors show there too.
        tokio::spawn(connection);
        let answer = sender.send_request(request).await.map_err(NoAnswer::Broken)?;
        let content_type = answer.headers().get(header::CONTENT_TYPE);
        let content_type = content_type
            .and_then(|kind| kind.to_str().ok())
            .map(str::to_owned);
        let status = answer.status().as_u16();
        let body = Limited::new(answer.into_body(), question.answer_bytes_max)
            .collect()
            .await;
        let body = body.map_err(|error| match error.downcast::<hyper::Error>() {
            Ok(error) => NoAnswer::Broken(*error),
            Err(other) => {
                debug_assert!(other.is::<LengthLimitError>());
                NoAnswer::TooLong
            }
        })?;
        Ok(HttpAnswer {
            status,
            content_type,
            body: body.to_bytes().to_vec(),
        })
    }
}

/// Made once: authorities that this machine is given later count after a restart.
fn tls_config() -> Option<Arc<ClientConfig>> {
    static CONFIG: OnceLock<Option<Arc<ClientConfig>>> = OnceLock::new();
    CONFIG.get_or_init(make_tls_config).clone()
}

fn make_tls_config() -> Option<Arc<ClientConfig>> {
    let named = std::env::var_os(AUTHORITIES_VARIABLE).map(std::path::PathBuf::from);
    let mut files = named.into_iter().chain(AUTHORITIES.map(Into::into));
    let file = files.find(|file| file.is_file())?;
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(&file).ok()?;
    // One that cannot be used is passed over, as everywhere on the machine.
    roots.add_parsable_certificates(certificates.filter_map(Result::ok));
    if roots.is_empty() {
        return None;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .ok()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Some(Arc::new(config))
}

#[cfg(test)]
mod tests;
