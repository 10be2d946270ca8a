"""The engine's cost of the library's own functions: read from replays, weighed, and held against twins."""

import math
from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine
from gapprof.explain.report import build
from gapprof.facts.case import Case
from gapprof.facts.profiles import WEB
from gapprof.facts.transplant import engine_by_twins, transplanted
from gapprof.facts.twins import kernels_ms
from gapprof.records.recording import Recording
from gapprof.records.report import Evidence
from gapprof.records.settings import Settings
from gapprof.records.transplant import HotFunction, TransplantPlan, TransplantTime, TransplantTrial
from tests.truth.recorder import record
from tests.unit.facts.twins import with_twins

SETTINGS = Settings(threads=1, transplant=True)
PLAIN = record(Machine(), SETTINGS, page_threads=1)
ROUNDS = 4
HOT = {7: 60.0, 9: 20.0}
"""Function → ms of its own in a run, of 100."""


def with_transplant(
    recording: Recording,
    us: Mapping[int, tuple[float, float]],
    *,
    luck: tuple[float, ...] = (1.0,) * ROUNDS,
    bytes_of_9: str = "same",
    why: str = "",
) -> Recording:
    """`us`: function → what a call takes in the browser and natively; `luck`: times that in each round."""
    plan = TransplantPlan(
        functions=(
            *(
                HotFunction(function=one, self_ms=HOT[one], calls=round(HOT[one] * 1e3 / took[0]), rows=64)
                for one, took in us.items()
            ),
            *([HotFunction(function=11, self_ms=10.0, why=why)] if why else []),
        ),
        wasm_ms=100.0,
        target="avx128",
    )
    trials = [
        TransplantTrial(
            target=target,
            round=30 + number,
            times=tuple(
                TransplantTime(
                    function=one,
                    samples_us=(took[at] * (factor if at == 0 else 1.0),) * 5,
                    sha256=bytes_of_9 if (one, at) == (9, 0) else "same",
                )
                for one, took in us.items()
            ),
            engine="",
            started_s=0.0,
            ended_s=1.0,
        )
        for number, factor in enumerate(luck)
        for at, target in enumerate(("wasm", "avx128"))
    ]
    return replace(recording, entries=(*recording.entries, plan, *trials))


def evidence(recording: Recording, kind: str) -> list[Evidence]:
    report = build(recording)
    runtime = next(row for row in report.causes if row.id == "runtime")
    return [one for one in runtime.evidence if one.kind == kind]


def test_without_replays_nothing_is_said() -> None:
    assert transplanted(Case(PLAIN)) is None
    assert evidence(PLAIN, "transplant") == []


def test_functions_are_weighed_by_what_they_would_take_natively() -> None:
    """60 ms at 1.5 and 20 ms at 1.0 would be 40 and 20 ms: 80 over 60."""
    found = transplanted(Case(with_transplant(PLAIN, {7: (3.0, 2.0), 9: (5.0, 5.0)})))
    assert found is not None
    assert math.exp(found.factor.mean) == pytest.approx(80 / 60)
    assert found.share == pytest.approx(0.8)
    assert [math.exp(one.factor.mean) for one in found.functions] == pytest.approx([1.5, 1.0])


def test_rounds_say_how_far_the_figure_can_be_trusted() -> None:
    sure = evidence(with_transplant(PLAIN, {7: (3.0, 2.0)}), "transplant")
    luck = evidence(with_transplant(PLAIN, {7: (3.0, 2.0)}, luck=(1.0, 1.1, 0.9, 1.0)), "transplant")
    assert sure[0].value == pytest.approx(1.5)
    assert "(60 % of wasm's time) take 1.50x [1.50, 1.50] as long in this browser" in sure[0].text
    assert "[1.3, 1.7]" in luck[0].text


def test_samples_beside_a_neighbour_on_the_core_do_not_count() -> None:
    """Two thirds of what the browser took are at half the pace."""
    recording = with_transplant(PLAIN, {7: (3.0, 2.0)})
    entries = [
        replace(
            entry,
            times=tuple(replace(one, samples_us=(*one.samples_us, *[6.0] * 10)) for one in entry.times),
        )
        if isinstance(entry, TransplantTrial) and entry.target == "wasm"
        else entry
        for entry in recording.entries
    ]
    found = transplanted(Case(replace(recording, entries=tuple(entries))))
    assert found is not None
    assert math.exp(found.factor.mean) == pytest.approx(1.5)


def test_a_function_that_left_other_bytes_is_no_part_of_it_and_named() -> None:
    recording = with_transplant(PLAIN, {7: (3.0, 2.0), 9: (50.0, 5.0)}, bytes_of_9="other")
    found = transplanted(Case(recording))
    assert found is not None
    assert math.exp(found.factor.mean) == pytest.approx(1.5)
    assert found.share == pytest.approx(0.6)
    texts = [one.text for one in evidence(recording, "transplant-function")]
    assert (
        "Function 9 of the served wasm is not part of that: V8 and native code left different bytes." in texts
    )


def test_a_function_that_could_not_be_replayed_is_named_with_its_reason() -> None:
    texts = [
        one.text
        for one in evidence(
            with_transplant(PLAIN, {7: (3.0, 2.0)}, why="no run calls it"), "transplant-function"
        )
    ]
    assert "Function 11 of the served wasm is not part of that: no run calls it." in texts
    assert any(text.startswith("Function 7 of the served wasm, 60") for text in texts)


@pytest.mark.parametrize(
    ("own", "twin", "luck", "verdict"),
    [
        (1.08, 1.02, (1.0,) * ROUNDS, "the two agree within 10 %"),
        (
            1.5,
            1.0,
            (1.0,) * ROUNDS,
            "50 % apart: the engine does not treat that code and ours alike; both stand",
        ),
        (1.5, 1.0, (0.3, 2.0, 0.5, 1.6), "which is within how both vary"),
    ],
)
def test_it_is_held_against_twins_and_says_whether_they_agree(
    own: float, twin: float, luck: tuple[float, ...], verdict: str
) -> None:
    twins = {name: {"wasm": twin, "avx128": 1.0, "sse41": 1.2} for name in kernels_ms(Case(PLAIN), WEB)}
    both = {7: (own, 1.0), 9: (own, 1.0)}
    recording = with_transplant(with_twins(PLAIN, twins), both, luck=luck)
    loops = engine_by_twins(Case(recording))
    assert loops is not None
    assert math.exp(loops.mean) == pytest.approx(twin)
    (one,) = evidence(recording, "transplant")
    assert verdict in one.text


@pytest.mark.parametrize(
    ("functions", "rounds", "verdict"),
    [
        ((7,), ROUNDS, "of less than 80 % of wasm's time in calls"),
        ((7, 9), 2, "by 2 of at least 3 rounds, which decides nothing"),
    ],
)
def test_too_little_decides_nothing_and_both_figures_are_shown(
    functions: tuple[int, ...], rounds: int, verdict: str
) -> None:
    twins = {name: {"wasm": 1.02, "avx128": 1.0, "sse41": 1.2} for name in kernels_ms(Case(PLAIN), WEB)}
    us = dict.fromkeys(functions, (1.08, 1.0))
    (one,) = evidence(with_transplant(with_twins(PLAIN, twins), us, luck=(1.0,) * rounds), "transplant")
    assert verdict in one.text
    assert "1.08x" in one.text
    assert "loops of ours 1.02x" in one.text
    assert "agree" not in one.text


def test_where_nothing_could_be_replayed_the_reasons_are_shown() -> None:
    recording = with_transplant(PLAIN, {}, why="its calls leave the module")
    assert [one.text for one in evidence(recording, "transplant")] == [
        "None of the library's own hottest functions could be replayed outside the browser."
    ]
    assert [one.text for one in evidence(recording, "transplant-function")] == [
        "Function 11 of the served wasm is not part of that: its calls leave the module."
    ]


def test_a_function_stands_for_colder_ones_that_are_timed_with_it() -> None:
    recording = with_transplant(PLAIN, {7: (3.0, 2.0)})
    entries = [
        replace(entry, functions=tuple(replace(one, inside_ms=15.0) for one in entry.functions))
        if isinstance(entry, TransplantPlan)
        else entry
        for entry in recording.entries
    ]
    found = transplanted(Case(replace(recording, entries=tuple(entries))))
    assert found is not None
    assert found.share == pytest.approx(0.75)


def test_how_many_calls_were_replayed_is_said() -> None:
    texts = [one.text for one in evidence(with_transplant(PLAIN, {7: (3.0, 2.0)}), "transplant-function")]
    assert any("64 of its 20000 calls a run replayed" in text for text in texts)


@pytest.mark.parametrize(("times", "alike"), [(0.4, False), (0.6, True), (1.8, True), (2.2, False)])
def test_calls_that_do_not_take_what_the_sampler_saw_are_told_and_decide_nothing(
    times: float, alike: bool
) -> None:
    recording = with_transplant(PLAIN, {7: (3.0, 2.0), 9: (5.0, 5.0)})
    entries = [
        replace(
            entry,
            functions=tuple(replace(one, calls=round(one.calls * times)) for one in entry.functions),
        )
        if isinstance(entry, TransplantPlan)
        else entry
        for entry in recording.entries
    ]
    recording = replace(recording, entries=tuple(entries))
    found = transplanted(Case(recording))
    assert found is not None
    assert found.deciding_share == pytest.approx(0.8 if alike else 0.0)
    texts = [one.text for one in evidence(recording, "transplant-function")]
    assert all(("and the sampler saw" in text) is not alike for text in texts)
