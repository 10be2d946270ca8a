"""The same stream, natively as it comes and on the page as deployed: what both answer, frame by frame."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from gapprof.browser.tensors import save
from gapprof.facts.answered import says_classes
from gapprof.measure.extra import UnreachableError
from gapprof.measure.outputs import cosine
from gapprof.native import answers as natively
from gapprof.qoe.nearest import nearest
from gapprof.qoe.stream import FRAMES_PER_S, Stream
from gapprof.qoe.visits import Arrays, Feeling
from gapprof.records.job import Job
from gapprof.records.qoe import Answer, Graph, StreamAnswered
from gapprof.records.subject import NativeRefusal
from gapprof.records.trial import Failure

TOP = 5


def answered(
    feeling: Feeling,
    stream: Stream,
    *,
    native: Job,
    page: Job,
    scratch: Path,
    given: bool = False,
    labels: tuple[int, ...] = (),
) -> StreamAnswered:
    """Both jobs say which file runs, and with whose options. `given`, `labels`: as the recording has them.

    Raises UnreachableError, ModelUnusable.
    """
    frames = _saved(stream, scratch / "frames")
    theirs, native_runs_ms = _natively(native, scratch)
    found = feeling.answered(page, frames)
    if isinstance(found, Failure):
        raise UnreachableError(f"the browser gave no answers ({found.phase}): {found.message}")
    mine, web_runs_ms = found
    if any(_shapes(a) != _shapes(b) for a, b in zip(theirs, mine, strict=True)):
        raise UnreachableError(
            "both sides' outputs have other names or shapes, so that they cannot be compared"
        )
    name = _with_classes(theirs[0])
    answers = tuple(
        replace(compared(a, b, name), scene=scene)
        for a, b, scene in zip(theirs, mine, stream.scenes, strict=True)
    )
    return StreamAnswered(
        frames_per_s=FRAMES_PER_S,
        output=name,
        answers=with_nearest(answers, theirs, mine, still=stream.still),
        order=stream.order,
        given=given,
        labels=labels,
        native_graph=_graph(native),
        web_graph=_graph(page),
        web_where=page.setting.where,
        native_runs_ms=native_runs_ms,
        web_runs_ms=web_runs_ms,
    )


def with_nearest(
    answers: tuple[Answer, ...], native: Sequence[Arrays], web: Sequence[Arrays], *, still: Sequence[int]
) -> tuple[Answer, ...]:
    """The same answers with the scene that either side's is nearest to. `still`: each scene's own answer."""
    both = nearest([*native, *web], [native[number] for number in still])
    if both is None:
        return answers
    pairs = zip(answers, both[: len(answers)], both[len(answers) :], strict=True)
    return tuple(replace(one, native_nearest=mine, web_nearest=theirs) for one, mine, theirs in pairs)


def _graph(job: Job) -> Graph:
    return "own" if job.optimise else "common"


def compared(native: Arrays, web: Arrays, classes: str) -> Answer:
    """Two answers to one frame; `classes` names the output whose largest values are classes, if any."""
    pairs = [_finite(native[name], web[name]) for name in native]
    return Answer(
        max_abs_difference=max(_largest(a - b) for a, b in pairs),
        max_relative_difference=max(_largest(a - b) / (_largest(a) or 1.0) for a, b in pairs),
        cosine=min(cosine(a, b) for a, b in pairs),
        native_top=_top(native[classes]) if classes else (),
        web_top=_top(web[classes]) if classes else (),
    )


def read(path: Path) -> Arrays:
    """The arrays of an .npz that gapprof wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def _shapes(arrays: Arrays) -> dict[str, tuple[int, ...]]:
    return {name: array.shape for name, array in arrays.items()}


def _saved(stream: Stream, folder: Path) -> list[Path]:
    folder.mkdir()
    paths = [folder / f"{number:04}.npz" for number in range(len(stream.frames))]
    for path, frame in zip(paths, stream.frames, strict=True):
        save(dict(frame), path)
    return paths


def _natively(job: Job, scratch: Path) -> tuple[list[Arrays], tuple[float, ...]]:
    outputs = scratch / "answers"
    outputs.mkdir()
    runs_ms = natively.answered(
        job,
        inputs=scratch / "frames",
        outputs=outputs,
        scratch=scratch,
        doing="answer a stream natively",
        hint="Run without --qoe.",
    )
    if isinstance(runs_ms, NativeRefusal):
        raise UnreachableError(f"native onnxruntime gave no answers: {runs_ms.message}")
    return [read(path) for path in sorted(outputs.glob("*.npz"))], runs_ms


def _with_classes(outputs: Arrays) -> str:
    """The output that says how likely each class is; empty where there is none."""
    return next(
        (
            name
            for number, (name, array) in enumerate(outputs.items())
            if array.dtype.kind == "f" and says_classes(name, array.shape, first=number == 0)
        ),
        "",
    )


def _top(array: NDArray[Any]) -> tuple[int, ...]:
    """Of its last row: of a sequence, what comes next."""
    row = array.reshape(-1, array.shape[-1])[-1]
    return tuple(int(one) for one in np.argsort(-row, kind="stable")[:TOP])


def _finite(a: NDArray[Any], b: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What is a number on both sides; where one side has none the other one's is held against 0."""
    x, y = a.astype(np.float64), b.astype(np.float64)
    some = np.isfinite(x) | np.isfinite(y)
    return np.where(np.isfinite(x), x, 0.0)[some], np.where(np.isfinite(y), y, 0.0)[some]


def _largest(values: NDArray[np.float64]) -> float:
    return float(np.abs(values).max(initial=0.0))
