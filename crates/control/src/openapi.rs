//! The API as an OpenAPI 3.1 document, for national case systems that connect to the node.
//!
//! Built from the table below and the types' own schemas; checked in as `crates/control/openapi.json`,
//! compared by a test. `OHRID_REGENERATE=1 cargo test -p control` writes it anew.

mod operations;

use utoipa::ToSchema;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ComponentsBuilder, ObjectBuilder, Type};
use utoipa::openapi::{
    ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, PathItem, PathsBuilder, Ref, RefOr, Required,
    Response, ResponseBuilder, Schema,
};

use crate::events::Event;
use crate::headers::{IDEMPOTENCY_KEY, OFFICER};
use crate::types;

use operations::{Body, Kind, OPERATIONS, Operation};

/// The document.
#[must_use]
pub fn document() -> OpenApi {
    let mut paths = PathsBuilder::new().build();
    for operation in OPERATIONS {
        let method = match operation.kind {
            Kind::Get => HttpMethod::Get,
            Kind::Post | Kind::Write | Kind::Upload => HttpMethod::Post,
        };
        let described = describe(operation);
        // The wildcard is a router's spelling; OpenAPI has none.
        let path = operation.path.replace("{*path}", "{path}");
        match paths.paths.get_mut(&path) {
            Some(item) => item.merge_operations(PathItem::new(method, described)),
            None => {
                paths.paths.insert(path, PathItem::new(method, described));
            }
        }
    }
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Ohrid node, local API")
                .version("1")
                .description(Some(
                    "HTTP/1.1 and JSON on the Unix socket control.sock in the node's folder. \
                     Every answer carries ohrid-request-id. Every error is a Problem.",
                ))
                .build(),
        )
        .paths(paths)
        .components(Some(components()))
        .build()
}

/// The document as it is checked in: indented JSON with a final line feed.
#[must_use]
pub fn document_text() -> String {
    // It holds text, numbers and lists only, which serde_json always writes.
    let mut text = document().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

fn components() -> utoipa::openapi::Components {
    let mut schemas = Vec::new();
    collect::<types::Problem>(&mut schemas);
    collect::<types::NodeStatus>(&mut schemas);
    collect::<types::DirectorySummary>(&mut schemas);
    collect::<types::CheckRequest>(&mut schemas);
    collect::<types::CheckReport>(&mut schemas);
    collect::<types::SendRequest>(&mut schemas);
    collect::<types::Sent>(&mut schemas);
    collect::<types::StoredDraft>(&mut schemas);
    collect::<types::DraftDetail>(&mut schemas);
    collect::<types::MessageStatus>(&mut schemas);
    collect::<types::StagedAttachment>(&mut schemas);
    collect::<types::MessageAttachments>(&mut schemas);
    collect::<types::ReceiptDocument>(&mut schemas);
    collect::<types::InboxItem>(&mut schemas);
    collect::<types::CaseSummary>(&mut schemas);
    collect::<types::CaseDetail>(&mut schemas);
    collect::<types::Alarm>(&mut schemas);
    collect::<types::RelatedCase>(&mut schemas);
    collect::<types::Officer>(&mut schemas);
    collect::<types::NewOfficer>(&mut schemas);
    collect::<types::Approval>(&mut schemas);
    collect::<types::Review>(&mut schemas);
    collect::<types::Wait>(&mut schemas);
    collect::<types::PreflightReport>(&mut schemas);
    collect::<types::PeerDetail>(&mut schemas);
    collect::<types::PeerTest>(&mut schemas);
    collect::<types::KeyTerm>(&mut schemas);
    collect::<types::Reloaded>(&mut schemas);
    collect::<types::LedgerLog>(&mut schemas);
    collect::<types::LedgerRange>(&mut schemas);
    collect::<types::TimeStampSummary>(&mut schemas);
    collect::<types::CaseOrder>(&mut schemas);
    collect::<types::ErasureOrder>(&mut schemas);
    collect::<types::Erasure>(&mut schemas);
    collect::<types::LegalHold>(&mut schemas);
    collect::<types::RetentionReport>(&mut schemas);
    collect::<Event>(&mut schemas);
    ComponentsBuilder::new().schemas_from_iter(schemas).build()
}

/// A type's schema, and those of the types that it is made of.
fn collect<T: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
}

fn describe(operation: &Operation) -> utoipa::openapi::path::Operation {
    let mut builder = OperationBuilder::new()
        .operation_id(Some(operation.id))
        .summary(Some(operation.summary))
        .response(operation.status, answer(operation))
        .response("default", problem());
    for name in names_in(operation.path) {
        builder = builder.parameter(parameter(
            name,
            ParameterIn::Path,
            Required::True,
            "As in the path.",
        ));
    }
    for (name, description) in operation.query {
        builder = builder.parameter(parameter(name, ParameterIn::Query, Required::False, description));
    }
    if matches!(operation.kind, Kind::Write | Kind::Upload) {
        let key = "A UUID; the same key again is the same write, done once.";
        builder = builder
            .parameter(parameter(
                IDEMPOTENCY_KEY,
                ParameterIn::Header,
                Required::True,
                key,
            ))
            .parameter(parameter(
                OFFICER,
                ParameterIn::Header,
                Required::True,
                "The officer who acts.",
            ));
    }
    let request = match operation.kind {
        Kind::Upload => Some(("application/octet-stream", text())),
        _ => operation
            .request
            .map(|name| ("application/json", reference(name))),
    };
    if let Some((media_type, schema)) = request {
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let body = RequestBodyBuilder::new()
            .content(media_type, content)
            .required(Some(Required::True))
            .build();
        builder = builder.request_body(Some(body));
    }
    builder.build()
}

fn answer(operation: &Operation) -> Response {
    let builder = ResponseBuilder::new().description(operation.summary);
    let (media_type, schema) = match operation.answer {
        Body::Json(name) => ("application/json", reference(name)),
        Body::JsonList(name) => {
            let list = utoipa::openapi::schema::ArrayBuilder::new()
                .items(reference(name))
                .build();
            ("application/json", RefOr::T(Schema::Array(list)))
        }
        Body::Document => ("application/json", object()),
        Body::Text => ("text/plain; charset=utf-8", text()),
        Body::Bytes(media_type) => (media_type, text()),
        Body::Events => ("text/event-stream", reference(&Event::name())),
        Body::Nothing => return builder.build(),
    };
    builder
        .content(media_type, ContentBuilder::new().schema(Some(schema)).build())
        .build()
}

fn problem() -> Response {
    let content = ContentBuilder::new().schema(Some(reference("Problem"))).build();
    ResponseBuilder::new()
        .description("Why it was not done.")
        .content("application/json", content)
        .build()
}

fn parameter(
    name: &str,
    place: ParameterIn,
    required: Required,
    description: &str,
) -> utoipa::openapi::path::Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(required)
        .description(Some(description))
        .schema(Some(text()))
        .build()
}

fn reference(name: &str) -> RefOr<Schema> {
    RefOr::Ref(Ref::from_schema_name(name))
}

fn object() -> RefOr<Schema> {
    RefOr::T(Schema::Object(
        ObjectBuilder::new().schema_type(Type::Object).build(),
    ))
}

fn text() -> RefOr<Schema> {
    RefOr::T(Schema::Object(
        ObjectBuilder::new().schema_type(Type::String).build(),
    ))
}

fn names_in(path: &str) -> impl Iterator<Item = &str> {
    path.split('{')
        .skip(1)
        .filter_map(|rest| rest.split('}').next())
        .map(|name| name.trim_start_matches('*'))
}

#[cfg(test)]
mod tests;
