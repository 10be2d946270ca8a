from pathlib import Path

import pytest
from msgspec.structs import replace

from gapprof.errors import WrongUse
from gapprof.kernels.families.gemm import Gemm
from gapprof.kernels.families.mapped import Mapped
from gapprof.kernels.family import Tile
from gapprof.kernels.machine import WASM
from gapprof.own_kernels.database import write
from gapprof.yardstick import database as databases
from gapprof.yardstick.machines import MACHINES
from gapprof.yardstick.shapes import family_of, key_of, shape_of
from gapprof.yardstick.tuning import batches, best
from gapprof.yardstick.web_side import Candidate
from gapprof.yardstick.wish import Wanted

SHAPE = Gemm(rows=32, depth=64, columns=48)
KEY = key_of(SHAPE)
TILE = family_of(SHAPE).tiles(SHAPE, WASM)[1]
HERE = {"cpu": "AMD EPYC", "engine": "Chrome/156.0.1"}
TUNED = {"wasm": {KEY: TILE}, "wasm-relaxed": {}}


def test_what_was_tuned_is_known_again(tmp_path: Path) -> None:
    path = tmp_path / "kernels.json"
    assert databases.read(path) == databases.Database()
    write(path, databases.extended(databases.Database(), TUNED, **HERE))
    assert databases.known(databases.read(path), MACHINES, **HERE) == TUNED


@pytest.mark.parametrize("change", [{"cpu": "Intel"}, {"engine": "Chrome/157.0.0"}])
def test_another_processor_or_browser_is_tuned_anew(change: dict[str, str]) -> None:
    database = databases.extended(databases.Database(), TUNED, **HERE)
    assert databases.known(database, MACHINES, **{**HERE, **change}) == {"wasm": {}, "wasm-relaxed": {}}
    both = databases.extended(database, TUNED, **{**HERE, **change})
    assert len(both.entries) == 2


def test_what_was_kept_by_the_brand_alone_is_read_and_does_not_hold_here(tmp_path: Path) -> None:
    """Files of before: "AMD EPYC" is what processors of several kinds call themselves."""
    path = tmp_path / "kernels.json"
    write(path, databases.extended(databases.Database(), TUNED, **HERE))
    here = {**HERE, "cpu": "AMD EPYC, family 26, model 2, stepping 1"}
    assert not any(databases.known(databases.read(path), MACHINES, **here).values())
    both = databases.extended(databases.read(path), TUNED, **here)
    assert databases.known(both, MACHINES, **here) == databases.known(both, MACHINES, **HERE) == TUNED


def test_a_new_schedule_takes_the_place_of_an_old_one() -> None:
    database = databases.extended(databases.Database(), TUNED, **HERE)
    other = {"wasm": {KEY: family_of(SHAPE).tiles(SHAPE, WASM)[0]}}
    renewed = databases.extended(database, other, **HERE)
    assert databases.known(renewed, MACHINES, **HERE)["wasm"] == other["wasm"]
    assert len(renewed.entries) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"schedule": (1000, 1000, 1000, 1)},
        {"shape": "{}"},
        {"shape": '{"type":"nothing"}'},
        {"shape": KEY.replace("32", "-32")},
        {"target": "sparc"},
    ],
)
def test_an_entry_that_no_gapprof_would_make_is_passed_over(change: dict[str, object]) -> None:
    (entry,) = databases.extended(databases.Database(), TUNED, **HERE).entries
    strange = databases.Database(entries=(replace(entry, **change),))
    assert not any(databases.known(strange, MACHINES, **HERE).values())


@pytest.mark.parametrize(("target", "taken"), [("wasm", False), ("wasm-relaxed", True)])
def test_a_tile_that_does_not_fit_the_registers_is_passed_over(target: str, taken: bool) -> None:
    """A twin that spills would be taken for a loss of the engine; fused, that tile needs one vector less."""
    (entry,) = databases.extended(databases.Database(), TUNED, **HERE).entries
    tile = Tile(6, 2, 2, SHAPE.depth)
    schedule = (tile.rows, tile.vectors, tile.unroll, tile.depth)
    database = databases.Database(entries=(replace(entry, target=target, schedule=schedule),))
    assert databases.known(database, MACHINES, **HERE)[target] == ({KEY: tile} if taken else {})


@pytest.mark.parametrize("text", ["", "[]", '{"schema": "gapprof/report"}', "\xff", "[" * 100_000])
def test_a_file_that_is_no_database_is_wrong_use(text: str, tmp_path: Path) -> None:
    path = tmp_path / "kernels.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(WrongUse, match="no kernel database"):
        databases.read(path)


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="cannot be read"):
        databases.read(tmp_path)


def test_only_what_no_database_settles_is_tuned() -> None:
    other = key_of(Mapped(count=100, function="relu"))
    everything = batches([KEY, other], {}, tuple(MACHINES))
    assert {one.wanted.shape for batch in everything for one in batch} == {KEY, other}
    assert {one.target for batch in everything for one in batch} == set(MACHINES)
    settled = {target: {KEY: TILE} for target in MACHINES}
    (left,) = batches([KEY, other], settled, tuple(MACHINES))
    assert {one.wanted.shape for one in left} == {other}
    assert batches([KEY], settled, tuple(MACHINES)) == []


def test_the_best_is_the_fastest_of_each_target() -> None:
    tiles = [Tile(1, 1, 1, 1), Tile(2, 1, 1, 1), Tile(3, 1, 1, 1)]
    batch = [
        Candidate(target=target, wanted=Wanted(shape=KEY, tile=tile))
        for target, tile in zip(("wasm", "wasm", "wasm-relaxed"), tiles, strict=True)
    ]
    found = list(best(batch, [(5.0, 9.0, 5.0), (6.0, 1.0, 6.0), (50.0, 40.0, 60.0)]))
    assert found == [batch[0], batch[2]]


def test_a_shape_is_one_text_and_comes_back() -> None:
    assert shape_of(KEY) == SHAPE
    assert key_of(shape_of(KEY)) == KEY


def test_native_code_has_schedules_of_its_own_by_its_compiler() -> None:
    """In the same file, where a browser's do not hold for it nor it for a browser."""
    native = {"sse41": {KEY: TILE}}
    both = databases.extended(databases.Database(), TUNED, **HERE)
    both = databases.extended(both, native, cpu=HERE["cpu"], engine="LLVM 22.1.0")
    assert databases.known(both, MACHINES, **HERE) == TUNED
    assert databases.known(both, ["sse41"], cpu=HERE["cpu"], engine="LLVM 22.1.0") == native
    assert databases.known(both, ["sse41"], **HERE) == {"sse41": {}}
    assert databases.known(both, ["sse41"], cpu=HERE["cpu"], engine="LLVM 23.0.0") == {"sse41": {}}
