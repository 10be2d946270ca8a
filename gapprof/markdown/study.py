"""A study's tables as Markdown, the paper's figures beside ours where it has any."""

from collections.abc import Callable, Iterator, Sequence

from gapprof.facts import paper
from gapprof.records.estimate import Estimate
from gapprof.records.study import Stages, StudiedModel, Study
from gapprof.text import numbers
from gapprof.text.names import markdown as cell

_NONE = "–"
Row = Callable[[StudiedModel], Sequence[str]]


def document(study: Study) -> str:
    """The whole file."""
    parts = (
        _introduction(study),
        _stages(study),
        _gaps(study),
        _square(study),
        _places(study),
        _kernels(study),
        _memory(study),
        _felt(study),
        _clients(study),
        _missing(study),
    )
    return "\n\n".join(text for part in parts if (text := "\n".join(part))) + "\n"


def _introduction(study: Study) -> Iterator[str]:
    yield "# One study, many models"
    yield ""
    machine = study.machine
    if machine is not None:
        browsers = ", ".join(map(cell, study.browsers)) or "no browser"
        yield (
            f"Measured by `gapprof study` {cell(study.gapprof_version)} on {machine.usable_cores} of "
            f"{machine.logical_cores} cores of {cell(machine.cpu)}, {cell(machine.system)} "
            f"{cell(machine.architecture)}, in {browsers}. In brackets: 95 % intervals over rounds of fresh "
            "processes and browsers. Each model's own report and recording lie beside this file."
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


def _stages(study: Study) -> Iterator[str]:
    def row(one: StudiedModel) -> Sequence[str]:
        shown = [_three(one.native), _three(one.web)]
        if one.paper_class == "ResNet50":
            shown += [
                " / ".join(map(numbers.given, (theirs.setup, theirs.warmup, theirs.prediction)))
                for theirs in (paper.RESNET50_NATIVE, paper.RESNET50_WEB)
            ]
        return (*shown, *(_NONE,) * (4 - len(shown)))

    yield "## Latency by stage"
    yield ""
    yield (
        "Setup / first run / prediction, ms. The first two are medians of starts with nothing in any cache "
        "(natively the import of onnxruntime into Python is most of the setup), the third is a mean of runs "
        "back to back: the page as deployed, and native with every core."
    )
    yield ""
    yield from _table(study, ("native", "browser", "native, paper", "browser, paper"), row)


def _gaps(study: Study) -> Iterator[str]:
    yield "## The gap"
    yield ""
    least, most = paper.ONNX_GAPS
    yield (
        "Browser over native: runs back to back in a worker, and from request to result as the page is "
        "deployed, against native as it comes. In the paper "
        f"{numbers.given(paper.MEAN_GAP)}x on average over 50 PCs and "
        f"two libraries, onnxruntime-web {numbers.given(least)}x to {numbers.given(most)}x."
    )
    yield ""
    columns = (
        "one thread each",
        f"{study.cores} threads each" if study.cores > 1 else "every core each",
        "as deployed, by requests",
    )
    yield from _table(
        study,
        columns,
        lambda one: [_factor(g) for g in (one.gap_one_thread, one.gap_every_core, one.gap_deployed)],
    )


def _square(study: Study) -> Iterator[str]:
    def row(one: StudiedModel) -> Sequence[str]:
        ours = [_factor(e) for e in (one.threads_gain, one.simd_gain, one.both_gain, one.interaction)]
        theirs = paper.SQUARES.get(one.paper_class)
        if theirs is None:
            return (*ours, _NONE)
        threads, simd = theirs.bare / theirs.threads, theirs.bare / theirs.simd
        both = theirs.bare / theirs.both
        product = both / (threads * simd)
        return (
            *ours,
            ", ".join(
                (*(f"{numbers.plain(gain, 2)}x" for gain in (threads, simd, both)), numbers.plain(product, 2))
            ),
        )

    yield "## SIMD and threads"
    yield ""
    yield (
        f"onnxruntime-web 1.18, whose releases still have both builds, in a worker: gains over one thread "
        f"without SIMD; {study.cores} threads (in the paper 4). An interaction below 1: gains do not "
        "multiply."
    )
    yield ""
    yield from _table(study, ("threads", "SIMD", "both", "interaction", "paper: the same"), row)


def _places(study: Study) -> Iterator[str]:
    yield "## Main thread and worker"
    yield ""
    yield "A run on the page's main thread over one in a worker, one thread, nothing else on the page."
    yield ""
    yield from _table(study, ("main over worker",), lambda one: [_factor(one.main_times)])


def _kernels(study: Study) -> Iterator[str]:
    def row(one: StudiedModel) -> Sequence[str]:
        told = [f"{cell(k.op_type)} {numbers.whole_percent(k.share_of_web)}" for k in one.kernels]
        return [", ".join(told) or _NONE]

    yield "## Where the browser's time goes"
    yield ""
    yield from _table(study, ("kinds of operators",), row)


def _memory(study: Study) -> Iterator[str]:
    def row(one: StudiedModel) -> Sequence[str]:
        theirs = paper.MEMORY_TIMES.get(one.paper_class)
        return [
            _times(one.memory_times),
            _times(one.memory_peak_times),
            _times(one.native_memory_times),
            _NONE if theirs is None else f"{numbers.given(theirs)}x",
        ]

    yield "## Memory, times the model's file"
    yield ""
    yield (
        "Medians. Held, after many runs and a collection of garbage: proportional set sizes of all "
        "processes. Peak: resident size of the page's process. The paper has the largest "
        "`totalJSHeapSize`, and a whole ESRGAN, of which ours is a small one."
    )
    yield ""
    yield from _table(study, ("browser, held", "browser, peak", "native, held", "browser, paper"), row)


def _felt(study: Study) -> Iterator[str]:
    yield "## What the page's user feels"
    yield ""
    yield (
        "Times what it is while the model rests; it runs without a pause. In the paper components take "
        f"{numbers.plain(paper.COMPONENTS_SLOWER, 2)}x, over all models and devices."
    )
    yield ""
    columns = (
        "components, main thread",
        "components, worker",
        "slow frames (p95), main thread",
        "slow frames (p95), worker",
    )
    yield from _table(
        study,
        columns,
        lambda one: [
            _factor(e)
            for e in (
                one.component_main_times,
                one.component_worker_times,
                one.frames_main_times,
                one.frames_worker_times,
            )
        ],
    )


def _clients(study: Study) -> Iterator[str]:
    yield "## Clients and servers"
    yield ""
    yield (
        "Predictions a second: of one page as deployed, run after run, and of a native process that answers "
        "on every core at once, one thread a run. Their ratio is how many such pages do the work of one such "
        "server."
    )
    yield ""
    yield from _table(
        study,
        ("page, a second", "native, a second", "clients per server"),
        lambda one: [
            _rate(one.predictions_per_s),
            _rate(one.native_predictions_per_s),
            _NONE if one.clients_per_server is None else _bare(one.clients_per_server),
        ],
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
    if notes:
        yield "## What is missing, and what is in doubt"
        yield ""
        yield from notes


def _table(study: Study, columns: Sequence[str], row: Row) -> Iterator[str]:
    """A row for each model that has a report; the others are named at the end, with the reason."""
    yield f"| model | {' | '.join(columns)} |"
    yield f"| :-- |{' --: |' * len(columns)}"
    for one in study.models:
        if one.status:
            yield f"| [{cell(one.model, 60)}]({one.stem}.md) | {' | '.join(row(one))} |"


def _three(stages: Stages | None) -> str:
    if stages is None:
        return _NONE
    prediction = stages.prediction_ms
    values = (stages.setup_ms, stages.warmup_ms, prediction.point if prediction else None)
    return " / ".join(_NONE if ms is None else numbers.bare_ms(ms) for ms in values)


def _factor(found: Estimate | None) -> str:
    return _NONE if found is None else numbers.factor_with_interval(found)


def _times(value: float | None) -> str:
    return _NONE if value is None else numbers.factor(value)


def _rate(found: Estimate | None) -> str:
    return _NONE if found is None else _bare(found)


def _bare(found: Estimate) -> str:
    low, high = numbers.bare_ms(found.low), numbers.bare_ms(found.high)
    return f"{numbers.bare_ms(found.point)} [{low}, {high}]"
