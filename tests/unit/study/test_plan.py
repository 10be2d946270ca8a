"""How often a study's cells are visited, with how many samples: all that fits, and never too little."""

import pytest
from msgspec.structs import replace

from gapprof.measure.pacing import pace_for, thriftier
from gapprof.records.lattice import Cell
from gapprof.study.plan import FEWEST_ROUNDS, LONGEST_S, ROUNDS, Means, study_cells, within_means

DEPLOYED = Cell(side="web", threads=1, where="main", isolated=True, build="served")
CELLS = tuple(dict.fromkeys(study_cells(DEPLOYED, cores=2)))


def means(run_ms: float, web_s: float) -> Means:
    """From a ladder whose budget left it three samples, as a study's does."""
    pace = thriftier(pace_for(native_ms=run_ms / 5, web_ms=run_ms, timer_step_us=5.0, deadline_s=60.0))
    return within_means(CELLS, pace, run_ms=run_ms, each_s={"native": 0.8, "web": web_s}, server_s=2.5)


@pytest.mark.parametrize(("run_ms", "web_s"), [(8.0, 2.6), (60.0, 3.0)], ids=["resnet20", "mobilenetv2"])
def test_five_rounds_of_five_samples_where_they_fit(run_ms: float, web_s: float) -> None:
    found = means(run_ms, web_s)
    assert found.rounds == ROUNDS == 5
    assert found.pace.samples >= 5
    assert found.expected_s <= LONGEST_S
    assert found.why == ""


def test_a_slower_model_first_gives_up_samples_then_rounds_and_it_is_said() -> None:
    found = [means(run_ms, web_s) for run_ms, web_s in ((190.0, 4.4), (200.0, 5.0), (1000.0, 20.0))]
    assert [one.pace.samples for one in found] == [3, 3, 3]
    assert [one.rounds for one in found] == [5, 4, FEWEST_ROUNDS]
    for one in found:
        assert f"there are {one.rounds}, with 3 samples a visit" in one.why
        assert one.expected_s <= LONGEST_S or one.rounds == FEWEST_ROUNDS


@pytest.mark.parametrize("threads", [1, 2, 3, 4])
def test_native_is_visited_with_as_many_threads_as_the_page_has(threads: int) -> None:
    page = replace(DEPLOYED, threads=threads)
    natively = {one.threads for one in study_cells(page, cores=4) if one.side == "native"}
    assert natively == {1, 4, threads}
    alone = {
        one.threads for one in study_cells(replace(page, isolated=False), cores=4) if one.side == "native"
    }
    assert alone == {1, 4}
