#!/usr/bin/env python3
"""Checks a bundle: Python 3.8 or later, its standard library, and `openssl` (1.1.1 or later) for signatures.

    python3 verify.py [--secretariat ed25519:KEY]...

Without --secretariat the keys that the bundle itself names are taken: then the bundle agrees with itself, and
you still have to compare those keys with what you know of the secretariat. docs/bundle.md is the format.
Exit code: 0 valid, 1 invalid, 3 could not check.
"""
import base64, hashlib, json, os, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
CONTENT = "application/ohrid-%s+cbor"
wrong, unchecked, counts = [], [], {}


def read(path):
    with open(os.path.join(HERE, path), "rb") as file:
        return file.read()


def sha256(data):
    return hashlib.sha256(data).digest()


def expect(holds, what):
    counts[what] = counts.get(what, 0) + 1
    if not holds:
        wrong.append(what)
    return holds


# --- CBOR (RFC 8949), as much of it as the formats use ---------------------------------------------------

def head(major, number):
    for size, extra in ((24, None), (1 << 8, 1), (1 << 16, 2), (1 << 32, 4), (1 << 64, 8)):
        if number < size:
            first = number if extra is None else {1: 24, 2: 25, 4: 26, 8: 27}[extra]
            return bytes([major << 5 | first]) + (b"" if extra is None else number.to_bytes(extra, "big"))


def encode(value):
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(encode, value))
    return head(5, len(value)) + b"".join(encode(key) + encode(one) for key, one in value.items())


def decode(data, at=0):
    major, number = data[at] >> 5, data[at] & 31
    at += 1
    if number >= 24:
        size = 1 << (number - 24)
        number, at = int.from_bytes(data[at:at + size], "big"), at + size
    if major < 2:
        return (number if major == 0 else -1 - number), at
    if major < 4:
        text = data[at:at + number]
        return (text if major == 2 else text.decode()), at + number
    if major == 6:
        return decode(data, at)
    items = []
    for _ in range(number * (2 if major == 5 else 1)):
        item, at = decode(data, at)
        items.append(item)
    return (items if major == 4 else dict(zip(items[::2], items[1::2]))), at


def cbor(data):
    value, end = decode(data)
    if end != len(data):
        raise ValueError("bytes after the end")
    return value


# --- Signatures ------------------------------------------------------------------------------------------

def ed25519(public, message, signature):
    """Whether `openssl` finds the signature good (RFC 8032)."""
    with tempfile.TemporaryDirectory() as folder:
        names = [os.path.join(folder, name) for name in ("key", "message", "signature")]
        der = bytes.fromhex("302a300506032b6570032100") + public
        for name, content in zip(names, (der, message, signature)):
            with open(name, "wb") as file:
                file.write(content)
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", names[0], "-rawin",
                   "-in", names[1], "-sigfile", names[2]]
        return subprocess.run(command, capture_output=True).returncode == 0


def key_id(public):
    return sha256(b"ohrid/1 key id\n" + public)[:16]


def cose_sign1(data, kind, party, at, directory):
    """What a node of that Party has signed (RFC 9052 section 4.2); None if it has not."""
    protected, _, payload, signature = cbor(data)
    names = cbor(protected)
    if names.get(1) != -8 or names.get(3) != CONTENT % kind:
        return None
    signed = encode(["Signature1", protected, b"", payload])
    statement = cbor(payload)
    for key in valid(directory["parties"][party][4], at(statement)):
        if key_id(key) == names.get(4) and ed25519(key, signed, signature):
            return statement
    return None


def cose_signers(data, kind, keys):
    """How many of these keys have signed, and what (RFC 9052 section 4.1)."""
    protected, _, payload, signatures = cbor(data)
    if cbor(protected).get(3) != CONTENT % kind:
        return 0, payload
    good = set()
    for signer, _, signature in signatures:
        signed = encode(["Signature", protected, signer, b"", payload])
        for key in keys:
            if key_id(key) == cbor(signer).get(4) and ed25519(key, signed, signature):
                good.add(key)
    return len(good), payload


def valid(periods, at):
    return [one[0] for one in periods if one[1] <= at and (len(one) < 3 or at < one[2])]


# --- The log (RFC 6962, c2sp.org/signed-note, c2sp.org/tlog-checkpoint) -----------------------------------

def node(left, right):
    return sha256(b"\x01" + left + right)


def root_of(index, size, leaf, path):
    """Where an inclusion proof leads (RFC 9162 section 2.1.3.2); None if it cannot be one."""
    first, last, result = index, size - 1, leaf
    if index >= size:
        return None
    for other in path:
        if last == 0:
            return None
        if first & 1 or first == last:
            result = node(other, result)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            result = node(result, other)
        first, last = first >> 1, last >> 1
    return result if last == 0 else None


def vkey(text):
    name, _, key = text.split("+", 2)
    raw = base64.b64decode(key, validate=True)
    return name, raw[:1], raw[1:]


def checkpoint(note, party, at, directory):
    """Origin, size and root of a checkpoint, if a log key of that Party has signed it; and who cosigned."""
    text, _, lines = note.partition("\n\n")
    text += "\n"
    origin, size, root = text.split("\n")[:3]
    own, witnesses = False, 0
    keys = [vkey(one) for one in valid(directory["parties"][party][5], at)]
    others = [vkey(one) for code in directory["parties"] for one in valid(directory["parties"][code][6], at)]
    for line in lines.splitlines():
        _, name, blob = line.split(" ")
        blob = base64.b64decode(blob, validate=True)
        for known, kind, key in keys + others:
            if known != name or sha256(name.encode() + b"\n" + kind + key)[:4] != blob[:4]:
                continue
            if kind == b"\x01" and name == origin:
                own = ed25519(key, text.encode(), blob[4:]) or own
            elif kind == b"\x04":
                seconds = int.from_bytes(blob[4:12], "big")
                signed = "cosignature/v1\ntime %d\n%s" % (seconds, text)
                good = ed25519(key, signed.encode(), blob[12:])
                expect(good, "cosignatures of witnesses")
                witnesses += good
    return (origin, int(size), base64.b64decode(root)) if own else None


def included(proof, leaf):
    """The checkpoint in a tlog-proof, if the proof leads from the leaf to it."""
    lines, _, note = proof.partition("\n\n")
    lines = lines.split("\n")
    if lines[0] != "c2sp.org/tlog-proof@v1" or not lines[1].startswith("index "):
        return None
    size, root = note.split("\n")[1:3]
    path = [base64.b64decode(line) for line in lines[2:]]
    found = root_of(int(lines[1][6:]), int(size), sha256(b"\x00" + leaf), path)
    return note if found == base64.b64decode(root) else None


# --- The bundle ------------------------------------------------------------------------------------------

def manifests():
    for manifest in ("tagmanifest-sha512.txt", "manifest-sha512.txt"):
        for line in read(manifest).decode().splitlines():
            digest, path = line.split("  ", 1)
            expect(hashlib.sha512(read(path)).hexdigest() == digest, "checksums of files")


def directories(bundle, keys, threshold):
    """Every directory that the secretariat has signed, by its version."""
    found = {}
    for one in bundle["directories"]:
        data = read(one["file"])
        _, payload = cose_signers(data, "directory", [])
        said, current, needed = cbor(payload), keys, threshold
        anchored, previous = 6 not in said, None
        for signed in said.get(6, []):
            _, content = cose_signers(signed, "key-set", [])
            key_set = cbor(content)
            if not anchored:
                # Sets before the one that was configured count for nothing.
                anchored = sorted(key_set[5]) == sorted(keys) and key_set[4] >= threshold
            elif key_set.get(6) != previous or cose_signers(signed, "key-set", current)[0] < needed:
                anchored = False
                break
            if anchored:
                current, needed, previous = key_set[5], key_set[4], sha256(content)
                if cose_signers(signed, "key-set", current)[0] < needed:
                    anchored = False
                    break
        good = anchored and cose_signers(data, "directory", current)[0] >= needed
        good = good and said[1] == bundle["network"] and said[2] == one["version"]
        expect(good, "directories signed by the secretariat")
        if good:
            found[one["version"]] = {"parties": {party[1]: party for party in said[5]}}
    return found


def statement(bundle, leaf, entry, known):
    """The signed statement in a leaf: whose it is, and whether it is the one in the file."""
    message = bundle["messages"][leaf["message"] - 1]
    data, directory = read(leaf["statement"]), known[leaf["directory"]]
    expect(entry[3] == data, "statements as they stand in the log")
    # What the statement is called, where its time stands in it, and where the contact point that signs.
    kind, when, signer = {
        "submitted": ("envelope", 6, 4), "received": ("envelope", 6, 4), "delivered": ("receipt", 4, 2),
        "consigned": ("consignment", 8, 3), "completed": ("completion", 6, 3), "rejected": ("rejection", 4, None),
    }[leaf["kind"]]
    claimed = cbor(cbor(data)[2])
    if signer:
        party = claimed[signer].split("/")[0]
    else:
        party = bundle["made_by"]["party"] if entry[6] == 0 else entry.get(9, message["to"][0]).split("/")[0]
    good = cose_sign1(data, kind, party, lambda said: said[when], directory)
    expect(good is not None, "statements signed by the Party that they name")
    return claimed


def receipts(bundle, leaf, receipt, headers, known):
    header = headers.get(receipt[3])
    if not expect(header is not None, "receipts for a header of this case"):
        return
    other = read(leaf["peer"]["leaf"])
    made = encode({0: 1, 1: 2, 2: receipt[4], 3: header, 11: receipt[7]})
    expect(other == made, "leaves of other nodes, made of header and receipt")
    for name in ("proof", "witnessed"):
        if leaf["peer"][name]:
            note = included(read(leaf["peer"][name]).decode(), other)
            expect(note is not None, "proofs in other nodes' logs")
            party = receipt[2].split("/")[0]
            at = receipt[4] if name == "proof" else bundle["state_at_ms"]
            good = note and checkpoint(note, party, at, known[leaf["directory"]])
            expect(good and good[0] == receipt[5], "checkpoints of other nodes' logs")


def contents(bundle, headers):
    for number, message in enumerate(bundle["messages"], 1):
        own = [cbor(cbor(one)[2]) for one in headers.values()]
        own = [one for one in own if one[1].hex() == message["id"].replace("-", "") and one[4] == message["from"]]
        expect(own and all(one[9].hex() == message["commitment"] for one in own), "headers of messages")
        if message["sealed"]:
            sealed, salt = read(message["sealed"]), read(message["salt"])
            digest = sha256(b"ohrid/1 payload commitment\n" + salt + sealed).hex()
            expect(digest == message["commitment"] and len(sealed) == message["length_bytes"],
                   "sealed originals that the headers commit to")
            unchecked.append("message %d: that the sealed original says what message.json says" % number)
        attached = message["attachments"]
        if attached and attached["manifest"]:
            manifest = read(attached["manifest"])
            salt = read(attached["salt"])
            digest = sha256(b"ohrid/1 attachment manifest commitment\n" + salt + manifest)
            expect(all(one.get(11) == digest for one in own), "lists of attachments that the headers commit to")
            listed = cbor(manifest)[2]
            for one in attached["files"]:
                file = read(one["file"])
                said = listed[one["number"] - 1]
                expect(sha256(file) == said[4] and len(file) == said[3], "attachments that the lists name")


def main(arguments):
    bundle = json.loads(read("data/bundle.json"))
    manifests()
    keys, threshold = bundle["secretariat"]["keys"], bundle["secretariat"]["threshold"]
    if arguments:
        if set(arguments[0::2]) != {"--secretariat"} or len(arguments) % 2:
            print(__doc__)
            return 2
        keys = arguments[1::2]
        threshold = max(threshold, len(keys) // 2 + 1)
    else:
        print("The secretariat's keys are those that the bundle names. Compare them with what you know:")
        print("".join("  %s\n" % key for key in keys), end="")
    raw = [base64.b64decode(key.partition("ed25519:")[2]) for key in keys]
    known = directories(bundle, raw, threshold)
    if len(known) == len(bundle["directories"]):
        own, newest = bundle["made_by"]["party"], known[max(known)]
        seal = cose_sign1(read("signature.cose"), "bundle", own, lambda said: said[3], newest)
        same = seal and seal[4] == hashlib.sha512(read("tagmanifest-sha512.txt")).digest()
        expect(same and seal[3] == bundle["state_at_ms"] and seal[2] == own, "the node's signature over all of it")
        heads = []
        for log in bundle["logs"]:
            note = read(log["checkpoint"]).decode()
            said = checkpoint(note, own, log["dated_at_ms"], known[log["directory"]])
            expect(said and said[:2] == (log["origin"], log["size"]), "checkpoints signed by the log's key")
            heads.append(note)
        headers = {}
        for leaf in bundle["leaves"]:
            data = read(leaf["file"])
            entry = cbor(data)
            note = included(read(leaf["proof"]).decode(), data)
            expect(note == heads[leaf["log"] - 1], "leaves that are in the log")
            expect(entry[2] == leaf["at_ms"], "times of leaves")
            if leaf["statement"]:
                claimed = statement(bundle, leaf, entry, known)
                if leaf["kind"] in ("submitted", "received"):
                    headers[sha256(entry[3])] = entry[3]
                if leaf["kind"] == "delivered":
                    receipts(bundle, leaf, claimed, headers, known)
        contents(bundle, headers)
    for what in sorted(counts):
        bad = wrong.count(what)
        print("%-7s %4d  %s" % ("WRONG" if bad else "ok", bad or counts[what], what))
    for left in bundle["left_out"]:
        print("left out: %(part)s of message %(message)s (%(why)s)" % left)
    for what in unchecked:
        print("not checked here: %s (VERIFY.md says how)" % what)
    print("INVALID" if wrong else "VALID")
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except FileNotFoundError as error:
        print("COULD NOT CHECK: %s is not there" % error.filename)
        sys.exit(3)
    except (ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
        print("INVALID: something in the bundle is not what it should be (%r)" % error)
        sys.exit(1)
