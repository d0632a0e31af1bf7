use super::*;

#[test]
fn the_packages_node_is_started_by_its_unit_and_any_other_by_hand() {
    assert_eq!(
        start_command(Path::new("/etc/ohrid/node.toml")),
        "systemctl start ohrid-node"
    );
    assert_eq!(
        start_command(Path::new("xa/node.toml")),
        "ohrid-node --config xa/node.toml"
    );
}
