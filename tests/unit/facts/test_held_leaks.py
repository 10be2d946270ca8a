"""What every run leaves behind: found wherever it lies, and told from what is no leak."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine
from gapprof.errors import WrongUse
from gapprof.records.codec import decode_recording, encode_entry
from gapprof.records.memory import LEAK_BYTES, HeapScan, MemoryTrial
from tests.truth.recorder import record
from tests.unit.facts.held import MIB, memory, native, said, slope, web


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
