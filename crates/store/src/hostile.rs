#![allow(clippy::unwrap_used, clippy::expect_used)]
//! What the readers of this crate must never do with what a disk gives back, or with files that somebody has
//! changed, said as functions that take any bytes and panic where it does not hold. The fuzz targets of
//! `fuzz/` call them; so does a test here, with what fuzzing has found before. Compiled for these two only.

mod batches;
mod files;
mod recovery;

pub use batches::journal;
pub use files::files;
pub use recovery::recovery;

/// Takes from the fuzzer's bytes; zeros when they are used up.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn next(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    fn number(&mut self) -> usize {
        usize::from(self.next()) << 8 | usize::from(self.next())
    }
}

#[cfg(test)]
mod tests;
