"""Modules of a test run in Node, by a script that sees them as `wasm` and answers in JSON."""

import json
import subprocess
from pathlib import Path
from typing import Any

from gapprof import assets

_BEFORE = """
import { readFileSync } from "node:fs";
import { logBook } from "%(probes)s/log_book.mjs";
const wasm = readFileSync("%(wasm)s");
const layout = %(layout)s;
const answer = await (async () => {
%(script)s
})();
console.log(JSON.stringify(answer));
"""
_DEADLINE_S = 300


def answer(wasm: bytes, script: str, folder: Path, *, layout: object = None) -> Any:
    """What the script returns; `logBook` and the layout are there for rewritten modules."""
    file = folder / "module.wasm"
    file.write_bytes(wasm)
    probes = assets.probes_web().as_uri()
    source = _BEFORE % {
        "probes": probes,
        "wasm": file.as_posix(),
        "layout": json.dumps(layout),
        "script": script,
    }
    command = [str(assets.node()), "--input-type=module", "-e", source]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_DEADLINE_S, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
