"""The model on disk, staged: what backends load."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gapprof.records.death import Death
from gapprof.records.job import Chain
from gapprof.records.model import ModelFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedModel:
    """One model file in the run's own folder, with its external data beside it."""

    path: Path
    external_data: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeRefusal:
    """What native onnxruntime said instead of loading, optimising or running a well-formed model."""

    message: str
    """One sentence, without its full stop, that names the node where onnxruntime does."""
    hint: str
    death: Death | None = None
    """Of the process that was asked; None where it lived to say no."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The model under test, checked and ready: the original bytes, the common graph, the inputs."""

    facts: ModelFacts
    original: StagedModel
    common: StagedModel | NativeRefusal
    """Native onnxruntime makes the common graph; where it refuses the model, a page may still run it."""
    inputs_path: Path
    other_inputs_path: Path
    """Another seed's, of the same shapes."""
    chain: Chain
    scenes: tuple[Path, ...] = ()
    """Inputs that a stream is made of, where one was wanted; `inputs_path` holds the same as the first."""
    scenes_given: bool = False
    """They are the user's, all of them; else seeded, but perhaps the first."""
    labels: tuple[int, ...] = ()
    """The right class of each scene, where the user gave them."""
    first_nodes: Mapping[str, str] = field(default_factory=dict)
    """Operator → name of the first node of the file that is one: to name it where a page does not."""
