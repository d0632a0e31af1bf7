#![allow(clippy::unwrap_used, clippy::expect_used)]

use convention::case::CaseView;
use convention::statistics::Period;
use convention::time::Zone;

use super::*;

fn statistics(period_name: &str) -> Statistics {
    let mut period = Period::named("2026-Q3", &Zone::utc()).unwrap();
    period.name = period_name.to_owned();
    Statistics::of(Vec::<CaseView>::new(), "XA".parse().unwrap(), period)
}

#[test]
fn the_same_figures_for_people_spreadsheets_and_programs() {
    let figures = statistics("2026-Q3");
    assert!(
        text(&figures, "table")
            .unwrap()
            .starts_with("Requests of XA in 2026-Q3")
    );
    let csv = text(&figures, "csv").unwrap();
    assert!(
        csv.starts_with("party,period,peer,") && csv.ends_with("\r\n"),
        "{csv}"
    );
    let json: Statistics = serde_json::from_str(&text(&figures, "json").unwrap()).unwrap();
    assert_eq!(json, figures);
}

/// Whatever a name says, a spreadsheet takes no cell for a formula.
#[test]
fn no_cell_is_a_formula() {
    for name in [
        "=HYPERLINK(\"https://example.org\",\"click\")",
        "+1+1",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "\u{ff1d}1",
        "a\",=1",
    ] {
        let csv = text(&statistics(name), "csv").unwrap();
        for cell in cells(&csv) {
            let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}']);
            assert!(!is_formula, "{name:?} becomes {cell:?}");
        }
    }
}

/// The cells as a spreadsheet reads them (RFC 4180).
fn cells(csv: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut letters = csv.chars().peekable();
    let mut is_quoted = false;
    while let Some(letter) = letters.next() {
        let last = cells.last_mut().unwrap();
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => {
                letters.next();
                last.push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' | '\n' if !is_quoted => cells.push(String::new()),
            '\r' if !is_quoted && letters.peek() == Some(&'\n') => {}
            other => last.push(other),
        }
    }
    cells
}
