"""Adapters and trials that cannot stand beside the library's dispatches."""

import pytest
from msgspec.structs import replace

from gapprof.errors import EnvironmentUnusable
from gapprof.gpu_kernels.refused import demand_clock, judged, refused
from tests.unit.facts.gpu_runs import AMPERE
from tests.unit.gpu.written import SWIFTSHADER
from tests.unit.gpu_kernels.runs import trial

TIMELESS = replace(AMPERE, features=("shader-f16",))


def test_an_adapter_without_a_clock_is_refused_by_name() -> None:
    demand_clock(replace(AMPERE, features=("shader-f16", "timestamp-query")))
    with pytest.raises(EnvironmentUnusable, match=r"nvidia ampere .* lacks timestamp-query"):
        demand_clock(TIMELESS)


def test_a_trial_elsewhere_or_with_errors_is_refused_with_its_reason() -> None:
    assert refused(trial(0, ()), AMPERE) == ""
    assert "vendor nvidia, google" in refused(trial(0, (), adapter=SWIFTSHADER), AMPERE)
    assert refused(trial(0, (), errors=("lost it", "more")), AMPERE) == "the GPU reported lost it"


def test_trials_that_count_stay_in_order_beside_those_that_do_not() -> None:
    first, second, third = trial(-1, ()), trial(0, (), errors=("x",)), trial(1, ())
    found = judged((first, second, third), AMPERE)
    assert found.used == [first, third]
    assert found.refused == [(0, "the GPU reported x")]
