#!/usr/bin/env python3
"""Checks that an entry is in a log, from a C2SP tlog-proof file.

    usage:  python3 check_tlog_proof.py PROOF_FILE LEAF_FILE VKEY

PROOF_FILE is a c2sp.org/tlog-proof@v1 file, LEAF_FILE holds the entry's bytes, VKEY is the log's
verifier key (name+id+base64) or a file with it. Standard library only, and `openssl pkeyutl` for the
signature. Shares no code with the programs it checks.

exit: 0 the entry is in the log; 1 it is not proven, or a file is missing or malformed.
"""

import base64
import hashlib
import os
import subprocess
import sys
import tempfile


class Unproven(Exception):
    """Why the proof shows nothing."""


def demand(condition, reason):
    if not condition:
        raise Unproven(reason)


def decode_base64(text):
    decoded = base64.b64decode(text, validate=True)
    demand(base64.b64encode(decoded).decode() == text, "base64 is not canonical")
    return decoded


def decode_number(text):
    demand(text.isascii() and text.isdigit() and str(int(text)) == text, "a number is not canonical")
    return int(text)


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_from_path(index, size, leaf_hash, path):
    """RFC 6962 section 2.1.1, by recursion from the root: the last hash is the root's child."""
    demand(0 <= index < size, "the index is outside the tree")
    if size == 1:
        demand(not path, "the proof has too many hashes")
        return leaf_hash
    demand(path, "the proof has too few hashes")
    left_size = 1 << ((size - 1).bit_length() - 1)
    if index < left_size:
        return node_hash(root_from_path(index, left_size, leaf_hash, path[:-1]), path[-1])
    return node_hash(path[-1], root_from_path(index - left_size, size - left_size, leaf_hash, path[:-1]))


def parse_verifier_key(text):
    name, key_id, typed_key = text.split("+", 2)
    typed_key = decode_base64(typed_key)
    demand(len(typed_key) == 33 and typed_key[0] == 1, "the verifier key is not an Ed25519 log key")
    computed = hashlib.sha256(name.encode() + b"\n" + typed_key).digest()[:4]
    demand(computed.hex() == key_id, "the verifier key's id does not fit its name and key")
    return name, computed, typed_key[1:]


def openssl_verifies(key, text, signature):
    der = bytes.fromhex("302a300506032b6570032100") + key
    with tempfile.TemporaryDirectory() as folder:
        paths = {}
        for name, content in (("key", der), ("text", text), ("signature", signature)):
            paths[name] = os.path.join(folder, name)
            with open(paths[name], "wb") as file:
                file.write(content)
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", paths["key"]]
        command += ["-rawin", "-in", paths["text"], "-sigfile", paths["signature"]]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


def open_checkpoint(note, vkey):
    """The size and root that the log has signed."""
    name, key_id, key = parse_verifier_key(vkey)
    text, parted, lines = note.rpartition("\n\n")
    demand(parted and lines.endswith("\n"), "the checkpoint is not a signed note")
    text += "\n"
    found = False
    for line in lines[:-1].split("\n"):
        dash, signer, blob = line.split(" ")
        demand(dash == "\u2014", "a signature line is malformed")
        blob = decode_base64(blob)
        if signer == name and blob[:4] == key_id:
            valid = len(blob) == 68 and openssl_verifies(key, text.encode(), blob[4:])
            demand(valid, "the signature is invalid")
            found = True
    demand(found, "the checkpoint bears no signature by the log")
    origin, size, root = text.split("\n")[:3]
    demand(origin == name, "the checkpoint's origin is not the name of the key")
    root = decode_base64(root)
    demand(len(root) == 32, "the root has another length")
    return decode_number(size), root


def check(proof, entry, vkey):
    head, parted, note = proof.partition("\n\n")
    demand(parted, "the proof has no checkpoint")
    lines = head.split("\n")
    demand(lines.pop(0) == "c2sp.org/tlog-proof@v1", "not a proof file of version 1")
    if lines and lines[0].startswith("extra "):
        decode_base64(lines.pop(0)[len("extra "):])
    demand(lines and lines[0].startswith("index "), "the proof has no index")
    index = decode_number(lines.pop(0)[len("index "):])
    path = [decode_base64(line) for line in lines]
    demand(len(path) <= 63 and all(len(hash_) == 32 for hash_ in path), "the proof's hashes are malformed")
    size, root = open_checkpoint(note, vkey)
    leaf_hash = hashlib.sha256(b"\x00" + entry).digest()
    demand(root_from_path(index, size, leaf_hash, path) == root, "the proof does not lead to the root")
    return index, size


def main(arguments):
    if len(arguments) != 3:
        print(__doc__, file=sys.stderr)
        return 1
    try:
        with open(arguments[0], encoding="utf-8", newline="") as file:
            proof = file.read()
        with open(arguments[1], "rb") as file:
            entry = file.read()
        vkey = arguments[2]
        if os.path.exists(vkey):
            with open(vkey, encoding="utf-8", newline="") as file:
                vkey = file.read().removesuffix("\n")
        index, size = check(proof, entry, vkey)
    except (Unproven, OSError, ValueError) as error:
        print(f"check_tlog_proof: {error}", file=sys.stderr)
        return 1
    print(f"valid: the entry is number {index} of {size}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
