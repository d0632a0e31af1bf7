#!/usr/bin/env python3
"""Checks the proof that a log has shown two histories.

    usage:  python3 check_fork_proof.py PROOF_FILE VKEY

PROOF_FILE is an ohrid/fork-proof@v1 file, VKEY is the log's verifier key (name+id+base64) or a file with it.
Standard library only, and `openssl pkeyutl` for the signatures. Shares no code with the programs it checks.

exit: 0 the log has signed two heads that cannot both be true; 1 that is not proven, or a file is missing or
malformed.
"""

import os
import sys

from check_tlog_proof import Unproven, decode_base64, decode_number, demand, node_hash, open_checkpoint


def roots_of_proof(old, new, known, proof):
    """RFC 6962 section 2.1.2 backwards: the old and the new root that a consistency proof leads to. `known` is
    the old root, where the proof does not hold it because the one who checks has it."""
    if old == new:
        if known is not None:
            demand(not proof, "the proof has too many hashes")
            return known, known
        demand(len(proof) == 1, "the proof has another number of hashes")
        return proof[0], proof[0]
    demand(proof, "the proof has too few hashes")
    middle = 1 << ((new - 1).bit_length() - 1)
    if old <= middle:
        old_root, left = roots_of_proof(old, middle, known, proof[:-1])
        return old_root, node_hash(left, proof[-1])
    old_root, right = roots_of_proof(old - middle, new - middle, None, proof[:-1])
    return node_hash(proof[-1], old_root), node_hash(proof[-1], right)


def take_head(rest):
    line, parted, rest = rest.partition(b"\n")
    demand(parted and line.startswith(b"head "), "a head is not announced")
    length = decode_number(line[len(b"head "):].decode())
    demand(length <= len(rest), "a head is cut off")
    return rest[:length].decode(), rest[length:]


def check(proof, vkey):
    header, _, rest = proof.partition(b"\n")
    demand(header == b"ohrid/fork-proof@v1", "not a fork proof of version 1")
    prefix, hashes = None, []
    if rest.startswith(b"prefix "):
        prefix, _, rest = rest[len(b"prefix "):].partition(b"\n")
        while rest and not rest.startswith(b"head "):
            line, _, rest = rest.partition(b"\n")
            hashes.append(decode_base64(line.decode()))
        prefix = decode_base64(prefix.decode())
        demand(len(hashes) <= 63 and all(len(hash_) == 32 for hash_ in hashes + [prefix]), "malformed hashes")
    smaller, rest = take_head(rest)
    greater, rest = take_head(rest)
    demand(not rest, "more follows the heads")
    (old, old_root), (new, new_root) = open_checkpoint(smaller, vkey), open_checkpoint(greater, vkey)
    if prefix is None:
        demand(old == new and old_root != new_root, "the heads can both be true")
    else:
        demand(0 < old < new, "the sizes do not fit a prefix")
        leads_to = roots_of_proof(old, new, prefix, hashes)
        demand(leads_to == (prefix, new_root), "the prefix does not lead to the greater head")
        demand(prefix != old_root, "the heads can both be true")
    return old, new


def main(arguments):
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 1
    try:
        with open(arguments[0], "rb") as file:
            proof = file.read()
        vkey = arguments[1]
        if os.path.exists(vkey):
            with open(vkey, encoding="utf-8", newline="") as file:
                vkey = file.read().removesuffix("\n")
        old, new = check(proof, vkey)
    except (Unproven, OSError, ValueError) as error:
        print(f"check_fork_proof: {error}", file=sys.stderr)
        return 1
    print(f"valid: the log has shown two histories, in its heads of {old} and {new} entries")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
