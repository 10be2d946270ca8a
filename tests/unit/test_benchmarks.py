"""Commands that time gapprof itself: each is told of where they lie, and what they print is what was seen."""

import re
import shlex
import sys
from pathlib import Path

import pytest

from gapprof.errors import EnvironmentUnusable
from gapprof.measure.lock import sole_measurer
from gapprof.records.wire.start import Started
from tests.scripts import ROOT, script

FOLDER = ROOT / "benchmarks"
LISTENERS = script("benchmarks/cold_listeners.py")
SCALE = script("benchmarks/scale.py")
GPU_TESTS = script("benchmarks/gpu_tests.py")
TWO_PROCESSES = """
import subprocess, sys
hold = "import time; held = bytes(range(256)) * (40 << 12); time.sleep(2)"
subprocess.run([sys.executable, "-c", hold], check=True)
"""


def test_every_benchmark_has_a_row_that_says_what_it_prints() -> None:
    told = re.findall(r"^\| `python benchmarks/(\w+\.py)", (FOLDER / "README.md").read_text("utf-8"), re.M)
    assert sorted(told) == sorted(path.name for path in FOLDER.glob("*.py"))


def seen(session_ms: float) -> object:
    nothing: dict[str, tuple[float, ...]] = dict.fromkeys(
        ("runs_ms", "usual_ms", "unoptimised_ms", "unpacked_ms", "parse_ms", "gpu_waits_ms"), ()
    )
    stages = {"import": 100.0, "session": session_ms, "first-run": 50.0}
    started = Started(threads=1, moment_ms=1.0, stages_ms=stages, files=(), gpu_made=(), **nothing)
    return LISTENERS.Seen(started=started, adapter="")


@pytest.mark.parametrize(
    ("stretch", "ratio"), [("from the order on", 220 / 200), ("once wasm is compiled", 120 / 100)]
)
def test_the_price_of_listening_is_a_ratio_of_the_same_round_s_starts(stretch: str, ratio: float) -> None:
    starts = {LISTENERS.WITH: [seen(70.0)] * 3, LISTENERS.WITHOUT: [seen(50.0)] * 3}
    row = LISTENERS.row(stretch, LISTENERS.STRETCHES[stretch], starts)
    assert row.endswith(f"{ratio:.3f}x [{ratio:.3f}, {ratio:.3f}]")


def test_it_does_not_measure_while_another_gapprof_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GAPPROF_LOCK_DIR", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["cold_listeners.py", str(tmp_path / "none.onnx"), "0"])
    with sole_measurer(), pytest.raises(EnvironmentUnusable, match="another gapprof is measuring"):
        LISTENERS.main()


def planted(monkeypatch: pytest.MonkeyPatch, *found: float) -> None:
    """A part of what scale.py goes through, with figures that may be 10 at most."""
    figures = [SCALE.Figure(what="planted", found=one, most=10.0, unit="s") for one in found]
    monkeypatch.setitem(SCALE.PARTS, "planted", lambda _: iter(figures))
    monkeypatch.setattr(sys, "argv", ["scale.py", "planted"])


def test_a_bound_that_is_missed_is_said_and_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    planted(monkeypatch, 9.0, 10.1, 8.0)
    with pytest.raises(SystemExit) as ended:
        SCALE.main()
    assert ended.value.code == 1
    said = [line.rpartition(": ")[2] for line in capsys.readouterr().out.splitlines()]
    assert said == ["within", "BEYOND", "within"]


def test_bounds_that_hold_end_as_any_command_does(monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch, 9.0, 10.0)
    SCALE.main()


@pytest.mark.parametrize(("worker_mib", "verdict"), [(208, "within"), (210, "BEYOND")])
def test_memory_is_what_all_processes_hold_together_beside_half_as_much_again_as_the_model(
    worker_mib: int, verdict: str
) -> None:
    held = {"gapprof (1)": 94.0 * SCALE.MIB, "gapprof.native.worker (2)": float(worker_mib * SCALE.MIB)}
    peak = SCALE.Peak(held_bytes=held)
    figure = str(peak.within("peak memory explaining it", 2 * SCALE.MIB))
    assert figure == f"peak memory explaining it: {94 + worker_mib:.1f} MiB, at most 303: {verdict}"
    assert str(peak) == f"94 MiB of gapprof (1), {worker_mib} MiB of gapprof.native.worker (2)"


def test_whatever_runs_this_python_is_counted_as_one_of_the_processes() -> None:
    took_s, peak = SCALE.watched(["-c", TWO_PROCESSES])
    assert took_s > 0
    alone, child = sorted(peak.held_bytes.values())
    assert child - alone > 30 * SCALE.MIB, "the child's bytes"
    assert {name.partition(" ")[0] for name in peak.held_bytes} == {"python"}


def test_the_gpu_s_tests_are_timed_as_make_test_runs_them() -> None:
    make = (ROOT / "Makefile").read_text("utf-8").replace('"', "'")
    *how, quietly = GPU_TESTS.AS_MAKE_TEST_DOES
    assert quietly == "-q"
    assert f"-m pytest {shlex.join(how)} " in make
    listed = dict(re.findall(r"tests/(browser|live)/test_,([^)]*)\)", make))
    for file in map(Path, GPU_TESTS.files()):
        name = file.stem.removeprefix("test_")
        assert name in re.findall(r"\w+", listed[file.parent.name]), "it has the machine to itself"


@pytest.mark.parametrize(("took_s", "verdict"), [(179.0, "within"), (181.0, "BEYOND")])
def test_the_gpu_s_tests_may_take_three_minutes(took_s: float, verdict: str) -> None:
    assert (
        GPU_TESTS.told(took_s)
        == f"the GPU's tests, three files at a time: {took_s:.0f} s, at most 180: {verdict}"
    )


@pytest.mark.parametrize(
    ("took_s", "tests", "code"), [(179.0, 0, 0), (181.0, 0, 1), (179.0, 2, 2), (181.0, 2, 2)]
)
def test_the_gpu_s_tests_end_with_1_beyond_three_minutes_and_else_as_they_do(
    took_s: float, tests: int, code: int
) -> None:
    assert GPU_TESTS.exit_code(took_s, tests) == code
