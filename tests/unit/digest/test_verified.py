"""The word beside a prediction that was put to the test, and what it leaves open."""

import math

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine
from gapprof.digest.verified import came_true, nothing_verified, verified_notes
from gapprof.explain.report import build
from gapprof.records.estimate import Estimate
from gapprof.records.report import Report, WhatIf
from gapprof.records.settings import Settings
from gapprof.records.surface import Surface
from gapprof.render import markdown, terminal
from tests.truth.recorder import record

SAME = "what predicts it has the same settings"


def change(point: float, half: float, prediction: str, why: str = "") -> WhatIf:
    """Measured over predicted, and by how much on ln its own interval reaches up and down."""
    ratio = Estimate(
        point=point, low=point / math.exp(half), high=point * math.exp(half), level=0.95, rounds=6
    )
    return WhatIf(
        change=f"Changed by {point}",
        rung="web-threads",
        predicted_ms=replace(ratio, point=10.0, low=9.0, high=11.0),
        measured_ms=ratio,
        ratio=ratio,
        prediction="holds" if prediction == "holds" else "fails",
        why=why,
    )


def reported(*changes: WhatIf) -> Report:
    return replace(build(record(Machine(), Settings(verify=True), rounds=3)), what_ifs=changes)


@pytest.mark.parametrize(
    ("point", "half", "prediction", "word"),
    [
        (1.1, 0.2, "holds", "within its interval"),
        (1.04, 0.01, "holds", "within 5 %"),
        (1 / 1.04, 0.01, "holds", "within 5 %"),
        (1.1, 0.09, "holds", "within a wider one"),
        (1.3, 0.1, "fails", "outside: 1.3x"),
    ],
)
def test_the_word_is_what_figures_and_verdict_say(
    point: float, half: float, prediction: str, word: str
) -> None:
    assert came_true(change(point, half, prediction)) == word


@pytest.mark.parametrize(("rung", "told"), [("web-in-worker", True), ("web-simd-118", False)])
def test_a_worker_that_no_step_predicts_is_not_said_to_be_nothing_to_verify(rung: str, told: bool) -> None:
    measured = change(1.0, 0.1, "holds")
    tried = replace(measured, rung=rung, predicted_ms=None, ratio=None, prediction=None)
    assert ("what was tried (Changed by 1.0) is measured" in nothing_verified(reported(tried))) == told


def test_what_a_word_leaves_open_is_said_below_the_table() -> None:
    plain = reported(change(1.0, 0.1, "holds"), change(1.3, 0.1, "fails"))
    assert tuple(verified_notes(plain)) == ()
    found = reported(change(1.1, 0.09, "holds"), change(1.01, 0.1, "holds", why=SAME))
    wider, same = verified_notes(found)
    assert wider.startswith("Within a wider one: ")
    assert "the one at which all 2 hold at once" in wider
    assert same == f"Changed by 1.01: {SAME}."
    for renderer in (terminal.RENDERER, markdown.RENDERER):
        shown = renderer.render(found, Surface(width=200))
        assert wider in shown
        assert same in shown
