"""A module that records its own calls, and one that repeats them: nothing else about it changes."""

import ctypes
import hashlib
import json
import struct
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gapprof import assets
from gapprof.engine import Engine
from gapprof.errors import EnvironmentUnusable
from gapprof.records.wire.replay import ReplayCase, Replayed, ReplayTask
from gapprof.transplant import native_side, rewriting
from gapprof.transplant.native_case import NativeCase, Ready
from gapprof.transplant.recorded import STRETCH, Calls, kept, last, thinned
from gapprof.transplant.rows import row_of
from gapprof.wasm.module import FunctionType, parsed
from gapprof.yardstick.wish import Effort
from tests.unit.transplant.assembly import MOST_PAGES, PAGE, Function, Native, code, module

IMAGE = bytes(range(256)) * (PAGE // 256)
GET = ("local.get", 0)
ADDING = Function(
    ["i32", "f32"],
    ["i32"],
    code(
        *(("global.get", 0), ("i32.const", 1), "i32.add", ("global.set", 0)),
        *(GET, GET, ("i32.load", 2, 0), ("global.get", 0), "i32.add", ("i32.store", 2, 0)),
        *(GET, ("local.get", 1), ("f32.store", 2, 4), ("global.get", 0)),
    ),
)
"""It adds how often it was called, its variable, to a word, and leaves its float beside it."""
WHOLE = module([ADDING, Function([], [], code("unreachable"))], variables=[(True, 10)])
PARSED = parsed(WHOLE)
ROW = row_of(PARSED.type_of(0))
CHECK = Effort(warmup_ms=0.0, sample_ms=1.0, samples=0)


def recorded(folder: Path, target: int, *values: int, rows: int = 100) -> dict[str, Any]:
    (folder / "module.wasm").write_bytes(rewriting.recording(PARSED, 0, rows=rows))
    script = Path(__file__).with_name("record.mjs")
    arguments = [assets.node(), script, folder, str(target), *map(str, values)]
    subprocess.run(arguments, check=True)
    told: dict[str, Any] = json.loads((folder / "told.json").read_text())
    return told


def test_calls_are_counted_and_their_arguments_written_down(tmp_path: Path) -> None:
    told = recorded(tmp_path, -1, 64, 128, 4096)
    assert (told["given"], told["count"], told["kept"]) == ([11, 12, 13], 3, 0)
    rows = (tmp_path / "kept.bin").read_bytes()
    found = [struct.unpack_from("<ixxxxfxxxx", rows, at * ROW.size_bytes) for at in range(4)]
    assert found == [(64, 0.5), (128, 0.5), (4096, 0.5), (0, 0.0)]
    assert len(rows) == PAGE


def test_memory_and_variables_are_copied_before_the_call_that_is_asked_for(tmp_path: Path) -> None:
    told = recorded(tmp_path, 2, 64, 64, 64, 64)
    assert told["kept"] == 12
    copied = (tmp_path / "kept.bin").read_bytes()[PAGE:]
    assert struct.unpack_from("<if", copied, 64) == (11 + 12, 0.5)
    assert len(copied) == PAGE
    memory = (tmp_path / "memory.bin").read_bytes()
    assert struct.unpack_from("<if", memory, 64) == (11 + 12 + 13 + 14, 0.5)


def test_of_many_calls_the_first_are_kept(tmp_path: Path) -> None:
    assert recorded(tmp_path, -1, *([64] * 5), rows=2)["count"] == 5
    rows = (tmp_path / "kept.bin").read_bytes()
    assert rows[2 * ROW.size_bytes :] == bytes(PAGE - 2 * ROW.size_bytes)


def test_what_is_appended_moves_nothing() -> None:
    for grown in (rewriting.recording(PARSED, 0, rows=9), rewriting.repeating(PARSED, [0])):
        after = parsed(grown)
        assert after.bodies[1] == PARSED.bodies[1]
        assert after.types[: len(PARSED.types)] == PARSED.types
        assert after.exports[: len(PARSED.exports)] == PARSED.exports
        assert after.imports == PARSED.imports


@pytest.mark.parametrize("rewritten", ["recording", "repeating"])
def test_the_served_module_stays_valid(rewritten: str, tmp_path: Path) -> None:
    served = parsed((assets.web_dist() / "ort-wasm-simd-threaded.wasm").read_bytes())
    some = served.imported_functions + 1300
    grown = (
        rewriting.recording(served, some, rows=1000)
        if rewritten == "recording"
        else rewriting.repeating(served, [some, some + 1])
    )
    file = tmp_path / "grown.wasm"
    file.write_bytes(grown)
    script = (
        f"process.exit(WebAssembly.validate(require('fs').readFileSync({json.dumps(str(file))})) ? 0 : 1)"
    )
    assert subprocess.run([assets.node(), "-e", script], check=False).returncode == 0


def test_functions_that_cannot_stand_in_a_row_are_refused() -> None:
    for parameters, results in ((b"\x7b", b""), (b"\x7f", b"\x7f\x7f"), (b"", b""), (b"\x6f", b"")):
        with pytest.raises(ValueError, match=r"it (takes|gives)"):
            row_of(FunctionType(parameters, results))


@dataclass(frozen=True)
class Side:
    """One way to replay."""

    engine: Engine
    folder: Path

    def by_v8(self, calls: Calls, effort: Effort) -> Replayed:
        file = self.folder / "repeating.wasm"
        file.write_bytes(rewriting.repeating(PARSED, [0]))
        task = ReplayTask(
            module_url=file.as_uri(),
            most_pages=MOST_PAGES,
            cases=(
                ReplayCase(
                    repeat=rewriting.repeat_export(0),
                    image_url=calls.image.as_uri(),
                    rows_url=calls.table.as_uri(),
                    rows=calls.rows,
                    variables=tuple((rewriting.global_export(at), value) for at, value in calls.variables),
                ),
            ),
            seed=1,
            warmup_ms=effort.warmup_ms,
            sample_ms=effort.sample_ms,
            samples=effort.samples,
        )
        return self.engine.ask(task, Replayed, until=time.monotonic() + 300)

    def natively(self, calls: Calls, effort: Effort) -> native_side.Answer:
        file = self.folder / "module.wasm"
        file.write_bytes(WHOLE)
        asked = native_side.Asked(module=str(file), cases=(case_of(calls),), effort=effort, seed=1)
        return native_side.replayed(asked, scratch=self.folder, deadline_s=300)


def case_of(calls: Calls) -> NativeCase:
    return NativeCase(
        function=0,
        image=str(calls.image),
        rows_file=str(calls.table),
        rows=calls.rows,
        variables=calls.variables,
    )


@pytest.fixture
def side(engine: Engine, tmp_path: Path) -> Side:
    return Side(engine, tmp_path)


def calls_of(folder: Path, *places: int) -> Calls:
    rows = b"".join(struct.pack("<ixxxxfxxxxq", place, 2.5, 0) for place in places)
    block = rows.ljust(PAGE, b"\0") + IMAGE
    return kept(
        folder,
        0,
        ROW,
        block,
        calls=len(places),
        rows=len(places),
        rows_bytes=PAGE,
        variables=((0, 100),),
    )


def expected(places: tuple[int, ...]) -> str:
    """Memory after two passes and the rows of the second, as plain Python has them."""
    memory, results = bytearray(IMAGE), bytearray()
    for number, place in enumerate(places * 2, start=101):
        word = (int.from_bytes(memory[place : place + 4], "little") + number) % 2**32
        memory[place : place + 8] = struct.pack("<If", word, 2.5)
        results += struct.pack("<ixxxxfxxxxixxxx", place, 2.5, number)
    return hashlib.sha256(memory + results[len(results) // 2 :]).hexdigest()


PLACES = (64, 256, 64, 1024)
CALL_S, SAMPLE_S = 1 / 1024, 1 / 16


def test_both_sides_do_what_was_recorded(side: Side) -> None:
    calls = calls_of(side.folder, *PLACES)
    there, here = side.by_v8(calls, CHECK), side.natively(calls, CHECK)
    assert there.sha256 == here.sha256 == (expected(PLACES),)
    assert there.samples_us == here.samples_us == ((),)


def test_memory_is_as_it_was_however_often_it_was_timed(side: Side) -> None:
    calls, effort = calls_of(side.folder, *PLACES), Effort(warmup_ms=5.0, sample_ms=0.5, samples=4)
    there, here = side.by_v8(calls, effort), side.natively(calls, effort)
    assert there.sha256 == here.sha256 == (expected(PLACES),)
    for times in (*there.samples_us, *here.samples_us):
        assert len(times) == 4
        assert min(times) > 0


def test_a_native_sample_is_the_mean_of_a_call(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock that nothing moves but calls; of the browser's side page_modules/replay.test.mjs says it."""
    now_s, timed = 0.0, list[int]()

    def run(_case: Ready, passes: int) -> None:
        nonlocal now_s
        now_s += passes * len(PLACES) * CALL_S
        timed.append(passes)

    ready = Ready(PARSED, case_of(calls_of(side.folder, *PLACES)))
    monkeypatch.setattr(Ready, "_run", run)
    monkeypatch.setattr(time, "perf_counter", lambda: now_s)
    ready.warm_up(Effort(warmup_ms=5.0, sample_ms=SAMPLE_S * 1e3, samples=4))
    assert ready.sample_us() == pytest.approx(CALL_S * 1e6)
    once, passes = timed[-2:]
    assert once == 1, "what brings caches back is not timed"
    assert passes * len(PLACES) * CALL_S == pytest.approx(SAMPLE_S)


def test_native_code_that_comes_where_it_cannot_be_followed_ends_alone(tmp_path: Path) -> None:
    growing = Function(["i32"], ["i32"], code(GET, ("memory.grow", 0)))
    file = tmp_path / "grow.wasm"
    file.write_bytes(module([growing]))
    (tmp_path / "image.bin").write_bytes(IMAGE)
    (tmp_path / "rows.bin").write_bytes(bytes(16))
    case = NativeCase(
        function=0,
        image=str(tmp_path / "image.bin"),
        rows_file=str(tmp_path / "rows.bin"),
        rows=1,
        variables=(),
    )
    asked = native_side.Asked(module=str(file), cases=(case,), effort=CHECK, seed=0)
    with pytest.raises(EnvironmentUnusable, match="function 0 ended with SIGILL"):
        native_side.replayed(asked, scratch=tmp_path, deadline_s=300)


def test_of_many_calls_stretches_of_neighbours_are_replayed(tmp_path: Path) -> None:
    calls = calls_of(tmp_path, *range(0, 8 * 1000, 8))
    some = thinned(calls, 2 * STRETCH)
    rows = some.table.read_bytes()
    places = [place for (place, _, _) in struct.iter_unpack("<ixxxxfxxxxq", rows)]
    assert some.rows == len(places) == 2 * STRETCH
    assert places == [8 * at for at in (*range(STRETCH), *range(1000 - STRETCH, 1000))]
    assert thinned(calls, 1000) is calls


def test_the_last_call_alone(tmp_path: Path) -> None:
    calls = calls_of(tmp_path, 64, 128)
    alone = last(calls)
    assert (alone.rows, alone.table.read_bytes()) == (1, calls.table.read_bytes()[ROW.size_bytes :])


def test_a_result_comes_behind_the_arguments() -> None:
    memory = ctypes.create_string_buffer(IMAGE, len(IMAGE))
    table = Native(WHOLE, 0).repeat(memory, [(64, 0), (128, 0)], (5,))
    assert struct.unpack("<qqqqqq", table) == (64, 0, 6, 128, 0, 7)
