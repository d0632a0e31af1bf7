#![allow(clippy::unwrap_used, clippy::expect_used)]

use clap::CommandFactory;

use super::*;

fn parse(line: &str) -> Result<Arguments, clap::Error> {
    Arguments::try_parse_from(line.split(' '))
}

#[test]
fn the_definition_is_consistent() {
    Arguments::command().debug_assert();
}

#[test]
fn every_command_of_the_design_is_understood() {
    for line in [
        "ohrid demo",
        "ohrid demo --dir d --keep",
        "ohrid node init --party XA --name node.xa.example --dir d --contact-point police --profile pqc",
        "ohrid node status --json",
        "ohrid node stop",
        "ohrid directory init --network n --dir d",
        "ohrid directory add a b --dir d",
        "ohrid directory sign --expires-in 30d --dir d",
        "ohrid directory show f",
        "ohrid directory verify f --key ed25519:6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=",
        "ohrid request new --form preservation --to XB/police --output f",
        "ohrid request new --from-file f --to XB/police --dry-run",
        "ohrid request check f --to XB/police --offline",
        "ohrid request send f --to XB/police --from XA/police --priority urgent --wait delivered",
        "ohrid request send f --case 0193 --to XB/police --to XC/police",
        "ohrid request template",
        "ohrid request template drill --output f",
        "ohrid inbox --no-input",
        "ohrid case list",
        "ohrid case show 0193",
        "ohrid answer acknowledge 0193 --reference r --next-steps n --officer o",
        "ohrid answer preserve 0193 --until +90d --scope s --wait delivered",
        "ohrid answer refuse 0193 --article 29(5)(b) --ground essential-interests --reasons r",
        "ohrid answer note 0193 --text t",
        "ohrid answer template refusal",
        "ohrid answer decide 0193 proceed --dry-run",
        "ohrid answer decide --reasons r 0193 withdraw",
        "ohrid answer accept 0193 --binding --from-file f",
        "ohrid answer preserve 0193 --order-reference o --order-until +90d",
        "ohrid drill XB",
        "ohrid drill XB/police --wait delivered --timeout 10s --exercise e",
        "ohrid report statistics --period 2026-Q3 --format csv --zone Europe/Bucharest",
        "ohrid request selectors --from-log - --zone UTC --year 2026 --toml",
        "ohrid ledger export --output d --socket s",
        "ohrid ledger proof 7 --output f",
    ] {
        assert!(parse(line).is_ok(), "{line}: {}", parse(line).unwrap_err());
    }
}

#[test]
fn what_is_not_understood_is_a_matter_of_usage() {
    for line in [
        "ohrid nod",
        "ohrid request new",
        "ohrid request send f --wait soon",
        "ohrid request send f --priority high",
        "ohrid request send f --timeout never",
        "ohrid drill",
        "ohrid drill XB --wait answered",
        "ohrid report statistics --period 2026 --format xls",
        "ohrid request selectors",
        "ohrid answer",
        "ohrid answer postpone",
        "ohrid node init --party Xa --name n",
        "ohrid directory verify f --key ed25519:AA==",
        "ohrid answer preserve 0193 --order-until +90d",
    ] {
        let error = parse(line).unwrap_err();
        assert!(error.use_stderr(), "{line}");
    }
    assert!(!parse("ohrid --help").unwrap_err().use_stderr());
}
