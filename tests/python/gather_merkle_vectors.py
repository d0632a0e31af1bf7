"""Gathers the proof vectors of transparency-dev/merkle into one file, one vector on each line.

    python3 tests/python/gather_merkle_vectors.py path/to/merkle > crates/ledger/tests/transparency_dev.json

Vectors of subtree proofs are left out: the ledger has none. Nothing else is changed, and `file` says where
in `testdata` a vector stood.
"""

import json
import pathlib
import sys

KINDS = ("inclusion", "consistency")


def main() -> None:
    folder = pathlib.Path(sys.argv[1]) / "testdata"
    files = sorted(path for kind in KINDS for path in (folder / kind).rglob("*.json"))
    rows = [{"file": path.relative_to(folder).as_posix(), **json.loads(path.read_text())} for path in files]
    lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    sys.stdout.write(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
