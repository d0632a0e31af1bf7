//! The addresses in a line, each with its port where there is one beside it.

use core::net::IpAddr;

/// The lowest number in the next field of CSV that is taken for a source port: below it are statuses and
/// services.
const COLUMN_PORT_MIN: u16 = 1024;

/// A port beside an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Port {
    /// There is none.
    None,
    /// It is written as one: `:51724`, `port 51724`.
    Written(u16),
    /// It is the next field of CSV, and looks like one.
    Column(u16),
}

impl Port {
    pub(super) fn number(self) -> Option<u16> {
        match self {
            Port::None => None,
            Port::Written(port) | Port::Column(port) => Some(port),
        }
    }
}

/// The addresses of a line, each once, in the order in which they stand. IPv4 in IPv6 is IPv4.
pub(super) fn in_line(line: &str) -> Vec<(IpAddr, Port)> {
    let mut found: Vec<(IpAddr, Port)> = Vec::new();
    let mut start = 0;
    while let Some(offset) = line[start..].find(is_part) {
        let begin = start + offset;
        let end = line[begin..]
            .find(|c: char| !is_part(c))
            .map_or(line.len(), |length| begin + length);
        if let Some((address, port)) = read(line, begin, end)
            && !found.iter().any(|(known, _)| *known == address)
        {
            found.push((address, port));
        }
        start = end;
    }
    found
}

fn is_part(character: char) -> bool {
    character.is_ascii_hexdigit() || matches!(character, ':' | '.')
}

/// The address between two places of a line, if one stands there.
fn read(line: &str, begin: usize, end: usize) -> Option<(IpAddr, Port)> {
    let (before, after) = (&line[..begin], &line[end..]);
    // A version (`Chrome/120.0.0.0`), a network (`192.0.2.0/24`), or a part of a word is no address.
    let is_within = before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '/' | '-' | '_'));
    let mut token = line[begin..end].trim_end_matches([':', '.']);
    if before.ends_with("IPv") {
        // Mail headers write IPv6:2001:db8::1; the 6 is a part of the word.
        token = token.strip_prefix("6:")?;
    } else if is_within {
        return None;
    }
    if after.starts_with('/') && after[1..].starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (address, port) = match token.rsplit_once(':') {
        Some((address, port)) if address.parse::<core::net::Ipv4Addr>().is_ok() => {
            (address, port.parse().map_or(Port::None, Port::Written))
        }
        _ => (token, port_after(after)),
    };
    let address = match address.parse().ok()? {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(IpAddr::V6(v6), IpAddr::V4),
        v4 @ IpAddr::V4(_) => v4,
    };
    let port = if port.number() == Some(0) {
        Port::None
    } else {
        port
    };
    Some((address, port))
}

/// A port that follows an address: `]:443`, ` port 51724`, or the next field of CSV, where it looks like one.
fn port_after(after: &str) -> Port {
    let rest = after.strip_prefix(']').unwrap_or(after);
    let written = rest
        .strip_prefix(':')
        .or_else(|| rest.strip_prefix(" port "))
        .or_else(|| rest.strip_prefix(" port="));
    if let Some(port) = written.and_then(whole_number) {
        return Port::Written(port);
    }
    let column = rest.strip_prefix([',', ';']).and_then(whole_number);
    column
        .filter(|port| *port >= COLUMN_PORT_MIN)
        .map_or(Port::None, Port::Column)
}

/// The number at the start of a text, where it stands as a whole: a time or an address is none.
fn whole_number(text: &str) -> Option<u16> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let goes_on = |c: char| c.is_alphanumeric() || matches!(c, '.' | ':' | '-' | '/');
    text[..digits]
        .parse()
        .ok()
        .filter(|_| !text[digits..].starts_with(goes_on))
}
