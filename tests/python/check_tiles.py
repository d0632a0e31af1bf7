#!/usr/bin/env python3
"""Reads a whole log over HTTP as c2sp.org/tlog-tiles has it, and checks it up to its signed checkpoint.

    usage:  python3 check_tiles.py BASE_URL VKEY [WITNESS_VKEY]

The log is served at BASE_URL below the path of its origin, which is the name in VKEY: for the origin
node.example/ledger/2026, BASE_URL/ledger/2026/checkpoint. VKEY and WITNESS_VKEY are verifier keys
(name+id+base64) or files with them; with the second, the checkpoint must be cosigned by it. Standard library
only, and `openssl pkeyutl` for the signatures. Shares no code with the programs it checks.

What is checked: content types and caching; every entry against its leaf hash, every hash of every tile against
those below it, the root against the checkpoint; that partial tiles of every lesser width are the beginning of
the last one; and that nothing beyond the checkpoint is served.

exit: 0 all of it holds; 1 it does not, or something is missing or malformed.
"""

import base64
import hashlib
import os
import struct
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

WIDTH = 256


class Wrong(Exception):
    """What does not hold."""


def demand(condition, reason):
    if not condition:
        raise Wrong(reason)


def decode_base64(text):
    decoded = base64.b64decode(text, validate=True)
    demand(base64.b64encode(decoded).decode() == text, "base64 is not canonical")
    return decoded


def verifier_key(text):
    if os.path.exists(text):
        with open(text, encoding="utf-8", newline="") as file:
            text = file.read().strip()
    name, key_id, typed = text.split("+", 2)
    typed = decode_base64(typed)
    computed = hashlib.sha256(name.encode() + b"\n" + typed).digest()[:4]
    demand(len(typed) == 33 and computed.hex() == key_id, "a verifier key is malformed")
    return name, computed, typed[0], typed[1:]


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


def signed_by(text, lines, key):
    """Whether a line is a valid signature of the text by the key: Ed25519 (1) or a cosignature (4)."""
    name, key_id, kind, public = key
    for line in lines:
        dash, signer, blob = line.split(" ")
        demand(dash == "\u2014", "a signature line is malformed")
        blob = decode_base64(blob)
        if signer != name or blob[:4] != key_id:
            continue
        if kind == 1:
            return len(blob) == 68 and openssl_verifies(public, text.encode(), blob[4:])
        seconds = int.from_bytes(blob[4:12], "big")
        message = f"cosignature/v1\ntime {seconds}\n{text}".encode()
        return kind == 4 and len(blob) == 76 and openssl_verifies(public, message, blob[12:])
    return False


class Log:
    """One log, over HTTP."""

    def __init__(self, prefix):
        self.prefix = prefix
        self.files = 0

    def get(self, path, caching, content_type):
        with urllib.request.urlopen(f"{self.prefix}/{path}", timeout=20) as answer:
            headers, body = answer.headers, answer.read()
        demand(headers["Content-Type"] == content_type, f"{path}: Content-Type {headers['Content-Type']}")
        demand(caching in headers["Cache-Control"], f"{path}: Cache-Control {headers['Cache-Control']}")
        self.files += 1
        return body

    def tile(self, path):
        return self.get(path, "immutable", "application/octet-stream")

    def is_absent(self, path):
        try:
            with urllib.request.urlopen(f"{self.prefix}/{path}", timeout=20):
                return False
        except urllib.error.HTTPError as error:
            return error.code == 404


def number(index):
    text = f"{index % 1000:03}"
    while index >= 1000:
        index //= 1000
        text = f"x{index % 1000:03}/{text}"
    return text


def path_of(level, index, width):
    partial = "" if width == WIDTH else f".p/{width}"
    return f"tile/{level}/{number(index)}{partial}"


def rows(hashes):
    return [(index, hashes[index * WIDTH:(index + 1) * WIDTH]) for index in range(-(-len(hashes) // WIDTH))]


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(hashes):
    """RFC 6962 section 2.1 over leaf hashes, by recursion."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << ((len(hashes) - 1).bit_length() - 1)
    return node_hash(root_of(hashes[:split]), root_of(hashes[split:]))


def read_entries(log, size):
    leaf_hashes = []
    for index in range(-(-size // WIDTH)):
        width = min(WIDTH, size - index * WIDTH)
        bundle = log.tile(path_of("entries", index, width))
        place = 0
        for _ in range(width):
            (length,) = struct.unpack_from(">H", bundle, place)
            entry = bundle[place + 2:place + 2 + length]
            demand(len(entry) == length, f"bundle {index} is cut off")
            leaf_hashes.append(hashlib.sha256(b"\x00" + entry).digest())
            place += 2 + length
        demand(place == len(bundle), f"bundle {index} has bytes left over")
    return leaf_hashes


def check_tiles(log, leaf_hashes):
    level, hashes = 0, leaf_hashes
    while hashes:
        above = []
        for index, row in rows(hashes):
            tile = log.tile(path_of(level, index, len(row)))
            demand(tile == b"".join(row), f"tile {index} of level {level} has other hashes than what is below it")
            if len(row) == WIDTH:
                above.append(root_of(row))
            else:
                for width in {1, len(row) // 2, len(row) - 1} - {0}:
                    part = log.tile(path_of(level, index, width))
                    demand(part == tile[:32 * width], "a partial tile is not the beginning of a wider one")
        level, hashes = level + 1, above


def check_what_is_beyond(log, size):
    index, width = divmod(size, WIDTH)
    for kind in ("entries", 0):
        demand(log.is_absent(path_of(kind, index + 1, 1)), "a tile beyond the checkpoint is served")
        demand(log.is_absent(path_of(kind, index, WIDTH)), "a tile is served as full that is not")
        if width < WIDTH - 1:
            wider = path_of(kind, index, width + 1)
            demand(log.is_absent(wider), "a tile wider than the checkpoint is served")
    for wrong in ("tile/0/0", "tile/00/000", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/%3000", "tile"):
        demand(log.is_absent(wrong), f"{wrong} is served")


def check(base, vkey, witness):
    origin = vkey[0]
    log = Log(f"{base.rstrip('/')}/{origin.partition('/')[2]}")
    note = log.get("checkpoint", "max-age=", "text/plain; charset=utf-8").decode()
    text, parted, lines = note.rpartition("\n\n")
    demand(parted and lines.endswith("\n"), "the checkpoint is not a signed note")
    text, lines = text + "\n", lines[:-1].split("\n")
    demand(signed_by(text, lines, vkey), "the checkpoint is not signed by the log")
    demand(witness is None or signed_by(text, lines, witness), "the checkpoint is not cosigned by the witness")
    said_origin, size, root = text.split("\n")[:3]
    demand(said_origin == origin and str(int(size)) == size, "the checkpoint is of another log, or malformed")
    size = int(size)
    leaf_hashes = read_entries(log, size)
    check_tiles(log, leaf_hashes)
    demand(root_of(leaf_hashes) == decode_base64(root), "the root is another one than the log has signed")
    check_what_is_beyond(log, size)
    return size, log.files


def main(arguments):
    if len(arguments) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 1
    try:
        keys = [verifier_key(text) for text in arguments[1:]]
        size, files = check(arguments[0], keys[0], keys[1] if len(keys) == 2 else None)
    except (Wrong, OSError, ValueError, struct.error) as error:
        print(f"check_tiles: {error}", file=sys.stderr)
        return 1
    print(f"valid: {size} entries in {files} files")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
