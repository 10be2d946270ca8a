"""What a worker spares the page, and what it does not: in one model's report and in a study's tables."""

import re

import pytest
from msgspec.structs import replace

from gapprof.digest.in_worker import worker_sentence
from gapprof.digest.qoe import qoe_sentences
from gapprof.facts.felt import CLICKS, COMPONENT
from gapprof.markdown.study_use import felt as studied
from gapprof.records.estimate import Estimate
from gapprof.records.qoe import FeltTrial
from gapprof.records.sections.quality import FeltRow
from gapprof.records.study import StudiedModel, Study
from gapprof.text import numbers
from tests.unit.facts.felt import felt, three_rounds, trial


def times(low: float, high: float, *, rounds: int = 4) -> Estimate:
    return Estimate(point=(low + high) / 2, low=low, high=high, level=0.95, rounds=rounds)


SAME, SLOWER, DOUBT = times(1.0, 1.0), times(1.1, 1.5), times(0.8, 1.9)


def row(name: str, worker: Estimate | None) -> FeltRow:
    return FeltRow(
        id=name,
        title=name,
        unit="ms",
        aspect="smoothness",
        more_is_better=False,
        idle=None,
        main=None,
        worker=None,
        main_times=None,
        worker_times=worker,
    )


def told(*, frames: Estimate | None, components: Estimate | None, clicks: Estimate | None = None) -> str:
    rows = (row(CLICKS, clicks), row("components", components), row("frame-p95", frames))
    return " ".join(worker_sentence(rows))


def test_frames_that_are_left_alone_and_components_that_are_not_stand_in_one_sentence() -> None:
    assert told(frames=SAME, components=SLOWER) == (
        "A worker leaves frames alone; a component takes 1.30x [1.10, 1.50] as long there."
    )


def test_clicks_are_told_beside_components() -> None:
    assert told(frames=SAME, components=SLOWER, clicks=times(1.6, 2.0)).endswith(
        "a component takes 1.30x [1.10, 1.50] and a click's answer takes 1.80x [1.60, 2.00] as long there."
    )


@pytest.mark.parametrize("components", [DOUBT, SAME, times(0.7, 0.9), times(1.2, 1.2, rounds=1), None])
def test_components_that_are_not_slower_beyond_doubt_are_not_called_so(components: Estimate | None) -> None:
    assert told(frames=SAME, components=components) == "A worker leaves frames alone."


@pytest.mark.parametrize(
    "frames", [DOUBT, times(1.0, 1.06), times(2.0, 2.0), times(1.0, 1.0, rounds=1), None]
)
def test_frames_that_may_have_changed_are_not_said_to_be_left_alone(frames: Estimate | None) -> None:
    assert told(frames=frames, components=DOUBT) == ""
    assert told(frames=frames, components=SLOWER) == (
        "In a worker, a component takes 1.30x [1.10, 1.50] as long there."
    )


def test_frames_that_are_fewer_were_not_left_alone() -> None:
    rows = (row("frame-p95", SAME), row("frame-rate", times(0.8, 0.9)))
    assert list(worker_sentence(rows)) == []


def in_worker(one: FeltTrial) -> FeltTrial:
    if one.condition != "worker":
        return one
    return trial("worker", one.round, components_ms={"table": (38.0 + one.round,), "form": (15.0,)})


def test_the_sections_sentences_hold_it() -> None:
    sentences = list(qoe_sentences(felt(*map(in_worker, three_rounds()))))
    (sentence,) = (one for one in sentences if one.startswith("A worker leaves frames alone"))
    assert "; a component takes 1.5" in sentence
    assert "A worker leaves frames alone." in list(qoe_sentences(felt(*three_rounds())))


def studied_model(name: str, *, frames: Estimate | None, components: Estimate | None) -> StudiedModel:
    return StudiedModel(
        model=name,
        stem=name,
        paper_class="",
        status="ok",
        frames_worker_times=frames,
        component_worker_times=components,
    )


def section(*models: StudiedModel) -> str:
    study = Study(gapprof_version="1", machine=None, cores=2, browsers=(), models=models)
    return "\n".join(studied(study))


def test_a_study_counts_frames_that_are_left_alone_and_names_components_that_are_not() -> None:
    text = section(
        studied_model("first", frames=SAME, components=SLOWER),
        studied_model("second", frames=SAME, components=DOUBT),
        studied_model("third", frames=DOUBT, components=SAME),
    )
    assert (
        "A worker leaves frames alone with 2 of 3 models: their 95th percentile stays within 5 % of that at "
        "rest. Components, all kinds together, take longer there, each model's by its own 95 % interval: "
        "1.30x [1.10, 1.50] with first; "
        "with each of the others that interval includes 1. Over 3 models, each counted once, components take "
    ) in text
    assert " as long as at rest.\n" in text


def test_a_study_whose_components_are_all_slower_has_no_others() -> None:
    text = section(studied_model("only", frames=None, components=SLOWER))
    assert (
        "Components, all kinds together, take longer there, each model's by its own 95 % interval: "
        "1.30x [1.10, 1.50] with only.\n" in text
    )
    assert "A worker leaves" not in text


def test_a_study_tells_components_kind_by_kind_with_those_that_are_slower_beyond_doubt() -> None:
    first, second = (
        replace(studied_model(name, frames=None, components=DOUBT), worker_times=kinds)
        for name, kinds in (
            ("first", {CLICKS: SLOWER, f"{COMPONENT}svg": SLOWER, f"{COMPONENT}list": DOUBT}),
            ("second", {f"{COMPONENT}svg": DOUBT, f"{COMPONENT}list": DOUBT}),
        )
    )
    text = section(first, second)
    assert "Kind by kind, each by an interval of its own: svg with 1 of 2.\n" in text
    times = r"1\S+ \[\S+, \S+\]"
    whole = rf"components take {times} as long as at rest \(list {times}, svg {times}\)\."
    assert re.search(whole, text), "a click's answer has one model alone"
    assert "| model | a click's answer | list | svg |\n" in text
    assert f"| [second](second.md) | – | {numbers.factor_with_interval(DOUBT)} |" in text


def test_a_study_that_nobody_felt_says_nothing_of_workers() -> None:
    text = section(studied_model("first", frames=None, components=None))
    assert "A worker leaves" not in text
    assert "there, for cores" not in text
