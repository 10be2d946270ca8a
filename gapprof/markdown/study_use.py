"""A study's tables of what a model does beside its runs' times: operators, memory, the page, clients."""

from collections.abc import Iterator, Sequence

from gapprof.digest.in_worker import ALONE, left_alone, slowed
from gapprof.facts import paper
from gapprof.facts.felt import CLICKS, COMPONENT, STEPS, WHOLE_FRAMES
from gapprof.facts.over_models import over_models
from gapprof.markdown.study_table import NONE, Table, factor, rate, tabled, times
from gapprof.records.recording import recorded_before
from gapprof.records.study import StudiedModel, Study
from gapprof.text import numbers
from gapprof.text.names import markdown as cell

_TITLES = {CLICKS: "a click's answer", STEPS: "an application's steps"}
"""Measure → of a table's column; a component has its own name."""


def kernels(study: Study) -> Iterator[str]:
    """The largest kinds of operators."""

    def row(one: StudiedModel) -> Sequence[str]:
        told = [f"{cell(k.op_type)} {numbers.whole_percent(k.share_of_web)}" for k in one.kernels]
        return [", ".join(told) or NONE]

    def between(name: str) -> str:
        least, most = paper.TOP_KERNEL_SHARES[name]
        return f"{numbers.plain(100 * least, 0)} to {numbers.whole_percent(most)}"

    yield "## Where the browser's time goes"
    yield ""
    yield (
        "The five largest kinds of operators by their share of all operators' time, in a worker with the "
        "page's threads. Copies in and out and the dispatch of nodes are in no share. In the paper, where "
        f"TF.js ran, the largest kernel has {between('bare')} of all kernels' time with neither SIMD nor "
        f"threads, {between('threads')} with threads, {between('simd')} with SIMD and {between('both')} "
        f"with both; the largest five over all models are {', '.join(paper.TOP_KERNELS)}."
    )
    yield ""
    yield from tabled(study, Table(id="operators", columns=("kinds of operators",), row=row))


def memory(study: Study) -> Iterator[str]:
    """What is held, over the model's file."""

    def theirs(one: StudiedModel) -> Sequence[str]:
        found = paper.MEMORY_TIMES.get(one.paper_class)
        return [NONE if found is None else f"{numbers.given(found)}x"]

    yield "## Memory, times the model's file"
    yield ""
    yield (
        "Beyond an empty page or a bare process, medians of visits, always without pages of files such as "
        "the browser's own code. Held, after many runs and a collection of garbage: proportional set "
        "sizes, of all of the browser's processes and of the page's alone. Peak: the most that this one, "
        "or a native process, ever held, by the kernel's mark of resident pages less the pages of files "
        "seen at the next reading; at least so much. The page's own can be more than all of them: its "
        "browser's other processes then hold less than those beside an empty page. The paper has the largest "
        "`totalJSHeapSize`, and a whole ESRGAN, of which ours is a small one."
    )
    yield ""
    columns = (
        "browser, held",
        "page's process, held",
        "page's process, peak",
        "native, held",
        "native, peak",
    )
    yield from tabled(
        study,
        Table(
            id="memory",
            columns=columns,
            row=lambda one: [
                times(value)
                for value in (
                    one.memory_times,
                    one.memory_page_times,
                    one.memory_peak_times,
                    one.native_memory_times,
                    one.native_memory_peak_times,
                )
            ],
            papers=("browser, paper",),
            theirs=theirs,
        ),
    )


def felt(study: Study) -> Iterator[str]:
    """What inference does to the page."""
    yield "## What the page's user feels"
    yield ""
    yield (
        "Times what it is while the model rests; it runs without a pause. In the paper components take "
        f"{numbers.plain(paper.COMPONENTS_SLOWER, 2)}x, over all models and devices. Frames come in steps of "
        "the display's: [1.00, 1.00] says that in every visit the slow ones came as early as at rest, as "
        "they may beside runs shorter than a frame, not that a hundredth would have been seen."
    )
    frozen = [
        cell(one.model, 60)
        for one in study.models
        if one.component_main_times is not None and one.frames_main_times is None
        if recorded_before(one.recording_version, WHOLE_FRAMES)
    ]
    if frozen:
        yield ""
        yield (
            f"No frames of {', '.join(frozen)} on the main thread: of a page that stands still for about as "
            f"long as it was watched, recordings before {WHOLE_FRAMES} lack the wait for the last frame."
        )
    told = " ".join(_in_a_worker(study.models))
    if told:
        yield ""
        yield told
    yield ""
    columns = (
        "components, main thread",
        "components, worker",
        "slow frames (p95), main thread",
        "slow frames (p95), worker",
    )
    yield from tabled(
        study,
        Table(
            id="felt",
            columns=columns,
            row=lambda one: [
                factor(e)
                for e in (
                    one.component_main_times,
                    one.component_worker_times,
                    one.frames_main_times,
                    one.frames_worker_times,
                )
            ],
        ),
    )
    yield from _one_by_one(study)


def _one_by_one(study: Study) -> Iterator[str]:
    """Beside a model in a worker: each of what answers the page's user."""
    found = _measures(study.models)
    if not found:
        return
    titles = [_title(measure) for measure in found]
    yield ""
    yield "## The page beside a model in a worker"
    yield ""
    yield (
        "Each measure by itself, times what it is while the model rests; steps are times a minute, of which "
        "fewer are worse. Nothing of the page waits for the model's runs there; that it waits for cores is "
        "likely where there are few, and was not measured here."
    )
    yield ""

    def row(one: StudiedModel) -> Sequence[str]:
        return [factor(one.worker_times.get(measure)) for measure in found]

    yield from tabled(study, Table(id="felt", columns=tuple(titles), row=row))


def _measures(models: Sequence[StudiedModel]) -> list[str]:
    """Clicks and steps, then components by their names."""
    found = {measure for one in models for measure in one.worker_times}
    return sorted(found, key=lambda measure: (measure.startswith(COMPONENT), measure))


def _components(models: Sequence[StudiedModel]) -> list[str]:
    return [measure for measure in _measures(models) if measure.startswith(COMPONENT)]


def _title(measure: str) -> str:
    return _TITLES.get(measure, measure.removeprefix(COMPONENT))


def _in_a_worker(models: Sequence[StudiedModel]) -> Iterator[str]:
    """Of how many it leaves frames alone, and of which components take longer there beyond doubt."""
    frames = [one for one in models if one.frames_worker_times is not None]
    components = [one for one in models if one.component_worker_times is not None]
    alone = sum(left_alone(one.frames_worker_times) for one in frames)
    longer = [one for one in components if slowed(one.component_worker_times)]
    if alone:
        yield (
            f"A worker leaves frames alone with {alone} of {numbers.many(len(frames), 'model')}: their 95th "
            f"percentile stays within {numbers.whole_percent(ALONE)} of that at rest."
        )
    if longer:
        which = (
            f"{numbers.change_with_interval(times)} with {cell(one.model, 60)}"
            for one in longer
            if (times := one.component_worker_times) is not None
        )
        rest = "" if len(longer) == len(components) else "; with each of the others that interval includes 1"
        yield (
            "Components, all kinds together, take longer there, each model's by its own 95 % interval: "
            f"{', '.join(which)}{rest}."
        )
    whole = over_models([times for one in components if (times := one.component_worker_times) is not None])
    if whole is not None:
        yield (
            f"Over {numbers.many(whole.rounds, 'model')}, each counted once, components take "
            f"{numbers.change_with_interval(whole)} as long as at rest"
            f"{_over_models(models, _components(models), ' (', ')')}"
            f"{_over_models(models, (CLICKS,), ', ', '')}."
        )
    by_kind = list(_slower_kinds(models))
    if by_kind:
        yield f"Kind by kind, each by an interval of its own: {', '.join(by_kind)}."


def _over_models(models: Sequence[StudiedModel], measures: Sequence[str], before: str, behind: str) -> str:
    """Each measure by itself; empty where no two models have one."""
    told = [
        f"{_title(measure)} {numbers.change_with_interval(times)}"
        for measure in measures
        if (
            times := over_models([one.worker_times[measure] for one in models if measure in one.worker_times])
        )
    ]
    return f"{before}{', '.join(told)}{behind}" if told else ""


def _slower_kinds(models: Sequence[StudiedModel]) -> Iterator[str]:
    """Each component that is, and with how many models."""
    for measure in _components(models):
        of = [one.worker_times[measure] for one in models if measure in one.worker_times]
        slower = sum(map(slowed, of))
        if slower:
            yield f"{_title(measure)} with {slower} of {len(of)}"


def clients(study: Study) -> Iterator[str]:
    """How many pages do the work of one server."""
    yield "## Clients and servers"
    yield ""
    yield (
        "Predictions a second: of one page as deployed, run after run, and of a native process that answers "
        "on every core at once, one thread a run. Their ratio is how many such pages do the work of one such "
        "server."
    )
    yield ""
    yield from tabled(
        study,
        Table(
            id="clients",
            columns=("page, a second", "native, a second", "clients per server"),
            row=lambda one: [
                rate(e) for e in (one.predictions_per_s, one.native_predictions_per_s, one.clients_per_server)
            ],
        ),
    )
