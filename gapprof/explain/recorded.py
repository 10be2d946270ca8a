"""What the tables of a recording begin with: how it ended, and of which model it is. Pure."""

from typing import Literal

from gapprof.records.recording import Begin, Recording
from gapprof.records.report import Model


def ending(recording: Recording) -> Literal["ok", "failed", "interrupted"]:
    """A recording that was cut off is one that was interrupted."""
    if recording.end is None:
        return "interrupted"
    match recording.end.reason:
        case "finished":
            return "ok"
        case "failed":
            return "failed"
        case _:
            return "interrupted"


def model_of(begin: Begin) -> Model:
    """The model that was measured."""
    return Model(
        name=begin.model.name,
        sha256=begin.model.sha256,
        size_bytes=begin.model.size_bytes,
        parameters=begin.model.parameters,
        nodes=len(begin.model.nodes),
        opset=begin.model.opset,
    )
