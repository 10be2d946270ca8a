"""Which shapes are tuned, in what order, and what those get that the time did not suffice for."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from onnx import helper

from gapprof.browser.visit import Equipment
from gapprof.errors import EnvironmentUnusable
from gapprof.guard import Guard
from gapprof.kernels.families.gemm import Gemm
from gapprof.kernels.families.mapped import Mapped
from gapprof.kernels.families.padded import Padded
from gapprof.kernels.family import UNROLLED
from gapprof.kernels.llvm import compile as llvm
from gapprof.kernels.llvm.target import TARGETS
from gapprof.kernels.machine import WASM
from gapprof.measure.journal import Journal, open_journal
from gapprof.records.model import NodeCensus
from gapprof.records.recording import Note
from gapprof.records.twins import TwinNode, TwinPlan
from gapprof.yardstick import bench as benches
from gapprof.yardstick import telling_apart
from gapprof.yardstick.bench import Bench, prepared
from gapprof.yardstick.machines import MACHINES
from gapprof.yardstick.priorities import in_order, likely_s
from gapprof.yardstick.shapes import family_of, key_of, shape_of
from gapprof.yardstick.tuning import Tuned, batches, likely
from tests.unit.measure.extras import RECORDED, preflight
from tests.unit.yardstick.programs import opened, saved

WIDE = key_of(Gemm(rows=64, depth=64, columns=64))
ALIKE = key_of(Gemm(rows=64, depth=96, columns=64))
RELU = key_of(Mapped(count=4096, function="relu"))
BORDER = key_of(Padded(planes=4, height=8, width=8, pads=(1, 1, 1, 1)))


def _census(name: str, flops: int) -> NodeCensus:
    return NodeCensus(name=name, op_type="MatMul", domain="", flops=flops, bytes=0, output_shapes=())


def _node(name: str, *parts: str) -> TwinNode:
    return TwinNode(name=name, op_type="MatMul", parts=parts)


def test_what_most_of_a_run_goes_to_is_tuned_first_after_the_peaks() -> None:
    nodes = [_node("a", RELU), _node("b", WIDE), _node("c", WIDE), _node("d", ALIKE)]
    census = [_census("a", 10), _census("b", 600), _census("c", 600), _census("d", 1000)]
    assert in_order(["peak", RELU, WIDE, ALIKE], likely_s(nodes, census)) == ("peak", WIDE, ALIKE, RELU)


def test_a_shape_with_one_schedule_takes_no_time_for_tuning() -> None:
    assert len(family_of(shape_of(BORDER)).tiles(shape_of(BORDER), WASM)) == 1
    assert batches([BORDER], {}, tuple(MACHINES)) == []
    assert likely(BORDER, "wasm", {}) == family_of(shape_of(BORDER)).tiles(shape_of(BORDER), WASM)[0]


def test_what_was_not_tuned_is_timed_as_most_of_its_kind() -> None:
    tiles = family_of(shape_of(ALIKE)).tiles(shape_of(ALIKE), WASM)
    assert likely(ALIKE, "wasm", {WIDE: tiles[0]}) == tiles[0]
    assert likely(ALIKE, "wasm", {RELU: UNROLLED[0]}) == tiles[-1]
    assert likely(ALIKE, "wasm", {}) == tiles[-1]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with open_journal(tmp_path / "run.jsonl", RECORDED.begin) as journal:
        yield journal


def _bench(journal: Journal, folder: Path, guard: Guard) -> Bench:
    """Of a product and what comes after it. Its page has no browser: whoever visits it fails."""
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["m"], name="product"),
        helper.make_node("Tanh", ["m"], ["y"], name="bend"),
    ]
    path = saved(folder / "m.onnx", nodes, {"w": np.ones((64, 48))}, [32, 64])
    web = next(step for step in preflight().ladder if step.rung.id == "web-worker")
    return prepared(
        journal,
        opened(path, folder / "work"),
        web,
        preflight().pace,
        Equipment(executable=folder / "no-browser", probes=folder, guard=guard),
        web_targets=MACHINES,
        native_targets=[target.id for target in TARGETS],
        threads=1,
        seed=0,
        scratch=folder,
    )


def _notes(journal: Journal) -> list[str]:
    return [note.text for note in journal.recording().of(Note)]


def test_what_a_database_settles_needs_no_visit(journal: Journal, tmp_path: Path) -> None:
    with Guard() as guard:
        bench = _bench(journal, tmp_path, guard)
    everything: Tuned = {
        target: {shape: likely(shape, target, {}) for shape in bench.shapes} for target in MACHINES
    }
    assert bench.untuned(everything) == []
    assert bench.tuned(everything, pytest.fail) == everything
    assert not any("were not tuned" in note for note in _notes(journal))


def test_a_browser_that_is_not_there_tunes_nothing(journal: Journal, tmp_path: Path) -> None:
    """So that the test above would fail if it were visited."""
    with Guard() as guard, pytest.raises(EnvironmentUnusable):
        _bench(journal, tmp_path, guard).tuned({}, pytest.fail)


def test_what_was_not_tuned_in_time_is_said_and_timed_all_the_same(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benches, "TUNING_S", 0.0)
    with Guard() as guard:
        bench = _bench(journal, tmp_path, guard)
    tuned = bench.tuned({}, pytest.fail)
    assert tuned.keys() == MACHINES.keys()
    assert all(tiles.keys() == set(bench.shapes) for tiles in tuned.values())
    (note,) = [one for one in _notes(journal) if "were not tuned" in one]
    wanted = len(bench.untuned({}))
    assert note.startswith(f"{wanted} of {wanted} shapes were not tuned")


def test_without_llvmlite_the_page_is_timed_and_a_note_says_what_to_install(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise EnvironmentUnusable("no llvmlite here", hint="Install it.")

    monkeypatch.setattr(llvm, "binding", missing)
    with Guard() as guard:
        bench = _bench(journal, tmp_path, guard)
    assert bench.native_targets == ()
    assert bench.web_targets == tuple(MACHINES)
    assert _notes(journal) == ["no llvmlite here. Install it."]
    (plan,) = journal.recording().of(TwinPlan)
    assert all(node.parts for node in plan.nodes)
    assert telling_apart._widest() == ()


def test_a_processor_without_avx_512_is_timed_at_what_it_has(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    avx2 = next(target for target in TARGETS if target.id == "avx2")
    features = dict.fromkeys((*avx2.features, "avx512f"), True)
    monkeypatch.setattr(llvm, "binding", lambda: SimpleNamespace(get_host_cpu_features=lambda: features))
    monkeypatch.setattr(llvm.platform, "machine", lambda: "x86_64")
    with Guard() as guard:
        bench = _bench(journal, tmp_path, guard)
    assert bench.native_targets == ("scalar", "sse41", "avx128", "fma128", "avx2")
    assert telling_apart._widest() == ("avx2",)
    assert _notes(journal) == []
