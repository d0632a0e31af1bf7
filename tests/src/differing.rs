//! What differs from run to run (ids, times, places in a ledger), and what stands for it where two runs are
//! compared; and how what a document shows is compared with what a command says now.

use anyhow::{Result, ensure};
use regex::{Captures, Regex};

/// What differs from run to run, and what stands for it. In this order.
const STAND_INS: &[(&str, &str)] = &[
    (
        "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}",
        "<id>",
    ),
    (
        "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "<uuid>",
    ),
    ("\\b[0-9a-f]{32}\\b", "<actor>"),
    ("X[A-Z]-[0-9]{4}-[0-9]{4,}-[0-9A-Z]{2}", "<number>"),
    (
        "(?i)check words:?\\s+[a-z]+ [a-z]+ [a-z]+ [a-z]+",
        "check words <four words>",
    ),
    (
        "[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?(\\.[0-9]+)?(Z| UTC)?",
        "<time>",
    ),
    ("[0-9]{4}-[0-9]{2}-[0-9]{2}", "<date>"),
    ("/ledger/[0-9]{4}", "/ledger/<year>"),
    ("(--period|Requests of X[A-Z] in) [0-9]{4}", "$1 <year>"),
    ("(leaf|leaves|entry|size) [0-9]+", "$1 <n>"),
    ("([^+0-9.])[0-9]+(\\.[0-9]+)? ?(ms|µs|s)\\b", "$1<duration>"),
];

/// What documents show beside that: fingerprints, keys and sums.
const OF_DOCUMENTS: &[(&str, &str)] = &[
    ("\\b[0-9A-Fa-f]{40,}\\b", "<hexadecimal>"),
    ("\\b[0-9a-f]{8}\\b", "<hexadecimal>"),
    ("[A-Za-z0-9+/]{43}=", "<base64>"),
    ("\\b[0-9]+ (entries|files|signatures|receipts)\\b", "<n> $1"),
    ("\\b[0-9]+(\\.[0-9]+)? (B|kB|KiB|MB|MiB|GB|GiB)\\b", "<bytes>"),
];

/// What a document shows and later uses: a case, a message, a draft, by number or id.
const USED_AGAIN: &str = "X[A-Z]-[0-9]{4}-[0-9]{4,}-[0-9A-Z]{2}|\
                          [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";

/// A line of a document that stands for any number of lines.
const AND_SO_ON: &[&str] = &["…", "..."];

/// The rules by which what differs gets a name.
pub struct StandIns(Vec<(Regex, &'static str)>);

impl StandIns {
    /// Those of transcripts.
    ///
    /// # Errors
    /// When one of our own patterns is none.
    pub fn of_transcripts() -> Result<Self> {
        Self::of(STAND_INS.iter())
    }

    /// Those of documents.
    ///
    /// # Errors
    /// When one of our own patterns is none.
    pub fn of_documents() -> Result<Self> {
        Self::of(STAND_INS.iter().chain(OF_DOCUMENTS))
    }

    fn of<'a>(rules: impl Iterator<Item = &'a (&'static str, &'static str)>) -> Result<Self> {
        let rules = rules.map(|(pattern, name)| Ok((Regex::new(pattern)?, *name)));
        Ok(Self(rules.collect::<Result<_>>()?))
    }

    /// The text with names for what differs.
    #[must_use]
    pub fn put_into(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (rule, name)| {
            rule.replace_all(&text, *name).into_owned()
        })
    }
}

/// A text in words, with names for what differs, and what was used again of it, in order.
struct Words {
    words: Vec<String>,
    used_again: Vec<String>,
}

/// Marks what may be used again, so that it is found after the stand-ins were put in: nobody writes these.
const MARKS: (char, char) = ('\u{e000}', '\u{e001}');

impl Words {
    fn of(text: &str, stand_ins: &StandIns) -> Result<Self> {
        let mut used_again = Vec::new();
        let marked = Regex::new(USED_AGAIN)?.replace_all(text, |found: &Captures<'_>| {
            used_again.push(found[0].to_owned());
            let kind = if found[0].starts_with('X') { "number" } else { "id" };
            format!("{}{kind}{}", MARKS.0, MARKS.1)
        });
        let words = stand_ins.put_into(&marked);
        let words = words.split_whitespace().map(str::to_owned).collect();
        Ok(Self { words, used_again })
    }

    /// How many things of the first `count` words may be used again.
    fn used_before(&self, count: usize) -> usize {
        let words = &self.words[..count.min(self.words.len())];
        words.iter().map(|word| word.matches(MARKS.0).count()).sum()
    }
}

/// What a document shows below a command is held against what the command said now. `…` alone on a line
/// stands for any number of lines. What comes out is the ids and numbers of the document with those of now.
///
/// # Errors
/// When the command says something else; with both.
pub fn compare(shown: &str, said: &str, stand_ins: &StandIns) -> Result<Vec<(String, String)>> {
    let now = Words::of(said, stand_ins)?;
    let mut pieces = vec![String::new()];
    for line in shown.lines() {
        if AND_SO_ON.contains(&line.trim()) {
            pieces.push(String::new());
        } else if let Some(last) = pieces.last_mut() {
            last.push_str(line);
            last.push('\n');
        }
    }
    let (mut at, mut learned) = (0, Vec::new());
    let last = pieces.len() - 1;
    for (number, piece) in pieces.iter().enumerate() {
        let piece = Words::of(piece, stand_ins)?;
        let length = piece.words.len();
        let places = match (number == 0, number == last) {
            (true, true) => (length == now.words.len()).then_some(0..1),
            (true, false) => Some(0..1),
            (false, true) => now.words.len().checked_sub(length).map(|from| from..from + 1),
            (false, false) => Some(at..now.words.len() + 1),
        };
        let fits = |from: &usize| {
            *from >= at && now.words.get(*from..*from + length) == Some(piece.words.as_slice())
        };
        let found = places.and_then(|mut places| places.find(fits));
        let Some(from) = found else {
            let missed = piece.words.join(" ");
            ensure!(
                false,
                "shown:\n{shown}\nsaid:\n{said}\nwhat is not said so: {missed}"
            );
            return Ok(learned);
        };
        let real = now.used_again.iter().skip(now.used_before(from));
        learned.extend(piece.used_again.iter().cloned().zip(real.cloned()));
        at = from + length;
    }
    Ok(learned)
}

#[cfg(test)]
mod tests;
