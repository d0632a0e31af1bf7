#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

/// `[ROLLBACK]` What is wrong is said as an alarm, and where its proof lies.
#[test]
fn a_fork_is_an_alarm_with_its_proof() {
    let fork = LedgerFork {
        party: "XB".to_owned(),
        shows: "fork".to_owned(),
        size: 7,
        proof: "/var/lib/ohrid/witness/forks/XB-fork-7-00.proof".to_owned(),
    };
    let state = WitnessState {
        signing: SigningState::Refused,
        against: vec!["XC".to_owned()],
        forks: vec![fork],
        ..WitnessState::default()
    };
    let lines = lines(&state, "XA", &TimeZone::UTC);
    let alarms: Vec<&String> = lines
        .iter()
        .filter(|(name, _)| *name == "ALARM")
        .map(|(_, line)| line)
        .collect();
    assert_eq!(alarms.len(), 2);
    assert!(alarms[0].contains("XC know more"), "{}", alarms[0]);
    assert!(alarms[1].ends_with("XB-fork-7-00.proof"), "{}", alarms[1]);
}
