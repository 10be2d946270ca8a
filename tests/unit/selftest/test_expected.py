"""What a headline must be, of figures whose rounds are not the same."""

import math
from types import SimpleNamespace
from typing import cast

import pytest

from gapprof.selftest.judges.evidence import Evidence
from gapprof.selftest.judges.expected import expected, expected_ln
from gapprof.stats.contrast import Contrast


def clean(**headlines: Contrast) -> Evidence:
    return cast("Evidence", SimpleNamespace(headlines=headlines))


def test_what_else_is_in_a_cause_costs_as_many_times_or_as_many_ms_more() -> None:
    """A step of 1.4x beside kernels that take twice as long: 2.8x of both, or 0.4 on top of 2."""
    before, added = Contrast({0: math.log(1.4)}), Contrast({0: math.log(2.0), 1: math.log(3.0)})
    ways = expected("runtime", clean(runtime=before), {"runtime": added})
    assert ways is not None
    assert [math.exp(one.mean) for one in ways] == pytest.approx([2.8, 2.4])


def test_without_a_round_that_has_both_nobody_knows_the_rank_but_the_size_is_told() -> None:
    before, added = Contrast({0: 0.1}), Contrast({1: 0.2})
    assert expected("runtime", clean(runtime=before), {"runtime": added}) is None
    assert expected_ln("runtime", clean(runtime=before), {"runtime": added}) == pytest.approx(0.3)


def test_what_must_not_be_there_has_no_way_to_come_about() -> None:
    assert expected("runtime", clean(), {}) == ()
    assert expected_ln("runtime", clean(), {}) == 0.0
