"""A study's tables of what runs take: by stage, against native, by threads, builds and places."""

from collections.abc import Iterator, Sequence

from gapprof.facts import paper
from gapprof.markdown.study_table import (
    NONE,
    Table,
    bare,
    factor,
    ms,
    point,
    tabled,
    threads_each,
    three,
)
from gapprof.records.study import CellFigure, StudiedModel, Study
from gapprof.text import numbers
from gapprof.text.names import markdown as cell

_BUILDS = (
    ("served", "onnxruntime-web as it is"),
    ("1.18-simd", "onnxruntime-web 1.18 with SIMD"),
    ("1.18-scalar", "onnxruntime-web 1.18 without SIMD"),
)
_PLACES = (("main", "main thread"), ("worker", "worker"))


def stages(study: Study) -> Iterator[str]:
    """Setup, first run and prediction on both sides."""

    def row(one: StudiedModel) -> Sequence[str]:
        return [
            three(one.native),
            point(one.native_as_many_threads_ms),
            three(one.web),
            ms(one.native.library_ms if one.native else None),
            ms(one.web.library_ms if one.web else None),
        ]

    def theirs(one: StudiedModel) -> Sequence[str]:
        if one.paper_class != "ResNet50":
            return (NONE, NONE)
        return [
            " / ".join(map(numbers.given, (stages.setup, stages.warmup, stages.prediction)))
            for stages in (paper.RESNET50_NATIVE, paper.RESNET50_WEB)
        ]

    yield "## Latency by stage"
    yield ""
    yield (
        "Setup / first run / prediction, ms. The first two are means over starts with nothing in any "
        "cache: setup goes from the library's being there to a session, in the browser with the model's "
        "file and the library's wasm fetched on the way. A prediction is one of many back to back: of each "
        "visit the median of its samples, of these the geometric mean over rounds. Native runs with every "
        "core, the page as it is deployed; beside them native with as many threads as that page has. "
        "Library: the page's script, and natively Python's import of onnxruntime, which is in no setup."
    )
    yield ""
    columns = (
        "native",
        "native, page's threads: prediction",
        "browser",
        "native, library",
        "browser, library",
    )
    papers = ("native, paper", "browser, paper")
    yield from tabled(study, Table(id="stages", columns=columns, row=row, papers=papers, theirs=theirs))


def gaps(study: Study) -> Iterator[str]:
    """The browser over native."""

    def theirs(one: StudiedModel) -> Sequence[str]:
        found = paper.GAPS.get(one.paper_class)
        if found is None:
            return [NONE]
        return [", ".join(numbers.factor(ratio) for ratio in (found.one_thread, found.threads))]

    yield "## The gap"
    yield ""
    least, most = paper.ONNX_GAPS
    yield (
        "Browser over native: runs back to back in a worker, and from request to result as the page is "
        f"deployed, against native as it comes. In the paper {numbers.given(paper.MEAN_GAP)}x on average "
        f"over 50 PCs and two libraries, onnxruntime-web {numbers.given(least)}x to {numbers.given(most)}x; "
        "of a single model with one thread in the browser and with 4, each against native with every core."
    )
    yield ""
    columns = ("one thread each", f"{threads_each(study)} each", "as deployed, by requests")
    yield from tabled(
        study,
        Table(
            id="gap",
            columns=columns,
            row=lambda one: [factor(g) for g in (one.gap_one_thread, one.gap_every_core, one.gap_deployed)],
            papers=("paper: one thread, 4",),
            theirs=theirs,
        ),
    )


def square(study: Study) -> Iterator[str]:
    """What SIMD, threads and both bring."""

    def theirs(one: StudiedModel) -> Sequence[str]:
        found = paper.SQUARES.get(one.paper_class)
        if found is None:
            return [NONE]
        gains = [found.bare / corner for corner in (found.threads, found.simd, found.both)]
        product = gains[2] / (gains[0] * gains[1])
        return [
            ", ".join((*(f"{numbers.plain(gain, 2)}x" for gain in gains), numbers.plain(product, 2))),
        ]

    yield "## SIMD and threads"
    yield ""
    yield (
        "onnxruntime-web 1.18, whose releases still have both builds, in a worker: gains over one thread "
        f"without SIMD; {threads_each(study)} (in the paper 4). An interaction below 1: gains do not "
        "multiply."
    )
    yield ""
    yield from tabled(
        study,
        Table(
            id="lattice",
            columns=("threads", "SIMD", "both", "interaction"),
            row=lambda one: [
                factor(e) for e in (one.threads_gain, one.simd_gain, one.both_gain, one.interaction)
            ],
            papers=("paper: the same",),
            theirs=theirs,
        ),
    )


def lattice(study: Study) -> Iterator[str]:
    """Every cell of it, and how quiet the machine was."""
    compared = (
        "What each cell computes was compared with native's before any of its times counts; where it differs "
        "there is no figure."
    )
    without = [cell(one.model, 60) for one in study.models if one.never_compared]
    yield "## The whole lattice"
    yield ""
    yield (
        "A run, ms, of each visit the median of its samples, of these the geometric mean over rounds: "
        f"places x threads x builds, and native. Nothing else is on the page. {compared}"
        + (f" Not so of {', '.join(without)}, see the end." if without else "")
    )
    threads = (1, study.cores) if study.cores > 1 else (1,)
    natively = sorted({one.threads for row in study.models for one in row.cells if one.side == "native"})
    yield ""
    yield from tabled(
        study,
        Table(
            id="lattice",
            columns=tuple(f"native, {numbers.many(number, 'thread')}" for number in natively or threads),
            row=lambda one: [_run(one, "native", number, "process", "") for number in natively or threads],
        ),
    )
    for build, title in _BUILDS:
        yield ""
        yield f"### {title}"
        yield ""
        yield from tabled(study, _built(build, threads))
    yield ""
    yield "### The main thread over a worker"
    yield ""
    yield "onnxruntime-web as it is, one thread."
    yield ""
    main = Table(id="lattice", columns=("main over worker",), row=lambda one: [factor(one.main_times)])
    yield from tabled(study, main)
    told = [one for one in study.models if one.visits]
    if told:
        yield ""
        yield (
            "Visits of cells and of the server below, and of these the ones during which other programs "
            "used the machine, which count and widen intervals: "
            + "; ".join(
                f"{cell(one.model, 60)} {one.disturbed_visits} of {one.visits} in {one.rounds} rounds"
                for one in told
            )
            + "."
        )


def _built(build: str, threads: Sequence[int]) -> Table:
    return Table(
        id="lattice",
        columns=tuple(
            f"{title}, {numbers.many(number, 'thread')}" for _, title in _PLACES for number in threads
        ),
        row=lambda one: [
            _run(one, "web", number, where, build) for where, _ in _PLACES for number in threads
        ],
    )


def _run(one: StudiedModel, side: str, threads: int, where: str, build: str) -> str:
    wanted = (side, threads, where, build)
    found = next(
        (figure for figure in one.cells if _is(figure, wanted) and figure.isolated is not False), None
    )
    return NONE if found is None or found.run_ms is None else bare(found.run_ms)


def _is(figure: CellFigure, wanted: tuple[str, int, str, str]) -> bool:
    return (figure.side, figure.threads, figure.where, figure.build) == wanted
