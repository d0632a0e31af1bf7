//! One table of a document: the fields that its form knows, asked for one by one.

use serde_json::{Map, Value};

use super::word::read_word;
use super::{Field, Findings, Stated, Word};
use crate::limits::LIST_ELEMENTS_MAX;
use crate::rule::Rule;

/// Why a field must be there, and what to tell somebody who left it out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Need {
    pub(crate) rule: Rule,
    pub(crate) mend: &'static str,
}

impl Need {
    pub(crate) const fn new(rule: Rule, mend: &'static str) -> Self {
        Need { rule, mend }
    }
}

/// A group of fields that is read from one table.
pub(crate) trait Form: Sized {
    /// Takes every field that it knows from the section. Of a section that is missing it takes nothing, and
    /// says nothing: the missing section was said already.
    fn read(section: &mut Section<'_>) -> Self;
}

/// One table of a document, or the place where one is missing.
pub(crate) struct Section<'a> {
    map: Option<&'a Map<String, Value>>,
    place: String,
    known: Vec<&'static str>,
    pub(crate) findings: &'a mut Findings,
}

impl<'a> Section<'a> {
    pub(crate) fn new(
        map: Option<&'a Map<String, Value>>,
        place: impl Into<String>,
        findings: &'a mut Findings,
    ) -> Self {
        Section {
            map,
            place: place.into(),
            known: Vec::new(),
            findings,
        }
    }

    /// The path of one of our fields.
    pub(crate) fn path(&self, key: &str) -> String {
        if self.place.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.place)
        }
    }

    /// The value of a field that has one; a blank one counts as left out.
    pub(crate) fn take(&mut self, key: &'static str) -> Option<&'a Value> {
        self.known.push(key);
        self.map
            .and_then(|map| map.get(key))
            .filter(|value| !is_blank(value))
    }

    /// Whether the field was written at all, even if blank.
    fn was_written(&self, key: &str) -> bool {
        self.map.is_some_and(|map| map.contains_key(key))
    }

    /// A field that must be there. Where it is not, the default stands for *absent*.
    pub(crate) fn required<T: Field + Default>(&mut self, key: &'static str, need: Need) -> T {
        self.needed(key, need).unwrap_or_default()
    }

    /// A field that must be there, of a type that has no value for *absent*.
    pub(crate) fn needed<T: Field>(&mut self, key: &'static str, need: Need) -> Option<T> {
        match self.take(key) {
            Some(value) => T::read(value, &self.path(key), self.findings),
            None => {
                self.missing(key, need);
                None
            }
        }
    }

    /// A field that may be left out.
    pub(crate) fn optional<T: Field>(&mut self, key: &'static str) -> Option<T> {
        let value = self.take(key)?;
        T::read(value, &self.path(key), self.findings)
    }

    /// A permitted word that must be there; any other word breaks the same rule as none.
    pub(crate) fn word<T: Word>(&mut self, key: &'static str, need: Need) -> Stated<T> {
        match self.take(key) {
            Some(value) => {
                let place = self.path(key);
                read_word(value, &place, need.rule, self.findings).unwrap_or_default()
            }
            None => {
                self.missing(key, need);
                Stated::default()
            }
        }
    }

    /// A permitted word that may be left out; any other word breaks this rule.
    pub(crate) fn optional_word<T: Word>(&mut self, key: &'static str, rule: Rule) -> Option<Stated<T>> {
        let value = self.take(key)?;
        read_word(value, &self.path(key), rule, self.findings)
    }

    /// A list that must have at least one element.
    pub(crate) fn list<T: Field>(&mut self, key: &'static str, need: Need) -> Vec<T> {
        match self.take(key) {
            Some(value) => self.elements(key, value),
            None => {
                self.missing(key, need);
                Vec::new()
            }
        }
    }

    /// A list that may be left out or empty.
    pub(crate) fn optional_list<T: Field>(&mut self, key: &'static str) -> Vec<T> {
        match self.take(key) {
            Some(value) => self.elements(key, value),
            None => Vec::new(),
        }
    }

    /// A table that must be there.
    pub(crate) fn form<T: Form>(&mut self, key: &'static str, need: Need) -> T {
        let place = self.path(key);
        match self.take(key) {
            Some(value) => read_form(value, &place, self.findings),
            None => {
                self.missing(key, need);
                T::read(&mut Section::new(None, place, self.findings))
            }
        }
    }

    /// A table that must be there, of a form that is shared with preservation requests: what Article 29(2)
    /// demands of it there, the rule of the need demands here.
    pub(crate) fn form_under<T: Form>(&mut self, key: &'static str, need: Need) -> T {
        self.under(need.rule, |section| section.form(key, need))
    }

    /// Reads fields of forms that are shared with preservation requests under another rule.
    pub(crate) fn under<T>(&mut self, rule: Rule, read: impl FnOnce(&mut Self) -> T) -> T {
        let known = self.findings.faults.len();
        let value = read(self);
        for fault in self.findings.faults.iter_mut().skip(known) {
            fault.rule = fault.rule.within(rule);
        }
        value
    }

    /// A table that may be left out.
    pub(crate) fn optional_form<T: Form>(&mut self, key: &'static str) -> Option<T> {
        let place = self.path(key);
        self.take(key)
            .map(|value| read_form(value, &place, self.findings))
    }

    /// Reports what nobody asked for. To be called once all known fields were taken.
    pub(crate) fn finish(self) {
        let Some(map) = self.map else { return };
        for (key, value) in map {
            if !self.known.contains(&key.as_str()) {
                let place = self.path(key);
                self.findings.unknown(place, key, value, &self.known);
            }
        }
    }

    fn missing(&mut self, key: &'static str, need: Need) {
        if self.map.is_some() {
            let what = if self.was_written(key) {
                "is empty"
            } else {
                "is missing"
            };
            let place = self.path(key);
            self.findings.fault(need.rule, &place, what, need.mend);
        }
    }

    fn elements<T: Field>(&mut self, key: &'static str, value: &Value) -> Vec<T> {
        let place = self.path(key);
        let Value::Array(elements) = value else {
            self.findings
                .fault(Rule::Form, &place, "is not a list", "write it as [ ... ]");
            return Vec::new();
        };
        if elements.len() > LIST_ELEMENTS_MAX {
            let what = format!("has {} elements", elements.len());
            let mend = format!("at most {LIST_ELEMENTS_MAX} fit into one message; send the rest in another");
            self.findings.fault(Rule::Limits, &place, what, mend);
        }
        let read = |(index, element)| T::read(element, &format!("{place}[{index}]"), self.findings);
        elements.iter().enumerate().filter_map(read).collect()
    }
}

/// Reads a table, and reports what its form does not know.
pub(crate) fn read_form<T: Form>(value: &Value, place: &str, findings: &mut Findings) -> T {
    let map = value.as_object();
    if map.is_none() {
        findings.fault(
            Rule::Form,
            place,
            "is not a table",
            "write its fields below a [heading] or in { }",
        );
    }
    let mut section = Section::new(map, place, findings);
    let form = T::read(&mut section);
    section.finish();
    form
}

/// Forms are fields too, so that lists of them can be read.
impl<T: Form> Field for T {
    fn read(value: &Value, place: &str, findings: &mut Findings) -> Option<Self> {
        Some(read_form(value, place, findings))
    }
}

/// What a person leaves blank in a form is left out.
fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(map) => match map.get("text") {
            Some(Value::String(text)) => text.trim().is_empty(),
            _ => false,
        },
        Value::Bool(_) | Value::Number(_) => false,
    }
}
