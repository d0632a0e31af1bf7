#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::os::unix::fs::MetadataExt;

use super::*;

#[test]
fn a_user_is_found_by_its_whole_name() {
    let users = "root:x:0:0:root:/root:/bin/bash\nohrid-two:x:7:8::/:\nohrid:x:998:997::/:\nbad\n";
    assert_eq!(
        find(users, "ohrid"),
        Some(Owner {
            user: 998,
            group: 997
        })
    );
    assert_eq!(find(users, "ohr"), None);
    assert_eq!(find("ohrid:x:many:1", "ohrid"), None);
}

/// To ourselves, since a test need not be root.
#[test]
fn everything_in_the_folder_is_given() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("keys/openpgp")).unwrap();
    fs::write(folder.path().join("keys/openpgp/police.key.asc"), b"").unwrap();
    std::os::unix::fs::symlink("/nowhere", folder.path().join("link")).unwrap();
    let own = fs::metadata(folder.path()).unwrap();
    let owner = Owner {
        user: own.uid(),
        group: own.gid(),
    };
    give(folder.path(), owner).unwrap();
    let given = fs::metadata(folder.path().join("keys/openpgp/police.key.asc")).unwrap();
    assert_eq!((given.uid(), given.gid()), (own.uid(), own.gid()));
}
