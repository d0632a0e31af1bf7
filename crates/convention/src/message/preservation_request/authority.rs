//! `[C29-2-A]` Who asks: the request's reference, the contact point, and the authority behind it.

use schemars::JsonSchema;
use serde::Serialize;

use super::PreservationRequest;
use crate::message::content::Examination;
use crate::reading::{Form, Need, Section, Stated, words};
use crate::rule::Rule;
use crate::text::Line;
use crate::time::Zone;

words! {
    /// Whether data are to be preserved for the first time, or longer.
    Rule::Template;
    RequestType {
        /// For the first time.
        New = "new",
        /// Longer than an earlier request asked for; the earlier ticket number is given.
        Extension = "extension",
    }
}

words! {
    /// How the answer is wanted.
    Rule::Template;
    PreferredChannel {
        /// Through the network, as the request came.
        Network = "network",
        /// By mail.
        Email = "email",
        /// By telephone.
        Telephone = "telephone",
        /// By fax.
        Fax = "fax",
    }
}

/// New or extension, and under which reference. The date of the request is when the message was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reference {
    /// New or extension.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub request_type: Option<Stated<RequestType>>,
    /// The reference number of the contact point that asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<Line>,
    /// For an extension: the number of the earlier ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earlier_ticket: Option<Line>,
}

/// The contact point that asks. The officer is the author of the message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Office {
    /// Its official name.
    pub name: Line,
    /// City.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<Line>,
    /// Country, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<Line>,
    /// Telephone, in international form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub telephone: Option<Line>,
    /// Fax, in international form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fax: Option<Line>,
    /// Mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Line>,
    /// When it is staffed, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub office_hours: Option<Line>,
    /// Its IANA zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<Zone>,
    /// How the answer is wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_channel: Option<Stated<PreferredChannel>>,
    /// Who can confirm that the request is genuine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed_by: Option<ConfirmedBy>,
}

/// A person who can confirm the request by voice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ConfirmedBy {
    /// The person's name or function.
    pub name: Line,
    /// Telephone, in international form.
    pub telephone: Line,
}

/// The prosecution or law enforcement authority on whose behalf the request is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Authority {
    /// Its name.
    pub name: Line,
    /// Its case or file number.
    pub case_number: Line,
    /// The official in charge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub official: Option<Line>,
    /// Postal address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Line>,
    /// Telephone, in international form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub telephone: Option<Line>,
    /// Mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Line>,
}

impl Form for Reference {
    fn read(section: &mut Section<'_>) -> Self {
        Reference {
            request_type: section.optional("type"),
            reference: section.optional("reference"),
            earlier_ticket: section.optional("earlier_ticket"),
        }
    }
}

impl Form for Office {
    fn read(section: &mut Section<'_>) -> Self {
        Office {
            name: section.required(
                "name",
                Need::new(Rule::C29_2A, "name the contact point that asks"),
            ),
            city: section.optional("city"),
            country: section.optional("country"),
            telephone: section.optional("telephone"),
            fax: section.optional("fax"),
            email: section.optional("email"),
            office_hours: section.optional("office_hours"),
            time_zone: section.optional("time_zone"),
            preferred_channel: section.optional("preferred_channel"),
            confirmed_by: section.optional_form("confirmed_by"),
        }
    }
}

impl Form for ConfirmedBy {
    fn read(section: &mut Section<'_>) -> Self {
        ConfirmedBy {
            name: section.required(
                "name",
                Need::new(Rule::Template, "name who can confirm the request"),
            ),
            telephone: section.required(
                "telephone",
                Need::new(Rule::Template, "give the number to call for confirmation"),
            ),
        }
    }
}

impl Form for Authority {
    fn read(section: &mut Section<'_>) -> Self {
        const NAME: &str = "name the prosecution or law enforcement authority on whose behalf this is sent";
        Authority {
            name: section.required("name", Need::new(Rule::C29_2A, NAME)),
            case_number: section.required(
                "case_number",
                Need::new(Rule::C29_2A, "give that authority's case or file number"),
            ),
            official: section.optional("official"),
            address: section.optional("address"),
            telephone: section.optional("telephone"),
            email: section.optional("email"),
        }
    }
}

/// What the checklist and the template ask of a sender.
pub(in crate::message) fn check(request: &PreservationRequest, examination: &mut Examination<'_>) {
    let reference = request.request.as_ref();
    let request_type = reference.and_then(|reference| reference.request_type.as_ref());
    let own = reference.and_then(|reference| reference.reference.as_ref());
    examination.advise_if_absent(
        own,
        Rule::Checklist,
        "request.reference",
        "give your reference number",
    );
    examination.advise_if_absent(
        request_type,
        Rule::Template,
        "request.type",
        "write new or extension",
    );
    let earlier = reference.and_then(|reference| reference.earlier_ticket.as_ref());
    let is_extension = request_type.is_some_and(|stated| stated.is(RequestType::Extension));
    if is_extension && earlier.is_none() {
        let mend = "give the number of the ticket that is to be extended";
        examination.advise(Rule::Template, "request.earlier_ticket", "was left out", mend);
    }
    if !is_extension && earlier.is_some() {
        let what = "there is an earlier ticket, but the request is no extension";
        examination.advise(Rule::Template, "request.type", what, "write type = \"extension\"");
    }
    check_office(&request.office, &request.authority, examination);
}

/// How the other side can reach the sender.
pub(in crate::message) fn check_office(
    office: &Office,
    authority: &Authority,
    examination: &mut Examination<'_>,
) {
    let author = examination.around.author;
    let lines = [
        (
            "office.telephone",
            office
                .telephone
                .as_ref()
                .or(author.and_then(|a| a.telephone.as_ref())),
        ),
        (
            "office.fax",
            office.fax.as_ref().or(author.and_then(|a| a.fax.as_ref())),
        ),
        (
            "office.email",
            office.email.as_ref().or(author.and_then(|a| a.email.as_ref())),
        ),
        ("office.city", office.city.as_ref()),
        ("office.country", office.country.as_ref()),
        ("authority.official", authority.official.as_ref()),
        ("authority.telephone", authority.telephone.as_ref()),
    ];
    for (field, line) in lines {
        examination.advise_if_absent(
            line,
            Rule::Checklist,
            field,
            "the other side may need to reach you",
        );
    }
    let template = [
        (
            "office.office_hours",
            office.office_hours.is_some(),
            "say when the office is staffed",
        ),
        (
            "office.time_zone",
            office.time_zone.is_some(),
            "give the zone, such as Europe/Bucharest",
        ),
        (
            "office.preferred_channel",
            office.preferred_channel.is_some(),
            "say how you want the answer",
        ),
        (
            "office.confirmed_by",
            office.confirmed_by.is_some(),
            "say who can confirm the request by voice",
        ),
    ];
    for (field, _, mend) in template.into_iter().filter(|(_, is_written, _)| !is_written) {
        examination.advise(Rule::Template, field, "was left out", mend);
    }
}
