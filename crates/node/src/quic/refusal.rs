//! Why a handshake failed, in the words of the metric `ohrid_handshakes_refused_total{reason}`.

use quinn::ConnectionError;

/// The reason's word. Alerts are those of RFC 8446 section 6.2; QUIC carries them as `0x100 + alert`
/// (RFC 9001 section 4.8).
pub(super) fn reason(error: &ConnectionError) -> &'static str {
    let code: u64 = match error {
        ConnectionError::TransportError(error) => error.code.into(),
        ConnectionError::ConnectionClosed(close) => close.error_code.into(),
        ConnectionError::TimedOut => return "timeout",
        ConnectionError::VersionMismatch => return "version",
        ConnectionError::ApplicationClosed(_) => return "closed",
        ConnectionError::Reset => return "reset",
        ConnectionError::CidsExhausted | ConnectionError::LocallyClosed => return "local",
    };
    match code.wrapping_sub(0x100) {
        40 | 47 | 71 | 109 => "handshake",
        42 => "bad_certificate",
        45 => "certificate_out_of_date",
        46 | 48 => "unknown_certificate",
        51 => "bad_signature",
        70 => "tls_version",
        116 => "no_certificate",
        120 => "alpn",
        _ => "protocol",
    }
}
