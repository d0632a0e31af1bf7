//! What outsiders do: HTTP/1.1 by hand, and a time-stamping service made of `openssl ts`.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

/// Far longer than any answer takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// An answer over HTTP.
#[derive(Debug, Clone)]
pub struct HttpAnswer {
    /// The status.
    pub status: u16,
    /// The headers, their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

impl HttpAnswer {
    /// The body as text.
    ///
    /// # Errors
    /// When it is none.
    pub fn text(&self) -> Result<&str> {
        std::str::from_utf8(&self.body).context("the body is no text")
    }
}

/// Asks over HTTP/1.1, one connection for each question.
///
/// # Errors
/// When there is no answer, or it is not HTTP.
pub fn http(address: SocketAddr, method: &str, path: &str, body: &[u8]) -> Result<HttpAnswer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes())?;
    // Who has heard enough may hang up before all of a body is sent; its answer is there all the same.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    parse(&answer).with_context(|| format!("{method} {path}: {}", String::from_utf8_lossy(&answer)))
}

fn parse(answer: &[u8]) -> Option<HttpAnswer> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
    Some(HttpAnswer {
        status,
        headers: headers.collect(),
        body: answer[end + 4..].to_vec(),
    })
}

/// A time-stamping service (RFC 3161) on a loopback port, with a certificate authority of its own, by
/// `openssl ts -reply`. It ends with its owner.
pub struct TimeStamping {
    address: SocketAddr,
    folder: PathBuf,
    ends: Arc<AtomicBool>,
    service: Option<JoinHandle<()>>,
}

impl TimeStamping {
    /// Makes keys in `folder`, and serves at a port that is free.
    ///
    /// # Errors
    /// When `openssl` does not do it.
    pub fn start(folder: &Path, address: SocketAddr) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join("tsa.cnf"), CONFIGURATION)?;
        std::fs::write(folder.join("serial"), "01\n")?;
        for line in KEYS {
            openssl(folder, line)?;
        }
        let listener = TcpListener::bind(address)?;
        let ends = Arc::<AtomicBool>::default();
        let (work, ended) = (folder.to_path_buf(), Arc::clone(&ends));
        Ok(Self {
            address: listener.local_addr()?,
            folder: folder.to_path_buf(),
            ends,
            service: Some(std::thread::spawn(move || {
                for stream in listener.incoming() {
                    if ended.load(Ordering::Relaxed) {
                        return;
                    }
                    // A question that goes wrong is the node's to notice.
                    let _ = stream
                        .context("accepting")
                        .and_then(|stream| answer(&work, stream));
                }
            })),
        })
    }

    /// The certificate authority of its certificate.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        self.folder.join("ca.crt")
    }
}

impl Drop for TimeStamping {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        // One more connection, so that it looks up.
        let _ = TcpStream::connect(self.address);
        if let Some(service) = self.service.take() {
            let _ = service.join();
        }
    }
}

fn answer(folder: &Path, mut stream: TcpStream) -> Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut request = Vec::new();
    let (start, length) = loop {
        let mut block = [0; 4096];
        let read = stream.read(&mut block)?;
        ensure!(read > 0, "no whole question");
        request.extend_from_slice(&block[..read]);
        let Some(end) = request.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(&request[..end]).to_ascii_lowercase();
        ensure!(
            head.contains("content-type: application/timestamp-query"),
            "{head}"
        );
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.context("content-length")?.trim().parse()?;
        if request.len() >= end + 4 + length {
            break (end + 4, length);
        }
    };
    std::fs::write(folder.join("query"), &request[start..start + length])?;
    openssl(folder, REPLY)?;
    let reply = std::fs::read(folder.join("reply"))?;
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/timestamp-reply\r\ncontent-length: {}\r\n\r\n",
        reply.len()
    );
    stream.write_all(head.as_bytes())?;
    Ok(stream.write_all(&reply)?)
}

fn openssl(folder: &Path, line: &str) -> Result<()> {
    let output = Command::new("openssl")
        .args(line.split(' '))
        .current_dir(folder)
        .output()?;
    ensure!(
        output.status.success(),
        "openssl {line}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

const REPLY: &str = "ts -reply -queryfile query -config tsa.cnf -inkey tsa.key -signer tsa.crt -out reply";

const KEYS: [&str; 3] = [
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -days 30 \
     -config tsa.cnf -extensions ca",
    "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tsa.key -out tsa.csr -config tsa.cnf",
    "x509 -req -in tsa.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile tsa.cnf \
     -extensions service -out tsa.crt",
];

const CONFIGURATION: &str = "\
[req]
distinguished_name = name
prompt = no
[name]
CN = Time stamps of an example
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[service]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = one
[one]
serial = serial
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_alg = sha256
";
