//! Where a field stands in the file that somebody wrote.

use std::ops::Range;

use super::Document;

impl Document {
    /// The bytes of a field's name, or of what is nearest to a field that is missing. `None` where the text
    /// is not TOML: then there is no place to point at.
    pub(crate) fn locate(&self, field: &str) -> Option<Range<usize>> {
        let (line, column) = convention::template::locate(&self.text, field)?;
        Some(self.token_at(line, column))
    }

    /// The bytes of the word at a line and column, both from 1; the end of the text for a place beyond it.
    pub(crate) fn token_at(&self, line: usize, column: usize) -> Range<usize> {
        let mut lines = self.text.split_inclusive('\n');
        let before: usize = lines.by_ref().take(line.saturating_sub(1)).map(str::len).sum();
        let rest = lines.next().unwrap_or_default();
        let skipped: usize = rest
            .chars()
            .take(column.saturating_sub(1))
            .map(char::len_utf8)
            .sum();
        let start = before + skipped;
        let word = rest.get(skipped..).unwrap_or_default();
        let length = word.find(|letter: char| letter.is_whitespace() || "=],".contains(letter));
        start..start + length.unwrap_or(word.len())
    }
}
