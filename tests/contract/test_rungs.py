"""Every rung is one environment that changes exactly what it says, and one file is all that it takes."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from gapprof import rungs
from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.explain.report import build
from gapprof.records.environment import changed_fields
from gapprof.records.rung import Rung
from gapprof.rungs import wasm
from tests.truth.test_whole_run import run

RUNGS: dict[str, Rung] = dict(rungs.ladder("wasm"))
LADDERS = {backend: rungs.ladder(backend) for backend in rungs.backends()}
EVERY = [
    pytest.param(ladder, rung, id=f"{backend}-{name}")
    for backend, ladder in LADDERS.items()
    for name, rung in ladder.items()
]
CAUSES = {"threads", "simd", "runtime", "library", "contention", "gpu-abstraction"}


@pytest.mark.parametrize(("ladder", "rung"), EVERY)
def test_a_rung_changes_exactly_what_it_says(ladder: Mapping[str, Rung], rung: Rung) -> None:
    if rung.derived_from is None:
        assert rung.changes is None
        return
    parent = ladder[rung.derived_from]
    assert changed_fields(parent.environment, rung.environment) == {rung.changes}


@pytest.mark.parametrize(("ladder", "rung"), EVERY)
def test_a_rung_has_a_title_and_a_root(ladder: Mapping[str, Rung], rung: Rung) -> None:
    assert rung.title
    line = [rung.id]
    while (parent := ladder[line[-1]].derived_from) is not None:
        assert parent not in line
        line.append(parent)
    assert line[-1] == "native"


@pytest.mark.parametrize(("ladder", "rung"), EVERY)
def test_a_side_rung_informs_a_cause(ladder: Mapping[str, Rung], rung: Rung) -> None:
    assert ladder[rung.id] is rung
    assert (rung.informs in CAUSES) == (rung.role == "side")


def test_the_main_chain_goes_from_native_to_web_without_a_branch() -> None:
    leaves = {"wasm": {"web", "native-all-128"}, "webgpu": {"web"}, "webgl": {"web"}}
    for backend, ladder in LADDERS.items():
        main = {rung.id for rung in ladder.values() if rung.role in ("main", "square")}
        parents = [ladder[rung].derived_from for rung in main]
        assert {rung for rung in main if rung not in parents} == leaves[backend]


NEW_RUNG = """
from msgspec.structs import replace
from gapprof.records.rung import Rung, Told
from gapprof.rungs.wasm.web_worker import RUNG as PARENT

RUNG = Rung(
    id="web-worker-revectorized",
    title="In a browser that fuses vectors",
    environment=replace(PARENT.environment, flags="revectorize"),
    derived_from=PARENT.id,
    changes="flags",
    visited="if-wanted",
    informs="simd",
    told=Told(words="Fused vectors would win", inverse=True),
)
"""


@pytest.fixture
def one_more_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "rungs"
    folder.mkdir()
    (folder / "web_worker_revectorized.py").write_text(NEW_RUNG)
    monkeypatch.setattr(wasm, "__path__", [*wasm.__path__, str(folder)])
    yield tmp_path
    sys.modules.pop("gapprof.rungs.wasm.web_worker_revectorized", None)
    vars(wasm).pop("web_worker_revectorized", None)


def test_a_new_rung_is_one_new_file(one_more_file: Path) -> None:
    """It is planned, visited, a what-if, and evidence for its cause, in its own words."""
    machine = Machine(latency_ms=ladder_ms({"native-128": 2.0, "web-worker-revectorized": 0.5}), noise=0.01)
    report = build(run(machine, one_more_file))
    what_if = next(row for row in report.what_ifs if row.rung == "web-worker-revectorized")
    assert what_if.factor is not None
    assert what_if.factor.point == pytest.approx(0.5, rel=0.05)
    simd = next(row for row in report.causes if row.id == "simd")
    assert any(one.text.startswith("Fused vectors would win 2.0") for one in simd.evidence)
