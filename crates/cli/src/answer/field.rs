//! One option of a verb, and the field of the form that it fills in.

use std::collections::BTreeMap;

use clap::{Arg, ArgAction, ArgMatches};
use jiff::Zoned;
use serde_json::{Map, Value};

use crate::failure::Failure;
use crate::when;

/// What was typed, by option.
pub(super) type Given = BTreeMap<&'static str, Vec<String>>;

/// One option, and where in the form it goes.
#[derive(Debug)]
pub(crate) struct Field {
    /// The option without its dashes; for an argument without dashes, its name.
    pub(super) option: &'static str,
    help: &'static str,
    shape: Shape,
    /// The field, where it is not called like the option.
    path: Option<&'static str>,
    /// What is meant where nothing was said.
    otherwise: Otherwise,
    /// The option without which this one makes no sense.
    requires: Option<&'static str>,
}

/// What an option holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// A text.
    Text,
    /// A word, given without an option's name, and what it is called in usage lines.
    Argument(&'static str),
    /// One of a few words.
    Word,
    /// A point of time.
    Time,
    /// Nothing: that it is there means yes.
    Yes,
    /// A text, several times: a list of them.
    Texts,
    /// A text, several times: each goes into its own element of a list of tables.
    Column,
    /// A condition of this type, several times.
    Condition(&'static str),
}

/// What is meant where nothing was said.
#[derive(Debug, Clone, Copy)]
enum Otherwise {
    /// Nothing.
    Nothing,
    /// This, unless a file was given, which says it or leaves it out.
    Always(&'static str),
    /// This, where the other option was given.
    With(&'static str, &'static str),
}

/// A text.
pub(super) const fn text(option: &'static str, help: &'static str) -> Field {
    field(option, help, Shape::Text)
}

/// A word without an option's name before it.
pub(super) const fn argument(name: &'static str, shown: &'static str, help: &'static str) -> Field {
    field(name, help, Shape::Argument(shown))
}

/// One of a few words.
pub(super) const fn word(option: &'static str, help: &'static str) -> Field {
    field(option, help, Shape::Word)
}

/// A point of time.
pub(super) const fn time(option: &'static str, help: &'static str) -> Field {
    field(option, help, Shape::Time)
}

/// What is said by being there.
pub(super) const fn yes(option: &'static str, help: &'static str) -> Field {
    field(option, help, Shape::Yes)
}

/// A list of texts.
pub(super) const fn texts(option: &'static str, help: &'static str) -> Field {
    field(option, help, Shape::Texts)
}

/// A column of a list of tables: the first goes into the first, the second into the second.
pub(super) const fn column(option: &'static str, help: &'static str) -> Field {
    field(option, help, Shape::Column)
}

/// A condition.
pub(super) const fn condition(option: &'static str, kind: &'static str, help: &'static str) -> Field {
    field(option, help, Shape::Condition(kind)).at("conditions")
}

const fn field(option: &'static str, help: &'static str, shape: Shape) -> Field {
    Field {
        option,
        help,
        shape,
        path: None,
        otherwise: Otherwise::Nothing,
        requires: None,
    }
}

impl Field {
    /// The field of the form, where it is not called like the option: `order.until`.
    pub(super) const fn at(mut self, path: &'static str) -> Self {
        self.path = Some(path);
        self
    }

    /// What is meant where neither this option nor a file is given.
    pub(super) const fn otherwise(mut self, value: &'static str) -> Self {
        self.otherwise = Otherwise::Always(value);
        self
    }

    /// What is meant where this option is left out, and the other one is given.
    pub(super) const fn with(mut self, other: &'static str, value: &'static str) -> Self {
        self.otherwise = Otherwise::With(other, value);
        self
    }

    /// The option without which this one makes no sense.
    pub(super) const fn requires(mut self, other: &'static str) -> Self {
        self.requires = Some(other);
        self
    }

    /// How it is typed: `--reference TEXT`.
    pub(super) fn usage(&self) -> String {
        match self.shape {
            Shape::Yes => format!("--{}", self.option),
            Shape::Argument(shown) => shown.to_owned(),
            _ => format!("--{} {}", self.option, self.value_name()),
        }
    }

    /// How well a field of a fault is this one: not at all, or the less the better.
    pub(super) fn distance(&self, fault: &str) -> Option<u8> {
        let path = self.path();
        let is_within = |part: &str, whole: &str| {
            let rest = part.strip_prefix(whole);
            rest.is_some_and(|rest| rest.starts_with('.'))
        };
        match () {
            () if path == fault => Some(0),
            () if is_within(fault, &path) => Some(1),
            () if is_within(&path, fault) => Some(2),
            () => None,
        }
    }

    pub(super) fn argument(&self) -> Arg {
        let argument = Arg::new(self.option).help(self.help);
        let argument = match self.shape {
            Shape::Argument(shown) => return argument.value_name(shown),
            Shape::Yes => argument.action(ArgAction::SetTrue),
            Shape::Texts | Shape::Column | Shape::Condition(_) => {
                argument.action(ArgAction::Append).value_name(self.value_name())
            }
            Shape::Text | Shape::Word | Shape::Time => argument.value_name(self.value_name()),
        };
        let argument = argument.long(self.option).allow_hyphen_values(false);
        match self.requires {
            Some(other) => argument.requires(other),
            None => argument,
        }
    }

    /// What was typed for it.
    pub(super) fn given(&self, matches: &ArgMatches) -> Option<Vec<String>> {
        if self.shape == Shape::Yes {
            return matches.get_flag(self.option).then(Vec::new);
        }
        let values = matches.get_many::<String>(self.option)?;
        Some(values.cloned().collect())
    }

    /// Puts what was typed, or what is meant otherwise, into the form.
    pub(super) fn fill(
        &self,
        form: &mut Map<String, Value>,
        given: &Given,
        has_file: bool,
        now: &Zoned,
    ) -> Result<(), Failure> {
        let meant = match self.otherwise {
            Otherwise::Always(value) if !has_file => Some(vec![value.to_owned()]),
            Otherwise::With(other, value) if given.contains_key(other) && !has_file => {
                Some(vec![value.to_owned()])
            }
            _ => None,
        };
        let Some(values) = given.get(self.option).cloned().or(meant) else {
            return Ok(());
        };
        let path = self.path();
        let first = || values.first().cloned().unwrap_or_default();
        let value = match self.shape {
            Shape::Text | Shape::Word | Shape::Argument(_) => Value::from(first()),
            Shape::Time => when::parse_point(&first(), now)?.into(),
            Shape::Yes => true.into(),
            Shape::Texts => values.into(),
            Shape::Column => {
                fill_column(form, &path, values);
                return Ok(());
            }
            Shape::Condition(kind) => conditions(form, &path, kind, &values),
        };
        set(form, &path, value);
        Ok(())
    }

    /// Whether it stands without an option's name.
    pub(super) fn is_argument(&self) -> bool {
        matches!(self.shape, Shape::Argument(_))
    }

    /// Whether several options write into the same list.
    pub(super) fn gathers(&self) -> bool {
        matches!(self.shape, Shape::Condition(_))
    }

    /// The field of the form.
    pub(super) fn path(&self) -> String {
        match self.path {
            Some(path) => path.to_owned(),
            None => self.option.replace('-', "_"),
        }
    }

    fn value_name(&self) -> &'static str {
        match self.shape {
            Shape::Time => "TIME",
            Shape::Word => "WORD",
            Shape::Argument(shown) => shown,
            _ => "TEXT",
        }
    }
}

/// Puts a value where a path such as `order.until` says.
fn set(form: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            form.insert(path.to_owned(), value);
        }
        Some((table, rest)) => {
            let inside = form.entry(table).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inside) = inside {
                set(inside, rest, value);
            }
        }
    }
}

/// Puts each value into its own element of the list: `providers.name`.
fn fill_column(form: &mut Map<String, Value>, path: &str, values: Vec<String>) {
    let (list, name) = path.split_once('.').unwrap_or((path, "name"));
    let list = form.entry(list).or_insert_with(|| Value::Array(Vec::new()));
    let Value::Array(list) = list else {
        return;
    };
    for (number, value) in values.into_iter().enumerate() {
        if list.len() <= number {
            list.push(Value::Object(Map::new()));
        }
        if let Some(Value::Object(element)) = list.get_mut(number) {
            element.insert(name.to_owned(), value.into());
        }
    }
}

/// The conditions so far, and these.
fn conditions(form: &Map<String, Value>, path: &str, kind: &str, wordings: &[String]) -> Value {
    let mut all = match form.get(path) {
        Some(Value::Array(all)) => all.clone(),
        _ => Vec::new(),
    };
    all.extend(
        wordings
            .iter()
            .map(|wording| serde_json::json!({ "type": kind, "wording": wording })),
    );
    all.into()
}
