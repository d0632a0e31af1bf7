#![allow(clippy::unwrap_used, clippy::expect_used)]

mod document;

use super::{Fault, Faults, Rule};
use crate::limits::FAULTS_MAX;

#[test]
fn every_rule_has_a_name_of_its_own_a_source_and_a_meaning() {
    let mut names: Vec<&str> = Rule::ALL.iter().map(|rule| rule.name()).collect();
    for rule in Rule::ALL {
        assert!(
            !rule.source().is_empty() && rule.meaning().ends_with('.'),
            "{rule}"
        );
        assert_eq!(rule.name().parse::<Rule>().unwrap(), *rule);
        assert_eq!(rule.to_string().parse::<Rule>().unwrap(), *rule);
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Rule::ALL.len());
    assert_eq!(Rule::C29_2E.source(), "Article 29(2)(e)");
    assert!("C29-99".parse::<Rule>().is_err());
}

#[test]
fn faults_are_shown_one_per_line_and_are_never_none() {
    let first = Fault::new(Rule::C29_2E, "preservation.necessity", "is missing", "say why");
    let second = Fault::new(Rule::Form, "", "is not a form", "write one");
    let faults = Faults::from_list(vec![first, second]).unwrap();
    let shown = "preservation.necessity: is missing [C29-2-E]; say why\nis not a form [FORM]; write one";
    assert_eq!(faults.to_string(), shown);
    assert_eq!(Faults::from_list(Vec::new()), None);
    let many = vec![Fault::new(Rule::Form, "x", "y", "z"); FAULTS_MAX + 1];
    assert_eq!(Faults::from_list(many).unwrap().as_slice().len(), FAULTS_MAX);
}
