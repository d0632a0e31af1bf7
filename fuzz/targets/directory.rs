//! What a peer, a Party or somebody with a file brings of the directory: signed directories, key sets, change
//! requests, join requests. Whatever the bytes are, nothing panics, nothing is believed that nobody trusted
//! has signed, and what is read says the same when it is written again.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use protocol::directory::{
    ChangeRequest, InUse, JoinRequest, Judgement, SignedDirectory, SignedKeySet, Trust, forked_key_set, judge,
};
use protocol::key::SecretariatKey;
use protocol::time::UnixMillis;

/// When the golden files are current.
const NOW: UnixMillis = UnixMillis(1_795_305_600_000);

fuzz_target!(|bytes: &[u8]| {
    if let Ok(signed) = SignedDirectory::from_bytes(bytes) {
        directory(&signed);
    }
    if let Ok(signed) = SignedKeySet::from_bytes(bytes)
        && let Ok(key_set) = signed.peek()
    {
        let again = SignedKeySet::draft(&key_set).expect("what was read can be written");
        assert_eq!(again.peek().as_ref(), Ok(&key_set));
        assert_eq!(again.digest(), signed.digest());
        assert!(signed.signers(key_set.keys()).is_ok());
        let _ = signed.open(Some(&key_set));
        let _ = signed.open(None);
    }
    if let Ok(request) = ChangeRequest::from_bytes(bytes) {
        let _ = request.peek();
        let _ = request.open_kept();
    }
    if let Ok(request) = JoinRequest::from_bytes(bytes) {
        let _ = request.open();
    }
});

fn directory(signed: &SignedDirectory) {
    let stranger = SecretariatKey::from_seed(&[0x7f; 32]).public();
    let trust = Trust {
        network: "exercise.example.org".to_owned(),
        keys: vec![stranger],
        threshold: 1,
        expiry_grace: Duration::MAX,
    };
    for in_use in [None, InUse::kept(signed).ok()] {
        match judge(signed, in_use.as_ref(), &trust, NOW) {
            Judgement::Newer(_) | Judgement::Fork(_) => panic!("nobody trusted has signed it"),
            Judgement::Same(opened) => assert_eq!(Some(opened.digest), signed.digest().ok()),
            Judgement::Older { .. } | Judgement::Expired { .. } | Judgement::Untrusted(_) => {}
        }
    }
    assert_eq!(forked_key_set(signed, signed), None);
    if let (Ok(directory), Ok(key_sets)) = (signed.peek(), signed.key_sets()) {
        let again = SignedDirectory::draft(&directory, &key_sets).expect("what was read can be written");
        assert_eq!(again.peek(), Ok(directory));
    }
}
