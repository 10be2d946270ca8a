"""The same recording gives the same bytes in every process, whatever order its sets have there."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

RECORDINGS = sorted((Path(__file__).parents[3] / "reports" / "zoo").glob("*.jsonl"))[:2]
DIGESTS = """
import hashlib, sys
from gapprof import analyze
from gapprof.records.codec import encode_report
for path in sys.argv[1:]:
    print(hashlib.sha256(encode_report(analyze(path))).hexdigest())
"""


def digests(hash_seed: int) -> str:
    done = subprocess.run(
        [sys.executable, "-c", DIGESTS, *map(str, RECORDINGS)],
        env={**os.environ, "PYTHONHASHSEED": str(hash_seed)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_no_order_of_a_set_shows_in_a_report() -> None:
    assert RECORDINGS
    first = digests(0)
    assert len(first.split()) == len(RECORDINGS)
    assert len(first.split()[0]) == len(hashlib.sha256().hexdigest())
    assert all(digests(seed) == first for seed in range(1, 5))
