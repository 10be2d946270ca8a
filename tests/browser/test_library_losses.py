"""Planted losses of the library in real Chromium: slower kernels of another release, and fusions undone."""

import math
from collections import Counter

import pytest
from lost.charged import AGREE, charged, known, row_of
from lost.model import NORM, NORMS, PRODUCT, STEPS_OF_A_NORM
from lost.variants import (
    FUSED,
    FUSIONS_PAIR,
    KERNELS_PAIR,
    NEW_RELEASE,
    OLD_RELEASE,
    UNDONE,
    UNFUSED,
    Variant,
    directly,
    recording_of,
    visited,
)

from gapprof import Report
from gapprof.explain.report import build
from gapprof.facts.estimates import factor_of
from gapprof.facts.profiles import NATIVE
from gapprof.native.isa.host import why_not
from gapprof.records.estimate import Estimate
from gapprof.records.recording import Recording
from gapprof.records.report import OperatorRow
from gapprof.records.trial import Profile
from gapprof.stats.lmdi import log_mean

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(why_not("128") is not None, reason=str(why_not("128"))),
]
FEWEST, MOST = 6, 12
"""Rounds: more where the A/Bs differ much."""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return visited(tmp_path_factory.mktemp("losses"), fewest=FEWEST, most=MOST)


@pytest.fixture(scope="module")
def reports(found: Recording) -> dict[Variant, Report]:
    variants = (NEW_RELEASE, OLD_RELEASE, FUSED, UNFUSED)
    return {variant: build(recording_of(found, variant)) for variant in variants}


def sure(direct: Estimate) -> float:
    """ln of what was planted; where that is not known, nothing was tested."""
    if not known(direct):
        pytest.fail(
            f"the measurement failed: {direct.rounds} rounds do not tell what was planted; measure again "
            "on a machine that does nothing else"
        )
    return math.log(direct.point)


def products(report: Report) -> dict[str, OperatorRow]:
    found = {row.name: row for row in report.operators if row.op_type == PRODUCT}
    assert found
    return found


def charged_to(cause: str, row: OperatorRow) -> float:
    """ln of a cause's factor at one operator."""
    return row.causes[cause] / log_mean(row.web_ms, row.native_ms)


def test_slower_kernels_of_another_release_are_charged_to_the_library(
    found: Recording, reports: dict[Variant, Report]
) -> None:
    planted = sure(factor_of(directly(found, *KERNELS_PAIR)))
    library, runtime, simd = (
        charged(reports[OLD_RELEASE], reports[NEW_RELEASE], cause).gained
        for cause in ("library", "runtime", "simd")
    )
    assert abs(library - planted) < min(AGREE, planted / 2)
    assert max(abs(runtime), abs(simd)) < planted / 2


def test_so_is_each_operator_that_they_are_slower_for(
    found: Recording, reports: dict[Variant, Report]
) -> None:
    sure(factor_of(directly(found, *KERNELS_PAIR)))
    old, new = products(reports[OLD_RELEASE]), products(reports[NEW_RELEASE])
    assert old.keys() == new.keys()
    for name, row in old.items():
        slower = math.log(row.web_ms / new[name].web_ms)
        assert slower > 0
        assert charged_to("library", row) - charged_to("library", new[name]) == pytest.approx(slower)
        assert charged_to("runtime", row) == pytest.approx(charged_to("runtime", new[name]))


def test_native_fuses_what_that_page_leaves_in_steps(found: Recording) -> None:
    kinds = {}
    for rung in (NATIVE, UNDONE):
        profile = next(one for one in found.of(Profile) if one.rung == rung)
        kinds[rung] = Counter(node.op_type for node in profile.nodes)
    assert kinds[NATIVE][NORM] == NORMS
    assert kinds[UNDONE][NORM] == 0
    for kind, times in STEPS_OF_A_NORM.items():
        assert (kinds[NATIVE][kind], kinds[UNDONE][kind]) == (0, times * NORMS)


def test_fusions_undone_are_charged_to_the_library_s_graph_and_to_nothing_else(
    found: Recording, reports: dict[Variant, Report]
) -> None:
    planted = sure(factor_of(directly(found, *FUSIONS_PAIR)))
    undone, fused = reports[UNFUSED], reports[FUSED]
    for name in ("library", "library/graph"):
        assert charged(undone, fused, name).gained == pytest.approx(planted)
    for name in ("library/kernels", "runtime", "simd"):
        assert charged(undone, fused, name).gained == pytest.approx(0.0, abs=1e-9)
    assert row_of(undone, "library/graph").verdict == "costs"
