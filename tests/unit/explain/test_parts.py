"""What is said of a part, of which what is said of its cause is part."""

from collections.abc import Mapping

import pytest

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.explain.report import build
from gapprof.explain.switches import to_verify
from gapprof.facts.case import Case
from gapprof.records.job import Job
from gapprof.records.recording import Recording
from gapprof.records.report import CauseRow
from tests.truth.recorder import record

NOT_ALONE = "its cause as a whole is not beyond doubt, and this part alone is not at 99.9 %"
FROM_THE_GRAPH_ON = ("web-graph", "web-main", "web-paced", "web", "web-busy")


def recording(factors: Mapping[str, float], *, layout: float, graph: float) -> Recording:
    """From round to round both parts of `library` are so much more, then less, than planted, in ln."""

    def weather(job: Job) -> float:
        sign = 1.0 if job.round % 2 else -1.0
        if job.rung == "native-extended":
            return 2 * sign * layout
        return sign * graph if job.rung in FROM_THE_GRAPH_ON else 0.0

    return record(Machine(latency_ms=ladder_ms(factors), weather=weather))


def library(made: Recording) -> CauseRow:
    return next(row for row in build(made).causes if row.id == "library")


def graph(row: CauseRow) -> CauseRow:
    return next(part for part in row.children if part.id == "graph")


def test_a_part_waits_for_its_cause() -> None:
    row = library(recording({"web-graph": 1.1}, layout=0.2, graph=0.03))
    assert (row.verdict, graph(row).verdict, graph(row).why) == ("unclear", "unclear", NOT_ALONE)
    factor = graph(row).factor
    assert factor is not None
    assert factor.low > 1.05


def test_where_the_cause_costs_the_same_part_does() -> None:
    row = library(recording({"web-graph": 1.1}, layout=0.0, graph=0.03))
    assert (row.verdict, graph(row).verdict, graph(row).why) == ("costs", "costs", "")


def test_where_the_cause_saves_as_well() -> None:
    row = library(recording({"web-graph": 1.1, "native-extended": 0.7}, layout=0.01, graph=0.03))
    assert (row.verdict, graph(row).verdict) == ("saves", "costs")


def test_a_part_that_another_cancels_is_named_if_it_is_far_from_nothing() -> None:
    row = library(recording({"web-graph": 0.8, "native-extended": 1.25}, layout=0.02, graph=0.03))
    assert (row.verdict, graph(row).verdict) == ("unclear", "saves")


def test_a_part_that_is_unclear_by_itself_gives_no_reason() -> None:
    row = library(recording({"web-graph": 1.03}, layout=0.2, graph=0.1))
    assert (graph(row).verdict, graph(row).why) == ("unclear", "")


@pytest.mark.parametrize(("layout", "told"), [(0.2, False), (0.0, True)])
def test_nobody_is_advised_to_change_or_to_try_what_is_unclear(layout: float, told: bool) -> None:
    made = recording({"web-graph": 1.1}, layout=layout, graph=0.03)
    assert ("library" in {action.cause for action in build(made).actions}) == told
    assert ("web-optimised" in Case(made).get(to_verify)) == told
