"""The way to a first result, stage by stage; and how it reads."""

from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from gapprof.digest.cold import stage_rows
from gapprof.records.cold import Compiling, KeptFiles
from gapprof.records.sections.cold import CreationRow
from gapprof.records.surface import Surface
from gapprof.records.trial import Load
from gapprof.render.markdown import RENDERER as MARKDOWN
from gapprof.render.terminal import RENDERER as TERMINAL
from tests.unit.facts.started import (
    MODEL,
    NATIVE,
    STAGES,
    WASM,
    cold,
    creations,
    native,
    report,
    said,
    start,
    traced,
    web,
)


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


def test_a_start_that_finds_compiled_code_is_a_state_of_its_own_with_how_it_came_there() -> None:
    flag = ("--wasm-caching-hard-threshold=50000",)
    fast = {stage: ms / 4 for stage, ms in STAGES.items()}
    cached = web("code-cached", stages_ms=fast, observed_ms=250.0, v8_flags=flag)
    shown = replace(traced(), cache="code-cached", code_cached=True, v8_flags=flag)
    found = cold(web(code_kept=False), web("warm"), cached, shown, native(), native("warm"))
    assert [one.cache for one in found.starts] == ["cold", "warm", "code-cached"]
    assert start(found, "code-cached").web_ms == pytest.approx(262.5)
    assert start(found, "code-cached").code_cached is True
    assert start(found, "code-cached").why == "", "natively there is no such state"
    text = said(found)
    assert "One that finds compiled code as well takes 0.25x" in text
    assert "After 0 of 1 cold starts V8 had left compiled wasm in the code cache by itself" in text
    assert f"told to keep what it had ({flag[0]})" in text
    assert "it left none either" in said(cold(web(code_kept=False), web("warm")))
    assert cold(web(), web("warm")).code_cache == "", "where nobody looked nothing is said"


def test_each_compiler_is_told_with_its_threads_in_every_format() -> None:
    work = (
        Compiling(compiler="lazy", thread="CrRendererMain", functions=3300, compile_ms=500.0),
        Compiling(
            compiler="baseline", thread="CrRendererMain", functions=3300, compile_ms=350.0, lazy_ms=350.0
        ),
        Compiling(compiler="optimising", thread="ThreadPoolForegroundWorker", functions=48, compile_ms=900.0),
    )
    found = report(web(), replace(traced(), compilers=work), replace(traced(), compilers=work))
    rows = start(found.cold).compilers
    assert [(row.compiler, row.functions, row.compile_ms, row.lazy_ms) for row in rows] == [
        ("lazy", 3300, 500.0, 0.0),
        ("baseline", 3300, 350.0, 350.0),
        ("optimising", 48, 900.0, 0.0),
    ]
    for renderer in (TERMINAL, MARKDOWN):
        text = renderer.render(found, Surface(width=100))
        assert "V8's compilers" in text
        assert "baseline, main" in text


def test_a_native_row_that_was_not_cold_says_so() -> None:
    kept = (
        KeptFiles(stage="process", size_bytes=100 << 20, kept_bytes=40 << 20),
        KeptFiles(stage="session", size_bytes=10 << 20, kept_bytes=0),
    )
    read = {"process": 60 << 20, "session": 10 << 20}
    found = cold(web(), replace(native(), kept_files=kept, read_bytes=read))
    by_stage = {row.stage: row for row in start(found).rows}
    assert by_stage["process"].native_kept_share == pytest.approx(0.4)
    assert by_stage["session"].native_read_bytes == 10 << 20
    cells = {row.title: row.cells[2] for row in stage_rows(start(found))}
    assert cells["process"].endswith("*")
    assert not cells["session created"].endswith("*")
    assert "70.0 MiB read from the disk" in said(found)
    assert "40 % of those of process" in said(found)


def test_starts_that_are_struck_do_not_count_and_are_told_of() -> None:
    busy = Load(wall_ms=1000.0, machine_busy_ms=1900.0, own_cpu_ms=1000.0)
    slow = {stage: 2 * ms for stage, ms in STAGES.items()}
    struck = web(stages_ms=slow, observed_ms=2000.0, load=busy, struck=("outside load",))
    found = cold(struck, web(attempt=1), web(number=1, load=busy))
    assert start(found).web_ms == pytest.approx(sum(STAGES.values()))
    assert (found.starts_counting, found.starts_disturbed, found.starts_repeated) == (2, 1, 1)
    assert "at work during 1 of the 2 starts that count; 1 more were made again" in said(found)


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
