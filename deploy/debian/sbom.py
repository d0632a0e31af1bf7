#!/usr/bin/env python3
"""The list of everything that the programs link, as CycloneDX 1.5: read from `cargo metadata` (standard input) and
Cargo.lock (argument), written to standard output. Nothing in it depends on time or machine, so two builds of one
commit have one list."""

import json
import re
import sys


def checksums(lock):
    packages = re.split(r"^\[\[package\]\]\n", lock, flags=re.M)[1:]
    found = {}
    for package in packages:
        fields = dict(re.findall(r'^(name|version|checksum) = "([^"]+)"$', package, flags=re.M))
        found[fields["name"], fields["version"]] = fields.get("checksum")
    return found


def reachable(metadata, roots):
    """What the roots link: normal dependencies, theirs, and so on; no tests, no build scripts."""
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    seen, waiting = set(), list(roots)
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        for dependency in nodes[one]["deps"]:
            if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                waiting.append(dependency["pkg"])
    return seen


def main():
    metadata = json.load(sys.stdin)
    with open(sys.argv[1], encoding="utf-8") as lock:
        sums = checksums(lock.read())
    programs = {"ohrid-node", "ohrid", "ohrid-verify", "ohrid-console"}
    packages = {package["id"]: package for package in metadata["packages"]}
    roots = [one for one, package in packages.items() if package["name"] in programs]
    assert len(roots) == len(programs), roots
    components = []
    for one in reachable(metadata, roots):
        package = packages[one]
        name, version = package["name"], package["version"]
        component = {
            "type": "library",
            "bom-ref": f"{name}@{version}",
            "name": name,
            "version": version,
            "purl": f"pkg:cargo/{name}@{version}",
        }
        if package["license"]:
            component["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
        if sums.get((name, version)):
            component["hashes"] = [{"alg": "SHA-256", "content": sums[name, version]}]
        if package["source"] is None:
            component["type"] = "application" if name in programs else "library"
        components.append(component)
    components.sort(key=lambda component: component["bom-ref"])
    version = next(package["version"] for package in packages.values() if package["name"] == "ohrid-node")
    bom = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "ohrid", "version": version}},
        "components": components,
    }
    json.dump(bom, sys.stdout, indent=1, sort_keys=True)
    print()


main()
