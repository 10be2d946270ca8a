"""What is held of memory, on trials made up for one claim each; and how it reads."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.digest.memory import memory_rows, memory_sentences
from gapprof.errors import WrongUse
from gapprof.explain.report import build
from gapprof.facts.held import LEAK_BYTES
from gapprof.records.codec import decode_recording, encode_entry
from gapprof.records.memory import HeapScan, Held, MemoryTrial
from gapprof.records.report import Report
from gapprof.records.sections.memory import Memory, MemoryRow, MemorySlope
from gapprof.records.surface import Surface
from gapprof.records.trial import Load
from gapprof.render.markdown import RENDERER as MARKDOWN
from gapprof.render.terminal import RENDERER as TERMINAL
from tests.truth.recorder import record

MIB = 1 << 20
FILE, MODULE = 100 * MIB, 14 * MIB
HEAP, TOUCHED = 265 * MIB, 234 * MIB
PAGE: Mapping[str, Mapping[str, int]] = {
    "start": {"renderer": 50 * MIB, "js": MIB},
    "load": {"renderer": 155 * MIB, "js": MIB, "buffers": FILE},
    "create": {"renderer": 420 * MIB, "js": 3 * MIB, "buffers": FILE, "heap": HEAP, "code": 9 * MIB},
    "first-run": {"renderer": 421 * MIB, "js": 3 * MIB, "buffers": FILE, "heap": HEAP, "code": 10 * MIB},
    "steady": {"renderer": 421 * MIB, "js": 3 * MIB, "buffers": FILE, "heap": HEAP, "code": 10 * MIB},
    "released": {"renderer": 320 * MIB, "js": 3 * MIB, "heap": HEAP, "code": 10 * MIB},
    "again": {"renderer": 324 * MIB, "js": 3 * MIB, "heap": HEAP, "code": 10 * MIB},
    "left": {"renderer": 60 * MIB, "js": MIB},
}
NATIVE = {
    "start": 20,
    "load": 36,
    "create": 290,
    "first-run": 291,
    "steady": 291,
    "released": 250,
    "again": 291,
}


def in_page(stage: str, runs: int, left: Mapping[str, int] = {}) -> Held:
    told = PAGE["released" if stage == "chunk" else stage]
    heap = told.get("heap", 0)
    return Held(
        stage=stage,
        runs=runs,
        processes={"renderer": told["renderer"] + 80 * MIB, "browser": 130 * MIB},
        files={"renderer": 80 * MIB, "browser": 100 * MIB},
        peak_bytes=(500 if stage == "create" else 110) * MIB,
        wasm_heap_bytes=heap,
        wasm_mapped_bytes=heap,
        wasm_touched_bytes=(TOUCHED if heap else 0) + left.get("heap", 0) * runs,
        code_bytes=told.get("code", 0),
        js_heap_bytes=told["js"] + left.get("js", 0) * runs,
        array_buffers_bytes=told.get("buffers", 0) + left.get("buffers", 0) * runs,
    )


def web(number: int = 0, left: Mapping[str, int] = {}, **changes: Any) -> MemoryTrial:
    trial = MemoryTrial(
        side="web",
        arena=True,
        round=number,
        started_s=0.0,
        ended_s=1.0,
        threads=1,
        model_bytes=FILE,
        module_bytes=MODULE,
        stages=tuple(in_page(stage, 0) for stage in PAGE),
        chunks=tuple(in_page("chunk", 10 * chunk, left) for chunk in range(1, 9)),
        told_by="pss",
    )
    return replace(trial, **changes)


def native(number: int = 0, *, arena: bool = True, steady: int = 291) -> MemoryTrial:
    def one(stage: str, held: int, runs: int = 0) -> Held:
        return Held(stage=stage, runs=runs, processes={"native": held * MIB}, files={}, peak_bytes=held * MIB)

    held = {**NATIVE, "steady": steady}
    return MemoryTrial(
        side="native",
        arena=arena,
        round=number,
        started_s=0.0,
        ended_s=1.0,
        threads=1,
        model_bytes=FILE,
        module_bytes=0,
        stages=tuple(one(stage, mib) for stage, mib in held.items()),
        chunks=tuple(one("chunk", steady, 10 * chunk) for chunk in range(1, 9)),
        told_by="pss",
    )


def report(*trials: MemoryTrial) -> Report:
    recording = record(Machine(latency_ms=ladder_ms({"web-worker": 8.0})))
    return build(replace(recording, entries=(*recording.entries, *trials)))


def memory(*trials: MemoryTrial) -> Memory:
    return report(*trials).memory


def rows(found: Memory) -> Mapping[str, MemoryRow]:
    return {row.stage: row for row in found.rows}


def slope(found: Memory, side: str = "web") -> MemorySlope:
    return next(one for one in found.slopes if one.side == side)


def said(found: Memory) -> str:
    return " ".join(memory_sentences(found))


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


def sized(trial: MemoryTrial, sizes: Mapping[str, tuple[int, int, int]]) -> MemoryTrial:
    """With the kernel's mark, the resident size and the pages of files of it at each stage, MiB."""

    def told(one: Held) -> Held:
        peak, now, files = (mib * MIB for mib in sizes[one.stage])
        own = {"renderer": max(0, now - files)}
        sizes_of = {"resident_bytes": now, "resident_file_bytes": files, "peak_bytes": peak}
        return replace(one, processes=own, files={}, **sizes_of)

    return replace(trial, stages=tuple(map(told, trial.stages)), chunks=tuple(map(told, trial.chunks)))


QUIET = dict.fromkeys((*PAGE, "chunk"), (180, 150, 80))
"""An empty page that once was larger than it is at the start."""


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


@pytest.mark.parametrize("part", ["js", "buffers", "heap"])
def test_what_every_run_leaves_behind_is_found_wherever_it_lies(part: str) -> None:
    found = slope(memory(*(web(number, {part: 4000}) for number in range(3))))
    assert found.verdict == "leaks"
    assert found.bytes_per_run is not None
    assert found.bytes_per_run.point == pytest.approx(4000)
    name = {"js": "js-heap", "buffers": "array-buffers", "heap": "wasm-heap"}[part]
    assert found.parts[name] == pytest.approx(4000)


def test_what_runs_write_anew_in_a_heap_that_does_not_grow_is_a_leak() -> None:
    def scans(each: int) -> tuple[HeapScan, ...]:
        return tuple(HeapScan(runs=10 * n, written_bytes=50_000 + each * 10 * n) for n in range(1, 9))

    found = slope(memory(*(web(number, scans=scans(36_000)) for number in range(3))))
    assert found.verdict == "leaks"
    assert found.parts["wasm-heap"] == pytest.approx(36_000)
    assert "most of it wasm heap" in said(memory(*(web(number, scans=scans(36_000)) for number in range(3))))
    assert slope(memory(*(web(number, scans=scans(0)) for number in range(3)))).verdict == "none"
    both = slope(memory(*(web(number, {"heap": 40_000}, scans=scans(36_000)) for number in range(3))))
    assert both.parts["wasm-heap"] == pytest.approx(40_000), "the same bytes are not counted twice"


@pytest.mark.parametrize(
    ("said", "scans"),
    [
        ("do not follow one another", (HeapScan(runs=2, written_bytes=9), HeapScan(runs=4, written_bytes=8))),
        ("do not follow one another", (HeapScan(runs=4, written_bytes=9), HeapScan(runs=4, written_bytes=9))),
        ("cannot have been", (HeapScan(runs=1, written_bytes=-1),)),
    ],
)
def test_looks_through_a_heap_that_no_run_can_have_shown_are_refused(
    said: str, scans: tuple[HeapScan, ...]
) -> None:
    lines = [encode_entry(one) for one in (record(Machine()).begin, web(scans=scans))]
    with pytest.raises(WrongUse, match=said):
        decode_recording(lines, source="x.jsonl")


def test_trials_that_are_struck_do_not_count_and_are_told_of() -> None:
    busy = Load(wall_ms=1000.0, machine_busy_ms=1900.0, own_cpu_ms=1000.0)
    struck = web(0, {"js": 4000}, load=busy, struck=("outside load",))
    found = memory(struck, web(0, attempt=1, load=busy), web(1), native())
    assert slope(found).verdict == "none"
    assert (found.trials_counting, found.trials_disturbed, found.trials_repeated) == (3, 1, 1)
    assert "at work during 1 of the 3 visits that count; 1 more were made again" in said(found)


def test_an_engines_own_bookkeeping_is_no_leak() -> None:
    found = memory(*(web(number, {"js": 200}) for number in range(3)), native(0), native(1))
    assert slope(found).verdict == "none"
    assert slope(found, "native").verdict == "none"
    assert "200 bytes a run [200, 200], garbage collected" in said(found)


def test_what_is_more_than_nothing_beyond_doubt_and_no_leak_is_less_than_so_much() -> None:
    text = said(memory(*(web(number, {"js": 200}) for number in range(3)), native(0), native(1)))
    assert "In the browser runs leave less than 1 KiB a run behind, in the page's objects and buffers" in text
    assert "what they write anew of the wasm heap: 200 bytes a run [200, 200], garbage collected" in text
    assert "Natively runs leave nothing behind: 0 bytes a run [0, 0]" in text
    lefts: Sequence[int] = (0, 0, 200)
    text = said(memory(*(web(number, {"js": left}) for number, left in enumerate(lefts))))
    assert "runs leave nothing behind in the page's objects and buffers, and write nothing" in text


def test_slopes_that_differ_decide_nothing() -> None:
    lefts: Sequence[int] = (0, 2000, 3000)
    found = slope(memory(*(web(number, {"js": left}) for number, left in enumerate(lefts))))
    assert found.bytes_per_run is not None
    assert found.bytes_per_run.low < LEAK_BYTES < found.bytes_per_run.high
    assert found.verdict == "unclear"


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


def test_one_odd_reading_does_not_tilt_a_slope() -> None:
    def odd(number: int) -> MemoryTrial:
        trial = web(number)
        chunks = list(trial.chunks)
        chunks[-1] = replace(chunks[-1], js_heap_bytes=80 * MIB)
        return replace(trial, chunks=tuple(chunks))

    assert slope(memory(*(odd(number) for number in range(3)))).verdict == "none"


def test_too_few_chunks_are_no_measurement() -> None:
    found = slope(memory(web(chunks=web().chunks[:4])))
    assert (found.verdict, found.bytes_per_run) == ("not-measured", None)
    assert found.why


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
