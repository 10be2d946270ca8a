"""From what the user named to a subject: checked, staged, optimised, fed and counted."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from gapprof.errors import EnvironmentUnusable
from gapprof.records.model import ModelFacts
from gapprof.records.subject import Subject
from gapprof.subject import dims, npz, sanity, zoo
from gapprof.subject.chain import write_dispatch_chain
from gapprof.subject.common import Examined, examine
from gapprof.subject.declared import declared_inputs, listing
from gapprof.subject.seeded import seeded_inputs
from gapprof.subject.stage import DISK_FULL, Staged, stage

ZOO_PREFIX = "zoo:"


def open_subject(
    argument: str,
    *,
    shapes: Mapping[str, tuple[int, ...]],
    inputs: str | None,
    seed: int,
    workdir: Path,
) -> Subject:
    """Make the model at a path, or `zoo:NAME`, ready to be measured; everything it needs lands in `workdir`.

    What native onnxruntime refuses may still run in a page: such a subject has no common graph and no census.
    Raises WrongUse and ModelUnusable, each with one sentence and a hint; EnvironmentUnusable for a full disk.
    """
    try:
        return _open(argument, shapes, inputs, seed, workdir)
    except OSError as error:
        if error.errno in DISK_FULL:
            raise EnvironmentUnusable(
                f"no space is left in {workdir} for a copy of the model",
                hint="Free some space, or point TMPDIR at a larger disk.",
            ) from error
        raise


def _open(
    argument: str, shapes: Mapping[str, tuple[int, ...]], given: str | None, seed: int, workdir: Path
) -> Subject:
    source, name = _locate(argument, workdir)
    staged = stage(source, workdir / "original")
    sanity.check(staged.graph, staged.model.path.parent)
    declared = declared_inputs(staged.graph)
    own = {} if given is None else npz.read(Path(given), hint=listing(declared))
    resolved = dims.resolve(declared, _stated(shapes, own, Path(given or "").name))
    inputs_path, other_path = workdir / "inputs.npz", workdir / "other.npz"
    if given is None:
        npz.save(inputs_path, seeded_inputs(staged.graph.graph, resolved, seed))
    else:
        npz.save(inputs_path, npz.matching(own, resolved.inputs, source=Path(given).name))
    npz.save(other_path, seeded_inputs(staged.graph.graph, resolved, seed + 1))
    examined = examine(
        staged.model.path,
        workdir / "common" / "model.onnx",
        inputs=resolved.inputs,
        fed=inputs_path,
        fed_otherwise=other_path,
    )
    return Subject(
        facts=_facts(name, staged, resolved, examined),
        original=staged.model,
        common=examined.graph,
        inputs_path=inputs_path,
        other_inputs_path=other_path,
        chain=write_dispatch_chain(workdir),
    )


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


def _facts(name: str, staged: Staged, resolved: dims.Resolved, examined: Examined) -> ModelFacts:
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
        notes=examined.notes,
    )
