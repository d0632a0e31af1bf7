//! Files of a later version: told from damaged ones, and left alone.
//!
//! Every stored format begins with its name and a number. A version that changes one gives it the next
//! number, and reads the numbers before; one that came earlier says so, changes nothing, and does not start.

/// What a reader says of something that a later version wrote.
pub(crate) const WRITTEN_LATER: &str = "it was written by a later version";

/// The format that these bytes begin with, if it has this name and a number above `newest`.
pub(crate) fn format_of_later(bytes: &[u8], name: &str, newest: u64) -> Option<String> {
    let rest = bytes.strip_prefix(name.as_bytes())?;
    let digits: Vec<u8> = rest.iter().copied().take_while(u8::is_ascii_digit).collect();
    let number = std::str::from_utf8(&digits).ok()?;
    let is_later = number.parse::<u64>().is_ok_and(|number| number > newest);
    is_later.then(|| format!("{name}{number}"))
}

#[cfg(test)]
mod tests;
