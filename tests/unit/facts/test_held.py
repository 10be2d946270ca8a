"""What is held of memory, on trials made up for one claim each; and how it reads."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from gapprof.digest.memory import memory_rows
from gapprof.records.memory import Held
from gapprof.records.sections.memory import Memory
from gapprof.records.surface import Surface
from gapprof.records.trial import Load
from gapprof.render.markdown import RENDERER as MARKDOWN
from gapprof.render.terminal import RENDERER as TERMINAL
from tests.unit.facts.held import (
    FILE,
    HEAP,
    MIB,
    MODULE,
    QUIET,
    TOUCHED,
    memory,
    native,
    report,
    rows,
    said,
    sized,
    slope,
    web,
)


def test_parts_add_up_to_what_all_processes_hold_beyond_the_start() -> None:
    found = rows(memory(web(0), web(1), web(2), native()))
    assert list(found) == [
        "load",
        "create",
        "first-run",
        "steady",
        "collected",
        "released",
        "again",
        "left",
    ]
    for row in found.values():
        assert row.web_bytes == pytest.approx(sum(row.parts.values()))
    created = found["create"]
    assert created.web_bytes == 370 * MIB, "what stands in files on disk is left out"
    assert created.parts["wasm-heap"] == TOUCHED
    assert created.parts["wasm-module"] == MODULE
    assert created.parts["array-buffers"] == FILE
    assert created.parts["page-rest"] == (370 - 234 - 14 - 9 - 2 - 100) * MIB
    assert created.parts["browser-rest"] == 0
    assert created.native_bytes == 270 * MIB
    assert created.processes == {"renderer": 500 * MIB, "browser": 130 * MIB}
    assert found["collected"].web_bytes == 270 * MIB
    assert found["left"].parts["wasm-module"] == 0
    assert found["left"].native_bytes is None
    assert found["left"].why


def test_the_heap_the_peak_and_the_arena() -> None:
    found = memory(web(), native(), native(arena=False, steady=276), web(1, arena=False))
    assert (found.wasm_heap_bytes, found.wasm_mapped_bytes) == (HEAP, HEAP)
    assert found.wasm_touched_bytes == TOUCHED
    assert found.peak_bytes == 390 * MIB
    assert found.native_peak_bytes == 271 * MIB
    assert found.arena_bytes == 0
    assert found.native_arena_bytes == 15 * MIB
    assert (found.peak_held_bytes, found.native_peak_held_bytes) == (None, None), "nothing tells files apart"
    text = said(found)
    assert "390 MiB more than before, pages of files among it, 3.9x the file" in text
    assert "The wasm heap grows to 265 MiB, of which 234 MiB was ever written. It cannot shrink" in text
    assert "100 MiB of what the page fetched was garbage and still there after many runs" in text
    assert "as much in the browser and 15.0 MiB less natively is held" in text


def test_the_most_that_was_held_is_without_pages_of_files_and_beyond_the_start() -> None:
    """The mark is made while the session is created; when it is read the browser's code takes 20 MiB more."""
    sizes = {**QUIET, "create": (600, 400, 100), "steady": (600, 400, 140), "left": (600, 160, 60)}
    found = memory(sized(web(), sizes), native())
    assert found.peak_held_bytes == (600 - 100 - (150 - 80)) * MIB
    assert "430 MiB more than before, 4.3x the file" in said(found)


def test_a_mark_that_the_empty_page_made_is_not_the_models() -> None:
    sizes = {**QUIET, "steady": (180, 170, 80)}
    assert memory(sized(web(), sizes)).peak_held_bytes == 20 * MIB


def test_the_most_is_never_less_than_what_was_held_at_a_reading() -> None:
    """Proportional sizes and resident ones differ by what is shared."""
    sizes = {**QUIET, "steady": (190, 170, 80)}
    one = sized(web(), sizes)
    assert memory(one).peak_held_bytes == (190 - 80 - 70) * MIB
    more = [
        replace(at, processes={"renderer": 119 * MIB}) if at.stage == "steady" else at for at in one.stages
    ]
    assert memory(replace(one, stages=tuple(more))).peak_held_bytes == (119 - 70) * MIB


def test_a_mark_that_the_browser_set_back_still_counts_from_then_on() -> None:
    sizes = {**QUIET, "create": (175, 155, 80)}
    assert memory(sized(web(), sizes)).peak_held_bytes == 25 * MIB


def test_trials_that_are_struck_do_not_count_and_are_told_of() -> None:
    busy = Load(wall_ms=1000.0, machine_busy_ms=1900.0, own_cpu_ms=1000.0)
    struck = web(0, {"js": 4000}, load=busy, struck=("outside load",))
    found = memory(struck, web(0, attempt=1, load=busy), web(1), native())
    assert slope(found).verdict == "none"
    assert (found.trials_counting, found.trials_disturbed, found.trials_repeated) == (3, 1, 1)
    assert "at work during 1 of the 3 visits that count; 1 more were made again" in said(found)


def test_outputs_that_nobody_collected_are_no_fetched_file() -> None:
    stages = [
        replace(one, array_buffers_bytes=6 * FILE) if one.stage == "steady" else one for one in web().stages
    ]
    assert "100 MiB of what the page fetched was garbage" in said(memory(web(stages=tuple(stages))))
    kept = [replace(one, array_buffers_bytes=FILE) for one in web().chunks]
    assert "of what the page fetched" not in said(memory(web(chunks=tuple(kept))))


def test_what_a_page_had_of_wasm_before_is_not_the_models() -> None:
    own = 64 * MIB

    def beside(looks: Sequence[Held]) -> tuple[Held, ...]:
        return tuple(replace(one, wasm_mapped_bytes=(one.wasm_mapped_bytes or 0) + own) for one in looks)

    found = report(web(stages=beside(web().stages), chunks=beside(web().chunks)))
    assert found.memory.wasm_mapped_bytes == HEAP
    assert [check.status for check in found.checks if check.id == "wasm-heap"] == ["pass"]


def test_without_the_kernels_figures_the_pages_own_stand_in() -> None:
    def bare(looks: Sequence[Held]) -> tuple[Held, ...]:
        unsaid: Mapping[str, Any] = {"wasm_touched_bytes": None, "wasm_mapped_bytes": None, "files": {}}
        return tuple(replace(one, **unsaid) for one in looks)

    found = memory(web(stages=bare(web().stages), chunks=bare(web().chunks), told_by="rss"))
    assert found.wasm_mapped_bytes is None
    assert rows(found)["create"].parts["wasm-heap"] == HEAP
    assert "by resident set sizes" in said(found)


def test_a_heap_that_the_kernel_does_not_know_condemns_the_figures() -> None:
    def checked(mapped: int) -> str:
        stages = [
            replace(one, wasm_mapped_bytes=mapped) if one.wasm_heap_bytes else one for one in web().stages
        ]
        found = report(web(stages=tuple(stages)))
        return next(check.status for check in found.checks if check.id == "wasm-heap")

    assert checked(HEAP) == "pass"
    assert checked(int(1.04 * HEAP)) == "pass"
    assert checked(int(0.9 * HEAP)) == "fail"


def test_where_nobody_looked_the_report_says_so() -> None:
    found = report()
    assert found.memory == Memory()
    assert "--memory" in found.memory.why
    assert not [check for check in found.checks if check.id == "wasm-heap"]
    assert memory_rows(found.memory) == ()


def test_one_side_alone_is_told_with_what_is_missing() -> None:
    found = memory(web())
    assert "native" in found.why
    assert slope(found, "native").verdict == "not-measured"


def test_both_formats_show_stages_and_sentences() -> None:
    found = report(web(0), web(1), native())
    for renderer in (TERMINAL, MARKDOWN):
        text = renderer.render(found, Surface(width=100))
        assert "Memory, MiB" in text
        assert "session released" in text
        assert "cannot shrink" in text
