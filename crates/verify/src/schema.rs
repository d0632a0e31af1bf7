//! Holds what is really printed against the checked-in schemas, in both directions: no field that a schema
//! does not have, and no field of a schema that is not there.
//!
//! The few words of JSON Schema (2020-12) that the two schemas use are all that is understood here; a word
//! that is not makes the test fail.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;

use serde_json::Value;

use crate::check::check_ledger_with;
use crate::options::{Options, Sample as Chosen};
use crate::period::Period;
use crate::sample::{Network, Sample, at};
use crate::trust::Sources;

const LEDGER: &str = include_str!("../schema/ledger.schema.json");
const BUNDLE: &str = include_str!("../schema/bundle.schema.json");
const FORK: &str = include_str!("../schema/fork.schema.json");
const PERIOD: &str = include_str!("../schema/period.schema.json");

/// What is wrong with a value by a schema, with the place.
fn faults(value: &Value, schema: &Value, place: &str) -> Vec<String> {
    let fault = |what: &str| vec![format!("{place}: {what}: {value}")];
    let mut found = Vec::new();
    for (word, rule) in schema.as_object().unwrap() {
        found.extend(match word.as_str() {
            "$schema" | "title" | "description" => Vec::new(),
            "$ref" => {
                assert_eq!(rule, "ledger.schema.json");
                faults(value, &serde_json::from_str(LEDGER).unwrap(), place)
            }
            "const" if value != rule => fault("another constant"),
            "enum" if !rule.as_array().unwrap().contains(value) => fault("none of those"),
            "const" | "enum" => Vec::new(),
            "type" => {
                let types = rule.as_array().cloned().unwrap_or(vec![rule.clone()]);
                if types.iter().any(|name| is_of_type(value, name)) {
                    Vec::new()
                } else {
                    fault("another type")
                }
            }
            "minimum" => match value.as_u64() {
                Some(number) if number < rule.as_u64().unwrap() => fault("too small"),
                _ => Vec::new(),
            },
            "items" => {
                let items = value.as_array().into_iter().flatten().enumerate();
                items
                    .flat_map(|(at, item)| faults(item, rule, &format!("{place}/{at}")))
                    .collect()
            }
            "required" => {
                let Some(object) = value.as_object() else { continue };
                let names = rule.as_array().unwrap().iter().map(|name| name.as_str().unwrap());
                names
                    .filter(|name| !object.contains_key(*name))
                    .flat_map(fault)
                    .collect()
            }
            "properties" | "additionalProperties" => continue,
            word => panic!("{word} is not understood here"),
        });
    }
    for (name, field) in value.as_object().into_iter().flatten() {
        let place = format!("{place}/{name}");
        found.extend(
            match (&schema["properties"][name], &schema["additionalProperties"]) {
                (Value::Null, Value::Bool(false)) => vec![format!("{place}: not in the schema")],
                (Value::Null, rule) if rule.is_object() => faults(field, rule, &place),
                (Value::Null, _) => Vec::new(),
                (rule, _) => faults(field, rule, &place),
            },
        );
    }
    found
}

fn is_of_type(value: &Value, name: &Value) -> bool {
    match name.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        name => panic!("{name} is not understood here"),
    }
}

fn assert_fits(document: &str, schema: &str) {
    let (document, schema) = (
        serde_json::from_str(document).unwrap(),
        serde_json::from_str(schema).unwrap(),
    );
    let found = faults(&document, &schema, "");
    assert!(found.is_empty(), "{found:#?}");
}

/// Everything that a report can hold, good and bad.
#[test]
fn what_is_printed_fits_the_schemas() {
    let network = Network::new();
    let sample = Sample::new(&network, &network.entries());
    let (policy, kept) = (sample.beside("policy"), sample.beside("kept"));
    let log = network.xa.ledger.verifier_key();
    fs::write(&policy, format!("log {log}\nquorum none\n")).unwrap();
    fs::write(&kept, network.xa.early_checkpoint()).unwrap();
    let sources = Sources {
        policy: Some(policy),
        since: Some(kept),
        ..Sources::default()
    };
    let (from, until) = (at(0), at(1_000));
    let everything = Options {
        sample: Some(Chosen { count: 5, seed: 5 }),
        period: Some(Period { from, until }),
        ..Options::default()
    };
    let check = |sources: &Sources, options: &Options| {
        let (report, list) = check_ledger_with(&sample.export(), sources, options, &mut |_, _| {});
        assert_fits(&report.to_json(), LEDGER);
        assert_fits(&list.to_json(&report), PERIOD);
        report
    };
    check(&Sources::default(), &Options::default());
    let report = check(&sources, &everything);
    assert!(report.policy.is_some() && report.since.is_some() && !report.findings().is_empty());
    fs::remove_file(sample.beside("directory.cose")).unwrap();
    check(&sources, &everything);
    fs::remove_dir_all(sample.export()).unwrap();
    check(&sources, &everything);
}

#[test]
fn what_is_said_of_forks_fits_its_schema() {
    let network = Network::new();
    let heads = |root: &[u8]| {
        let head = ledger::checkpoint::Checkpoint {
            origin: network.xa.ledger.name().to_owned(),
            size: 1,
            root: ledger::hash::leaf_hash(root),
        };
        ledger::head::SignedHead::sign(head, &network.xa.ledger).unwrap()
    };
    let proof = ledger::fork::ForkProof::of_one_size(&heads(b"one"), &heads(b"other")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("proof");
    let key = [network.xa.ledger.verifier_key().to_string()];
    assert_fits(&crate::fork::check_fork(&file, &key).to_json(), FORK);
    fs::write(&file, proof.to_string()).unwrap();
    assert_fits(&crate::fork::check_fork(&file, &key).to_json(), FORK);
    fs::write(&file, "nothing").unwrap();
    assert_fits(&crate::fork::check_fork(&file, &key).to_json(), FORK);
}

#[test]
fn what_is_said_of_bundles_fits_its_schema() {
    let [good, bad, none] = crate::bundle::sample::reports();
    assert!(good.bundle.is_some() && good.report.policy.is_some());
    assert!(!bad.report.findings().is_empty() && !bad.report.not_checked().is_empty());
    assert!(none.bundle.is_none());
    for report in [good, bad, none] {
        assert_fits(&report.to_json(), BUNDLE);
    }
}

/// The check would be worth nothing if it accepted everything.
#[test]
fn documents_of_another_form_do_not_fit() {
    let network = Network::new();
    let sample = Sample::new(&network, &network.entries());
    let report = crate::check::check_ledger(&sample.export(), &Sources::default());
    let schema: Value = serde_json::from_str(LEDGER).unwrap();
    let good: Value = serde_json::from_str(&report.to_json()).unwrap();
    assert!(faults(&good, &schema, "").is_empty());
    for (name, value) in [
        ("result", Value::from("perhaps")),
        ("exit_code", Value::from(2)),
        ("findings_total", Value::from(-1)),
        ("findings", Value::from("none")),
        ("ledger", serde_json::json!({ "origin": "x", "size": 1 })),
        ("new", Value::Null),
    ] {
        let mut bad = good.clone();
        bad[name] = value;
        assert_eq!(faults(&bad, &schema, "").len(), 1, "{name}");
    }
    for name in good.as_object().unwrap().keys() {
        let mut bad = good.clone();
        bad.as_object_mut().unwrap().remove(name);
        assert_eq!(faults(&bad, &schema, "").len(), 1, "without {name}");
    }
}
