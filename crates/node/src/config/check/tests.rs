#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::testing::Network;

/// Without the disk: where temporary files lie in memory, it is rightly called a fault.
fn found(config: &Config) -> Vec<Finding> {
    let mut findings = check(config);
    findings.retain(|finding| finding.what != "disk");
    findings
}

fn of<'f>(findings: &'f [Finding], what: &str) -> Vec<&'f Finding> {
    findings.iter().filter(|finding| finding.what == what).collect()
}

#[test]
fn a_node_that_would_start_is_good_and_nothing_is_written() {
    let network = Network::of(&["XA", "XB"]);
    let config = network.config(0);
    let folder = config.control_socket.parent().unwrap().to_owned();
    let names = || {
        let mut names: Vec<_> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        names
    };
    let before = names();
    let findings = found(&config);
    // The network's directory is for a day, and said to end soon.
    let others = findings.iter().filter(|finding| finding.what != "directory");
    assert!(
        others.clone().all(|finding| finding.standing == Standing::Good),
        "{findings:#?}"
    );
    assert_eq!(worst(&findings), Standing::Warning, "{findings:#?}");
    for what in [
        "secrets",
        "keys",
        "TLS certificate",
        "directory",
        "directory and keys",
        "listen.address",
        "store",
    ] {
        assert!(!of(&findings, what).is_empty(), "{what}: {findings:#?}");
    }
    assert_eq!(names(), before);
}

/// One run tells everything: the operator mends all of it before the next.
#[test]
fn all_faults_are_found_at_once() {
    let network = Network::of(&["XA", "XB"]);
    let mut config = network.config(0);
    let open = fs::Permissions::from_mode(0o644);
    fs::set_permissions(&config.keys.envelope, open).unwrap();
    fs::remove_file(&config.keys.openpgp_password).unwrap();
    fs::write(&config.directory.file, b"no directory").unwrap();
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    config.listen = taken.local_addr().unwrap();
    config.control_socket = format!("/{}", "long/".repeat(30)).into();
    let findings = found(&config);
    let secrets = of(&findings, "secrets");
    assert_eq!(secrets.len(), 2, "{findings:#?}");
    assert!(
        secrets.iter().any(|finding| finding.seen.contains("mode 0644")),
        "{secrets:#?}"
    );
    assert_eq!(of(&findings, "keys")[0].standing, Standing::Unchecked);
    assert_eq!(of(&findings, "directory")[0].standing, Standing::Fault);
    assert_eq!(of(&findings, "control socket")[0].standing, Standing::Fault);

    config.control_socket = network.config(0).control_socket;
    let findings = found(&config);
    let listen = of(&findings, "listen.address")[0];
    assert!(
        listen.standing == Standing::Fault && listen.mend.is_some(),
        "{listen:?}"
    );
    assert_eq!(worst(&findings), Standing::Fault);
}

#[test]
fn keys_that_the_directory_does_not_name_and_a_certificate_of_another_key_are_faults() {
    let network = Network::of(&["XA", "XB"]);
    let (config, other) = (network.config(0), network.config(1));
    crate::testing::secret(&config.keys.tls_key, &fs::read(&other.keys.tls_key).unwrap());
    let findings = found(&config);
    assert_eq!(
        of(&findings, "TLS certificate")[0].standing,
        Standing::Fault,
        "{findings:#?}"
    );

    let mut config = network.config(1);
    config.keys.envelope = network.config(0).keys.envelope;
    let findings = found(&config);
    let named = of(&findings, "directory and keys")[0];
    assert!(
        named.standing == Standing::Fault && named.seen.contains("envelope key"),
        "{named:?}"
    );
}

#[test]
fn without_anybody_to_trust_there_is_no_directory() {
    let network = Network::of(&["XA", "XB"]);
    let mut config = network.config(0);
    config.directory.trusted.clear();
    let findings = found(&config);
    let directory = of(&findings, "directory")[0];
    assert!(
        directory
            .mend
            .as_deref()
            .is_some_and(|mend| mend.contains("directory install"))
    );
}
