"""What tuning settles, what of it is kept, and that nothing is where something else was run."""

import pytest
from msgspec.structs import replace

from gapprof.gpu_kernels.page import choice_told
from gapprof.gpu_kernels.tuned import Tuned, tuned_by
from tests.unit.facts.gpu_runs import AMPERE
from tests.unit.gpu.written import SWIFTSHADER
from tests.unit.gpu_kernels.runs import CONV, DENSE, TINY, time_of, trial

FAST, SLOW = time_of(CONV, 1.0, at=1), time_of(CONV, 2.0)
ALONE, LATE = time_of(DENSE, 1.0), time_of(DENSE, 1.0, at=1, difference=None)
BEFORE = {TINY: choice_told(time_of(TINY, 1.0).choice)}
TRIAL = trial(-1, (SLOW, FAST, ALONE, LATE))


def test_the_fastest_are_timed_and_what_had_all_its_rivals_is_kept() -> None:
    found = tuned_by(TRIAL, BEFORE, AMPERE)
    assert found.choices == {**BEFORE, CONV: choice_told(FAST.choice), DENSE: choice_told(ALONE.choice)}
    assert found.kept == {CONV: choice_told(FAST.choice)}


def test_a_rival_that_was_refused_is_none_that_was_not_tried() -> None:
    refused = replace(LATE, late=False, why="the GPU refuses it")
    found = tuned_by(trial(-1, (ALONE, refused)), {}, AMPERE)
    assert found.kept == {DENSE: choice_told(ALONE.choice)}


@pytest.mark.parametrize("changes", [{"adapter": SWIFTSHADER}, {"errors": ("x",)}])
def test_another_adapter_or_errors_settle_nothing(changes: dict[str, object]) -> None:
    assert tuned_by(replace(TRIAL, **changes), BEFORE, AMPERE) == Tuned(choices=BEFORE, kept={})
