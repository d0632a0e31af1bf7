//! Why the tool could not go on, in words for the person who ran it.

use std::fmt;

/// A sentence. There is nothing to be done about it by code.
#[derive(Debug)]
pub struct Failed(String);

impl Failed {
    pub fn because(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Says of which file or program an operating system's error speaks.
pub trait Of<T> {
    fn of(self, what: impl fmt::Display) -> Result<T, Failed>;
}

impl<T, E: fmt::Display> Of<T> for Result<T, E> {
    fn of(self, what: impl fmt::Display) -> Result<T, Failed> {
        self.map_err(|error| Failed(format!("{what}: {error}")))
    }
}
