"""Little models of few operators, and what is wanted of their twins and programs."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper

from gapprof.engine import Engine
from gapprof.kernels.machine import WASM, WASM_RELAXED, Machine
from gapprof.records.twins import TwinNode
from gapprof.yardstick.shapes import family_of, shape_of
from tests.unit.yardstick.programs import native, opened, run, saved, twins, written


@dataclass(frozen=True)
class Case:
    """A model, and the loop nests that its node `n` comes to."""

    id: str
    nodes: Sequence[onnx.NodeProto]
    shape: Sequence[int]
    families: Sequence[type]
    weights: Mapping[str, Any] = field(default_factory=dict)
    opset: int = 17


def node(op: str, inputs: Sequence[str], outputs: Sequence[str] = ("y",), **attributes: Any) -> Any:
    return helper.make_node(op, inputs, outputs, name=attributes.pop("name", "n"), **attributes)


def normals(random: np.random.Generator) -> Callable[..., Any]:
    """Tensors of any shape, one after the other."""
    return lambda *shape: random.standard_normal(shape)


def written_for_every_machine(twin: TwinNode) -> None:
    """With every schedule that the page may find: native twins have those too."""
    for shape in map(shape_of, twin.parts):
        family = family_of(shape)
        for lanes, fused in itertools.product((1, 4, 8, 16), (False, True)):
            for tile in family.tiles(shape, WASM_RELAXED if fused else WASM):
                kernel = family.kernel(shape, tile, Machine(lanes, fused))
                assert kernel.parameters == len(family.buffers(shape))


def gives_what_native_gives(case: Case, folder: Path, engine: Engine) -> None:
    """As many parts as it says, and the same result, twice over on one memory."""
    path = saved(folder / "m.onnx", case.nodes, case.weights, case.shape, opset=case.opset)
    subject = opened(path, folder / "work")
    found = twins(subject)["n"]
    assert [type(shape_of(part)) for part in found.parts] == list(case.families), found.why
    written_for_every_machine(found)
    (wanted,) = native(subject)
    (result,) = run(written(subject, WASM_RELAXED), folder, engine, times=2).values()
    assert np.ptp(wanted) > 0
    np.testing.assert_allclose(result, wanted, rtol=1e-5, atol=1e-5 * np.abs(wanted).max())
