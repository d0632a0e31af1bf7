//! `ohrid report`: the figures of a period.

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use convention::statistics::Statistics;

use crate::failure::Failure;
use crate::session::Session;
use crate::terminal::Format;
use crate::when;

/// The reports.
#[derive(Debug, Subcommand)]
pub(crate) enum ReportCommand {
    /// Requests by peer and article, times to answers, preservations that were followed up, and drills
    Statistics(StatisticsArguments),
}

/// Options of `ohrid report statistics`.
#[derive(Debug, Args)]
pub(crate) struct StatisticsArguments {
    /// A year, a quarter or a month: 2026, 2026-Q3, 2026-07
    #[arg(long, value_name = "PERIOD")]
    pub(crate) period: String,
    /// For people (table), for spreadsheets (csv: no cell is taken for a formula), or for programs (json)
    #[arg(long, value_parser = PossibleValuesParser::new(["table", "csv", "json"]))]
    pub(crate) format: Option<String>,
    /// The IANA zone by whose clocks the period begins and ends; that of this machine where this is left out
    #[arg(long, value_name = "ZONE")]
    pub(crate) zone: Option<String>,
}

pub(crate) async fn run(session: &Session, command: ReportCommand) -> Result<(), Failure> {
    let ReportCommand::Statistics(arguments) = command;
    let here = when::local_zone();
    let zone = arguments.zone.as_deref().or(here.iana_name());
    let statistics = session
        .client()
        .await?
        .statistics(&arguments.period, zone)
        .await?;
    let is_for_programs = session.terminal.format() == Format::Json;
    let format = match arguments.format.as_deref() {
        Some(format) => format,
        None if is_for_programs => "json",
        None => "table",
    };
    session.terminal.text(&text(&statistics, format)?);
    if format == "table" {
        session.next(format_args!(
            "ohrid report statistics --period {} --format csv",
            statistics.period
        ));
    }
    Ok(())
}

fn text(statistics: &Statistics, format: &str) -> Result<String, Failure> {
    Ok(match format {
        "csv" => statistics.to_csv(),
        "json" => serde_json::to_string_pretty(statistics)
            .map_err(|error| Failure::failed(format!("the figures cannot be written: {error}")))?,
        _ => statistics.to_table(),
    })
}

#[cfg(test)]
mod tests;
