//! Tables for people: aligned, and no wider than the terminal of an officer at three in the morning.

use crate::terminal::COLUMNS;

/// What stands between two columns.
const GAP: &str = "  ";

/// Rows under headings. Columns are as wide as their widest cell; the last one is cut where the line would be
/// longer than 80 columns.
pub(crate) fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows
            .iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count());
        cells
            .chain(headings.get(column).map(|heading| heading.chars().count()))
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let mut text = line(headings.iter().copied(), &widths);
    for row in rows {
        text.push_str(&line(row.iter().map(String::as_str), &widths));
    }
    text
}

/// So many entries of a ledger: a young one has one.
pub(crate) fn entries(count: u64) -> String {
    match count {
        1 => "1 entry".to_owned(),
        _ => format!("{count} entries"),
    }
}

/// Names and values, the values aligned: for one thing with many properties. Long values go on below
/// themselves.
pub(crate) fn properties(pairs: &[(&str, String)]) -> String {
    properties_within(pairs, COLUMNS)
}

/// The same within so many columns.
pub(crate) fn properties_within(pairs: &[(&str, String)], columns: usize) -> String {
    let width = pairs
        .iter()
        .map(|(name, _)| name.chars().count())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for (name, value) in pairs {
        let room = columns.saturating_sub(width + GAP.len());
        for (number, part) in wrap(value, room).iter().enumerate() {
            let name = if number == 0 { name } else { "" };
            text.push_str(format!("{name:width$}{GAP}{part}").trim_end());
            text.push('\n');
        }
    }
    text
}

/// The text in lines of at most `room` columns, broken at spaces; a longer word has a line of its own.
pub(crate) fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut current = String::new();
        for word in paragraph.split(' ') {
            let needed = current.chars().count() + 1 + word.chars().count();
            if !current.is_empty() && needed > room {
                lines.push(std::mem::take(&mut current));
            } else if !current.is_empty() {
                current.push(' ');
            }
            current.push_str(word);
        }
        lines.push(current);
    }
    lines
}

/// A number of bytes as people say it, with three digits: 3.05 MiB.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} bytes");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = UNITS[0];
    for larger in &UNITS[1..] {
        if value < 1023.5 {
            break;
        }
        (value, unit) = (value / 1024.0, larger);
    }
    let digits = match value {
        value if value < 9.995 => 2,
        value if value < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.digits$} {unit}")
}

/// The text with every character that could move the cursor or hide text made visible: what a peer wrote must
/// not draw on an officer's screen.
pub(crate) fn printable(text: &str) -> String {
    let replaced = |letter: char| match letter {
        '\n' | '\t' => letter,
        letter if letter.is_control() => '\u{fffd}',
        // Bidirectional controls can make a text read other than it is.
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        letter => letter,
    };
    text.chars().map(replaced).collect()
}

fn line<'a>(cells: impl Iterator<Item = &'a str>, widths: &[usize]) -> String {
    let mut text = String::new();
    for (cell, width) in cells.zip(widths) {
        if !text.is_empty() {
            text.push_str(GAP);
        }
        let cell = printable(cell).replace(['\n', '\t'], " ");
        text.push_str(&format!("{cell:width$}"));
    }
    let mut text = text.trim_end().to_owned();
    if text.chars().count() > COLUMNS {
        text = text.chars().take(COLUMNS - 1).collect();
        text.push('…');
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests;
