#!/usr/bin/env python3
"""Writes test vectors for RFC 6962 inclusion and consistency proofs, good and bad ones.

    usage:  python3 make_merkle_vectors.py > crates/ledger/tests/merkle_vectors.json

Trees are built and proofs made by the definitions in RFC 6962 section 2.1, by recursion over lists of
leaves: slow, short, and sharing no code with the ledger. Bad vectors are changed good ones; whether such a one is bad is worked out by the same definitions,
since a proof may well hold for two sizes of a tree. The fields are
those of transparency-dev/merkle's published vectors, so that one reader does for both. The output is the
same every time.
"""

import base64
import hashlib
import json
import sys

# The leaves of the classic tree of certificate transparency, then numbers.
CLASSIC = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
LEAVES = [bytes.fromhex(leaf) for leaf in CLASSIC] + [n.to_bytes(2, "big") for n in range(8, 300)]

INCLUSION = [(0, 1), (1, 2), (2, 3), (3, 7), (5, 8), (6, 7), (8, 9), (64, 65), (130, 300)]
CONSISTENCY = [(1, 1), (1, 2), (1, 8), (2, 5), (3, 7), (4, 7), (6, 8), (7, 8), (8, 8), (64, 65), (200, 300)]


def sha256(data):
    return hashlib.sha256(data).digest()


def split(count):
    """The largest power of two that is less than the count."""
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def root(leaves):
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0])
    middle = split(len(leaves))
    return sha256(b"\x01" + root(leaves[:middle]) + root(leaves[middle:]))


def path(index, leaves):
    if len(leaves) == 1:
        return []
    middle = split(len(leaves))
    if index < middle:
        return path(index, leaves[:middle]) + [root(leaves[middle:])]
    return path(index - middle, leaves[middle:]) + [root(leaves[:middle])]


def subproof(old, leaves, whole):
    if old == len(leaves):
        return [] if whole else [root(leaves)]
    middle = split(len(leaves))
    if old <= middle:
        return subproof(old, leaves[:middle], whole) + [root(leaves[middle:])]
    return subproof(old - middle, leaves[middle:], False) + [root(leaves[:middle])]


class Unproven(Exception):
    """The proof shows nothing."""


def demand(condition):
    if not condition:
        raise Unproven


def root_of_path(index, size, leaf_hash, proof):
    """The root that the path leads to, from the root down: its last hash is the root's child."""
    demand(0 <= index < size < 2**63)
    if size == 1:
        demand(not proof)
        return leaf_hash
    demand(proof)
    middle = split(size)
    if index < middle:
        return sha256(b"\x01" + root_of_path(index, middle, leaf_hash, proof[:-1]) + proof[-1])
    return sha256(b"\x01" + proof[-1] + root_of_path(index - middle, size - middle, leaf_hash, proof[:-1]))


def roots_of_subproof(old, new, known, proof):
    """The old and the new root that the proof leads to; `known` is the old root where it is not in the proof."""
    if old == new:
        if known is not None:
            demand(not proof)
            return known, known
        demand(len(proof) == 1)
        return proof[0], proof[0]
    demand(proof)
    middle = split(new)
    if old <= middle:
        old_root, left = roots_of_subproof(old, middle, known, proof[:-1])
        return old_root, sha256(b"\x01" + left + proof[-1])
    old_right, right = roots_of_subproof(old - middle, new - middle, None, proof[:-1])
    return sha256(b"\x01" + proof[-1] + old_right), sha256(b"\x01" + proof[-1] + right)


def inclusion_holds(leafIdx, treeSize, root, leafHash, proof):
    try:
        demand(all(len(value) == 32 for value in proof + [root, leafHash]))
        return root_of_path(leafIdx, treeSize, leafHash, proof) == root
    except Unproven:
        return False


def consistency_holds(size1, size2, root1, root2, proof):
    try:
        demand(0 < size1 <= size2 < 2**63)
        demand(all(len(value) == 32 for value in proof + [root1, root2]))
        return roots_of_subproof(size1, size2, root1, proof) == (root1, root2)
    except Unproven:
        return False


def flipped(data, bit=0):
    return bytes([data[0] ^ (1 << bit)]) + data[1:]


def changed_proofs(proof, roots):
    """The proof, changed in ways that should not verify."""
    yield "a hash more at the end", proof + [sha256(b"more")]
    yield "a hash more at the beginning", [sha256(b"more")] + proof
    for name, value in roots:
        yield f"{name} at the end", proof + [value]
        yield f"{name} at the beginning", [value] + proof
    for place, value in list(enumerate(proof))[::max(1, len(proof) - 1)]:
        yield f"hash {place} flipped", proof[:place] + [flipped(value, place % 8)] + proof[place + 1:]
        yield f"hash {place} one byte short", proof[:place] + [value[:-1]] + proof[place + 1:]
    if proof:
        yield "the last hash less", proof[:-1]
        yield "the first hash less", proof[1:]
    if len(proof) > 1:
        yield "no hash", []
        yield "in reverse", proof[::-1]


def encode(value):
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return [encode(item) for item in value] if isinstance(value, list) else value


def vector(fields, desc, holds):
    encoded = {name: encode(value) for name, value in fields.items()}
    return dict(encoded, desc=desc, wantErr=not holds(**fields))


def inclusion_vectors():
    for index, size in INCLUSION:
        leaves = LEAVES[:size]
        good = {"leafIdx": index, "treeSize": size, "root": root(leaves),
                "leafHash": sha256(b"\x00" + leaves[index]), "proof": path(index, leaves)}
        assert inclusion_holds(**good)
        name = f"leaf {index} of {size}"
        yield vector(good, name, inclusion_holds)
        changes = [("leafIdx", index + 1), ("leafIdx", index ^ 2), ("leafIdx", index + size), ("leafIdx", 2**63),
                   ("treeSize", size * 2), ("treeSize", size + 1), ("treeSize", index), ("treeSize", 2**63),
                   ("root", flipped(good["root"])), ("root", sha256(b"")), ("leafHash", flipped(good["leafHash"]))]
        for field, value in changes:
            yield vector(dict(good, **{field: value}), f"{name}: another {field}", inclusion_holds)
        for change, proof in changed_proofs(good["proof"], [("the root", good["root"])]):
            yield vector(dict(good, proof=proof), f"{name}: {change}", inclusion_holds)


def consistency_vectors():
    for old, new in CONSISTENCY:
        good = {"size1": old, "size2": new, "root1": root(LEAVES[:old]), "root2": root(LEAVES[:new]),
                "proof": subproof(old, LEAVES[:new], True)}
        assert consistency_holds(**good)
        name = f"from {old} to {new}"
        yield vector(good, name, consistency_holds)
        changes = [("size1", old ^ 2), ("size1", 0), ("size1", new + 1), ("size2", new + 1), ("size2", new * 2),
                   ("size2", 2**63), ("root1", flipped(good["root1"])), ("root1", sha256(b"")),
                   ("root2", flipped(good["root2"])), ("root2", sha256(b""))]
        for field, value in changes:
            yield vector(dict(good, **{field: value}), f"{name}: another {field}", consistency_holds)
        swapped = dict(good, root1=good["root2"], root2=good["root1"])
        yield vector(swapped, f"{name}: roots swapped", consistency_holds)
        roots = [("the old root", good["root1"]), ("the new root", good["root2"])]
        for change, proof in changed_proofs(good["proof"], roots):
            yield vector(dict(good, proof=proof), f"{name}: {change}", consistency_holds)


def main():
    lines = [json.dumps(entry) for entry in list(inclusion_vectors()) + list(consistency_vectors())]
    sys.stdout.write("[\n" + ",\n".join(lines) + "\n]\n")


if __name__ == "__main__":
    main()
