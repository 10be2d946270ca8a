"""The way to a first result, on starts made up for one claim each; and how it reads."""

from collections.abc import Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.digest.cold import cold_sentences, stage_rows
from gapprof.explain.report import build
from gapprof.records.cold import Cache, Compiled, Creations, FetchedFile, Start
from gapprof.records.report import Report
from gapprof.records.sections.cold import Cold, ColdStart, CreationRow
from gapprof.records.surface import Surface
from gapprof.records.trial import Load
from gapprof.render.markdown import RENDERER as MARKDOWN
from gapprof.render.terminal import RENDERER as TERMINAL
from tests.truth.recorder import record

STAGES = {
    "page": 50.0,
    "import": 20.0,
    "fetch": 100.0,
    "glue": 10.0,
    "wasm-fetch": 150.0,
    "wasm-compile": 20.0,
    "session": 600.0,
    "inputs": 1.0,
    "first-run": 99.0,
}
NATIVE = {"process": 60.0, "import": 100.0, "session": 70.0, "inputs": 1.0, "first-run": 9.0}
LOAD = Load(wall_ms=1000.0, machine_busy_ms=None, own_cpu_ms=None)
MODEL, WASM = 14_000_000, 11_000_000


def web(cache: Cache = "cold", number: int = 0, **changes: Any) -> Start:
    start = Start(
        side="web",
        cache=cache,
        round=number,
        started_s=0.0,
        ended_s=1.0,
        threads=1,
        stages_ms=STAGES,
        observed_ms=1000.0,
        runs_ms=(99.0, *(40.0,) * 6, *(20.0,) * 30),
        files=(
            FetchedFile(name="m.onnx", size_bytes=MODEL, from_cache=cache == "warm", fetch_ms=90.0),
            FetchedFile(name="o.wasm", size_bytes=WASM, from_cache=cache == "warm", fetch_ms=150.0),
        ),
        load=LOAD,
    )
    return replace(start, **changes)


def traced(cache: Cache = "cold") -> Start:
    return web(
        cache,
        traced=True,
        observed_ms=1100.0,
        stages_ms={**STAGES, "session": 700.0},
        compiled=(
            Compiled(stage="session", functions=3000, compile_ms=350.0),
            Compiled(stage="first-run", functions=100, compile_ms=33.0),
        ),
        optimised_ms=900.0,
        code_cached=False,
    )


def native(cache: Cache = "cold") -> Start:
    return replace(
        web(cache), side="native", stages_ms=NATIVE, observed_ms=240.0, runs_ms=(9.0, *(4.0,) * 40), files=()
    )


def creations(side: str = "web", **changes: Any) -> Creations:
    made = Creations(
        side="web" if side == "web" else "native",
        round=0,
        started_s=0.0,
        ended_s=1.0,
        usual_ms=(100.0, 102.0, 98.0),
        unoptimised_ms=(70.0, 71.0, 69.0),
        unpacked_ms=(85.0, 84.0, 86.0),
        parse_ms=(12.0, 12.0, 12.0),
    )
    return replace(made, **changes)


def report(*entries: Start | Creations) -> Report:
    recording = record(Machine(latency_ms=ladder_ms({"web-worker": 8.0})))
    return build(replace(recording, entries=(*recording.entries, *entries)))


def cold(*entries: Start | Creations) -> Cold:
    return report(*entries).cold


def start(found: Cold, cache: Cache = "cold") -> ColdStart:
    return next(one for one in found.starts if one.cache == cache)


def said(found: Cold) -> str:
    return " ".join(cold_sentences(found))


def test_stages_stand_in_order_and_add_up_beside_native_ones() -> None:
    found = start(cold(web(), native()))
    assert [row.stage for row in found.rows] == ["process", *STAGES]
    assert found.web_ms == pytest.approx(sum(STAGES.values()))
    assert found.native_ms == pytest.approx(sum(NATIVE.values()))
    by_stage = {row.stage: row for row in found.rows}
    assert (by_stage["session"].web_ms, by_stage["session"].native_ms) == (600.0, 70.0)
    assert by_stage["fetch"].native_ms is None
    assert "native has no such stage" in by_stage["fetch"].why


def test_a_waterfall_begins_each_stage_where_the_one_before_ended() -> None:
    rows = stage_rows(start(cold(web(), native())))
    ends = [row.begins + row.takes for row in rows[:-1]]
    assert [row.begins for row in rows[1:-1]] == pytest.approx(ends[:-1])
    assert ends[-1] == pytest.approx(1.0)


def test_cold_and_warm_starts_are_kept_apart_and_traced_ones_out_of_both() -> None:
    fast = {stage: ms / 2 for stage, ms in STAGES.items()}
    found = cold(web(), web("warm", stages_ms=fast, observed_ms=500.0), traced(), traced("warm"))
    assert start(found).web_ms == pytest.approx(1050.0)
    assert start(found, "warm").web_ms == pytest.approx(525.0)
    assert start(found).fetched_bytes == MODEL + WASM
    assert (start(found, "warm").fetched_bytes, start(found, "warm").cached_bytes) == (0, MODEL + WASM)
    text = said(found)
    assert "A warm start takes 0.50x what a cold one takes" in text
    assert "out of the browser's cache, no compiled code." in text
    assert "20.0 s at 10 Mbit/s" in text


def test_what_is_compiled_when_comes_from_traced_starts_alone() -> None:
    found = start(cold(web(), traced()))
    shares = {row.stage: row.compile_share for row in found.rows}
    assert shares["session"] == pytest.approx(0.5), "of the traced start's own stage"
    assert shares["fetch"] == 0
    assert found.compiled_functions == 3100
    assert found.optimised_ms == 900.0
    assert [row.cells[1] for row in stage_rows(found) if row.title == "session created"] == ["300"]
    untraced = start(cold(web()))
    assert untraced.code_cached is None
    assert all(row.compile_share is None for row in untraced.rows)
    assert untraced.why


def test_runs_until_steady_are_counted_behind_the_first() -> None:
    found = start(cold(web(), native()))
    assert found.web_runs_until_steady == 6
    assert found.web_until_steady_ms == pytest.approx(240.0)
    assert found.native_runs_until_steady == 0
    assert "after 6 more (240 ms); natively after none" in said(cold(web(), native()))


def test_making_a_session_is_taken_apart_by_what_is_left_out() -> None:
    found = {row.step: row for row in cold(web(), creations(), creations("native")).creation}
    told: Mapping[str, float] = {"parse": 12, "optimise": 30, "prepack": 15, "rest": 43, "whole": 100}
    assert {step: row.web_ms for step, row in found.items()} == told
    assert {step: row.native_ms for step, row in found.items()} == told
    assert cold(web()).creation == ()


def test_half_a_creation_is_none() -> None:
    rows: tuple[CreationRow, ...] = cold(web(), creations(parse_ms=())).creation
    assert rows == ()


@pytest.mark.parametrize(("observed_ms", "status"), [(1000.0, "pass"), (1025.0, "pass"), (1100.0, "fail")])
def test_stages_are_held_against_what_was_seen_from_outside(observed_ms: float, status: str) -> None:
    found = report(web(), web(number=1, observed_ms=observed_ms), traced())
    assert [check.status for check in found.checks if check.id == "start-stages"] == [status]
    assert found.cold.closure == pytest.approx(1000.0 / observed_ms)
    assert ("more than the 3 %" in said(found.cold)) == (status == "fail")


def test_where_nothing_was_taken_apart_the_report_says_so() -> None:
    found = report()
    assert found.cold.starts == ()
    assert "--cold" in found.cold.why
    assert found.cold.rows, "the ladder's own trials have stages, too"
    assert said(found.cold) == ""


def test_one_side_alone_is_told_with_what_is_missing() -> None:
    found = start(cold(native()))
    assert found.web_ms is None
    assert "the browser was not started" in found.why


@pytest.mark.parametrize("width", [60, 100, 160])
def test_both_formats_show_stages_and_sentences(width: int) -> None:
    found = report(web(), web("warm"), native(), native("warm"), traced(), creations(), creations("native"))
    for renderer in (TERMINAL, MARKDOWN):
        text = renderer.render(found, Surface(width=width))
        assert "Cold start, ms" in text
        assert "Warm start, ms" in text
        assert "weights prepacked" in text
        waterfall = text[text.index("Cold start, ms") : text.index("A session anew")]
        assert "…" not in waterfall
