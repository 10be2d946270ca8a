"""A tiny model, pages beside it, and the backend that takes both to a real browser; parts of benchmarks."""

import dataclasses
import functools
import math
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from msgspec.structs import replace
from onnx import TensorProto, helper, numpy_helper

from gapprof import assets
from gapprof.backends import chromium as chromium_backend
from gapprof.backends.chromium import Chromium
from gapprof.browser.visit import Equipment
from gapprof.cold import visits as cold
from gapprof.cold.visits import Starting
from gapprof.gpu.graphics import here
from gapprof.guard import Guard
from gapprof.records.job import Job, Pace
from gapprof.records.settings import Settings
from gapprof.subject.chain import write_dispatch_chain
from tests.browser.gpu_places import Places, both_places
from tests.browser.watched_page import Watch, heard, in_folders_of_their_own, laid_out
from tests.scripts import ROOT
from tests.settings import QUIET

sys.path.append(str(ROOT / "benchmarks"))

SIZE = 96
LAYERS = 4

PACE = Pace(
    warmup_ms=20.0, warmup_runs=3, batch=2, samples=5, requests=12, think_ms=(8.0, 24.0), deadline_s=180.0
)
IN_A_TASK = """
const own = globalThis.fetch;
globalThis.fetch = (what, ...more) => {
  if (String(what).includes('.onnx')) setTimeout(() => { %s; });
  return own(what, ...more);
};
"""
"""A page that does that in the midst of a task, however quick or slow the machine is."""


@pytest.fixture(autouse=True, scope="module")
def no_figure_counts_beside_other_tests() -> Iterator[None]:
    """See the Makefile: there a page is as good as warm as it is, whatever its compiler still has to do, and
    some of a replay's parts are as good as many."""
    with pytest.MonkeyPatch.context() as patch:
        if "PYTEST_XDIST_WORKER" in os.environ:
            patch.setattr("gapprof.browser.tier_up.QUIET_MS", 0.0)
            patch.setattr("gapprof.browser.tier_up.QUIET_SHARE", math.inf)
            patch.setattr("gapprof.browser.tier_up.QUIET_CHUNKS", 1)
            patch.setattr("gapprof.gpu.replaying.PARTS", 5)
        yield


@pytest.fixture(scope="module")
def guard() -> Iterator[Guard]:
    """One for all tests of a file: a process that nobody has to start and to end for each of them. It is gone
    before other files look at what is left of theirs.
    """
    with Guard() as on_duty:
        yield on_duty


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A temporary folder for a gapprof of its own; short, because sockets have short names."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture
def chromium(guard: Guard) -> Chromium:
    return chromium_backend.BACKEND.open(Settings(), guard)


@pytest.fixture
def starting(chromium: Chromium, guard: Guard, monkeypatch: pytest.MonkeyPatch) -> Starting:
    """Whose first start settles no longer than the later ones: it is not about how fast runs become. Caches
    reach the disk in a second, or on a machine with other work later. Sessions are made anew twice, so that
    each kind comes first once."""
    monkeypatch.setattr(cold, "SETTLE_MS", cold.LATER_SETTLE_MS)
    monkeypatch.setattr(cold, "RECREATIONS", 2)
    monkeypatch.setattr(cold, "_CODE_S", 120.0)
    monkeypatch.setattr("gapprof.browser.launch._CLOSE_S", 120.0)
    return Starting(
        equipment=Equipment(executable=chromium.executable, probes=assets.probes_web(), guard=guard),
        dist=chromium.web_dist,
        now_s=lambda: 0.0,
    )


@pytest.fixture
def starting_on_gpu(starting: Starting) -> Starting:
    graphics = here(starting.equipment.executable).browser_args
    return dataclasses.replace(starting, equipment=dataclasses.replace(starting.equipment, graphics=graphics))


@pytest.fixture(scope="module")
def places() -> Iterator[Places]:
    """A browser, and Dawn for Node without one."""
    with both_places() as found:
        yield found


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A chain of small matrix products, and its input."""
    folder = tmp_path_factory.mktemp("model")
    rng = np.random.default_rng(0)
    weight = (rng.standard_normal((SIZE, SIZE)) / 10).astype(np.float32)
    names = ["x", *(f"h{layer}" for layer in range(LAYERS - 1)), "y"]
    nodes = [
        helper.make_node("MatMul", [names[layer], "w"], [names[layer + 1]], name=f"mm{layer}")
        for layer in range(LAYERS)
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [SIZE, SIZE])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [SIZE, SIZE])],
        [numpy_helper.from_array(weight, "w")],
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
        folder / "tiny.onnx",
    )
    np.savez(folder / "inputs.npz", x=rng.standard_normal((SIZE, SIZE)).astype(np.float32))
    return folder


@pytest.fixture
def job(model_folder: Path, tmp_path: Path) -> Job:
    return job_in(tmp_path, model_folder)


def job_in(folder: Path, model_folder: Path) -> Job:
    """The tiny model on the quiet page, in a worker, one thread; what comes of it lands in that folder."""
    return Job(
        rung="web-worker",
        round=0,
        seed=1,
        setting=QUIET,
        model_path=str(model_folder / "tiny.onnx"),
        external_data=(),
        optimise=False,
        inputs_path=str(model_folder / "inputs.npz"),
        outputs_path=str(folder / "outputs.npz"),
        pace=PACE,
        chain=write_dispatch_chain(folder),
    )


@pytest.fixture
def page_of(tmp_path: Path) -> Callable[[str], str]:
    """Write a page with that script; returns its path."""

    def write(script: str) -> str:
        page = tmp_path / "page.html"
        page.write_text(f"<!doctype html><title>page</title><script>{script}</script>")
        return str(page)

    return write


@pytest.fixture
def site(tmp_path: Path, model_folder: Path) -> Path:
    """An app as somebody has it: the library and the tiny model."""
    return laid_out(tmp_path / "site", model_folder)


@pytest.fixture
def watched(site: Path, guard: Guard, tmp_path: Path) -> Watch:
    """Watches a page of that app with a given script."""
    return functools.partial(heard, site, guard=guard, workdir=tmp_path)


@pytest.fixture(scope="module")
def shared(model_folder: Path, tmp_path_factory: pytest.TempPathFactory, guard: Guard) -> Watch:
    """For pages that several claims are about."""
    return in_folders_of_their_own(model_folder, tmp_path_factory, guard)


def on(job: Job, *, deadline_s: float = PACE.deadline_s, **changes: object) -> Job:
    """The same job in another setting."""
    setting = replace(job.setting, **changes)
    return replace(job, setting=setting, pace=replace(job.pace, deadline_s=deadline_s))
