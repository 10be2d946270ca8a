"""Models that onnxruntime-web 1.18 cannot take as they are: external data, and what it lacks."""

import re
from pathlib import Path

import onnx
import pytest
from msgspec.structs import replace
from onnx import TensorProto, helper

from gapprof import assets
from gapprof.backends import chromium as chromium_backend
from gapprof.backends.chromium import Chromium
from gapprof.facts.agreement import agrees
from gapprof.guard import Guard
from gapprof.measure.outputs import compare
from gapprof.records.job import Job
from gapprof.records.settings import Settings
from gapprof.records.trial import Failure, Trial
from tests.browser.conftest import SIZE, on
from tests.browser.test_lattice import natively


@pytest.fixture
def split(job: Job, tmp_path: Path) -> Job:
    """The tiny model with its weight beside it."""
    folder = tmp_path / "split"
    folder.mkdir()
    onnx.save_model(
        onnx.load(job.model_path),
        folder / "tiny.onnx",
        save_as_external_data=True,
        location="tiny.data",
        size_threshold=0,
    )
    return replace(job, model_path=str(folder / "tiny.onnx"), external_data=("tiny.data",))


@pytest.mark.parametrize(
    ("build", "threads"),
    [
        ("1.18-simd", 1),
        pytest.param("1.18-scalar", 1, marks=pytest.mark.long),  # what it computes: see test_lattice
        pytest.param("1.18-simd", 2, marks=pytest.mark.long),
        pytest.param("1.18-scalar", 2, marks=pytest.mark.long),
    ],
)
def test_a_build_that_mounts_no_external_data_computes_what_native_does(
    chromium: Chromium, guard: Guard, split: Job, tmp_path: Path, build: str, threads: int
) -> None:
    reference = natively(split, guard, tmp_path)
    trial = chromium.timed(on(split, build=build, threads=threads))
    assert isinstance(trial, Trial), trial
    assert trial.samples_ms
    assert (trial.seen.runtime_version, trial.seen.wasm_simd) == ("1.18.0", build == "1.18-simd")
    checks = compare(build, Path(split.outputs_path), reference.rung, reference.path)
    assert [check.output for check in checks] == ["y"]
    assert all(map(agrees, checks))
    assert checks[0].max_abs_reference > 0


def test_a_site_that_serves_such_a_build_itself_is_told_what_it_may_lack(guard: Guard, split: Job) -> None:
    served = chromium_backend.BACKEND.open(Settings(web_dist=str(assets.web_dist_118())), guard)
    failure = served.timed(split)
    assert isinstance(failure, Failure), failure
    assert "is not a function" in failure.message
    assert "put them inside" in failure.hint


def _of_the_future(path: Path, *, domain: str = "", op: str = "Relu", opset: int = 17, ir: int = 8) -> Path:
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [SIZE, SIZE]) for name in ("x", "y")]
    graph = helper.make_graph([helper.make_node(op, ["x"], ["y"], domain=domain)], "g", value[:1], value[1:])
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=ir), path)
    return path


WORDLESS = (
    "refuses the model without words, as it does where an operator, an operator set or the file's version is "
    "unknown to it, or where memory ends"
)


@pytest.mark.parametrize(
    ("build", "changes", "sentence"),
    [
        ("1.18-simd", {"op": "Frob"}, f"1.18 {WORDLESS}"),
        ("served", {"op": "Frob"}, "has no Frob in operator set 17"),
        ("served", {"opset": 99}, r"knows operator sets of ai.onnx up to \d+, and this model has 99"),
        ("served", {"ir": 99}, r"reads models of IR version \d+ at most, and this one has 99"),
        pytest.param(
            *("1.18-simd", {"domain": "com.microsoft", "op": "Frob"}, "1.18 has no Frob in com.microsoft"),
            marks=pytest.mark.long,
        ),
        pytest.param("1.18-scalar", {"opset": 24}, f"1.18 {WORDLESS}", marks=pytest.mark.long),
        pytest.param("1.18-simd", {"ir": 12}, f"1.18 {WORDLESS}", marks=pytest.mark.long),
    ],
)
def test_what_a_release_lacks_is_told_in_a_sentence(
    chromium: Chromium, job: Job, tmp_path: Path, build: str, changes: dict[str, object], sentence: str
) -> None:
    path = _of_the_future(tmp_path / "new.onnx", **changes)
    failure = chromium.timed(on(replace(job, model_path=str(path)), build=build))
    assert isinstance(failure, Failure), failure
    assert (failure.kind, failure.phase) == ("model", "create"), failure
    assert re.fullmatch(f"onnxruntime-web {sentence}", failure.message), failure
    assert failure.detail
