"""On macOS and Windows, faked: what analyses and draws works, and says the same about the same recordings."""

import functools
import hashlib
import importlib
import json
import os
import pkgutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import gapprof
import gapprof.render
from gapprof import analyze, registry
from gapprof.records.surface import Surface
from tests.faked_platform import SYSTEMS

ROOT = Path(__file__).parents[1]
REPORTS = ROOT / "reports"
OF_ALL_SECTIONS = ("whole/mobilenetv2", "qoe/resnet20", "gpu/matmul", "balance/resnet20")
"""Recordings that hold what no run without options does."""
RECORDINGS = (
    *sorted((REPORTS / "zoo").glob("*.jsonl")),
    *(REPORTS / f"{name}.jsonl" for name in OF_ALL_SECTIONS),
)
ASKING = (
    *(f"unit/{name}" for name in ("measure", "options", "terminal")),
    *(f"unit/test_{name}.py" for name in ("files", "live", "outcome", "proc", "recordings", "tables")),
    "contract",
)
UNASKING = (
    *(f"unit/{name}" for name in ("budgets", "causes", "comparison", "digest", "explain", "facts", "render")),
    *(f"unit/{name}" for name in ("stats", "text")),
    *("scenarios", "hostile/test_recordings.py", "hostile/test_text.py"),
)
"""What may import nothing by which it could ask where it is (contract/test_imports.py). In `make test` equal
reports of equal recordings stand for it."""
WHOLE_RUNS = ("truth",)
LONGEST_S = 1800.0
"""A minute on a quiet machine; nobody waits longer than it takes."""
NOT_THOSE = ("contract/test_backends.py", "contract/test_probes.py", "unit/explain/test_determinism.py")
"""They start what this machine has."""
SAYS = """
import json, sys
from tests.faked_platform import fake
fake(sys.argv[1])
from tests.test_platforms import beliefs, digests
print(json.dumps({"digests": digests(), "beliefs": beliefs()}))
"""

platforms = pytest.mark.parametrize("name", sorted(SYSTEMS))


@functools.cache
def said(name: str) -> Mapping[str, object]:
    """The answers of this file's functions on a faked platform."""
    command = [sys.executable, "-c", SAYS, name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LONGEST_S, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@functools.cache
def digests() -> dict[str, str]:
    """Of what every report format makes of every published recording."""
    found = {}
    for path in RECORDINGS:
        report = analyze(path)
        for renderer in registry.load(gapprof.render, "RENDERER").values():
            text = renderer.render(report, Surface(detail=True))
            name = f"{path.parent.name}/{path.stem}, {renderer.id}"
            found[name] = hashlib.sha256(text.encode()).hexdigest()
    return found


def beliefs() -> list[object]:
    """What gapprof takes this machine for, every module of it being loaded."""
    for module in pkgutil.walk_packages(gapprof.__path__, "gapprof."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    from gapprof.measure.machine import machine_facts
    from gapprof.native.isa.host import why_not
    from gapprof.proc import machine_busy_ms

    facts = machine_facts()
    return [facts.system, facts.architecture, machine_busy_ms(), why_not("128")]


@platforms
def test_every_module_loads_and_knows_what_it_cannot_have(name: str) -> None:
    system, processor = SYSTEMS[name]
    refusal = f"the instruction ceiling works on Linux only, not on {system}"
    assert said(name)["beliefs"] == [system, processor, None, refusal]


@platforms
def test_recordings_give_the_same_reports_byte_for_byte(name: str) -> None:
    here = digests()
    assert len(here) >= 3 * len(RECORDINGS) >= 3 * 9
    assert said(name)["digests"] == here


@pytest.mark.parametrize(
    ("name", "part"),
    [
        *(pytest.param(name, ASKING, id=f"{name}-asking") for name in SYSTEMS),
        pytest.param("win32", UNASKING, id="win32-unasking"),
        pytest.param("darwin", UNASKING, id="darwin-unasking", marks=pytest.mark.long),
        *(pytest.param(name, WHOLE_RUNS, id=f"{name}-runs", marks=pytest.mark.long) for name in SYSTEMS),
    ],
)
def test_the_pure_half_of_the_suite_passes(name: str, part: tuple[str, ...], tmp_path: Path) -> None:
    """On a disk: a folder in Linux's shared memory is not there on a faked platform."""
    options = ["-q", "-m", "not long and not numbers", "-p", "no:cacheprovider", "-p", "tests.faked_platform"]
    command = [sys.executable, "-m", "pytest", *options, "--platform", name]
    paths = [f"tests/{path}" for path in part] + [f"--ignore=tests/{path}" for path in NOT_THOSE]
    known = {key: value for key, value in os.environ.items() if key != "PYTEST_XDIST_WORKER"}
    done = subprocess.run(
        [*command, *paths],
        cwd=ROOT,
        env={**known, "TMPDIR": str(tmp_path), "GAPPROF_LOCK_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
