"""From what the user named to a subject: checked, staged, optimised, fed and counted."""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx

from gapprof.errors import EnvironmentUnusable
from gapprof.records.model import ModelFacts, TensorSpec
from gapprof.records.subject import Subject
from gapprof.subject import dims, limits, npz, sanity, zoo
from gapprof.subject.chain import write_dispatch_chain
from gapprof.subject.common import Examined, examine
from gapprof.subject.declared import declared_inputs, listing
from gapprof.subject.given import Given, parted
from gapprof.subject.optimised_before import optimised_before
from gapprof.subject.seeded import seeded_inputs
from gapprof.subject.stage import DISK_FULL, Staged, stage
from gapprof.subject.tensors import all_nodes

ZOO_PREFIX = "zoo:"


def open_subject(
    argument: str,
    *,
    shapes: Mapping[str, tuple[int, ...]],
    inputs: str | None,
    seed: int,
    workdir: Path,
    scenes: int = 0,
) -> Subject:
    """Make the model at a path, or `zoo:NAME`, ready to be measured; everything it needs lands in `workdir`.

    `scenes`: inputs that a stream is to be made of, where the file of inputs has but one; 0: there is none.
    What native onnxruntime refuses may still run in a page: such a subject has no common graph and no census.
    Raises WrongUse and ModelUnusable, each with one sentence and a hint; EnvironmentUnusable for a full disk.
    """
    try:
        return _open(argument, shapes, inputs, seed, workdir, scenes)
    except OSError as error:
        if error.errno in DISK_FULL:
            raise EnvironmentUnusable(
                f"no space is left in {workdir} for a copy of the model",
                hint="Free some space, or point TMPDIR at a larger disk.",
            ) from error
        raise


def _open(
    argument: str,
    shapes: Mapping[str, tuple[int, ...]],
    given: str | None,
    seed: int,
    workdir: Path,
    scenes: int,
) -> Subject:
    source, name = _locate(argument, workdir)
    staged = stage(source, workdir / "original")
    sanity.check(staged.graph, staged.model.path.parent)
    declared = declared_inputs(staged.graph)
    own, name_of_file = Given(inputs=({},)), Path(given or "").name
    if given is not None:
        hint = listing(declared)
        own = parted(npz.read(Path(given), hint=hint), declared, source=name_of_file, hint=hint)
    resolved = dims.resolve(declared, _stated(shapes, own.inputs[0], name_of_file))
    fed = [npz.matching(one, resolved.inputs, source=name_of_file) for one in own.inputs if given is not None]
    inputs_path, other_path = workdir / "inputs.npz", workdir / "other.npz"
    npz.save(inputs_path, fed[0] if fed else seeded_inputs(staged.graph.graph, resolved, seed))
    npz.save(other_path, seeded_inputs(staged.graph.graph, resolved, seed + 1))
    many = len(fed) > 1
    streamed = fed if scenes and many else fed[:scenes]
    if not many:
        seeds = range(seed + len(streamed), seed + min(scenes, _fitting_scenes(resolved.inputs)))
        streamed = [*streamed, *(seeded_inputs(staged.graph.graph, resolved, one) for one in seeds)]
    examined = examine(
        staged.model.path,
        workdir / "common" / "model.onnx",
        inputs=resolved.inputs,
        fed=inputs_path,
        fed_otherwise=other_path,
    )
    notes = (*examined.notes, *([_first_of(len(fed), name_of_file)] if many else []))
    return Subject(
        facts=_facts(name, staged, resolved, examined, notes),
        original=staged.model,
        common=examined.graph,
        inputs_path=inputs_path,
        other_inputs_path=other_path,
        chain=write_dispatch_chain(workdir),
        scenes=_saved(streamed, workdir / "scenes"),
        scenes_given=bool(streamed) and many,
        labels=own.labels if streamed and many else (),
        first_nodes=_first_nodes(staged.graph),
    )


def _first_nodes(model: onnx.ModelProto) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in all_nodes(model):
        found.setdefault(node.op_type, node.name)
    return found


def _first_of(count: int, file: str) -> str:
    return f"{file} holds {count} inputs: runs are timed on the first, and --qoe answers them all."


def _fitting_scenes(inputs: tuple[TensorSpec, ...]) -> int:
    """Two at least: with fewer nothing ever changes."""
    size_bytes = sum(math.prod(spec.shape) * np.dtype(spec.dtype).itemsize for spec in inputs)
    return max(2, limits.SCENES_BYTES // max(1, size_bytes))


def _saved(arrays: Sequence[npz.Arrays], folder: Path) -> tuple[Path, ...]:
    folder.mkdir(exist_ok=True)
    paths = tuple(folder / f"{number:04}.npz" for number in range(len(arrays)))
    for path, one in zip(paths, arrays, strict=True):
        npz.save(path, one)
    return paths


def _locate(argument: str, workdir: Path) -> tuple[Path, str]:
    """The model file and the name that the report gives it."""
    if argument.startswith(ZOO_PREFIX):
        name = argument.removeprefix(ZOO_PREFIX)
        return zoo.build(name, workdir / "zoo"), name
    path = Path(argument)
    return path, path.stem


def _stated(shapes: Mapping[str, tuple[int, ...]], own: npz.Arrays, file: str) -> Iterator[dims.Stated]:
    """What the user said about shapes; real inputs settle free dimensions as --shape does."""
    for name, shape in shapes.items():
        yield dims.Stated(source="--shape", name=name, shape=shape)
    for name, array in own.items():
        yield dims.Stated(source=file, name=name, shape=array.shape)


def _facts(
    name: str, staged: Staged, resolved: dims.Resolved, examined: Examined, notes: tuple[str, ...]
) -> ModelFacts:
    model = staged.graph
    return ModelFacts(
        name=name,
        sha256=staged.sha256,
        size_bytes=staged.size_bytes,
        parameters=sanity.parameter_count(model),
        opset=max((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), default=0),
        producer=" ".join(part for part in (model.producer_name, model.producer_version) if part),
        inputs=resolved.inputs,
        outputs=examined.outputs,
        nodes=examined.nodes,
        original_nodes=len(model.graph.node),
        assumed_dims=resolved.assumed,
        notes=notes,
        optimised=optimised_before(model),
    )
