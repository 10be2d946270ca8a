"""A study's tables as Markdown, the paper's figures beside ours where it has any."""

from collections.abc import Iterable, Iterator

from gapprof.markdown.study_latency import gaps, lattice, square, stages
from gapprof.markdown.study_use import clients, felt, kernels, memory
from gapprof.records.recording import numbered
from gapprof.records.study import StudiedModel, Study
from gapprof.text import numbers
from gapprof.text.names import markdown as cell


def document(study: Study) -> str:
    """The whole file."""
    parts = (
        _introduction(study),
        stages(study),
        gaps(study),
        square(study),
        lattice(study),
        kernels(study),
        memory(study),
        felt(study),
        clients(study),
        _missing(study),
    )
    return "\n\n".join(text for part in parts if (text := "\n".join(part))) + "\n"


def _introduction(study: Study) -> Iterator[str]:
    yield "# One study, many models"
    yield ""
    machine = study.machine
    if machine is not None:
        browsers = ", ".join(map(cell, study.browsers)) or "no browser"
        versions = sorted({one.gapprof_version for one in study.models if one.gapprof_version})
        yield (
            f"Measured by `gapprof study` {' and '.join(map(cell, versions or [study.gapprof_version]))} on "
            f"{machine.usable_cores} of {machine.logical_cores} cores of {cell(machine.cpu)}, "
            f"{cell(machine.system)} {cell(machine.architecture)}, in {browsers}. In brackets: 95 % "
            "intervals over rounds of fresh processes and browsers. Each model's own report and recording "
            "lie beside this file."
        )
    if study.state == "stopped":
        yield ""
        yield "Some models are still to come: the same command goes on with them."
    yield ""
    yield (
        "Beside ours stand figures of Wang et al. (TOSEM 2025) where they have any: other machines, 4 "
        "threads, onnxruntime-web 1.14, and natively other threads than in the browser. They compare in "
        "kind, not in size."
    )


def _missing(study: Study) -> Iterator[str]:
    notes = [f"- {cell(one.model)}: {cell(one.why)}" for one in study.models if one.why]
    notes += [
        f"- {cell(one.model)}, {cell(figure.cell)}: {cell(figure.why)}"
        for one in study.models
        for figure in one.cells
        if figure.why
    ]
    notes += [
        f"- {cell(one.model)}: its own report is {cell(one.status)}: {cell(one.status_why)}"
        for one in study.models
        if one.status not in ("ok", "")
    ]
    notes += [f"- {cell(one.model)}: {cell(text)}" for one in study.models for text in one.failed_checks]
    notes += list(_never_compared(study.models))
    notes += list(_forms(study.models))
    if notes:
        yield "## What is missing, and what is in doubt"
        yield ""
        yield from notes


def _forms(models: Iterable[StudiedModel]) -> Iterator[str]:
    """Where recordings have several, later ones hold more, and their visits may differ in small things."""
    forms = sorted({one.recording_version for one in models if one.recording_version}, key=numbered)
    if len(forms) > 1:
        told = (
            f"{cell(form)} ({', '.join(cell(one.model) for one in models if one.recording_version == form)})"
            for form in forms
        )
        yield f"- Recorded in several forms, of which later ones hold more: {', '.join(told)}"


def _never_compared(models: Iterable[StudiedModel]) -> Iterator[str]:
    for one in models:
        if one.never_compared:
            cells = numbers.many(one.never_compared, "cell")
            yield f"- {cell(one.model)}: {cells} whose outputs were not compared with native's"
