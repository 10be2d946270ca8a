"""The same stream, natively and in the browser: what both sides answer, frame by frame."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gapprof.browser.tensors import save
from gapprof.facts.answered import says_classes
from gapprof.measure.extra import UnreachableError
from gapprof.qoe.stream import FRAMES_PER_S, stream
from gapprof.qoe.visits import Arrays, Feeling
from gapprof.records.job import Job
from gapprof.records.qoe import Answer, StreamAnswered
from gapprof.records.subject import NativeRefusal
from gapprof.records.trial import Failure
from gapprof.subject import child
from gapprof.subject.refusal import answer_of

NATIVE_S = 300.0
TOP = 5


def answered(feeling: Feeling, job: Job, other: Path, scratch: Path) -> StreamAnswered:
    """`other`: a second input; the stream turns into it and back. Raises UnreachableError, ModelUnusable."""
    frames = _frames(Path(job.inputs_path), other, scratch / "frames", seed=job.seed)
    native, native_runs_ms = _natively(job, scratch)
    found = feeling.answered(job, frames)
    if isinstance(found, Failure):
        raise UnreachableError(f"the browser gave no answers ({found.phase}): {found.message}")
    web, web_runs_ms = found
    if any(_shapes(mine) != _shapes(theirs) for mine, theirs in zip(native, web, strict=True)):
        raise UnreachableError(
            "both sides' outputs have other names or shapes, so that they cannot be compared"
        )
    name = _with_classes(native[0])
    return StreamAnswered(
        frames_per_s=FRAMES_PER_S,
        output=name,
        answers=tuple(compared(mine, theirs, name) for mine, theirs in zip(native, web, strict=True)),
        native_runs_ms=native_runs_ms,
        web_runs_ms=web_runs_ms,
    )


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


def cosine(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Of two tensors as vectors; 1 where both are 0."""
    norms = float(np.linalg.norm(a) * np.linalg.norm(b))
    if not norms:
        return float(np.array_equal(a, b))
    return max(-1.0, min(1.0, float(np.dot(a.ravel(), b.ravel())) / norms))


def _shapes(arrays: Arrays) -> dict[str, tuple[int, ...]]:
    return {name: array.shape for name, array in arrays.items()}


def _frames(first: Path, second: Path, folder: Path, *, seed: int) -> list[Path]:
    folder.mkdir()
    paths = []
    for number, frame in enumerate(stream(_read(first), _read(second), seed=seed)):
        paths.append(folder / f"{number:04}.npz")
        save(frame, paths[-1])
    return paths


def _natively(job: Job, scratch: Path) -> tuple[list[Arrays], tuple[float, ...]]:
    outputs = scratch / "answers"
    outputs.mkdir()
    request = {"model": job.model_path, "inputs": str(scratch / "frames"), "outputs": str(outputs)}
    said = child.ask("gapprof.native.answers", request, scratch=scratch, deadline_s=NATIVE_S)
    answer = answer_of(said, doing="answer a stream natively", hint="Run without --qoe.")
    if isinstance(answer, NativeRefusal):
        raise UnreachableError(f"native onnxruntime gave no answers: {answer.message}")
    return [_read(path) for path in sorted(outputs.glob("*.npz"))], tuple(answer["runs_ms"])


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


def _read(path: Path) -> Arrays:
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}
