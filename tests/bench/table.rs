//! The table: what was measured, over which floor, and what the design asks for.

use anyhow::Result;
use serde_json::json;

use crate::goals::Goal;

/// One line of the table.
pub struct Row {
    /// What was measured.
    pub name: &'static str,
    /// The median over the rounds, in `unit`.
    pub value: f64,
    /// The unit of `value`.
    pub unit: &'static str,
    /// `value` over a floor of the same round: the median over the rounds, and what the floor is.
    pub ratio: Option<(f64, &'static str)>,
    /// What the design asks of the ratio.
    pub goal: Option<Goal>,
}

impl Row {
    /// A figure without a ratio yet.
    pub fn of(name: &'static str, unit: &'static str, value: f64) -> Self {
        Self {
            name,
            value,
            unit,
            ratio: None,
            goal: None,
        }
    }

    /// The same over a floor.
    pub fn over(mut self, ratio: f64, floor: &'static str) -> Self {
        self.ratio = Some((ratio, floor));
        self
    }

    /// What its ratio is to be.
    pub fn goal(mut self, goal: Goal) -> Self {
        self.goal = Some(goal);
        self
    }
}

/// Prints a figure as JSON, for the program that asked for it.
#[expect(clippy::print_stdout, reason = "it is read from there")]
pub fn hand_over(figure: &impl serde::Serialize) -> Result<()> {
    println!("{}", serde_json::to_string(figure)?);
    Ok(())
}

/// Prints the table for a person.
#[expect(clippy::print_stdout, reason = "the table is the result")]
pub fn print(rows: &[Row]) {
    println!(
        "{:<62} {:>10} {:<5} {:>7} {:>6} {:>6} {:>6} {:<7} over",
        "", "median", "", "ratio", "must", "aim", "limit", ""
    );
    for row in rows {
        let value = format!("{:.*}", if row.value < 100.0 { 1 } else { 0 }, row.value);
        let (ratio, over) = match row.ratio {
            Some((ratio, over)) => (format!("{ratio:.2}"), over),
            None => (String::new(), ""),
        };
        let [must, aim, limit] = row.goal.map_or_else(Default::default, Goal::columns);
        let verdict = row.verdict().unwrap_or_default();
        let line = format!(
            "{:<62} {value:>10} {:<5} {ratio:>7} {must:>6} {aim:>6} {limit:>6} {verdict:<7} {over}",
            row.name, row.unit
        );
        println!("{}", line.trim_end());
    }
}

impl Row {
    /// Whether what must be was reached, or even what is aimed at.
    fn verdict(&self) -> Option<&'static str> {
        let (goal, (ratio, _)) = (self.goal?, self.ratio?);
        Some(goal.verdict(ratio))
    }
}

/// The same as JSON.
pub fn json(rows: &[Row]) -> Result<String> {
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            json!({
                "name": row.name,
                "median": row.value,
                "unit": row.unit,
                "ratio": row.ratio.map(|(ratio, _)| ratio),
                "over": row.ratio.map(|(_, over)| over),
                "must": row.goal.map(|goal| goal.must),
                "aim": row.goal.and_then(|goal| goal.aim),
                "limit": row.goal.and_then(|goal| goal.limit),
                "reached": row.verdict(),
            })
        })
        .collect();
    Ok(serde_json::to_string_pretty(
        &json!({ "version": 2, "rows": rows }),
    )?)
}

/// Talk, beside the results.
#[expect(clippy::print_stderr, reason = "a command line program talks to a person")]
pub fn complain(text: &str) {
    eprintln!("{text}");
}

/// The median over the rounds of what `of` gives for each.
pub fn median_of<T>(rounds: &[T], of: impl Fn(&T) -> f64) -> f64 {
    let mut values: Vec<f64> = rounds.iter().map(of).collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
