//! HTML, with everything escaped that is not written here.

/// What stands before the title.
const BEFORE_TITLE: &str = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
    <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>";

/// How it looks: on a screen, and on paper.
const STYLE: &str = include_str!("style.css");

/// A page while it is written.
pub(super) struct Page(String);

impl Page {
    pub(super) fn begin(title: &str) -> Self {
        let title = escape(title);
        Self(format!(
            "{BEFORE_TITLE}{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        ))
    }

    pub(super) fn end(self) -> String {
        self.0 + "</body>\n</html>\n"
    }

    /// Opens an element, with its attributes; both are written in this program, never by others.
    pub(super) fn open(&mut self, element: &str) {
        self.0.push_str(&format!("<{element}>\n"));
    }

    pub(super) fn close(&mut self, element: &str) {
        self.0.push_str(&format!("</{element}>\n"));
    }

    /// An element with a text in it.
    pub(super) fn element(&mut self, element: &str, text: &str) {
        self.0
            .push_str(&format!("<{element}>{}</{element}>\n", escape(text)));
    }

    /// A paragraph.
    pub(super) fn text(&mut self, text: &str) {
        self.element("p", text);
    }

    /// A paragraph that is to be seen.
    pub(super) fn note(&mut self, text: &str) {
        self.0
            .push_str(&format!("<p class=\"note\">{}</p>\n", escape(text)));
    }

    /// Names and values.
    pub(super) fn rows<'a>(&mut self, rows: impl Iterator<Item = (&'a str, &'a str)>) {
        self.open("dl");
        for (name, value) in rows {
            self.element("dt", name);
            self.element("dd", value);
        }
        self.close("dl");
    }

    pub(super) fn header(&mut self, names: &[&str]) {
        self.row("th", names);
    }

    pub(super) fn cells(&mut self, texts: &[&str]) {
        self.row("td", texts);
    }

    fn row(&mut self, cell: &str, texts: &[&str]) {
        self.0.push_str("<tr>");
        for text in texts {
            self.0.push_str(&format!("<{cell}>{}</{cell}>", escape(text)));
        }
        self.0.push_str("</tr>\n");
    }
}

/// A text, as a text. What would turn the direction of writing, or cannot be seen, is shown as what it is.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(letter),
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                out.push_str(&format!("[U+{:04X}]", u32::from(letter)));
            }
            _ if letter.is_control() => out.push_str(&format!("[U+{:04X}]", u32::from(letter))),
            _ => out.push(letter),
        }
    }
    out
}
