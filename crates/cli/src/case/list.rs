//! `ohrid case list`: the cases, the latest first, or those that are due by their dates.

use clap::Args;
use control::client::Client;
use control::limits::CASES_PAGE_MAX;
use control::types::{CaseSummary, CasesQuery, OurRole};
use jiff::tz::TimeZone;

use crate::alarms::family;
use crate::failure::Failure;
use crate::session::Session;
use crate::table::{self, printable};
use crate::when;

/// Options of `ohrid case list`.
#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// At most so many
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: Option<u32>,
    /// Those after this case in the list: the last one of the page before
    #[arg(long, value_name = "CASE")]
    pub(crate) before: Option<String>,
    /// Only those with a date that runs out within this time, or has run out, the next one first: 7d, 24h
    #[arg(long, value_name = "LENGTH", value_parser = when::parse_length)]
    pub(crate) due: Option<std::time::Duration>,
    /// Only those in this state, such as preserved or mutual-assistance-received
    #[arg(long, value_name = "WORD")]
    pub(crate) state: Option<String>,
    /// All of them, not only the first page
    #[arg(long, conflicts_with = "limit")]
    pub(crate) all: bool,
}

impl ListArguments {
    fn query(&self) -> CasesQuery {
        let within = self
            .due
            .map(|due| u64::try_from(due.as_millis()).unwrap_or(u64::MAX));
        CasesQuery {
            limit: self.limit,
            before: self.before.clone(),
            due_within_ms: within,
            state: self.state.clone(),
        }
    }
}

pub(super) async fn run(session: &Session, arguments: &ListArguments) -> Result<(), Failure> {
    let client = session.client().await?;
    let cases = if arguments.all {
        every_page(&client, arguments.query()).await?
    } else {
        client.cases_by(&arguments.query()).await?
    };
    session
        .terminal
        .result(&cases, |cases| text(cases, &when::local_zone()));
    if let Some(first) = cases.first() {
        session.next(format_args!("ohrid case show {}", first.reference));
    }
    Ok(())
}

async fn every_page(client: &Client, mut query: CasesQuery) -> Result<Vec<CaseSummary>, Failure> {
    query.limit = Some(CASES_PAGE_MAX);
    let mut cases = Vec::new();
    loop {
        let page = client.cases_by(&query).await?;
        let Some(last) = page.last() else {
            return Ok(cases);
        };
        query.before = Some(last.case.clone());
        cases.extend(page);
    }
}

/// The list for people.
pub(crate) fn text(cases: &[CaseSummary], zone: &TimeZone) -> String {
    if cases.is_empty() {
        return "There is no such case.\n".to_owned();
    }
    let one = |case| one_text(case, zone);
    cases.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn one_text(case: &CaseSummary, zone: &TimeZone) -> String {
    let direction = match case.our_role {
        OurRole::Requesting => "asked of",
        OurRole::Requested => "asked by",
    };
    let mut lines = vec![format!(
        "{} {direction} {}",
        printable(&case.kind),
        printable(&case.peer)
    )];
    lines.extend(table::wrap(&printable(&case.title), 78));
    lines.push(format!("last change {}", when::both(case.updated_at, zone)));
    if let Some(until) = case.preserved_until {
        lines.push(format!("preserved until {}", when::both(until, zone)));
    }
    if let Some(next) = &case.next_deadline {
        let by = family(next.family);
        let next = format!(
            "next: {} ({by}) {}",
            printable(&next.kind),
            printable(&next.local)
        );
        lines.extend(table::wrap(&next, 78));
    }
    if !case.alarms.is_empty() {
        let kinds: Vec<&str> = case.alarms.iter().map(|alarm| alarm.kind.as_str()).collect();
        lines.extend(table::wrap(
            &printable(&format!("ALARM: {}", kinds.join(", "))),
            78,
        ));
    }
    let mut text = format!("{}  {}\n", printable(&case.reference), printable(&case.state));
    for line in lines {
        text.push_str(&format!("  {line}\n"));
    }
    text
}
