"""The light models of the onnx package: each gives a full report, whose parts sum to the whole."""

import math
import re
from collections import Counter

import pytest

from gapprof.recordings import read_run
from gapprof.subject.light import light_models
from tests.scenarios.reading import report
from tests.scripts import script

REPORT = script("reports/light.py")
PUBLISHED = sorted(path.stem for path in REPORT.HERE.glob("*.jsonl"))

every_model = pytest.mark.parametrize("name", PUBLISHED)


def test_every_light_model_has_a_row_with_all_figures_of_outputs_that_agree() -> None:
    page = (REPORT.HERE / "README.md").read_text(encoding="utf-8")
    rows = [
        line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith(("| light", "| ["))
    ]
    assert [re.sub(r"\[(\w+)\]\(.*\)", r"\1", name) for name, *_ in rows] == [
        path.stem for path in light_models()
    ]
    for _, native, web, *factors, gate, status in rows:
        assert native.endswith(" ms")
        assert web.endswith(" ms")
        assert len(factors) == 1 + len(REPORT.CAUSES)
        assert all(re.match(r"[\d.]+x \[", one) for one in factors)
        assert gate == "pass"
        assert status in ("ok", "unreliable")


def test_every_light_model_is_published() -> None:
    assert [path.stem for path in light_models()] == PUBLISHED


@every_model
def test_a_light_model_gives_a_full_report_of_outputs_that_agree(name: str) -> None:
    found = report(f"light/{name}")
    assert found.model.name == name
    assert found.status in ("ok", "unreliable")
    assert {check.status for check in found.checks if check.id == "outputs"} == {"pass"}
    assert found.overhead["node_join_share"] == 1.0
    assert {row.id for row in found.causes if row.factor is not None} == set(REPORT.CAUSES)
    assert found.operators


@every_model
def test_weights_sum_to_the_page_over_native_and_contrasts_to_the_gap(name: str) -> None:
    found = report(f"light/{name}")
    rows = [*found.causes, found.residual]
    weights: Counter[str] = Counter()
    for row in rows:
        weights.update(row.weights)
    assert {rung: weight for rung, weight in weights.items() if abs(weight) > 1e-9} == {
        "web": 1,
        "native": -1,
    }
    logs = [math.log(row.factor.point) for row in rows if row.factor is not None]
    assert found.gap.ratio is not None
    assert math.fsum(logs) == pytest.approx(math.log(found.gap.ratio.point), abs=1e-9)


@every_model
def test_a_recording_was_made_by_the_command_that_makes_it_anew(name: str) -> None:
    begin = read_run(REPORT.HERE / f"{name}.jsonl").begin
    assert (begin.settings.budget_s, begin.settings.rungs) == (REPORT.BUDGET_S, "main")
    assert begin.argv == REPORT.command(name)


def test_the_command_says_everything_once_and_what_the_page_tells() -> None:
    words = REPORT.command("light_a")
    assert words[:3] == ("gapprof", "explain", "light_a.onnx")
    assert len(set(words)) == len(words)
    assert f"--budget {REPORT.BUDGET_S} --rungs main" in " ".join(words)
    assert f"`{' '.join(words[3:7])}`" in REPORT.INTRODUCTION


def test_the_table_is_of_what_is_published() -> None:
    page = (REPORT.HERE / "README.md").read_text(encoding="utf-8")
    assert page == "\n".join(REPORT.table()) + "\n"
