//! Each step of the life of a directory, and what is refused in it `[DIRECTORY]`.

use std::os::unix::fs::PermissionsExt;

use super::super::found::{Founders, found};
use super::super::merge::merge;
use super::super::rotate::{Turnover, rotate};
use super::super::sign::{NEXT_NAME, Pending, sign_copy, sign_on};
use super::super::{diff, document, member, request, verify};
use super::life::*;
use super::*;

#[test]
fn secrets_are_the_members_own() {
    let secretariat = Secretariat::new();
    assert!(
        !secretariat.file("secretariat.seed").exists(),
        "nothing secret is in common"
    );
    for number in 1..=3 {
        let seed = secretariat.member(number).join("secretariat.seed");
        let mode = std::fs::metadata(&seed).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let public = std::fs::read_to_string(secretariat.file(PUBLIC_KEY_NAME)).unwrap();
    assert_eq!(public.lines().count(), 3);
    std::fs::set_permissions(
        secretariat.member(1).join("secretariat.seed"),
        std::fs::Permissions::from_mode(0o644),
    )
    .unwrap();
    sign_on(&secretariat.common, terms(), now()).unwrap();
    assert!(sign_copy(&secretariat.member(1), &secretariat.file(NEXT_NAME), None).is_err());
}

/// Members who never meet: keys made apart, the first key set signed apart.
#[test]
fn a_network_is_founded_by_members_elsewhere() {
    let root = TempDir::new().unwrap();
    let members = ["one", "two", "three"].map(|name| root.path().join(name));
    let keys: Vec<_> = members
        .iter()
        .map(|folder| member::new(folder).unwrap().key.0)
        .collect();
    let common = root.path().join("secretariat");
    let founders = Founders::Elsewhere(keys);
    let founded = found(&common, "exercise.example.org", 2, &founders, now()).unwrap();
    let to_sign = founded.to_sign.unwrap();
    let node = root.path().join("xa");
    add(&common, &[join(&node, 0)], Present::Kept).unwrap();
    let failure = sign_on(&common, terms(), now()).unwrap_err();
    assert!(failure.what.contains("not yet signed"), "{failure}");
    let copies = [&members[0], &members[2]].map(|member| sign_copy(member, &to_sign, None).unwrap().file);
    assert!(
        !merge(&common, &copies[..1], Present::Kept, now())
            .unwrap()
            .key_set
            .unwrap()
            .is_complete
    );
    assert!(
        merge(&common, &copies[1..], Present::Kept, now())
            .unwrap()
            .key_set
            .unwrap()
            .is_complete
    );
    assert!(
        !sign_on(&common, terms(), now())
            .unwrap()
            .signatures
            .unwrap()
            .is_enough()
    );
}

#[test]
fn what_cannot_be_a_secretariat_is_refused() {
    let root = TempDir::new().unwrap();
    let folder = root.path().join("secretariat");
    let exit = |threshold, founders: Founders| {
        let failure = found(&folder, "exercise.example.org", threshold, &founders, now()).unwrap_err();
        failure.exit
    };
    assert_eq!(exit(0, Founders::New(3)), Exit::Usage);
    assert_eq!(exit(4, Founders::New(3)), Exit::Usage);
    assert_eq!(exit(1, Founders::New(0)), Exit::Usage);
    assert_eq!(exit(1, Founders::New(17)), Exit::Usage);
    assert_eq!(exit(1, Founders::Elsewhere(Vec::new())), Exit::Usage);
    let key = protocol::key::SecretariatKey::from_seed(&[1; 32]).public();
    assert_eq!(exit(1, Founders::Elsewhere(vec![key, key])), Exit::Usage);
    assert!(!folder.exists());
    assert_eq!(
        member::public_keys(&["nothing".to_owned()]).unwrap_err().exit,
        Exit::Usage
    );
}

#[test]
fn any_order_of_merging_gives_the_same_file() {
    let secretariat = Secretariat::new();
    sign_on(&secretariat.common, terms(), now()).unwrap();
    let next = std::fs::read(secretariat.file(NEXT_NAME)).unwrap();
    let copies = [1, 2, 3].map(|number| secretariat.copy(&secretariat.member(number), NEXT_NAME));
    let mut results = Vec::new();
    for order in [[0, 1, 2], [2, 0, 1], [1, 2, 0]] {
        std::fs::write(secretariat.file(NEXT_NAME), &next).unwrap();
        let files = order.map(|at: usize| copies[at].clone());
        secretariat.merge(&files);
        results.push(std::fs::read(secretariat.directory()).unwrap());
        std::fs::remove_file(secretariat.directory()).unwrap();
    }
    assert!(results[0] == results[1] && results[1] == results[2]);
}

#[test]
fn only_copies_of_what_waits_are_merged() {
    let secretariat = Secretariat::new();
    let [one, two] = [1, 2].map(|number| secretariat.member(number));
    sign_on(&secretariat.common, terms(), now()).unwrap();
    let stale = secretariat.copy(&one, NEXT_NAME);
    assert!(
        sign_on(&secretariat.common, terms(), now()).is_err(),
        "signatures are being collected"
    );
    let anew = super::super::sign::Terms {
        pending: Pending::Dropped,
        expires_in: 10 * DAY,
        ..terms()
    };
    sign_on(&secretariat.common, anew, now()).unwrap();
    let merge = |files: &[PathBuf]| merge(&secretariat.common, files, Present::Kept, now());
    assert!(
        merge(&[stale])
            .unwrap_err()
            .what
            .contains("not copies of one document")
    );
    // One member twice is one; a stranger is none; a join request is something else.
    let by_one = secretariat.copy(&one, NEXT_NAME);
    let stranger = secretariat.newcomer("stranger");
    let by_stranger = secretariat.forged(&stranger, NEXT_NAME);
    let merged = merge(&[by_one.clone(), by_one, by_stranger])
        .unwrap()
        .directory
        .unwrap();
    assert!(!merged.is_complete);
    assert_eq!(
        merge(&[secretariat.node.join("join-request.cose")])
            .unwrap_err()
            .exit,
        Exit::Usage
    );
    let by_two = secretariat.copy(&two, NEXT_NAME);
    let bytes = std::fs::read(&by_two).unwrap();
    for length in [0, 1, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&by_two, &bytes[..length]).unwrap();
        assert!(merge(std::slice::from_ref(&by_two)).is_err(), "{length}");
    }
    std::fs::write(&by_two, &bytes).unwrap();
    assert!(merge(&[by_two]).unwrap().directory.unwrap().is_complete);
}

/// An operator names all keys, and how many must sign; more is not asked for, and less is not believed.
#[test]
fn an_operator_names_keys_and_threshold() {
    let secretariat = Secretariat::new();
    let [one, two, three] = [1, 2, 3].map(|number| secretariat.member(number));
    secretariat.publish(&[&one, &two]);
    let verify = |members: &[&Path], threshold| {
        let mut arguments = Told::of(members, 1).about(secretariat.directory());
        arguments.threshold = threshold;
        verify::verify(&arguments, now()).map(|opened| opened.key_set.unwrap().number())
    };
    assert_eq!(verify(&[&one, &two, &three], Some(2)).unwrap(), 1);
    assert_eq!(verify(&[&one, &two, &three], Some(1)).unwrap(), 1);
    let all_three = verify(&[&one, &two, &three], None).unwrap_err();
    assert!(
        all_three.mend.as_ref().unwrap().contains("--threshold"),
        "{all_three}"
    );
    assert_eq!(verify(&[&one, &two], Some(2)).unwrap_err().exit, Exit::Failed);
    assert_eq!(
        verify(&[&one, &two, &three], Some(4)).unwrap_err().exit,
        Exit::Usage
    );
}

#[test]
fn a_change_request_is_merged_once() {
    let secretariat = Secretariat::new();
    let [one, two, three] = [1, 2, 3].map(|number| secretariat.member(number));
    let told = Told::of(&[&one, &two, &three], 2);
    secretariat.publish(&[&one, &two]);
    secretariat.install(&told, secretariat.directory()).unwrap();
    let file = moving(&secretariat.node);
    let merge = |file: &Path, present| merge(&secretariat.common, &[file.to_owned()], present, now());
    // The draft keeps it; the same once more is no fault before it is signed, and another needs a word.
    assert_eq!(merge(&file, Present::Kept).unwrap().changes.len(), 1);
    assert_eq!(merge(&file, Present::Kept).unwrap().changes.len(), 0);
    let mut arguments = request_arguments(&["192.0.2.8:4433"]);
    arguments.output = Some(secretariat.node.join("another.cose"));
    let another = request::request(&secretariat.node, &arguments, now())
        .unwrap()
        .file;
    assert_eq!(merge(&another, Present::Kept).unwrap_err().exit, Exit::Failed);
    assert_eq!(merge(&another, Present::Replaced).unwrap().changes.len(), 1);
    // What gave way was merged before: it does not come back by itself.
    assert_eq!(merge(&file, Present::Replaced).unwrap_err().exit, Exit::Refused);
    secretariat.publish(&[&one, &three]);
    for old in [&file, &another] {
        // `another` lies in the draft still: to merge it again changes nothing, and is refused as outdated.
        assert_eq!(merge(old, Present::Replaced).unwrap_err().exit, Exit::Refused);
    }
    let directory = secretariat.install(&told, secretariat.directory()).unwrap();
    assert_eq!(directory, 2);
    // The next version keeps the change, although nobody asks for it again, months later.
    let later = now() + jiff::SignedDuration::from_hours(24 * 90);
    let signed = sign_on(&secretariat.common, terms(), later).unwrap();
    let next = document::read(&signed.file).unwrap();
    let difference = diff::compare(&document::read(&secretariat.directory()).unwrap(), &next).unwrap();
    assert!(difference.parties.is_empty() && !difference.is_same);
}

#[test]
fn a_party_changes_its_envelope_key() {
    let secretariat = Secretariat::new();
    let [one, two, three] = [1, 2, 3].map(|number| secretariat.member(number));
    secretariat.publish(&[&one, &two]);
    let told = Told::of(&[&one, &two, &three], 2);
    secretariat.install(&told, secretariat.directory()).unwrap();
    let mut arguments = request_arguments(&[]);
    let nothing = request::request(&secretariat.node, &arguments, now()).unwrap_err();
    assert_eq!(nothing.exit, Exit::Usage);
    arguments.new_envelope_key = true;
    arguments.overlap = Duration::from_secs(3_600);
    let too_short = request::request(&secretariat.node, &arguments, now()).unwrap_err();
    assert_eq!(too_short.exit, Exit::Refused);
    assert!(!secretariat.node.join("keys/envelope.next.seed").exists());
    arguments.overlap = 30 * DAY;
    let requested = request::request(&secretariat.node, &arguments, now()).unwrap();
    let seed = requested.new_envelope_key_file.unwrap();
    assert_eq!(
        std::fs::metadata(&seed).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(requested.changes.len(), 2, "{:?}", requested.changes);
    assert_eq!(secretariat.merge(&[requested.file]).changes.len(), 1);
    secretariat.publish(&[&two, &three]);
    secretariat.install(&told, secretariat.directory()).unwrap();
    // A second new key would overwrite the secret half of the first: nothing is ever overwritten.
    assert!(request::request(&secretariat.node, &arguments, now()).is_err());
}

#[test]
fn a_rotation_is_checked_before_it_is_signed() {
    let secretariat = Secretariat::new();
    let [one, two] = [1, 2].map(|number| secretariat.member(number));
    let stranger = secretariat.newcomer("stranger");
    let exit = |turnover: &Turnover| {
        let failure = rotate(&secretariat.common, turnover, Pending::Kept, now()).unwrap_err();
        failure.exit
    };
    let turnover = |add: &[&Path], remove: &[&Path], threshold| Turnover {
        add: add.iter().map(|member| key_of(member)).collect(),
        remove: remove.iter().map(|member| key_of(member)).collect(),
        threshold,
    };
    assert_eq!(exit(&turnover(&[], &[], None)), Exit::Usage);
    assert_eq!(exit(&turnover(&[&one], &[], None)), Exit::Usage);
    assert_eq!(exit(&turnover(&[], &[&stranger], None)), Exit::Usage);
    assert_eq!(exit(&turnover(&[], &[&one, &two], None)), Exit::Usage);
    assert_eq!(exit(&turnover(&[], &[], Some(0))), Exit::Usage);
    let lower = turnover(&[], &[], Some(1));
    rotate(&secretariat.common, &lower, Pending::Kept, now()).unwrap();
    assert_eq!(exit(&lower), Exit::Failed, "signatures are being collected");
    // The threshold before counts, not the one that is asked for.
    let copy = secretariat.copy(&one, "next-keys.cose");
    assert!(!secretariat.merge(&[copy]).key_set.unwrap().is_complete);
    let copy = secretariat.copy(&two, "next-keys.cose");
    assert!(secretariat.merge(&[copy]).key_set.unwrap().is_complete);
    // A key set that was changed on the disk is noticed.
    let path = secretariat.file("key-sets/2.cose");
    let mut bytes = std::fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&path, bytes).unwrap();
    assert_eq!(
        sign_on(&secretariat.common, terms(), now()).unwrap_err().exit,
        Exit::Failed
    );
}
