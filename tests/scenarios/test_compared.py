"""`gapprof compare` of real runs between which something was planted: what it blames, and what not."""

import re
from pathlib import Path

import msgspec
import pytest

from gapprof import cli
from gapprof.errors import ExitCode
from gapprof.records.comparison import Change, Comparison
from gapprof.records.estimate import Estimate
from gapprof.text import numbers
from tests.scenarios.reading import REPORTS

PLAIN = "every-rung"
"""The same model on the same machine as it comes."""


class Command:
    """`gapprof compare`, as it is typed: what it shows as one line, and what it writes."""

    def __init__(self, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._file, self._capsys = file, capsys

    def __call__(self, after: str, *options: str, before: str = PLAIN) -> tuple[str, Comparison]:
        runs = [str(REPORTS / "scenarios" / f"{name}.jsonl") for name in (before, after)]
        assert cli.run(["compare", *runs, "--json", str(self._file), *options]) == ExitCode.OK
        shown = " ".join(self._capsys.readouterr().out.split())
        return shown, msgspec.json.decode(self._file.read_bytes(), type=Comparison)


@pytest.fixture
def compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(tmp_path / "comparison.json", capsys)


def row(comparison: Comparison, name: str) -> Change:
    return next(change for change in comparison.causes if change.id == name)


def child(comparison: Comparison, name: str, part: str) -> Change:
    return next(change for change in row(comparison, name).children if change.id == part)


def factor(change: Change) -> Estimate:
    assert change.factor is not None, change.why
    return change.factor


def was_nothing(change: Change) -> bool:
    """Exactly, not within an interval."""
    return change.before is not None and change.before.low == change.before.high == 1.0


def test_flags_that_hold_wasm_in_its_baseline_tier_are_the_runtimes_alone(compared: Command) -> None:
    shown, comparison = compared("baseline-tier")
    assert comparison.strangers == ()
    moved = {one.id: one.verdict for one in comparison.causes if one.verdict in ("grew", "shrank")}
    assert moved == {"runtime": "grew"}
    runtime, flags = row(comparison, "runtime"), child(comparison, "runtime", "flags")
    assert factor(runtime).point == pytest.approx(factor(comparison.gap).point, rel=0.1)
    assert was_nothing(flags)
    assert flags.verdict == "grew"
    assert factor(flags).low > 2
    told = f": {numbers.factor(factor(runtime).point)} more comes with the wasm runtime. "
    assert comparison.headline.startswith(f"The gap grew {numbers.factor(factor(comparison.gap).point)}, ")
    assert told in comparison.headline
    assert comparison.headline in shown
    assert "js flags: none → --liftoff-only" in shown


def test_a_build_that_lost_simd_is_blamed_before_whatever_else_moved(compared: Command) -> None:
    """It is as large as what the gap grew by; nothing else that grew comes near."""
    shown, comparison = compared("scalar-build", "--allow-different")
    assert {one.what for one in comparison.strangers} == {"onnxruntime-web", "wasm"}
    simd, scalar = row(comparison, "simd"), child(comparison, "simd", "scalar-build")
    assert (simd.verdict, scalar.verdict) == ("grew", "grew")
    assert was_nothing(scalar), "a build with SIMD has lost none"
    assert factor(simd).point == pytest.approx(factor(comparison.gap).point, rel=0.2)
    others = [factor(one).point for one in comparison.causes if one is not simd and one.verdict == "grew"]
    assert all(other < 1.2 for other in others)
    told = f": {numbers.factor(factor(simd).point)} more comes with a wasm build without SIMD"
    assert comparison.headline.startswith(f"The gap grew {numbers.factor(factor(comparison.gap).point)}, ")
    assert told in comparison.headline
    assert comparison.headline in shown


def test_a_cause_whose_steps_differ_is_named_before_whatever_could_be_compared(compared: Command) -> None:
    """With kernels of gapprof's own less of the first run's gap is the width's: that is another quantity."""
    shown, comparison = compared("scalar-build", "--allow-different", before="expected")
    simd = row(comparison, "simd")
    assert (simd.verdict, simd.factor) == ("not-compared", None)
    assert comparison.gap.verdict == "grew"
    assert simd.before is not None
    assert simd.after is not None
    assert simd.before.high < simd.after.low
    figures = f"{numbers.factor(simd.before.point)} before, {numbers.factor(simd.after.point)} after"
    grew = f"The gap grew {numbers.factor(factor(comparison.gap).point)}, from "
    first = rf"{re.escape(grew)}\S+ to \S+\. What comes with 128-bit wasm \({re.escape(figures)}\), what .+ "
    assert re.match(rf"{first}could not be compared; why is told below\. Of the rest, ", comparison.headline)
    assert comparison.headline in shown
    assert f"{simd.title}: {simd.why}." in shown
