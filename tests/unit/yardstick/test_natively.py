"""Schedules for native twins: who has their own, how they are found in time, and what is timed with which."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from gapprof.errors import EnvironmentUnusable
from gapprof.kernels.families.gemm import Gemm
from gapprof.kernels.families.mapped import Mapped
from gapprof.kernels.llvm.compile import host_targets
from gapprof.measure.journal import Journal, open_journal
from gapprof.records.recording import Note
from gapprof.records.twins import TwinTrial
from gapprof.yardstick import native_tuning
from gapprof.yardstick import schedules as schedules_of_a_run
from gapprof.yardstick.bench import Bench
from gapprof.yardstick.buffers import memory_for
from gapprof.yardstick.database import Database
from gapprof.yardstick.native_tuning import Answer, raced
from gapprof.yardstick.natively import time_natively, tuned_natively, tuned_targets
from gapprof.yardstick.schedules import schedules
from gapprof.yardstick.shapes import key_of
from gapprof.yardstick.tuning import batches, likely
from gapprof.yardstick.wish import Effort, need_of
from tests.unit.measure.extras import RECORDED

PRODUCT = key_of(Gemm(rows=32, depth=48, columns=64))
RELU = key_of(Mapped(count=4096, function="relu"))
SHAPES = (PRODUCT, RELU)
PAGE = {target: {shape: likely(shape, target, {}) for shape in SHAPES} for target in ("wasm", "wasm-relaxed")}
SHORT = Effort(warmup_ms=0.1, sample_ms=0.05, samples=2, given_up=1e9)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with open_journal(tmp_path / "run.jsonl", RECORDED.begin) as journal:
        yield journal


def bench_of(journal: Journal, folder: Path, *targets: str) -> Bench:
    """It has no page: nobody visits it here."""
    memory = memory_for([need_of(shape) for shape in SHAPES], footprint_bytes=1 << 16, alive_bytes=1 << 16)
    nowhere: Any = None
    return Bench(
        journal=journal,
        page=nowhere,
        memory=memory,
        shapes=SHAPES,
        web_targets=(),
        native_targets=targets,
        threads=1,
        seed=0,
        scratch=folder,
    )


def the_first_wins(asked: native_tuning.Asked, **_: Any) -> Answer:
    samples = tuple(tuple((float(1 + at),) * 3 for at in range(len(batch))) for batch in asked.batches)
    return Answer(samples_us=samples, engine="LLVM 22")


def notes(journal: Journal) -> str:
    return " ".join(note.text for note in journal.recording().of(Note))


@pytest.mark.parametrize(
    ("there", "tuned"),
    [
        (("scalar", "sse41", "avx128", "fma128", "avx2"), ("sse41", "avx2")),
        (("sse41", "avx128"), ("sse41",)),
        (("neon-scalar", "neon", "neon-mul-add"), ("neon",)),
        ((), ()),
    ],
)
def test_what_stands_for_native_s_kernels_is_tuned_and_what_is_held_against_the_page_is_not(
    there: tuple[str, ...], tuned: tuple[str, ...]
) -> None:
    assert tuned_targets(there) == tuned


class Timed:
    """A nest that takes so long."""

    def __init__(self, us: float) -> None:
        self.us, self.samples = us, 0

    def settle(self, _: Effort) -> None:
        pass

    def once(self) -> None:
        pass

    def sample_us(self) -> float:
        self.samples += 1
        return self.us


def test_a_candidate_that_is_far_from_the_fastest_is_timed_once() -> None:
    nests: Any = [Timed(10.0), Timed(13.0), Timed(15.0)]
    effort = Effort(warmup_ms=0.0, sample_ms=1.0, samples=3, given_up=1.4)
    assert raced(nests, effort, np.random.default_rng(0)) == [[10.0] * 3, [13.0] * 3, [15.0]]


@pytest.mark.parametrize(("budget_s", "done"), [(600.0, 2), (-1.0, 0)])
def test_a_process_times_every_candidate_of_as_many_shapes_as_its_time_suffices_for(
    budget_s: float, done: int, tmp_path: Path
) -> None:
    target = host_targets()[-1]
    wanted = batches(SHAPES, {}, (target.id,))
    asked = native_tuning.Asked(
        target=target.id,
        memory=memory_for([need_of(shape) for shape in SHAPES], footprint_bytes=1 << 16, alive_bytes=1 << 16),
        batches=tuple(tuple(one.wanted for one in batch[:2]) for batch in wanted),
        effort=SHORT,
        seed=0,
        budget_s=budget_s,
    )
    answer = native_tuning.tuned(asked, scratch=tmp_path, deadline_s=60.0)
    assert [len(samples) for samples in answer.samples_us] == [2] * done
    assert all(us > 0 for batch in answer.samples_us for samples in batch for us in samples)
    assert answer.engine.startswith("LLVM ")


def test_the_fastest_schedule_of_each_shape_is_kept_and_recorded(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native_tuning, "tuned", the_first_wins)
    kept: list[Any] = []
    found = tuned_natively(bench_of(journal, tmp_path, "sse41", "avx128", "avx2"), {}, kept.append)
    assert found.keys() == {"sse41", "avx2"}
    for target, tiles in found.items():
        expected = {batch[0].wanted.shape: batch[0].wanted.tile for batch in batches(SHAPES, {}, (target,))}
        assert tiles == expected
    assert kept == [{target: tiles} for target, tiles in found.items()]
    trials = list(journal.recording().of(TwinTrial))
    assert [(one.target, one.round, one.engine) for one in trials] == [
        ("sse41", -1, "LLVM 22"),
        ("avx2", -1, "LLVM 22"),
    ]
    again = tuned_natively(bench_of(journal, tmp_path, "sse41"), found, pytest.fail)
    assert again == {"sse41": found["sse41"]}, "what is settled is not tuned"


def test_shapes_that_the_time_does_not_suffice_for_have_the_browser_s_schedules_and_a_note_says_so(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def the_first_shape_alone(asked: native_tuning.Asked, **_: Any) -> Answer:
        return Answer(samples_us=the_first_wins(asked).samples_us[:1], engine="LLVM 22")

    monkeypatch.setattr(native_tuning, "tuned", the_first_shape_alone)
    found = tuned_natively(bench_of(journal, tmp_path, "sse41"), {}, lambda _: None)
    assert found["sse41"].keys() == {PRODUCT}
    assert "1 of 2 shapes were not tuned as sse41 code, as 20 s were over" in notes(journal)


def test_a_process_that_fails_leaves_its_target_with_the_browser_s_schedules(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(asked: native_tuning.Asked, **_: Any) -> Answer:
        if asked.target == "sse41":
            raise EnvironmentUnusable("tuning native twins of sse41 crashed")
        return the_first_wins(asked)

    monkeypatch.setattr(native_tuning, "tuned", failing)
    found = tuned_natively(bench_of(journal, tmp_path, "sse41", "avx2"), {}, lambda _: None)
    assert found.keys() == {"avx2"}
    assert "tuning native twins of sse41 crashed; they have the browser's schedules." in notes(journal)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What native processes are asked; a nest takes what its number in the request says."""
    found: list[Any] = []

    def timed(one: Any, **_: Any) -> Any:
        found.append(one)
        return SimpleNamespace(
            samples_us=tuple((float(1 + at),) for at in range(len(one.wanted))), engine="LLVM 22"
        )

    monkeypatch.setattr("gapprof.yardstick.native_side.timed", timed)
    return found


def test_avx_code_is_timed_with_the_page_s_schedules_and_with_those_of_sse_code(
    journal: Journal, tmp_path: Path, asked: list[Any]
) -> None:
    """In one process; where the two are one it is one loop, and no difference."""
    other = next(one.wanted.tile for one in batches([PRODUCT], {}, ("sse41",))[0])
    assert other != PAGE["wasm"][PRODUCT]
    tuned = {**PAGE, "sse41": {PRODUCT: other}}
    time_natively(bench_of(journal, tmp_path, "avx128"), tuned, "avx128", 3)
    (one,) = asked
    assert [(w.shape, w.tile) for w in one.wanted] == [
        (PRODUCT, PAGE["wasm"][PRODUCT]),
        (RELU, PAGE["wasm"][RELU]),
        (PRODUCT, other),
    ]
    page, as_sse = journal.recording().of(TwinTrial)
    assert (page.target, as_sse.target, page.round) == ("avx128", "avx128-as-sse41", 3)
    assert [time.samples_us for time in page.times] == [(1.0,), (2.0,)]
    assert [time.samples_us for time in as_sse.times] == [(3.0,), (2.0,)]


def test_without_sse_code_of_its_own_avx_code_is_timed_once(
    journal: Journal, tmp_path: Path, asked: list[Any]
) -> None:
    time_natively(bench_of(journal, tmp_path, "avx128"), PAGE, "avx128", 0)
    assert [trial.target for trial in journal.recording().of(TwinTrial)] == ["avx128"]
    assert len(asked[0].wanted) == len(SHAPES)


@pytest.mark.parametrize(("target", "page"), [("fma128", "wasm-relaxed"), ("sse41", "wasm")])
def test_what_was_not_tuned_has_the_schedules_of_the_page_that_computes_alike(
    target: str, page: str, journal: Journal, tmp_path: Path, asked: list[Any]
) -> None:
    time_natively(bench_of(journal, tmp_path, target), {**PAGE, "avx2": {}}, target, 0)
    assert [(one.shape, one.tile) for one in asked[0].wanted] == list(PAGE[page].items())


def test_a_database_gets_what_both_sides_found(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes later does not make what came before be forgotten."""

    def in_the_page(_: Bench, __: Any, keep: Any) -> Any:
        keep({"wasm": PAGE["wasm"]})
        return PAGE

    monkeypatch.setattr(Bench, "tuned", in_the_page)
    monkeypatch.setattr(native_tuning, "tuned", the_first_wins)
    monkeypatch.setattr(schedules_of_a_run, "version", lambda: "LLVM 22")
    kept: list[Database] = []
    told: list[str] = []
    bench = bench_of(journal, tmp_path, "sse41")
    found = schedules(bench, Database(), kept.append, told.append, browser="Chrome/156")
    assert found.keys() == {"wasm", "wasm-relaxed", "sse41"}
    assert {(one.target, one.browser) for one in kept[-1].entries} == {
        ("wasm", "Chrome/156"),
        ("sse41", "LLVM 22"),
    }
    monkeypatch.setattr(native_tuning, "tuned", pytest.fail)
    again = schedules(bench, kept[-1], kept.append, told.append, browser="Chrome/156")
    assert again["sse41"] == found["sse41"]
