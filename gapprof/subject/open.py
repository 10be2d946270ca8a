"""From what the user named to a subject: checked, staged, optimised, fed and counted."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import onnx

from gapprof.errors import EnvironmentUnusable
from gapprof.native.optimise import EXTERNAL_NAME, save_common_graph
from gapprof.records.model import ModelFacts
from gapprof.records.subject import StagedModel, Subject
from gapprof.subject import dims, npz, sanity, zoo
from gapprof.subject.census import census
from gapprof.subject.chain import NODES, write_dispatch_chain
from gapprof.subject.declared import declared_inputs, listing
from gapprof.subject.observe import Observed, observe
from gapprof.subject.seeded import seeded_inputs
from gapprof.subject.stage import DISK_FULL, Staged, stage

ZOO_PREFIX = "zoo:"
OPTIMISE_DEADLINE_S = 300.0
OBSERVE_DEADLINE_S = 120.0


def open_subject(
    argument: str,
    *,
    shapes: Mapping[str, tuple[int, ...]],
    inputs: str | None,
    seed: int,
    workdir: Path,
) -> Subject:
    """Make the model at a path, or `zoo:NAME`, ready to be measured; everything it needs lands in `workdir`.

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
    inputs_path, other_path, chain_path = (workdir / n for n in ("inputs.npz", "other.npz", "chain.onnx"))
    if given is None:
        npz.save(inputs_path, seeded_inputs(staged.graph.graph, resolved, seed))
    else:
        npz.save(inputs_path, npz.matching(own, resolved.inputs, source=Path(given).name))
    npz.save(other_path, seeded_inputs(staged.graph.graph, resolved, seed + 1))
    common_path = workdir / "common" / "model.onnx"
    save_common_graph(staged.model.path, common_path, deadline_s=OPTIMISE_DEADLINE_S)
    observed = observe(common_path, inputs_path, other_path, deadline_s=OBSERVE_DEADLINE_S)
    other_path.unlink()
    write_dispatch_chain(chain_path)
    external = (EXTERNAL_NAME,) if (common_path.parent / EXTERNAL_NAME).exists() else ()
    return Subject(
        facts=_facts(name, staged, resolved, observed, onnx.load(common_path, load_external_data=False)),
        original=staged.model,
        common=StagedModel(path=common_path, external_data=external),
        inputs_path=inputs_path,
        chain_path=chain_path,
        chain_nodes=NODES,
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


def _facts(
    name: str, staged: Staged, resolved: dims.Resolved, observed: Observed, common: onnx.ModelProto
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
        outputs=observed.outputs,
        nodes=census(common.graph, resolved.inputs, observed.node_outputs),
        original_nodes=len(model.graph.node),
        assumed_dims=resolved.assumed,
        notes=tuple(_notes(observed)),
    )


def _notes(observed: Observed) -> list[str]:
    notes = []
    if not observed.outputs_differ:
        notes.append(
            "The outputs do not depend on the inputs: two different inputs gave equal outputs, "
            "so comparing outputs proves little."
        )
    notes += [f"Output {name!r} holds NaN or infinity in a native run." for name in observed.not_finite]
    return notes
