"""A shader that computes something else, planted in a page: its node is found among many in one visit."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from gapprof import assets
from gapprof.backends.chromium import Chromium
from gapprof.browser.visit import Equipment
from gapprof.facts.parted import first_apart
from gapprof.gpu.graphics import here
from gapprof.gpu.visited import Gpu
from gapprof.guard import Guard
from gapprof.parting.graph import MOST, graph_of
from gapprof.parting.looking import Looking
from gapprof.parting.search import Search
from gapprof.records.job import Job
from gapprof.records.parting import Parting
from gapprof.subject.sketch import Sketch
from gapprof.subject.stage import parse
from tests.browser.aftermath import PATIENCE_S
from tests.browser.conftest import on
from tests.browser.gpu_models import job_of
from tests.truth.recorder import check

WRONG_SINE = """
const make = GPUDevice.prototype.createShaderModule;
GPUDevice.prototype.createShaderModule = function (given) {
  return make.call(this, { ...given, code: given.code.replaceAll("sin(", "cos(") });
};
"""
WRONG_AT_FIRST = """
const get = globalThis.fetch;
let first = true;
globalThis.fetch = function (url, given) {
  const spoilt = first && given?.method === "POST" && String(url).endsWith("outputs");
  first &&= !spoilt;
  return get(url, spoilt ? { ...given, body: new Blob([new Uint8Array(given.body.size)]) } : given);
};
"""
"""Zeros in place of what the first session made: as where nodes are merged until what they make is wanted."""
LINKS = 12
WRONG_LINK = 5
"""Between two that are looked at first."""


def waving_job(folder: Path) -> Job:
    """A dozen nodes one after the other, a sine among them."""
    sketch = Sketch("waving", seed=5)
    x = sketch.input("x", [1, 32])
    for link in range(LINKS):
        x = sketch.node(f"link{link}", "Sin" if link == WRONG_LINK else ("Neg", "Tanh")[link % 2], [x])
    sketch.output(x, "y", [1, 32])
    job = job_of("matmul", folder)
    sketch.save(Path(job.model_path))
    values = np.random.default_rng(3).standard_normal((1, 32))
    np.savez(job.inputs_path, x=values.astype(np.float32))
    return replace(job, outputs_path="")


@pytest.fixture
def gpu(chromium: Chromium, guard: Guard) -> Gpu:
    equipment = Equipment(executable=chromium.executable, probes=assets.probes_web(), guard=guard)
    return Gpu(equipment=equipment, graphics=here(chromium.executable), deadline_s=PATIENCE_S)


def looked(gpu: Gpu, page: Job, folder: Path) -> Parting:
    native = replace(page, rung="native-cpu", setting=replace(page.setting, device="cpu"))
    apart = check("web", difference=1.0, output="y", reference="native-cpu")
    model = parse(Path(page.model_path))
    search = Search(graph=graph_of(model), outputs=(apart,))
    looking = Looking(page=page, native=native, model=model, search=search, scratch=folder)
    looking.go(gpu, dist=assets.web_dist())
    return Parting(
        rung=page.rung,
        reference=native.rung,
        took_s=0.0,
        looks=search.looks,
        between=tuple(search.between),
        healed=search.healed,
        why=search.why,
    )


def test_the_node_whose_shader_is_wrong_is_found_and_what_it_is_given_agrees(
    gpu: Gpu, page_of: Callable[[str], str], tmp_path: Path
) -> None:
    job = on(waving_job(tmp_path), device="gpu", page=page_of(WRONG_SINE))
    told = looked(gpu, job, tmp_path)
    found = first_apart(told)
    assert (told.why, told.healed, told.looks) == ("", False, 3)
    assert found is not None
    assert (found.place, found.node, found.op_type) == (WRONG_LINK, f"/link{WRONG_LINK}/Sin", "Sin")
    assert found.check.cosine is not None
    assert found.check.cosine < 0.9
    assert not list(tmp_path.glob("more-outputs-*"))


def test_outputs_that_agree_when_the_page_is_visited_again_blame_no_node(
    gpu: Gpu, page_of: Callable[[str], str], tmp_path: Path
) -> None:
    told = looked(gpu, on(waving_job(tmp_path), device="gpu", page=page_of("")), tmp_path)
    why = "outputs agreed when the page was visited again"
    assert (told.why, told.healed, told.looks) == (why, False, 1)
    assert first_apart(told) is None


def test_outputs_that_agree_once_more_is_handed_out_are_told_so_with_what_was(
    gpu: Gpu, page_of: Callable[[str], str], tmp_path: Path
) -> None:
    told = looked(gpu, on(waving_job(tmp_path), device="gpu", page=page_of(WRONG_AT_FIRST)), tmp_path)
    assert (told.why, told.healed, told.looks) == ("", True, 2)
    assert [one.own for one in told.between] == [True, *(MOST * [False])]
    assert first_apart(told) is None
