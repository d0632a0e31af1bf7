#![allow(clippy::unwrap_used, clippy::expect_used)]
//! `[FOUR-EYES]` Who may do what, and as whom it is recorded.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::testing::Network;

const NOW: UnixMillis = UnixMillis(1_795_305_600_000);

/// A user of this machine that is no operator.
const SOMEBODY: u32 = 4711;

struct Desk {
    _network: Network,
    path: PathBuf,
    keys: Arc<Keystore>,
    officers: Officers,
}

impl Desk {
    fn new() -> Self {
        let network = Network::of(&["XA"]);
        let config = network.config(0);
        // Unlocking a key is slow on purpose, and nothing is opened here.
        fs::remove_file(config.keys.openpgp_directory.join("police.key.asc")).unwrap();
        let keys = Arc::new(Keystore::load(config.node.party, &config.keys).unwrap());
        let path = config.node.officers.clone();
        let officers = Officers::load(&path, Arc::clone(&keys)).unwrap();
        Self {
            _network: network,
            path,
            keys,
            officers,
        }
    }

    fn add(&self, name: &str, roles: &[Role], unix_user: Option<&str>) -> Officer {
        let new = NewOfficer {
            name: name.to_owned(),
            roles: roles.to_vec(),
            unix_user: unix_user.map(str::to_owned),
        };
        self.officers.add(&new, "B. Operator", NOW).unwrap()
    }

    fn own(&self) -> u32 {
        rustix::process::geteuid().as_raw()
    }

    fn admit(&self, act: Act, name: &str) -> Result<Acting, Denied> {
        self.officers.admit(act, Some(name), self.own())
    }

    fn again(&self) -> Officers {
        Officers::load(&self.path, Arc::clone(&self.keys)).unwrap()
    }
}

#[test]
fn until_somebody_is_registered_any_name_may_write_and_none_may_approve() {
    let desk = Desk::new();
    let acting = desk.admit(Act::Write, "Anybody").unwrap();
    assert_eq!(acting.actor, desk.keys.actor("Anybody"));
    assert_eq!(desk.admit(Act::Approve, "Another"), Err(Denied::NobodyRegistered));
    assert_eq!(
        desk.officers.admit(Act::Write, None, desk.own()),
        Err(Denied::Nameless)
    );
    assert!(!desk.officers.is_admitted(SOMEBODY));
    assert!(
        desk.officers
            .admit(Act::Write, Some("Anybody"), SOMEBODY)
            .is_err()
    );
}

#[test]
fn once_somebody_is_registered_only_registered_officers_may_write() {
    let desk = Desk::new();
    let added = desk.add("Ana Example", &[Role::Officer], None);
    let acting = desk.admit(Act::Write, "Ana Example").unwrap();
    assert_eq!(acting.actor.to_string(), added.actor);
    assert_ne!(
        acting.actor,
        desk.keys.actor("Ana Example"),
        "the number is random"
    );
    let denied = desk.admit(Act::Write, "Anna Example").unwrap_err();
    assert!(
        denied.mend().contains("did you mean \"Ana Example\"?"),
        "{}",
        denied.mend()
    );
    let denied = desk.admit(Act::Write, "Zoran").unwrap_err();
    assert!(
        denied.mend().contains("ohrid officer add \"Zoran\""),
        "{}",
        denied.mend()
    );
    // Also when the last one is gone.
    desk.officers.remove("Ana Example", "B. Operator", NOW).unwrap();
    let denied = desk.admit(Act::Write, "Ana Example").unwrap_err();
    assert_eq!(denied, Denied::Removed("Ana Example".to_owned()));
    assert!(desk.admit(Act::Write, "Anybody").is_err());
    assert!(desk.officers.is_in_force() && desk.officers.registered() == 0);
}

#[test]
fn each_role_allows_its_own_and_nothing_else() {
    let desk = Desk::new();
    for (name, role) in [
        ("O", Role::Officer),
        ("A", Role::Approver),
        ("P", Role::Operator),
        ("U", Role::Auditor),
    ] {
        desk.add(name, &[role], Some(&SOMEBODY.to_string()));
    }
    let may = |name: &str, act| desk.officers.admit(act, Some(name), SOMEBODY).is_ok();
    for (name, allowed) in [
        ("O", vec![Act::Write, Act::Discard]),
        ("A", vec![Act::Approve, Act::Discard]),
        ("P", vec![Act::Operate]),
        ("U", vec![]),
    ] {
        for act in [Act::Write, Act::Approve, Act::Discard, Act::Operate] {
            assert_eq!(may(name, act), allowed.contains(&act), "{name} {act:?}");
        }
    }
    assert_eq!(desk.officers.reader("U", SOMEBODY), Reader::Auditor);
    assert!(matches!(desk.officers.reader("O", SOMEBODY), Reader::Officer(_)));
    assert_eq!(desk.officers.reader("P", SOMEBODY), Reader::Nobody);
}

/// The kernel says who is at the other end; a name that is bound can be claimed from nowhere else.
#[test]
fn a_bound_officer_acts_from_one_unix_user_only() {
    let desk = Desk::new();
    desk.add("Bound", &[Role::Officer], Some(&SOMEBODY.to_string()));
    desk.add("Free", &[Role::Officer, Role::Approver], None);
    let admit = |name: &str, uid| desk.officers.admit(Act::Write, Some(name), uid);
    assert!(admit("Bound", SOMEBODY).is_ok());
    for other in [desk.own(), 0, SOMEBODY + 1] {
        assert!(
            matches!(admit("Bound", other), Err(Denied::OtherUser { .. })),
            "{other}"
        );
    }
    // Nor does being let in for one name let anybody act under another.
    assert_eq!(admit("Free", SOMEBODY), Err(Denied::NotBound("Free".to_owned())));
    assert!(admit("Free", desk.own()).is_ok());
    let operate = desk.officers.admit(Act::Operate, Some("Bound"), SOMEBODY);
    assert!(matches!(operate, Err(Denied::Role { .. })));
    assert!(desk.officers.is_admitted(SOMEBODY) && !desk.officers.is_admitted(SOMEBODY + 1));
    assert_eq!(desk.officers.reader("Bound", desk.own()), Reader::Nobody);
    desk.officers.remove("Bound", "B. Operator", NOW).unwrap();
    assert!(!desk.officers.is_admitted(SOMEBODY));
}

/// The node's own user and root are operators always: they could change the register's file anyway.
#[test]
fn operators_need_no_registration() {
    let desk = Desk::new();
    desk.add("Ana Example", &[Role::Officer], None);
    for uid in [desk.own(), 0] {
        let acting = desk
            .officers
            .admit(Act::Operate, Some("B. Operator"), uid)
            .unwrap();
        assert_eq!(acting.name, "B. Operator");
        assert!(desk.officers.admit(Act::Operate, None, uid).is_ok());
        assert!(desk.officers.admit(Act::Write, Some("B. Operator"), uid).is_err());
    }
    assert!(
        desk.officers
            .admit(Act::Operate, Some("B. Operator"), SOMEBODY)
            .is_err()
    );
}

#[test]
fn numbers_are_never_used_again_and_names_stay_for_history() {
    let desk = Desk::new();
    let first = desk.add("Ana Example", &[Role::Officer], None);
    desk.officers.remove("Ana Example", "B. Operator", NOW).unwrap();
    let second = desk.add("Ana Example", &[Role::Officer], None);
    assert_ne!(first.actor, second.actor);
    let again = desk.again();
    for actor in [&first.actor, &second.actor] {
        assert_eq!(
            again.name_of(actor.parse().unwrap(), None).unwrap(),
            "Ana Example"
        );
    }
    assert_eq!(again.list(), desk.officers.list());
    assert_eq!(again.list().len(), 2);
    // What was recorded before anybody was registered has a number made of the name.
    assert_eq!(
        again.name_of(desk.keys.actor("Ana Example"), None).unwrap(),
        "Ana Example"
    );
    assert_eq!(again.name_of(desk.keys.actor("Other"), None), None);
    assert_eq!(
        again.name_of(desk.keys.actor("Other"), Some("Other")).unwrap(),
        "Other"
    );
}

/// Two numbers can stand for one person; two names of one Unix user are one.
#[test]
fn one_person_is_recognised_under_several_numbers() {
    let desk = Desk::new();
    let approver = |name: &str, user: Option<&str>| {
        let added = desk.add(name, &[Role::Officer, Role::Approver], user);
        Acting {
            name: added.name,
            actor: added.actor.parse().unwrap(),
        }
    };
    let (ana, boris) = (approver("Ana Example", None), approver("Boris Example", None));
    let same = |one: &Acting, actor, name| desk.officers.is_same_person(one, actor, name);
    assert!(same(&ana, ana.actor, None));
    assert!(!same(&ana, boris.actor, Some("Boris Example")));
    assert!(
        same(&ana, desk.keys.actor("Ana Example"), None),
        "before she was registered"
    );
    assert!(same(&ana, ActorId::from_bytes([1; 16]), Some("ana  EXAMPLE")));
    let (one, two) = (approver("One", Some("4711")), approver("Two", Some("4711")));
    assert!(same(&one, two.actor, Some("Two")), "one Unix user, two names");
    assert_eq!(
        desk.officers.approvers_beside(&one),
        ["Ana Example", "Boris Example"]
    );
}

#[test]
fn what_cannot_be_registered_is_refused_and_changes_nothing() {
    let desk = Desk::new();
    desk.add("Ana Example", &[Role::Officer], None);
    let add = |name: &str, roles: &[Role], user: Option<&str>| {
        let new = NewOfficer {
            name: name.to_owned(),
            roles: roles.to_vec(),
            unix_user: user.map(str::to_owned),
        };
        desk.officers.add(&new, "B. Operator", NOW)
    };
    let officer = &[Role::Officer];
    let long = "x".repeat(OFFICER_NAME_BYTES_MAX + 1);
    for name in ["", "  ", "a\nb", "a\u{1b}[2J", &long] {
        assert!(
            matches!(add(name, officer, None), Err(ChangeError::Name)),
            "{name}"
        );
    }
    assert!(matches!(add("New", &[], None), Err(ChangeError::NoRole)));
    assert!(matches!(
        add("ana  example", officer, None),
        Err(ChangeError::Taken(_))
    ));
    let nobody = add("New", officer, Some("no-such-user-here"));
    assert!(matches!(nobody, Err(ChangeError::UnixUser(_))));
    assert!(add("Root", officer, Some("root")).is_ok_and(|one| one.unix_user.unwrap().uid == 0));
    let unknown = desk
        .officers
        .remove("Ana Exampel", "B. Operator", NOW)
        .unwrap_err();
    assert!(matches!(unknown, ChangeError::Unknown { meant: Some(meant), .. } if meant == "Ana Example"));
    assert_eq!(desk.again().registered(), 2);
}

/// Each change is noted beside the register, and a start asks for it: whoever was removed stays so.
#[test]
fn a_register_from_before_a_change_is_not_loaded_nor_none_at_all() {
    let desk = Desk::new();
    desk.add("Ana Example", &[Role::Officer], None);
    for change in [
        |desk: &Desk| drop(desk.add("Ben Example", &[Role::Officer], None)),
        |desk: &Desk| drop(desk.officers.remove("Ana Example", "B. Operator", NOW).unwrap()),
    ] {
        let before = fs::read(&desk.path).unwrap();
        change(&desk);
        let after = fs::read(&desk.path).unwrap();
        fs::write(&desk.path, before).unwrap();
        let load = || Officers::load(&desk.path, Arc::clone(&desk.keys));
        assert!(matches!(load(), Err(RegisterError::Earlier { .. })));
        fs::remove_file(&desk.path).unwrap();
        assert!(matches!(load(), Err(RegisterError::Earlier { has: 0, .. })));
        crate::testing::secret(&desk.path, &after);
        load().unwrap();
    }
}

#[test]
fn the_file_is_private_strict_and_never_taken_for_empty() {
    let desk = Desk::new();
    desk.add("Ana Example", &[Role::Officer, Role::Approver], Some("4711"));
    let mode = fs::metadata(&desk.path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let whole = fs::read_to_string(&desk.path).unwrap();
    // What is written by hand has no sum.
    let text = whole.rsplit_once("\nsha256 ").unwrap().0.to_owned();
    let load = |text: &str| {
        fs::write(&desk.path, text).unwrap();
        Officers::load(&desk.path, Arc::clone(&desk.keys)).map(|officers| officers.registered())
    };
    assert_eq!(load(&text).unwrap(), 1);
    assert_eq!(load(&whole).unwrap(), 1);
    let twice = {
        let mut document: serde_json::Value = serde_json::from_str(&text).unwrap();
        let one = document["officers"][0].clone();
        document["officers"].as_array_mut().unwrap().push(one);
        document.to_string()
    };
    for damaged in [
        String::new(),
        "{}".to_owned(),
        text[..text.len() / 2].to_owned(),
        text.replace("\"version\": 1", "\"version\": 2"),
        text.replace("\"name\": \"Ana", "\"nom\": \"Ana"),
        text.replace("approver", "superuser"),
        twice,
        // A bit flipped in a name, or in the number that stands for somebody in the ledger, is seen by
        // the sum.
        whole.replace("Ana", "Ana\u{301}"),
        whole.replacen("\"uid\": 4711", "\"uid\": 4710", 1),
    ] {
        assert!(load(&damaged).is_err(), "{damaged}");
    }
    fs::write(&desk.path, &text).unwrap();
    fs::set_permissions(&desk.path, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(
        Officers::load(&desk.path, Arc::clone(&desk.keys)).is_err(),
        "others can read it"
    );
}

/// The example in the doc comment of the format is one.
#[test]
fn the_example_of_the_format_is_read() {
    let source = include_str!("file.rs");
    let lines = source.lines().skip_while(|line| *line != "//! ```text").skip(1);
    let example: String = lines
        .take_while(|line| *line != "//! ```")
        .map(|line| line.trim_start_matches("//!"))
        .collect();
    let read = file::parse(example.as_bytes()).unwrap();
    assert_eq!(read[0].name, "A. Officer");
    assert_eq!(read[0].unix_user.as_ref().unwrap().uid, 1001);
}

#[test]
fn users_and_groups_are_found_by_name_or_number() {
    let file = "root:x:0:0:root:/root:/bin/sh\n# a comment\nbroken:x\nduty:x:1001:100::/home/duty:/bin/sh\n";
    assert_eq!(unix::find(file, "duty"), Some(1001));
    assert_eq!(unix::find(file, "root"), Some(0));
    for nobody in ["", "broken", "dut", "# a comment", "nobody"] {
        assert_eq!(unix::find(file, nobody), None, "{nobody}");
    }
    assert_eq!(unix::user("1001").unwrap().uid, 1001);
    assert!(
        unix::user("4294967295").is_none(),
        "it stands for nobody in system calls"
    );
}
