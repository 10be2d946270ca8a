"""The form of the model's file that a study's cells load: one for all that are compared."""

import dataclasses
from collections.abc import Iterable

from gapprof.errors import EnvironmentUnusable, ModelUnusable
from gapprof.records.environment import MOUNTLESS
from gapprof.records.lattice import Cell
from gapprof.records.subject import Subject
from gapprof.subject.one_file import in_one_file

TOLD = (
    "The study's cells load the model with its weights inside the one file: onnxruntime-web 1.18 mounts no "
    "external data"
)


def in_one_form(subject: Subject, cells: Iterable[Cell]) -> Subject:
    """The subject as all of these cells can load it: in one file where a build among them mounts no others.

    A cell's figure is what a run takes, long after the weights were read: no form makes it longer, but for
    where the allocator puts them. So that not even this lies between two cells, all of them load one form,
    native's too. The server, starts, memory and the page beside have the model as it was given: what comes
    before the first run, where a form does matter, is told of that alone.

    Where one file cannot hold the model, it stays as it is: cells of builds that mount it are visited, and
    each of the others says why it has no figure.
    """
    if not any(cell.build in MOUNTLESS for cell in cells):
        return subject
    try:
        return dataclasses.replace(subject, original=in_one_file(subject.original))
    except (EnvironmentUnusable, ModelUnusable):
        return subject
