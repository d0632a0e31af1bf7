//! From options to the fields of a form.

use clap::Args;
use jiff::Zoned;
use serde_json::{Map, Value};

use super::{Answer, Answering};
use crate::failure::Failure;
use crate::when;

/// Options of `ohrid answer acknowledge`.
#[derive(Debug, Args)]
pub(crate) struct AcknowledgeArguments {
    #[command(flatten)]
    pub(crate) answering: Answering,
    /// Your own reference
    #[arg(long, value_name = "TEXT")]
    pub(crate) reference: Option<String>,
    /// What happens next
    #[arg(long, value_name = "TEXT")]
    pub(crate) next_steps: Option<String>,
    /// When more can be expected: +2d, or 2026-12-01T12:00:00[Europe/Bucharest]
    #[arg(long, value_name = "TIME")]
    pub(crate) expected: Option<String>,
}

/// Options of `ohrid answer preserve`.
#[derive(Debug, Args)]
pub(crate) struct PreserveArguments {
    #[command(flatten)]
    pub(crate) answering: Answering,
    /// preserved, partly-preserved, or nothing-found; preserved where this and --from-file are left out
    #[arg(long, value_name = "WORD")]
    pub(crate) outcome: Option<String>,
    /// Your own reference
    #[arg(long, value_name = "TEXT")]
    pub(crate) reference: Option<String>,
    /// What is preserved; if nothing was found, where you looked
    #[arg(long, value_name = "TEXT")]
    pub(crate) scope: Option<String>,
    /// What of the request is not preserved, and why
    #[arg(long, value_name = "TEXT")]
    pub(crate) not_preserved: Option<String>,
    /// subscriber, traffic, or content; several times if there are several
    #[arg(long, value_name = "WORD")]
    pub(crate) category: Vec<String>,
    /// Who holds the data
    #[arg(long, value_name = "TEXT")]
    pub(crate) custodian: Option<String>,
    /// Since when; now where only --until is given
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Until when: +90d, or 2026-12-01T12:00:00[Europe/Bucharest]; at least 60 days
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// The number of the domestic order
    #[arg(long, value_name = "TEXT")]
    pub(crate) order_reference: Option<String>,
    /// The authority that gave it
    #[arg(long, value_name = "TEXT", requires = "order_reference")]
    pub(crate) order_authority: Option<String>,
    /// When the order ends; the beginning is --since
    #[arg(long, value_name = "TIME", requires = "order_reference")]
    pub(crate) order_until: Option<String>,
}

/// Options of `ohrid answer refuse`.
#[derive(Debug, Args)]
pub(crate) struct RefuseArguments {
    #[command(flatten)]
    pub(crate) answering: Answering,
    /// preservation, or traffic-data-disclosure; preservation where this and --from-file are left out
    #[arg(long, value_name = "WORD")]
    pub(crate) refuses: Option<String>,
    /// 29(4), 29(5)(a), 29(5)(b), 30(2)(a), or 30(2)(b)
    #[arg(long, value_name = "ARTICLE")]
    pub(crate) article: Option<String>,
    /// political-offence, essential-interests, or dual-criminality; there are no others
    #[arg(long, value_name = "WORD")]
    pub(crate) ground: Option<String>,
    /// The reasons, in words
    #[arg(long, value_name = "TEXT")]
    pub(crate) reasons: Option<String>,
    /// Your own reference
    #[arg(long, value_name = "TEXT")]
    pub(crate) reference: Option<String>,
}

/// Options of `ohrid answer note`.
#[derive(Debug, Args)]
pub(crate) struct NoteArguments {
    #[command(flatten)]
    pub(crate) answering: Answering,
    /// What it is about
    #[arg(long, value_name = "TEXT")]
    pub(crate) subject: Option<String>,
    /// The note
    #[arg(long, value_name = "TEXT")]
    pub(crate) text: Option<String>,
}

/// The option by which a field is filled in.
pub(super) fn option_for(field: &str) -> Option<&'static str> {
    Some(match field {
        "officer.name" | "officer" => "--officer NAME",
        "officer.role" => "--role TEXT",
        "reference" => "--reference TEXT",
        "next_steps" => "--next-steps TEXT",
        "expected" => "--expected TIME",
        "outcome" => "--outcome WORD",
        "scope" => "--scope TEXT",
        "not_preserved" => "--not-preserved TEXT",
        "categories" => "--category WORD",
        "custodian" => "--custodian TEXT",
        "from" => "--since TIME",
        "until" => "--until TIME",
        "order" | "order.reference" => "--order-reference TEXT",
        "order.until" => "--order-until TIME",
        "refuses" => "--refuses WORD",
        "article" => "--article ARTICLE",
        "ground" => "--ground WORD",
        "reasons" => "--reasons TEXT",
        "text" => "--text TEXT",
        "to" => "--to PARTY/OFFICE",
        _ => return None,
    })
}

impl AcknowledgeArguments {
    pub(super) fn answer(&self, now: &Zoned) -> Result<Answer<'_>, Failure> {
        let mut fields = Fields::default();
        fields.text("reference", self.reference.as_ref());
        fields.text("next_steps", self.next_steps.as_ref());
        fields.time("expected", self.expected.as_ref(), now)?;
        Ok(Answer {
            kind: "acknowledgement",
            fields: fields.0,
            answering: &self.answering,
        })
    }
}

impl PreserveArguments {
    pub(super) fn answer(&self, now: &Zoned) -> Result<Answer<'_>, Failure> {
        let mut fields = Fields::default();
        let has_file = self.answering.from_file.is_some();
        let outcome = self
            .outcome
            .clone()
            .or_else(|| (!has_file).then(|| "preserved".to_owned()));
        fields.text("outcome", outcome.as_ref());
        fields.text("reference", self.reference.as_ref());
        fields.text("scope", self.scope.as_ref());
        fields.text("not_preserved", self.not_preserved.as_ref());
        fields.text("custodian", self.custodian.as_ref());
        if !self.category.is_empty() {
            fields
                .0
                .insert("categories".to_owned(), self.category.clone().into());
        }
        let now_is_meant = self.until.is_some() && !has_file;
        let since = self
            .since
            .clone()
            .or_else(|| now_is_meant.then(|| "+0s".to_owned()));
        fields.time("from", since.as_ref(), now)?;
        fields.time("until", self.until.as_ref(), now)?;
        if self.order_reference.is_some() {
            let mut order = Fields::default();
            order.text("reference", self.order_reference.as_ref());
            order.text("authority", self.order_authority.as_ref());
            order.time("from", since.as_ref(), now)?;
            order.time("until", self.order_until.as_ref(), now)?;
            fields.0.insert("order".to_owned(), Value::Object(order.0));
        }
        Ok(Answer {
            kind: "preservation-report",
            fields: fields.0,
            answering: &self.answering,
        })
    }
}

impl RefuseArguments {
    pub(super) fn answer(&self) -> Answer<'_> {
        let mut fields = Fields::default();
        let has_file = self.answering.from_file.is_some();
        let refuses = self
            .refuses
            .clone()
            .or_else(|| (!has_file).then(|| "preservation".to_owned()));
        fields.text("refuses", refuses.as_ref());
        fields.text("article", self.article.as_ref());
        fields.text("ground", self.ground.as_ref());
        fields.text("reasons", self.reasons.as_ref());
        fields.text("reference", self.reference.as_ref());
        Answer {
            kind: "refusal",
            fields: fields.0,
            answering: &self.answering,
        }
    }
}

impl NoteArguments {
    pub(super) fn answer(&self) -> Answer<'_> {
        let mut fields = Fields::default();
        fields.text("subject", self.subject.as_ref());
        fields.text("text", self.text.as_ref());
        Answer {
            kind: "note",
            fields: fields.0,
            answering: &self.answering,
        }
    }
}

/// The fields that options gave; what was left out stays out.
#[derive(Debug, Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn text(&mut self, name: &str, value: Option<&String>) {
        if let Some(value) = value {
            self.0.insert(name.to_owned(), value.as_str().into());
        }
    }

    fn time(&mut self, name: &str, value: Option<&String>, now: &Zoned) -> Result<(), Failure> {
        if let Some(value) = value {
            self.0
                .insert(name.to_owned(), when::parse_point(value, now)?.into());
        }
        Ok(())
    }
}
